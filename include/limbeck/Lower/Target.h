// What lowering may ask about a target: numbers and capabilities, never a name. Target/ implements and registers them.
#pragma once
#include "limbeck/Tensor/TensorType.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Value.h"
#include "mlir/Support/LogicalResult.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include <cstdint>
#include <memory>

namespace limbeck::lower {

class ContractionArithmetic;
class KernelBuilder;
class ProductAtom;
struct PairForm;

/// The shape of a register file and its vector units, as schedules need them.
struct VectorUnit {
  int64_t lanes = 4;      ///< f32 values of one register
  int64_t registers = 16; ///< vector registers
  bool fma = false;       ///< fused multiply-add in hardware
};

/// Bytes that a core can count on in its caches.
struct Caches {
  int64_t second = int64_t(1) << 20;       ///< its own
  int64_t shareOfThird = int64_t(4) << 20; ///< of the one that cores share
};

class Target {
public:
  virtual ~Target() = default;
  virtual llvm::StringRef name() const = 0;
  virtual VectorUnit vectorUnit() const = 0;
  virtual Caches caches() const = 0;
  /// Whether its products of bytes take inputs without sign only, so that those with one are moved each time they are read.
  virtual bool readsUnsignedBytes() const = 0;
  /// Lets the target write the body of a kernel by itself. Failure: it has no emitter for this region, and nothing was
  /// emitted.
  virtual mlir::LogicalResult emitKernel(KernelBuilder &kernel) const = 0;
  /// How it multiplies two operands that no kernel knows before. Null: one product a step serves as well.
  virtual std::unique_ptr<ProductAtom> productAtom(KernelBuilder &kernel,
                                                   ContractionArithmetic &arithmetic) const = 0;
  /// A vector of i32 that fit a byte as bytes. Null: truncation serves as well, and nothing was emitted.
  virtual mlir::Value emitBytePack(KernelBuilder &kernel, mlir::Value wide, bool isSigned) const = 0;
  /// Whether it has the next two, for vectors of up to four times as many bytes as it has lanes.
  virtual bool packsFloats() const = 0;
  /// The bytes of a vector, without sign, as four vectors of f32: each is 2^23 more, in the order in which packing takes them.
  virtual llvm::SmallVector<mlir::Value> emitByteFloats(KernelBuilder &kernel, mlir::Value bytes) const = 0;
  /// Four vectors of f32 in that order, magnitudes below 2^22, as bytes of `type`: rounded, plus its zero point, saturated to its bounds.
  virtual mlir::Value emitRoundedBytes(KernelBuilder &kernel, llvm::ArrayRef<mlir::Value> quarters,
                                       const TensorType &type) const = 0;
  /// A vector of f32, four times as many as it has lanes, as bytes of `type`: rounded, plus its zero point, saturated to its bounds; NaN
  /// gives the lower one. Null: clamping serves as well, and nothing was emitted.
  virtual mlir::Value emitQuantizedBytes(KernelBuilder &kernel, mlir::Value t,
                                         const TensorType &type) const = 0;
  /// A vector of f32 rounded to bf16, as i16; subnormal numbers may become 0. Null: integers serve as well, and nothing was emitted.
  virtual mlir::Value emitRoundToBF16(KernelBuilder &kernel, mlir::Value x) const = 0;
  /// a * 2^n of vectors of f32, which is normal or infinite, for integers n. Null: two factors serve as well, and nothing was emitted.
  virtual mlir::Value emitScale(KernelBuilder &kernel, mlir::Value a, mlir::Value n) const = 0;
  /// A table of 256 bytes as the next one reads it: behind the bytes themselves, there may be others.
  virtual Tensor arrangeByteTable(const Tensor &values) const = 0;
  /// Elements of a table of 256 `values`, which so arranged is the memref `table`, at `positions`, a vector of bytes without sign.
  /// Null: the target has no instruction for it, and nothing was emitted.
  virtual mlir::Value emitByteLookup(KernelBuilder &kernel, const Tensor &values, mlir::Value table,
                                     mlir::Value positions) const = 0;
  /// The form of two vectors of bytes without sign, saturated to 0 and 255. Null: widening serves as well, and nothing was emitted.
  virtual mlir::Value emitPairForm(KernelBuilder &kernel, const PairForm &form, mlir::Value first,
                                   mlir::Value second) const = 0;
};

/// The registered target of that name, or null. Targets register when their library is linked through `registerTargets`.
const Target *findTarget(llvm::StringRef name);
/// The target that a module names; null, with an error at the module, where it names none that there is.
const Target *targetOf(mlir::ModuleOp module);
void registerTarget(const Target *target);

/// Name of the module attribute, "always" or "never", that takes the decision from limbeck-lower-split-samples.
inline constexpr llvm::StringLiteral kSplitSamplesAttribute = "limbeck.split_samples";
/// Name of the module attribute (a string) that holds the target of kernels.
inline constexpr llvm::StringLiteral kTargetAttribute = "limbeck.target";

} // namespace limbeck::lower
