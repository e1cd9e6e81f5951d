// Convolutions over two spatial dimensions.
#include "Integer.h"
#include "Window.h"
#include "limbeck/Graph/IR/Conversion.h"

namespace limbeck::graph::exporter {

/// Height and width of the weights.
static llvm::ArrayRef<int64_t> kernelOf(mlir::Value weights) {
  return llvm::cast<mlir::RankedTensorType>(weights.getType()).getShape().drop_front(2);
}

/// The attributes of every convolution.
template <class Convolution> static Status setConvolution(Node &node, Convolution conv) {
  LIMBECK_TRY(expectChannelsFirst(conv.getLayout()));
  setWindow(node, kernelOf(conv.getWeights()), conv.getStrides(), conv.getPads(), conv.getDilations());
  node.integer("group", conv.getGroups());
  return {};
}

/// Sums in another type than that of the operands are not ONNX's.
template <class Convolution> static Status expectPlainSums(Convolution conv) {
  if (conv.getAccumulate())
    return error(Code::Unsupported,
                 "expected sums in the type of the operands, as ONNX has them, found others")
        .withHint("export without --precision");
  return {};
}

static Status exportConv(mlir::Operation *op, GraphWriter &writer) {
  auto conv = llvm::cast<ConvOp>(op);
  LIMBECK_TRY(expectPlainSums(conv));
  LIMBECK_ASSIGN(std::vector<Edge> operands, writer.operands(op->getOperands()));
  Node node("Conv", std::move(operands));
  LIMBECK_TRY(setConvolution(node, conv));
  return writer.finish(op, std::move(node));
}

namespace {
/// One spatial dimension of a transposed convolution.
struct TransposedAxis {
  int64_t begin, end, outputPadding, below; ///< `below`: what output_padding is in ONNX
  /// Whether output_shape leads to these pads: those of a length that is longer than the natural one are all at the end, and the
  /// odd one of others at the begin.
  bool followsFromLength() const {
    if (outputPadding > 0)
      return begin == 0 && end == 0;
    return begin - end == 0 || begin - end == 1;
  }
};
} // namespace

/// output_padding, or, where it is more than ONNX allows, the length that it leads to.
static Status setOutputPadding(Node &node, ConvTransposeOp conv) {
  bool allowed = true, fromLength = true;
  for (size_t i = 0; i < 2; ++i) {
    TransposedAxis axis{conv.getPads()[i], conv.getPads()[i + 2], conv.getOutputPadding()[i],
                        std::max(conv.getStrides()[i], conv.getDilations()[i])};
    allowed &= axis.outputPadding == 0 || axis.outputPadding < axis.below;
    fromLength &= axis.followsFromLength();
  }
  if (allowed) {
    node.integers("output_padding", conv.getOutputPadding());
    return {};
  }
  llvm::ArrayRef<int64_t> shape =
      llvm::cast<mlir::RankedTensorType>(conv.getResult().getType()).getShape().drop_front(2);
  if (!fromLength || llvm::any_of(shape, mlir::ShapedType::isDynamic))
    return error(Code::Unsupported,
                 "expected an output_padding below stride or dilation, as ONNX has it, found a larger one");
  node.integers("output_shape", shape);
  return {};
}

static Status exportConvTranspose(mlir::Operation *op, GraphWriter &writer) {
  auto conv = llvm::cast<ConvTransposeOp>(op);
  LIMBECK_TRY(expectPlainSums(conv));
  LIMBECK_ASSIGN(std::vector<Edge> operands, writer.operands(op->getOperands()));
  Node node("ConvTranspose", std::move(operands));
  LIMBECK_TRY(setConvolution(node, conv));
  LIMBECK_TRY(setOutputPadding(node, conv));
  return writer.finish(op, std::move(node));
}

/// ConvInteger has no bias: it is added per channel, modulo 2^32 like the sum.
static Status exportConvInteger(mlir::Operation *op, GraphWriter &writer) {
  auto conv = llvm::cast<ConvIntegerOp>(op);
  if (RequantizeByOp requantize = requantizationOf(op); requantize && isQLinear(op, requantize, /*axis=*/1))
    return {}; // both are one node, which the requantization writes
  LIMBECK_ASSIGN(std::vector<Edge> operands, writer.operands(op->getOperands().take_front(4)));
  Node node("ConvInteger", std::move(operands));
  LIMBECK_TRY(setConvolution(node, conv));
  if (!conv.getBias())
    return writer.finish(op, std::move(node));
  LIMBECK_ASSIGN(Edge sum, writer.intermediate(op, std::move(node), "sum", DType::S32));
  LIMBECK_ASSIGN(Edge bias, writer.operand(conv.getBias()));
  Node column("Reshape", {bias, writer.indices(op, "bias_shape", {-1, 1, 1})});
  LIMBECK_ASSIGN(bias, writer.intermediate(op, std::move(column), "bias", DType::S32));
  return writer.finish(op, Node("Add", {sum, bias}));
}

Status exportQLinearConv(ConvIntegerOp conv, RequantizeByOp requantize, GraphWriter &writer) {
  LIMBECK_ASSIGN(std::vector<Edge> operands, qlinearOperands(conv, requantize, writer));
  if (conv.getBias()) {
    LIMBECK_ASSIGN(Edge bias, writer.operand(conv.getBias()));
    operands.push_back(bias);
  }
  Node node("QLinearConv", std::move(operands));
  LIMBECK_TRY(setConvolution(node, conv));
  return writer.finish(requantize, std::move(node));
}

llvm::ArrayRef<ExportRule> convolutionRules() {
  static constexpr ExportRule rules[] = {
      {"conv", "Conv", exportConv},
      {"conv_transpose", "ConvTranspose", exportConvTranspose},
      {"conv_integer", "QLinearConv; ConvInteger, Reshape, Add", exportConvInteger},
  };
  return rules;
}

} // namespace limbeck::graph::exporter
