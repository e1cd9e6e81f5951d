// Names of intrinsics by width, and what is made of them.
#include "ByteInstructions.h"
#include "BytePairs.h"
#include "limbeck/Lower/Elementwise.h"
#include "limbeck/Target/CPU/Emitters.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include <numeric>

namespace limbeck::cpu {

using namespace mlir;

/// An instruction that multiplies bytes by signed bytes and adds the products in fours.
struct DotInstruction {
  StringRef feature, family;
  StringRef unsignedInputs, signedInputs; ///< intrinsics; empty where there is none
  bool byElement;                         ///< the inputs can be any 32 bits of a register
};

// The first whose feature the instruction set has.
static constexpr DotInstruction kDotInstructions[] = {
    {"avx512vnni", "vnni tile", "llvm.x86.avx512.vpdpbusd.512", "", false},
    {"avxvnni", "vnni tile", "llvm.x86.avx512.vpdpbusd.256", "", false},
    {"i8mm", "dotprod tile", "llvm.aarch64.neon.usdot.v4i32.v16i8", "llvm.aarch64.neon.sdot.v4i32.v16i8",
     true},
    {"dotprod", "dotprod tile", "", "llvm.aarch64.neon.sdot.v4i32.v16i8", true},
};

static const DotInstruction *dotInstruction(const Isa &isa) {
  const auto *found = llvm::find_if(kDotInstructions, [&](const DotInstruction &candidate) {
    return isa.has(std::string_view(candidate.feature));
  });
  return found == std::end(kDotInstructions) ? nullptr : found;
}

static bool isOfX86(const Isa &isa) {
  return isa.architecture == artifact::Architecture::X86_64;
}

bool readsUnsignedBytes(const Isa &isa) {
  const DotInstruction *dot = dotInstruction(isa);
  return dot ? dot->signedInputs.empty() : isOfX86(isa);
}

bool ByteInstructions::multiply(const Isa &isa, const Tensor &weights) {
  return isOfX86(isa) || dotInstruction(isa) ||
         llvm::none_of(weights.asIndices(), [](int64_t weight) { return weight == -128; });
}

std::optional<ByteInstructions::Form> ByteInstructions::tileForm(const Isa &isa, int64_t width, int64_t depth,
                                                                 bool room) {
  constexpr int64_t kRegister = 16; // bytes of a NEON register
  const DotInstruction *dot = dotInstruction(isa);
  bool whole = depth % kRegister == 0;
  if ((depth % 4 != 0 && !room) || (!dot && !isOfX86(isa)))
    return std::nullopt;
  if (isa.has("i8mm") && width > 1 && (depth % 8 == 0 || room)) {
    // Half an instruction for each row brings two rows together.
    StepCost cost{.inputRegisters = whole ? 0 : 3,
                  .weightRegisters = 2,
                  .rowRegisters = whole ? 1 : 0,
                  .rowsTogether = 2,
                  .perRow = 0.5};
    return Form{8, whole ? 2 : 1, 2, cost, "i8mm tile"};
  }
  if (!dot) { // inputs and weights are split into even and odd bytes
    StepCost cost{.inputRegisters = 4, .weightRegisters = 2, .perRow = 2, .perVector = 3, .perProduct = 4};
    return Form{4, 1, 1, cost, "dot tile"};
  }
  if (!dot->byElement)
    return Form{4, 1, 1, {}, dot->family};
  if (whole)
    return Form{4, 4, 1, {.inputRegisters = 0, .rowRegisters = 1}, dot->family};
  return Form{4, 1, 1, {.perRow = 1}, dot->family}; // spreading an input takes an instruction
}

bool ByteInstructions::multiplyInPairs(const Isa &isa) {
  return !dotInstruction(isa) && isa.has("avx2");
}

std::optional<ByteInstructions::Form> ByteInstructions::pairForm(const Isa &isa, int64_t depth, bool room) {
  if (!multiplyInPairs(isa) || (depth < BytePairs::kBlock && !room))
    return std::nullopt;
  // Four steps of 4 products share a load; each picks its inputs once for all vectors. Two of them are added before they are widened.
  // Ten sums are enough, as weights are operands; with more registers LLVM would load for several rows at once, and spill.
  StepCost cost{.inputRegisters = isa.registers - 10,
                .weightRegisters = 0,
                .lastRowsAsWhole = false,
                .perRow = 1.25,
                .perVector = 0.5,
                .perProduct = 2.75};
  return Form{BytePairs::kBlock, 1, 1, cost, "pair tile"};
}

ByteInstructions::ByteInstructions(lower::KernelBuilder &kernel, const Isa &isa, int64_t lanes)
    : kernel(kernel), b(kernel.builder()), isa(isa), count(lanes), instruction(dotInstruction(isa)),
      isX86(isOfX86(isa)) {}

int64_t ByteInstructions::inputShift(bool isSigned) const {
  bool readsSigned =
      instruction ? !instruction->signedInputs.empty() && (isSigned || instruction->unsignedInputs.empty())
                  : !isX86;
  return readsSigned == isSigned ? 0 : isSigned ? 128 : -128;
}

Value ByteInstructions::shifted(Value input, bool isSigned) {
  if (inputShift(isSigned) == 0)
    return input;
  bool inBytes = cast<VectorType>(input.getType()).getElementType().isInteger(8);
  int32_t flip = inBytes ? -128 : static_cast<int32_t>(0x80808080u);
  return arith::XOrIOp::create(b, kernel.loc(), input, kernel.constantLike(input.getType(), flip));
}

VectorType ByteInstructions::vector(int64_t elements, unsigned bits) const {
  return VectorType::get({elements}, b.getIntegerType(bits));
}
VectorType ByteInstructions::bytes() const {
  return vector(4 * count, 8);
}
VectorType ByteInstructions::dwords() const {
  return vector(count, 32);
}

Value ByteInstructions::intrinsic(StringRef name, Type type, ValueRange operands) {
  return LLVM::CallIntrinsicOp::create(b, kernel.loc(), type, b.getStringAttr(name), operands).getResult(0);
}

StringRef ByteInstructions::at(StringRef sse2, StringRef avx2, StringRef avx512) const {
  return count == 16 ? avx512 : count == 8 ? avx2 : sse2;
}

Value ByteInstructions::bitcast(Type type, Value value) {
  return vector::BitCastOp::create(b, kernel.loc(), type, value);
}

Value ByteInstructions::dot(Value accumulator, Value x, Value w, bool isSigned) {
  if (instruction) {
    bool readsSigned = (inputShift(isSigned) == 0) == isSigned;
    if (readsSigned) // the second operand can be a part of a register
      return intrinsic(instruction->signedInputs, dwords(), {accumulator, w, x});
    return intrinsic(instruction->unsignedInputs, dwords(), {accumulator, x, w});
  }
  if (inHalves()) {
    // Two products of -128 * 127 fit 16 bits.
    auto half = [&](Value bytes, int64_t first) -> Value {
      Value own = vector::ExtractStridedSliceOp::create(b, kernel.loc(), bytes, ArrayRef<int64_t>{first},
                                                        ArrayRef<int64_t>{2 * count}, ArrayRef<int64_t>{1});
      return arith::ExtSIOp::create(b, kernel.loc(), vector(2 * count, 16), own);
    };
    auto products = [&](int64_t first) -> Value {
      return arith::MulIOp::create(b, kernel.loc(), half(x, first), half(w, first));
    };
    Value pairs = arith::AddIOp::create(b, kernel.loc(), products(0), products(2 * count));
    return arith::AddIOp::create(b, kernel.loc(), accumulator,
                                 intrinsic("llvm.aarch64.neon.saddlp.v4i32.v8i16", dwords(), pairs));
  }
  // Words of the even bytes and of the odd ones: 255 * 128 * 2 is far from the end of 32 bits.
  VectorType words = vector(2 * count, 16);
  Value eight = kernel.constantLike(words, 8), low = kernel.constantLike(words, 255);
  Value xs = bitcast(words, x), ws = bitcast(words, w);
  Value xEven = arith::AndIOp::create(b, kernel.loc(), xs, low),
        xOdd = arith::ShRUIOp::create(b, kernel.loc(), xs, eight);
  Value wEven = arith::ShRSIOp::create(b, kernel.loc(),
                                       arith::ShLIOp::create(b, kernel.loc(), ws, eight).getResult(), eight);
  Value wOdd = arith::ShRSIOp::create(b, kernel.loc(), ws, eight);
  StringRef name = at("llvm.x86.sse2.pmadd.wd", "llvm.x86.avx2.pmadd.wd", "llvm.x86.avx512.pmaddw.d.512");
  Value even = intrinsic(name, dwords(), {xEven, wEven}), odd = intrinsic(name, dwords(), {xOdd, wOdd});
  return arith::AddIOp::create(b, kernel.loc(), accumulator,
                               arith::AddIOp::create(b, kernel.loc(), even, odd).getResult());
}

Value ByteInstructions::multiplyPairs(Value accumulator, Value x, Value w, bool isSigned) {
  StringRef name = isSigned ? "llvm.aarch64.neon.smmla.v4i32.v16i8" : "llvm.aarch64.neon.usmmla.v4i32.v16i8";
  return intrinsic(name, dwords(), {accumulator, x, w});
}

Value ByteInstructions::picked(Value x, Value places) {
  StringRef name = at("llvm.x86.ssse3.pshuf.b.128", "llvm.x86.avx2.pshuf.b", "llvm.x86.avx512.pshuf.b.512");
  return intrinsic(name, bytes(), {x, places});
}

Value ByteInstructions::pairProducts(Value x, Value w) {
  StringRef name =
      at("llvm.x86.ssse3.pmadd.ub.sw.128", "llvm.x86.avx2.pmadd.ub.sw", "llvm.x86.avx512.pmaddubs.w.512");
  return intrinsic(name, vector(2 * count, 16), {x, w});
}

Value ByteInstructions::addWords(Value accumulator, Value words) {
  StringRef name = at("llvm.x86.sse2.pmadd.wd", "llvm.x86.avx2.pmadd.wd", "llvm.x86.avx512.pmaddw.d.512");
  return arith::AddIOp::create(b, kernel.loc(), accumulator,
                               intrinsic(name, dwords(), {words, kernel.constantLike(words.getType(), 1)}));
}

Value ByteInstructions::narrowed(Value low, Value high, bool toSigned) {
  SmallVector<int64_t> all(static_cast<size_t>(2 * cast<VectorType>(low.getType()).getNumElements()));
  std::iota(all.begin(), all.end(), 0);
  auto half = [&](Value wide) -> Value {
    auto type = cast<VectorType>(wide.getType());
    unsigned bits = type.getElementTypeBitWidth() / 2;
    auto bound = [&](int64_t value) { return kernel.constantLike(type, static_cast<double>(value)); };
    int64_t least = toSigned ? -(int64_t(1) << (bits - 1)) : 0, steps = (int64_t(1) << bits) - 1;
    wide = arith::MinSIOp::create(b, kernel.loc(), wide, bound(least + steps));
    wide = arith::MaxSIOp::create(b, kernel.loc(), wide, bound(least));
    return arith::TruncIOp::create(b, kernel.loc(), vector(type.getNumElements(), bits), wide);
  };
  Value halves[] = {half(low), half(high)};
  return vector::ShuffleOp::create(b, kernel.loc(), halves[0], halves[1], all);
}

Value ByteInstructions::rounded(Value t) {
  if (!isX86)
    return lower::roundSmall(kernel, t);
  std::string lanes = std::to_string(count);
  return intrinsic("llvm.lrint.v" + lanes + "i32.v" + lanes + "f32", dwords(), {t}); // cvtps2dq
}

Value ByteInstructions::roundedWithin(Value t, const Quantization &quantization) {
  auto bound = [&](int64_t value) {
    return kernel.constantLike(t.getType(), static_cast<double>(value - quantization.zeroPoints[0]));
  };
  Value high = bound(quantization.highest);
  if (!isX86)
    return rounded(lower::clampOrdered(kernel, t, bound(quantization.lowest), high));
  Value above = arith::CmpFOp::create(b, kernel.loc(), arith::CmpFPredicate::OLT, high, t);
  t = arith::SelectOp::create(b, kernel.loc(), above, high, t); // minps: NaN stays
  SmallVector<Value> operands{t};
  if (count == 16) {
    constexpr int32_t kCurrentRounding = 4;
    operands.append({kernel.constantLike(dwords(), 0),
                     arith::ConstantOp::create(b, kernel.loc(), b.getI16IntegerAttr(-1)),
                     arith::ConstantOp::create(b, kernel.loc(), b.getI32IntegerAttr(kCurrentRounding))});
  }
  StringRef name =
      at("llvm.x86.sse2.cvtps2dq", "llvm.x86.avx.cvt.ps2dq.256", "llvm.x86.avx512.mask.cvtps2dq.512");
  return intrinsic(name, dwords(), operands);
}

Value ByteInstructions::packInsideParts(ArrayRef<Value> quarters, bool isSigned, int64_t zeroPoint) {
  VectorType words = vector(2 * count, 16);
  auto withZeroPoint = [&](Value half) -> Value { // saturated again, still in the order of the sums
    if (zeroPoint == 0)
      return half;
    std::string name = "llvm.sadd.sat.v" + std::to_string(2 * count) + "i16";
    return intrinsic(name, words, {half, kernel.constantLike(words, static_cast<double>(zeroPoint))});
  };
  if (!isX86) // clamps and truncations, which LLVM makes sqxtn and sqxtun
    return narrowed(withZeroPoint(narrowed(quarters[0], quarters[1], true)),
                    withZeroPoint(narrowed(quarters[2], quarters[3], true)), isSigned);
  StringRef toWords =
      at("llvm.x86.sse2.packssdw.128", "llvm.x86.avx2.packssdw", "llvm.x86.avx512.packssdw.512");
  StringRef toBytes =
      isSigned ? at("llvm.x86.sse2.packsswb.128", "llvm.x86.avx2.packsswb", "llvm.x86.avx512.packsswb.512")
               : at("llvm.x86.sse2.packuswb.128", "llvm.x86.avx2.packuswb", "llvm.x86.avx512.packuswb.512");
  Value low = withZeroPoint(intrinsic(toWords, words, {quarters[0], quarters[1]}));
  Value high = withZeroPoint(intrinsic(toWords, words, {quarters[2], quarters[3]}));
  return intrinsic(toBytes, bytes(), {low, high});
}

Value ByteInstructions::pack(ArrayRef<Value> quarters, bool isSigned, Order order, int64_t zeroPoint) {
  Value packed = packInsideParts(quarters, isSigned, zeroPoint);
  // The packs work inside 128 bits: part i of the result holds four elements of each vector.
  if (order == Order::Dealt || count == 4)
    return packed;
  SmallVector<int64_t> places;
  for (int64_t j = 0; j < 4; ++j)
    for (int64_t i = 0; i < count / 4; ++i)
      places.push_back(4 * i + j);
  Value units = bitcast(dwords(), packed);
  return bitcast(bytes(), vector::ShuffleOp::create(b, kernel.loc(), units, units, places));
}

Value ByteInstructions::dotWords(Value accumulator, Value x, Value w) {
  if (isa.has("avx512vnni") || isa.has("avxvnni"))
    return intrinsic(
        at("llvm.x86.avx512.vpdpwssd.128", "llvm.x86.avx512.vpdpwssd.256", "llvm.x86.avx512.vpdpwssd.512"),
        dwords(), {accumulator, x, w});
  StringRef name = at("llvm.x86.sse2.pmadd.wd", "llvm.x86.avx2.pmadd.wd", "llvm.x86.avx512.pmaddw.d.512");
  return arith::AddIOp::create(b, kernel.loc(), accumulator, intrinsic(name, dwords(), {x, w}));
}

Value ByteInstructions::packLowWords(ArrayRef<Value> quarters) {
  VectorType words = vector(2 * count, 16);
  StringRef name = at("llvm.x86.sse2.packuswb.128", "llvm.x86.avx2.packuswb", "llvm.x86.avx512.packuswb.512");
  auto half = [&](Value low, Value high) -> Value {
    // Each low word is a byte now; the one behind it, from a high word, is 255.
    Value packed = intrinsic(name, bytes(), {bitcast(words, low), bitcast(words, high)});
    return arith::AndIOp::create(b, kernel.loc(), bitcast(words, packed), kernel.constantLike(words, 255));
  };
  return intrinsic(name, bytes(), {half(quarters[0], quarters[1]), half(quarters[2], quarters[3])});
}

SmallVector<Value> ByteInstructions::interleaved(ArrayRef<Value> bytes) {
  int64_t unit = inHalves() ? 8 : 2;
  SmallVector<Value> operands;
  for (bool upper : {false, true}) {
    Value first = interleave(bytes[0], bytes[1], 1, upper), second = interleave(bytes[2], bytes[3], 1, upper);
    operands.push_back(interleave(first, second, unit, false));
    operands.push_back(interleave(first, second, unit, true));
  }
  return operands;
}

Value ByteInstructions::forNaturalOrder(Value bytes) {
  if (count == 4) // one part: nothing is dealt
    return bytes;
  SmallVector<int64_t> places;
  for (int64_t part = 0; part < count / 4; ++part)
    for (int64_t j = 0; j < 4; ++j)
      places.push_back(count / 4 * j + part);
  Value units = bitcast(dwords(), bytes);
  return bitcast(this->bytes(), vector::ShuffleOp::create(b, kernel.loc(), units, units, places));
}

Value ByteInstructions::interleave(Value a, Value c, int64_t unit, bool upper) {
  SmallVector<int64_t> places;
  for (int64_t part = 0; part < 4 * count; part += 16)
    for (int64_t first = 0; first < 8; first += unit)
      for (int64_t from : {int64_t(0), 4 * count})
        for (int64_t byte = 0; byte < unit; ++byte)
          places.push_back(from + part + (upper ? 8 : 0) + first + byte);
  return vector::ShuffleOp::create(b, kernel.loc(), a, c, places);
}

} // namespace limbeck::cpu
