// Where factors per channel can move to: from the input of a contraction into what computes it.
//
//   y = conv(relu(conv(x, u) + b), w)  =  conv(relu(conv(x, u * f) + b * f), w / f)         for f > 0, one for each channel between
//
// Constants take factors: weights and biases of contractions on both sides, scale and bias of norms, constant operands of sums and
// products. Between them, ops hand factors on (relu, pooling, reshape, ...), ask for the same one in all operands (sums), or allow
// none (softmax, inputs and results of the model): these are the groups of channels, each with one factor, which may be fixed at 1.
#pragma once
#include "ChannelFields.h"
#include "limbeck/Graph/IR/Limbeck.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace limbeck::quantize {

/// Whether factors can go into the weights of a contraction: constants of f32, of a convolution or of one matrix.
bool takesFactors(graph::AnchorOpInterface anchor);
/// The dimension of a contraction's input that runs over its channels.
size_t inputChannelAxis(graph::AnchorOpInterface anchor);

/// Which channels an element of a contraction's weights stands between.
class WeightIndex {
public:
  explicit WeightIndex(graph::AnchorOpInterface anchor);
  size_t input(int64_t element) const;
  size_t output(int64_t element) const;
  /// Elements behind one another that stand between the same two.
  size_t sliceSize() const { return inner; }

private:
  bool transposed;             ///< the first dimension runs over inputs
  size_t first, second, inner; ///< sizes: of two dimensions, and of all behind them
  size_t groups;
};

class ChannelGroups {
public:
  explicit ChannelGroups(mlir::func::FuncOp function);

  /// Groups are numbered below this.
  size_t size() const { return groups; }
  bool isFixed(size_t group) const { return fixedGroups[group]; }
  /// The group of each channel of the input, and of the result; of contractions that take factors.
  std::vector<size_t> inputGroups(graph::AnchorOpInterface anchor) const;
  std::vector<size_t> outputGroups(graph::AnchorOpInterface anchor) const;

  /// Multiplies the channels of each group by its factor, which is above 0, and 1 for a fixed group: constants change, and nothing
  /// else does but the values between them. Rounding to f32 is all that results differ by.
  Status scale(std::span<const double> factors);

private:
  std::vector<size_t> groupsAlong(mlir::Value value, size_t axis) const;
  bool isScaled(mlir::Value value, std::span<const double> factors) const;
  Status scaleOp(mlir::Operation *op, std::span<const double> factors);
  Status scaleBatchNorm(graph::BatchNormOp norm, std::span<const double> factors);
  Status scaleWeights(graph::AnchorOpInterface anchor, std::span<const double> factors);
  /// Replaces a constant operand by itself times the factors of `times`, over those of `over`. They are the same along the first `once`
  /// dimensions of the result, which the constant does not get then.
  Status scaleOperand(mlir::OpOperand &use, mlir::Value times, mlir::Value over,
                      std::span<const double> factors, size_t once = 0);

  mlir::func::FuncOp function;
  size_t groups = 0;
  std::vector<bool> fixedGroups;
  llvm::DenseMap<mlir::Value, ChannelField> fields; ///< of groups
};

} // namespace limbeck::quantize
