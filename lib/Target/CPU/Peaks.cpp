// LLVM IR of loops over accumulators that do not wait for each other, as many as the registers hold.
#include "limbeck/Target/CPU/Peaks.h"
#include "Codegen.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/Intrinsics.h"

namespace limbeck::cpu {

namespace {
/// The best instruction for products of bytes that a feature brings: accumulator, unsigned and signed bytes.
struct DotInstruction {
  std::string_view feature, intrinsic;
};
constexpr DotInstruction kDots[] = {{"avx512vnni", "llvm.x86.avx512.vpdpbusd.512"},
                                    {"avxvnni", "llvm.x86.avx512.vpdpbusd.256"},
                                    {"dotprod", "llvm.aarch64.neon.sdot.v4i32.v16i8"}};

class PeakBuilder {
public:
  PeakBuilder(llvm::Module &module, Peak peak, const Isa &isa)
      : module(module), b(module.getContext()), peak(peak), isa(isa) {
    accumulators = peak == Peak::Read ? kReads : onTiles() ? kTileSums : isa.registers - kOtherRegisters;
  }

  void build() {
    auto *taskType =
        llvm::FunctionType::get(b.getVoidTy(), {b.getPtrTy(), b.getInt32Ty(), b.getInt32Ty()}, false);
    auto *task =
        llvm::Function::Create(taskType, llvm::GlobalValue::ExternalLinkage, taskName("peak"), module);
    buildTask(task);
    llvm::SmallVector<llvm::Type *> pointers(5, b.getPtrTy());
    auto *entry = llvm::Function::Create(llvm::FunctionType::get(b.getInt32Ty(), pointers, false),
                                         llvm::GlobalValue::ExternalLinkage, kEntrySymbol, module);
    b.SetInsertPoint(llvm::BasicBlock::Create(module.getContext(), "", entry));
    // LimbeckApi: version, pool, parallel, fail. The inputs are the frame.
    auto *call = llvm::FunctionType::get(b.getVoidTy(),
                                         {b.getPtrTy(), b.getPtrTy(), b.getPtrTy(), b.getInt32Ty()}, false);
    b.CreateCall(call, member(entry->getArg(0), 2),
                 {member(entry->getArg(0), 1), task, entry->getArg(1), b.getInt32(kAllWorkers)});
    b.CreateRet(b.getInt32(0));
  }

  int64_t products() const { return kSteps * accumulators * productsPerStep; }
  int64_t blockBytes() const { return kReads * isa.lanes * 4; }

private:
  static constexpr int64_t kSteps = 131072, kReads = 8, kOtherRegisters = 4;
  static constexpr int64_t kTileSums = 4, kTileRows = 16, kTileBytes = 64; ///< of AMX

  bool onTiles() const {
    return (peak == Peak::Int8 && isa.has("amx-int8")) || (peak == Peak::BF16 && isa.has("amx-bf16"));
  }

  llvm::Value *member(llvm::Value *base, uint64_t index) {
    return b.CreateLoad(b.getPtrTy(), b.CreateConstInBoundsGEP1_64(b.getPtrTy(), base, index));
  }
  llvm::VectorType *vector(llvm::Type *element, int64_t lanes) {
    return llvm::FixedVectorType::get(element, static_cast<unsigned>(lanes));
  }
  /// A value that the optimizer does not know.
  llvm::Value *opaque(llvm::Value *value) {
    llvm::Value *place = b.CreateAlloca(value->getType());
    b.CreateStore(value, place, /*isVolatile=*/true);
    return b.CreateLoad(value->getType(), place, /*isVolatile=*/true);
  }

  llvm::Value *constant(llvm::ArrayRef<uint8_t> bytes) {
    auto *value = llvm::ConstantDataArray::get(module.getContext(), bytes);
    auto *global = new llvm::GlobalVariable(module, value->getType(), /*isConstant=*/true,
                                            llvm::GlobalValue::PrivateLinkage, value);
    global->setAlignment(llvm::Align(64));
    return global;
  }

  /// Four tiles of sums, two of inputs and two of weights. Their elements are not 0, with which products take less power and time.
  void buildTileTask(llvm::Function *task) {
    bool bytes = peak == Peak::Int8;
    productsPerStep = kTileRows * (kTileBytes / 4) * kTileBytes / (bytes ? 1 : 2);
    llvm::SmallVector<uint8_t> configuration(64, 0), data(static_cast<size_t>(kTileRows * kTileBytes));
    configuration[0] = 1; // the palette; bytes of a row from 16 on, in 16 bits each, rows from 48 on
    for (size_t tile = 0; tile < 8; ++tile) {
      configuration[16 + 2 * tile] = kTileBytes;
      configuration[48 + tile] = kTileRows;
    }
    for (auto [i, byte] : llvm::enumerate(data))
      byte = bytes   ? static_cast<uint8_t>(i * 37 % 251 + 1)
             : i % 2 ? 0x3f
                     : static_cast<uint8_t>(i * 37 % 127);
    llvm::LLVMContext &context = module.getContext();
    auto *before = llvm::BasicBlock::Create(context, "", task);
    auto *body = llvm::BasicBlock::Create(context, "", task);
    auto *behind = llvm::BasicBlock::Create(context, "", task);
    auto tile = [&](int64_t number) { return b.getInt8(static_cast<uint8_t>(number)); };
    b.SetInsertPoint(before);
    call("llvm.x86.ldtilecfg", b.getVoidTy(), {constant(configuration)});
    llvm::Value *from = constant(data);
    for (int64_t sum = 0; sum < kTileSums; ++sum)
      call("llvm.x86.tilezero", b.getVoidTy(), {tile(sum)});
    for (int64_t factor = kTileSums; factor < 8; ++factor)
      call("llvm.x86.tileloadd64", b.getVoidTy(), {tile(factor), from, b.getInt64(kTileBytes)});
    b.CreateBr(body);
    b.SetInsertPoint(body);
    llvm::PHINode *step = b.CreatePHI(b.getInt64Ty(), 2);
    step->addIncoming(b.getInt64(0), before);
    for (int64_t sum = 0; sum < kTileSums; ++sum)
      call(bytes ? "llvm.x86.tdpbusd" : "llvm.x86.tdpbf16ps", b.getVoidTy(),
           {tile(sum), tile(4 + sum / 2), tile(6 + sum % 2)});
    llvm::Value *next = b.CreateAdd(step, b.getInt64(1));
    step->addIncoming(next, body);
    b.CreateCondBr(b.CreateICmpULT(next, b.getInt64(kSteps)), body, behind);
    b.SetInsertPoint(behind);
    b.CreateRetVoid();
  }

  void buildTask(llvm::Function *task) {
    if (onTiles())
      return buildTileTask(task);
    llvm::LLVMContext &context = module.getContext();
    auto *before = llvm::BasicBlock::Create(context, "", task);
    auto *again = llvm::BasicBlock::Create(context, "", task),
         *head = llvm::BasicBlock::Create(context, "", task),
         *body = llvm::BasicBlock::Create(context, "", task),
         *ended = llvm::BasicBlock::Create(context, "", task);
    auto *behind = llvm::BasicBlock::Create(context, "", task);
    b.SetInsertPoint(before);
    llvm::Value *first = b.getInt64(0), *last = b.getInt64(kSteps), *data = nullptr, *times = b.getInt64(1);
    if (peak == Peak::Read) {
      data = member(task->getArg(0), 0);
      llvm::Value *blocks = b.CreateLoad(b.getInt64Ty(), member(task->getArg(0), 1));
      llvm::Value *worker = b.CreateZExt(task->getArg(1), b.getInt64Ty());
      llvm::Value *workers = b.CreateZExt(task->getArg(2), b.getInt64Ty());
      auto share = [&](llvm::Value *number) { return b.CreateUDiv(b.CreateMul(blocks, number), workers); };
      first = share(worker);
      last = share(b.CreateAdd(worker, b.getInt64(1)));
      times = b.CreateLoad(b.getInt64Ty(), member(task->getArg(0), 2));
    }
    bool isFloat = peak == Peak::F32 || peak == Peak::BF16;
    auto *type = vector(isFloat ? b.getFloatTy() : b.getInt32Ty(), isa.lanes);
    x = opaque(isFloat ? llvm::ConstantFP::get(type, 1)
                       : static_cast<llvm::Constant *>(llvm::ConstantInt::get(type, 0x01010101)));
    y = opaque(isFloat ? llvm::ConstantFP::get(type, 0)
                       : static_cast<llvm::Constant *>(llvm::ConstantInt::get(type, 0x01010101)));
    llvm::SmallVector<llvm::Value *> places;
    for (int64_t i = 0; i < accumulators; ++i)
      places.push_back(b.CreateAlloca(type));
    b.CreateBr(again);
    b.SetInsertPoint(again);
    llvm::PHINode *round = b.CreatePHI(b.getInt64Ty(), 2);
    round->addIncoming(b.getInt64(0), before);
    b.CreateBr(head);
    b.SetInsertPoint(head);
    llvm::PHINode *step = b.CreatePHI(b.getInt64Ty(), 2);
    step->addIncoming(first, again);
    llvm::SmallVector<llvm::PHINode *> sums;
    for (int64_t i = 0; i < accumulators; ++i) {
      sums.push_back(b.CreatePHI(type, 2));
      sums.back()->addIncoming(x, again);
    }
    b.CreateCondBr(b.CreateICmpULT(step, last), body, ended);
    b.SetInsertPoint(body);
    for (auto [i, sum] : llvm::enumerate(sums))
      sum->addIncoming(peak == Peak::Read ? read(sum, data, step, i) : multiplyAdd(sum), body);
    step->addIncoming(b.CreateAdd(step, b.getInt64(1)), body);
    b.CreateBr(head);
    b.SetInsertPoint(ended);
    // Of every round, so that none is left out.
    for (auto [sum, place] : llvm::zip(sums, places))
      b.CreateStore(sum, place, /*isVolatile=*/true);
    llvm::Value *next = b.CreateAdd(round, b.getInt64(1));
    round->addIncoming(next, ended);
    b.CreateCondBr(b.CreateICmpULT(next, times), again, behind);
    b.SetInsertPoint(behind);
    b.CreateRetVoid();
  }

  llvm::Value *read(llvm::Value *sum, llvm::Value *data, llvm::Value *step, size_t number) {
    llvm::Value *vectors = b.CreateAdd(b.CreateMul(step, b.getInt64(kReads)), b.getInt64(number));
    return b.CreateOr(sum, b.CreateLoad(sum->getType(), b.CreateInBoundsGEP(sum->getType(), data, vectors)));
  }

  llvm::Value *call(std::string_view intrinsic, llvm::Type *result, llvm::ArrayRef<llvm::Value *> operands) {
    llvm::SmallVector<llvm::Type *> types;
    for (llvm::Value *operand : operands)
      types.push_back(operand->getType());
    return b.CreateCall(
        module.getOrInsertFunction(llvm::StringRef(intrinsic), llvm::FunctionType::get(result, types, false)),
        operands);
  }

  /// One step that depends on the one before it through `sum` alone.
  llvm::Value *multiplyAdd(llvm::Value *sum) {
    productsPerStep = isa.lanes;
    if (peak == Peak::F32)
      return isa.fma ? b.CreateIntrinsic(llvm::Intrinsic::fma, {sum->getType()}, {sum, x, y})
                     : b.CreateFAdd(b.CreateFMul(sum, x), y);
    if (peak == Peak::BF16) {
      productsPerStep = 2 * isa.lanes;
      auto *pairs = vector(b.getBFloatTy(), 2 * isa.lanes);
      return call("llvm.x86.avx512bf16.dpbf16ps.512", sum->getType(),
                  {sum, b.CreateBitCast(x, pairs), b.CreateBitCast(y, pairs)});
    }
    auto *bytes = vector(b.getInt8Ty(), 4 * isa.lanes);
    for (const DotInstruction &dot : kDots)
      if (isa.has(dot.feature)) {
        productsPerStep = 4 * isa.lanes;
        return call(dot.intrinsic, sum->getType(),
                    {sum, b.CreateBitCast(x, bytes), b.CreateBitCast(y, bytes)});
      }
    if (isa.architecture != artifact::Architecture::X86_64)
      return b.CreateAdd(sum, b.CreateMul(sum, y));
    auto *words = vector(b.getInt16Ty(), 2 * isa.lanes);
    std::string_view pairs = isa.lanes == 16  ? "llvm.x86.avx512.pmaddw.d.512"
                             : isa.lanes == 8 ? "llvm.x86.avx2.pmadd.wd"
                                              : "llvm.x86.sse2.pmadd.wd";
    productsPerStep = 2 * isa.lanes;
    return b.CreateAdd(sum,
                       call(pairs, sum->getType(), {b.CreateBitCast(sum, words), b.CreateBitCast(y, words)}));
  }

  llvm::Module &module;
  llvm::IRBuilder<> b;
  Peak peak;
  const Isa &isa;
  int64_t accumulators, productsPerStep = 0;
  llvm::Value *x = nullptr, *y = nullptr;
};
} // namespace

bool multipliesBF16(const Isa &isa) {
  return isa.has("amx-bf16") || isa.has("avx512bf16");
}

Expected<PeakCode> compilePeak(Peak peak, const Isa &isa) {
  LIMBECK_ASSIGN(std::unique_ptr<llvm::TargetMachine> machine, createMachine(isa, 3));
  llvm::LLVMContext context;
  llvm::Module module("peak", context);
  PeakBuilder builder(module, peak, isa);
  builder.build();
  module.setTargetTriple(machine->getTargetTriple());
  module.setDataLayout(machine->createDataLayout());
  prepareFunctions(module, isa);
  optimize(module, *machine, 3);
  LIMBECK_ASSIGN(ObjectBytes object, emitObject(module, *machine, false));
  PeakCode code{{}, builder.products(), builder.blockBytes()};
  LIMBECK_TRY(linkImage(object, isa, code.entry));
  return code;
}

} // namespace limbeck::cpu
