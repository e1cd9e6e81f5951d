// What becomes of each op: its sizes, its weights as a matrix, and the places of its elements.
#include "TiledProblem.h"
#include "ByteEpilogue.h"
#include "Contractions.h"
#include "limbeck/Lower/WeightLayout.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

namespace limbeck::cpu {

using namespace mlir;
using lower::Index;

static FailureOr<TiledProblem> convolutionProblem(lower::KernelBuilder &kernel, Operation *op) {
  reference::Attributes attributes = lower::attributesOf(op);
  const auto &strides = attributes.integers("strides"), &dilations = attributes.integers("dilations");
  Shape x = kernel.shapeOf(op->getOperand(0)), y = kernel.shapeOf(op->getResult(0));
  std::optional<Tensor> constant = kernel.constantOf(op->getOperand(1));
  bool padded = llvm::any_of(attributes.integers("pads"), [](int64_t pad) { return pad != 0; });
  if (!constant || padded || attributes.integer("groups") != 1 || attributes.text("layout") != "NHWC")
    return failure();
  Shape w = constant->shape(); // OIHW
  if (w[3] > 1 && dilations[1] != 1)
    return failure(); // a window row is not contiguous
  TiledProblem problem;
  problem.outer = w[2];
  problem.depth = w[3] * w[1];
  problem.columns = w[0];
  problem.pixelStep = strides[1] * w[1];
  problem.weights.values = lower::weightsKhKwIcOc(*constant).reshaped({w[2], w[3] * w[1], w[0]});
  // The input of a pointwise convolution is one tall matrix; where the epilogue's operands are none, each pixel finds its row.
  bool flat = w[2] == 1 && w[3] == 1 && strides[0] == 1 && strides[1] == 1;
  bool flatResult = flat && allowsFlatPixels(kernel, y);
  problem.rows = flat ? 1 : y[0] * y[1];
  problem.width = flat ? y[0] * y[1] * y[2] : y[2];
  Shape rowShape{flat ? 1 : y[0], flat ? 1 : y[1]};
  int64_t rowStride = strides[0], rowDilation = dilations[0], pixelStride = strides[1];
  if (!flat && rowStride * x[2] % pixelStride == 0) {
    problem.rowPitch = rowStride * x[2] / pixelStride;
    problem.joinedRows = rowStride * y[1] == x[1] ? y[0] * y[1] : y[1];
  }
  problem.inputPlace = [&kernel, rowShape, rowStride, rowDilation, pixelStride](Value row, Value column,
                                                                                Value kh, Value k) -> Index {
    Index at = kernel.delinearize(row, rowShape);
    Value ih = kernel.addIndex(kernel.multiplyIndex(at[1], rowStride), kernel.multiplyIndex(kh, rowDilation));
    return {at[0], ih, kernel.multiplyIndex(column, pixelStride), k};
  };
  problem.countedDim = flatResult ? 2 : 0;
  Shape pixels{y[0], y[1], y[2]};
  problem.resultPlace = [&kernel, rowShape, pixels, flat, flatResult](Value row, Value column, Value channel,
                                                                      Value) {
    if (flat && !flatResult) {
      Index at = kernel.delinearize(column, pixels);
      at.push_back(channel);
      return at;
    }
    Index at = kernel.delinearize(row, rowShape);
    at.append({column, channel});
    return at;
  };
  return problem;
}

static FailureOr<TiledProblem> matmulProblem(lower::KernelBuilder &kernel, Operation *op) {
  Shape a = kernel.shapeOf(op->getOperand(0)), y = kernel.shapeOf(op->getResult(0));
  std::optional<Tensor> constant =
      kernel.constantOf(op->getOperand(isa<graph::MatmulIntegerBlocksOp>(op) ? 3 : 1));
  TiledProblem problem;
  if (!constant || constant->rank() != 2 || a.size() != y.size())
    return failure();
  problem.depth = constant->shape()[0];
  problem.pixelStep = a.back();
  problem.columns = y.back();
  problem.width = y[y.size() - 2];
  problem.weights.values = constant->reshaped({1, problem.depth, problem.columns});
  Shape batch(y.begin(), y.end() - 2);
  for (int64_t dim : batch)
    problem.rows *= dim;
  if (problem.rows > 1 && allowsFlatPixels(kernel, y)) { // the left operand is one tall matrix
    problem.width *= problem.rows;
    problem.rows = 1;
    batch.assign(batch.size(), 1);
    problem.countedDim = y.size() - 2;
  }
  problem.rowPitch = problem.width;
  problem.joinedRows = problem.rows;
  problem.inputPlace = [&kernel, batch](Value row, Value column, Value, Value k) {
    Index at = kernel.delinearize(row, batch);
    at.append({column, k});
    return at;
  };
  problem.resultPlace = [&kernel, batch](Value row, Value column, Value channel, Value) {
    Index at = kernel.delinearize(row, batch);
    at.append({column, channel});
    return at;
  };
  return problem;
}

/// A transposed convolution whose windows neither overlap nor leave gaps: each result meets one tap, so that every tap is a matrix product
/// of its own.
static TiledProblem transposedProblem(lower::KernelBuilder &kernel, Operation *op) {
  Shape x = kernel.shapeOf(op->getOperand(0)), w = kernel.shapeOf(op->getOperand(1)); // NHWC, IOHW
  Tensor constant = *kernel.constantOf(op->getOperand(1));
  int64_t channels = w[1], height = w[2], width = w[3];
  TiledProblem problem;
  problem.rows = x[0] * x[1];
  problem.width = x[2];
  problem.depth = problem.pixelStep = w[0];
  problem.columns = channels;
  problem.taps = problem.weights.taps = height * width;
  problem.rowPitch = problem.width;
  problem.joinedRows = problem.rows;
  problem.weights.values =
      std::move(*Tensor::zeros(constant.dtype(), {1, problem.depth, problem.taps * channels}));
  std::byte *to = problem.weights.values.mutableBytes();
  size_t bytes = storageBytes(constant.dtype());
  for (int64_t input = 0; input < problem.depth; ++input)
    for (int64_t tap = 0; tap < problem.taps; ++tap)
      for (int64_t channel = 0; channel < channels; ++channel, to += bytes)
        std::memcpy(to,
                    constant.bytes() +
                        static_cast<size_t>((input * channels + channel) * problem.taps + tap) * bytes,
                    bytes);
  Shape rows{x[0], x[1]};
  problem.inputPlace = [&kernel, rows](Value row, Value column, Value, Value k) -> Index {
    Index at = kernel.delinearize(row, rows);
    return {at[0], at[1], column, k};
  };
  problem.resultPlace = [=, &kernel](Value row, Value column, Value channel, Value tap) -> Index {
    OpBuilder &b = kernel.builder();
    Index at = kernel.delinearize(row, rows),
          result{at[0], kernel.multiplyIndex(at[1], height), kernel.multiplyIndex(column, width), channel};
    if (!tap)
      return result;
    Index inWindow = kernel.delinearize(tap, {height, width});
    for (size_t dim = 0; dim < 2; ++dim)
      result[dim + 1] = arith::AddIOp::create(b, kernel.loc(), result[dim + 1], inWindow[dim]);
    return result;
  };
  return problem;
}

/// All taps as one product, whose columns (kh, kw, oc) fit one vector. Those of a kh lie in a row of results, behind those of the
/// pixel before.
static TiledProblem allTapsProblem(lower::KernelBuilder &kernel, Operation *op) {
  TiledProblem problem = transposedProblem(kernel, op);
  Shape x = kernel.shapeOf(op->getOperand(0)), w = kernel.shapeOf(op->getOperand(1)); // NHWC, IOHW
  int64_t height = w[2], width = w[3], run = width * w[1];
  problem.columns *= problem.taps;
  problem.taps = 1;
  problem.run = run;
  Shape rows{x[0], x[1]};
  problem.resultPlace = [=, &kernel](Value row, Value column, Value channel, Value) -> Index {
    OpBuilder &b = kernel.builder();
    Index at = kernel.delinearize(row, rows);
    Value kh = arith::DivUIOp::create(b, kernel.loc(), channel, kernel.constantIndex(run));
    Value rest = arith::RemUIOp::create(b, kernel.loc(), channel, kernel.constantIndex(run));
    return {at[0], kernel.addIndex(kernel.multiplyIndex(at[1], height), kh),
            kernel.multiplyIndex(column, width), rest};
  };
  return problem;
}

/// Whether that is possible: results are bytes, or f32 of floats, stored as runs, and what follows takes them in any order of channels.
static bool takesAllTaps(lower::KernelBuilder &kernel, Operation *op, const Isa &isa) {
  Shape w = kernel.shapeOf(op->getOperand(1));
  Value result = op->getResult(0);
  bool bytes = kernel.typeOf(op->getOperand(0)).quantization && packsTo(kernel.typeOf(result)) &&
               bitWidth(kernel.typeOf(op->getOperand(1)).dtype) == 8;
  bool biasKnown = op->getNumOperands() < 3 || kernel.constantOf(op->getOperand(2));
  bool floats = !kernel.typeOf(op->getOperand(0)).quantization && !kernel.typeOf(result).quantization &&
                kernel.typeOf(result).dtype == DType::F32 && biasKnown;
  return (bytes || floats) && w[1] * w[2] * w[3] <= isa.lanes && w[2] * w[3] > 1 && kernel.storesRuns(2) &&
         (kernel.results()[0] == result || kernel.followsChannels(result));
}

static FailureOr<TiledProblem> tiledTransposed(lower::KernelBuilder &kernel, Operation *op, const Isa &isa) {
  reference::Attributes attributes = lower::attributesOf(op);
  Shape x = kernel.shapeOf(op->getOperand(0)), w = kernel.shapeOf(op->getOperand(1)),
        y = kernel.shapeOf(op->getResult(0));
  bool padded = llvm::any_of(attributes.integers("pads"), [](int64_t pad) { return pad != 0; });
  std::vector<int64_t> window{w[2], w[3]}, dense{1, 1};
  if (!kernel.constantOf(op->getOperand(1)) || padded || attributes.integer("groups") != 1 ||
      attributes.text("layout") != "NHWC" || attributes.integers("strides") != window ||
      attributes.integers("dilations") != dense || y[1] != x[1] * w[2] || y[2] != x[2] * w[3])
    return failure();
  return takesAllTaps(kernel, op, isa) ? allTapsProblem(kernel, op) : transposedProblem(kernel, op);
}

FailureOr<TiledProblem> tiledProblem(lower::KernelBuilder &kernel, Operation *op, const Isa &isa) {
  if (llvm::isa<graph::ConvTransposeOp>(op))
    return tiledTransposed(kernel, op, isa);
  return llvm::isa<graph::ConvOp, graph::ConvIntegerOp>(op) ? convolutionProblem(kernel, op)
                                                            : matmulProblem(kernel, op);
}

} // namespace limbeck::cpu
