// The instructions for bytes: products of bytes summed in fours, saturating packs, interleaving.
#pragma once
#include "Schedule.h"
#include "limbeck/Lower/KernelBuilder.h"
#include "limbeck/Target/CPU/Isa.h"

namespace limbeck::cpu {

struct DotInstruction;

/// Vectors of `lanes` 32-bit values, four times as many bytes: 4 (SSE2, NEON), 8 (AVX2) or 16 (AVX-512) lanes.
class ByteInstructions {
public:
  /// Whether `dot` is right for these s8 weights: AArch64 without dot products adds pairs of products in 16 bits, which hold them
  /// unless a weight is -128.
  static bool multiply(const Isa &isa, const Tensor &weights);
  /// How a tile multiplies: how many products of one row of inputs a step adds to each result, how many steps' inputs one load
  /// brings, how many rows an instruction takes, what that costs, and what `plan` calls it.
  struct Form {
    int64_t unit, stepsPerLoad, rowsTogether;
    StepCost cost;
    llvm::StringRef family;
  };
  /// The best form for `width` rows of `depth` inputs in a row; with `room`, a load may reach over their end. None where that is needed
  /// and not given, and none on AArch64 without dot products.
  static std::optional<Form> tileForm(const Isa &isa, int64_t width, int64_t depth, bool room);
  /// Whether products in pairs (BytePairs.h) are the best there is.
  static bool multiplyInPairs(const Isa &isa);
  /// Their form; with room as above.
  static std::optional<Form> pairForm(const Isa &isa, int64_t depth, bool room);
  ByteInstructions(lower::KernelBuilder &kernel, const Isa &isa) : ByteInstructions(kernel, isa, isa.lanes) {}
  /// The same for vectors of `lanes`, no more than the ISA has.
  ByteInstructions(lower::KernelBuilder &kernel, const Isa &isa, int64_t lanes);

  int64_t lanes() const { return count; }
  mlir::VectorType bytes() const;
  mlir::VectorType dwords() const;

  /// accumulator + four products of the bytes of `x` and the signed bytes of `w` in every lane, modulo 2^32: one instruction; or
  /// pmaddwd of the even and the odd bytes; or smull, smlal and sadalp, of the lower and the upper half. `x` holds inputs of
  /// signedness `isSigned`, moved by `inputShift`.
  mlir::Value dot(mlir::Value accumulator, mlir::Value x, mlir::Value w, bool isSigned);
  /// The byte of `x` and `w` that is factor `product`, of four, of lane `lane`.
  int64_t factorPlace(int64_t lane, int64_t product) const {
    return inHalves() ? product / 2 * 2 * count + 2 * lane + product % 2 : 4 * lane + product;
  }
  /// Four vectors of bytes as four operands `x` of `dot`: operand j has the bytes of the elements that Order::Dealt gives vector j.
  llvm::SmallVector<mlir::Value> interleaved(llvm::ArrayRef<mlir::Value> bytes);
  /// Whether operand j, put behind those of earlier elements, holds vector j of any block that begins `elements` further on: it does
  /// where interleaving takes a block apart only by so many elements.
  bool dealsEvery(int64_t elements) const { return isX86 && count > 4 && elements % 16 == 0; }
  /// The bytes in the order in which `interleaved` leaves them natural: operand j has those of elements lanes * j and on.
  mlir::Value forNaturalOrder(mlir::Value bytes);
  /// Whether the four bytes of a lane are neighbours, so that an operand of `dot` can be read from the middle of two.
  bool keepsFoursTogether() const { return !inHalves(); }
  /// What inputs move by, 128 or -128, where the instruction reads bytes of the other signedness; else 0.
  int64_t inputShift(bool isSigned) const;
  /// A vector of input bytes, or of 32-bit words of them, moved by `inputShift`.
  mlir::Value shifted(mlir::Value input, bool isSigned);
  /// Two rows by two columns: to lane 2 * i + j of the accumulator, eight products of half i of `x` and half j of `w` are added.
  mlir::Value multiplyPairs(mlir::Value accumulator, mlir::Value x, mlir::Value w, bool isSigned);

  /// Bytes of each 128 bits of `x`, picked from the same by `places`.
  mlir::Value picked(mlir::Value x, mlir::Value places);
  /// Two products in every 16 bits, of bytes without sign and signed ones, which fit.
  mlir::Value pairProducts(mlir::Value x, mlir::Value w);
  /// accumulator + two sums of 16 bits in every lane.
  mlir::Value addWords(mlir::Value accumulator, mlir::Value words);

  /// In which order four vectors of i32 hold 4 * lanes results.
  enum class Order {
    Natural, ///< vector j, lane l: element lanes * j + l
    Dealt, ///< vector j, lane 4 * i + k: element 16 * i + 4 * j + k, as interleaving inside 128 bits leaves them
  };
  /// Four vectors of i32, plus `zeroPoint`, as bytes, saturated to the range of s8 or u8.
  mlir::Value pack(llvm::ArrayRef<mlir::Value> quarters, bool isSigned, Order order, int64_t zeroPoint = 0);
  /// roundeven of f32 |t| <= 2^22 as i32, where the machine rounds to nearest: one instruction on x86.
  mlir::Value rounded(mlir::Value t);
  /// The same for any t, as far as `pack` sees it: what lies outside the bounds of `quantization` may be anything as far outside, and NaN
  /// anything below. On x86 the conversion itself answers those with the least i32, so that only too large ones are left to clamp.
  mlir::Value roundedWithin(mlir::Value t, const Quantization &quantization);

  /// accumulator + two products of the signed words of `x` and `w` in every lane.
  mlir::Value dotWords(mlir::Value accumulator, mlir::Value x, mlir::Value w);
  /// The low words, with sign, of four vectors of i32 whose high words are positive, as bytes saturated to 0 and 255; the vectors
  /// are in the order Dealt.
  mlir::Value packLowWords(llvm::ArrayRef<mlir::Value> quarters);
  /// punpckl / punpckh, zip1 / zip2: units of `unit` bytes of the lower or upper half of each 128 bits, alternately from a and c.
  mlir::Value interleave(mlir::Value a, mlir::Value c, int64_t unit, bool upper);

private:
  /// Whether the lower half of the operands of `dot` holds the first two factors of every lane.
  bool inHalves() const { return !instruction && !isX86; }
  mlir::VectorType vector(int64_t elements, unsigned bits) const;
  mlir::Value intrinsic(llvm::StringRef name, mlir::Type type, mlir::ValueRange operands);
  /// The name of an instruction at this width.
  llvm::StringRef at(llvm::StringRef sse2, llvm::StringRef avx2, llvm::StringRef avx512) const;
  mlir::Value bitcast(mlir::Type type, mlir::Value value);
  mlir::Value packInsideParts(llvm::ArrayRef<mlir::Value> quarters, bool isSigned, int64_t zeroPoint);
  /// Two vectors as one of half as wide elements, saturated.
  mlir::Value narrowed(mlir::Value low, mlir::Value high, bool toSigned);

  lower::KernelBuilder &kernel;
  mlir::OpBuilder &b;
  const Isa &isa;
  int64_t count;
  const DotInstruction *instruction; ///< null where there is none
  bool isX86;
};

} // namespace limbeck::cpu
