// What the two kernels of depthwise convolutions of bytes share: the problem, and what each block of results starts with.
#pragma once
#include "Bytes.h"
#include "DepthwiseScheme.h"
#include "TapPairs.h"
#include "limbeck/Target/CPU/Isa.h"

namespace limbeck::cpu {

inline constexpr int64_t kDepthwiseGroups = 4; ///< accumulators of a block, which one pack makes bytes

/// A convolution NHWC with as many groups as channels, constant weights and no padding.
struct DepthwiseProblem {
  mlir::Operation *op;
  const lower::ContractionArithmetic &arithmetic;
  const Isa &isa;
  Shape input, result;
  Tensor weights;
  int64_t height, width, channels, verticalStride, horizontalStride;
  std::vector<int64_t> dilations;

  DepthwiseProblem(lower::KernelBuilder &kernel, mlir::Operation *op,
                   const lower::ContractionArithmetic &arithmetic, const Isa &isa);
  int64_t taps() const { return height * width; }
  int64_t blockSize() const { return kDepthwiseGroups * isa.lanes; }
  bool signedInput() const { return isSigned(arithmetic.inputType().dtype); }
};

/// The first channels of the blocks of a run of elements, block by block up to where they repeat, and that of the last block where it
/// overlaps the one before it. A run that is shorter than a block has none.
struct BlockPhases {
  llvm::SmallVector<int64_t> starts;
  int64_t period = 0; ///< without the last one

  BlockPhases(int64_t run, int64_t channels, int64_t blockSize);
};

/// Weights, bias and multipliers of blocks, by phase, and the way from sums to bytes.
class DepthwiseTables {
public:
  /// `fours`: the taps that each step multiplies. `fuses`: whether reading one more table costs less than a conversion of the sums.
  /// `pairs`: where the factors of taps are not their weights; its places are those of `fours`.
  DepthwiseTables(lower::KernelBuilder &kernel, ByteInstructions &instructions,
                  const DepthwiseProblem &problem, llvm::ArrayRef<TapFour> fours,
                  llvm::ArrayRef<int64_t> phaseStarts, ByteInstructions::Order order, bool fuses,
                  const TapPairs *pairs = nullptr);

  /// What accumulator `group` starts with.
  mlir::Value start(mlir::Value phase, int64_t group);
  /// Weights of step `four` for accumulator `group`.
  mlir::Value factors(mlir::Value phase, int64_t four, int64_t group);
  /// A sum of accumulator `group`, ready to be packed.
  mlir::Value requantize(mlir::Value sum, mlir::Value phase, int64_t group);
  /// Four of these as bytes in the order of the elements.
  mlir::Value pack(llvm::ArrayRef<mlir::Value> quarters);

private:
  mlir::Value loadOfGroup(mlir::Value table, mlir::Type element, mlir::Value phase, int64_t group);

  lower::KernelBuilder &kernel;
  ByteInstructions &instructions;
  const TensorType &type;
  ByteInstructions::Order order;
  int64_t lanes;
  bool bounded = true; ///< no result exceeds what rounding takes
  mlir::Value weights, bias, multipliers, shifts;
};

/// The kernel that interleaves the inputs of two rows of results once for all their windows. False, with nothing emitted, where it does
/// not apply.
bool emitDepthwisePlanes(lower::KernelBuilder &kernel, const DepthwiseProblem &problem);

} // namespace limbeck::cpu
