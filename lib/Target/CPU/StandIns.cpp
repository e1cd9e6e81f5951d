// Every target intrinsic in the IR is looked up: kept where the ISA has it, replaced by a stand-in where not, refused where the
// table does not know it (LLVM would end the process in instruction selection).
#include "Codegen.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/IRReader/IRReader.h"
#include "llvm/Linker/Linker.h"
#include "llvm/Support/SourceMgr.h"

namespace limbeck::cpu {

namespace {
struct IntrinsicEntry {
  llvm::StringRef prefix; ///< of the intrinsic's name
  llvm::StringRef
      feature; ///< that the target must have, or one of two; "x86": every machine of that architecture has it
  llvm::StringRef standIn; ///< function of StandIns.c: (result, operands.., lanes)
  bool onTiles = false;    ///< the function is (tiles, operands..)
};
} // namespace

static constexpr IntrinsicEntry kIntrinsics[] = {
    {"llvm.fma.f32", "fma", "standin_fma_f32"},
    {"llvm.fma.v", "fma", "standin_fma_f32"},
    {"llvm.x86.avx512.vpdpbusd.256", "avx512vnni|avxvnni", "standin_dot_us"},
    {"llvm.x86.avx512.vpdpbusd.512", "avx512vnni", "standin_dot_us"},
    {"llvm.x86.avx512.vpdpwssd.128", "avx512vnni|avxvnni", "standin_vpdpwssd"},
    {"llvm.x86.avx512.vpdpwssd.256", "avx512vnni|avxvnni", "standin_vpdpwssd"},
    {"llvm.x86.avx512.vpdpwssd.512", "avx512vnni", "standin_vpdpwssd"},
    {"llvm.x86.avx512bf16.dpbf16ps.", "avx512bf16", "standin_vdpbf16ps"},
    {"llvm.x86.avx512bf16.cvtneps2bf16.", "avx512bf16", "standin_vcvtneps2bf16"},
    {"llvm.x86.avx512.vpermi2var.hi.", "avx512bw", "standin_vpermi2w"},
    {"llvm.x86.avx512.vpermi2var.qi.", "avx512vbmi", "standin_vpermi2b"},
    {"llvm.x86.avx512.mask.scalef.ps.512", "avx512f", "standin_scalef"},
    {"llvm.x86.avx512.mask.cvtps2dq.512", "avx512f", "standin_vcvtps2dq"},
    {"llvm.x86.avx.cvt.ps2dq.256", "avx2", "standin_cvtps2dq"},
    {"llvm.x86.sse2.cvtps2dq", "x86", "standin_cvtps2dq"},
    {"llvm.x86.avx512.permvar.sf.512", "avx512f", "standin_vpermps"},
    {"llvm.x86.avx512.packssdw.", "avx512bw", "standin_packssdw"},
    {"llvm.x86.avx512.packsswb.", "avx512bw", "standin_packsswb"},
    {"llvm.x86.avx512.packuswb.", "avx512bw", "standin_packuswb"},
    {"llvm.x86.avx512.pmaddw.d.", "avx512bw", "standin_pmaddwd"},
    {"llvm.x86.avx512.pmaddubs.w.", "avx512bw", "standin_pmaddubsw"},
    {"llvm.x86.avx512.pshuf.b.", "avx512bw", "standin_pshufb"},
    {"llvm.x86.avx2.packssdw", "avx2", "standin_packssdw"},
    {"llvm.x86.avx2.packsswb", "avx2", "standin_packsswb"},
    {"llvm.x86.avx2.packuswb", "avx2", "standin_packuswb"},
    {"llvm.x86.avx2.pmadd.wd", "avx2", "standin_pmaddwd"},
    {"llvm.x86.avx2.pmadd.ub.sw", "avx2", "standin_pmaddubsw"},
    {"llvm.x86.avx2.pshuf.b", "avx2", "standin_pshufb"},
    {"llvm.x86.sse2.packssdw.128", "x86", "standin_packssdw"},
    {"llvm.x86.sse2.packsswb.128", "x86", "standin_packsswb"},
    {"llvm.x86.sse2.packuswb.128", "x86", "standin_packuswb"},
    {"llvm.x86.sse2.pmadd.wd", "x86", "standin_pmaddwd"},
    {"llvm.x86.ssse3.pshuf.b.128", "avx2", "standin_pshufb"},
    {"llvm.x86.ldtilecfg", "amx-tile", "standin_ldtilecfg", true},
    {"llvm.x86.tilezero", "amx-tile", "standin_tilezero", true},
    {"llvm.x86.tileloadd64", "amx-tile", "standin_tileloadd64", true},
    {"llvm.x86.tileloaddt164", "amx-tile", "standin_tileloadd64", true},
    {"llvm.x86.tilestored64", "amx-tile", "standin_tilestored64", true},
    {"llvm.x86.tdpbusd", "amx-int8", "standin_tdpbusd", true},
    {"llvm.x86.tdpbssd", "amx-int8", "standin_tdpbssd", true},
    {"llvm.x86.tdpbf16ps", "amx-bf16", "standin_tdpbf16ps", true},
    {"llvm.aarch64.neon.tbl4", "neon", "standin_tbl4"},
    {"llvm.aarch64.neon.saddlp.", "neon", "standin_saddlp"},
    {"llvm.aarch64.neon.sdot.", "dotprod", "standin_dot_ss"},
    {"llvm.aarch64.neon.usdot.", "i8mm", "standin_dot_us"},
    {"llvm.aarch64.neon.smmla.", "i8mm", "standin_mmla_ss"},
    {"llvm.aarch64.neon.usmmla.", "i8mm", "standin_mmla_us"},
};

static bool isTargetIntrinsic(llvm::StringRef name) {
  return name.starts_with("llvm.x86.") || name.starts_with("llvm.aarch64.") || name.starts_with("llvm.fma.");
}

static bool available(const Isa &isa, llvm::StringRef feature) {
  if (feature == "x86")
    return isa.architecture == artifact::Architecture::X86_64;
  auto [one, other] = feature.split('|');
  if (!other.empty())
    return available(isa, one) || available(isa, other);
  return feature == "fma" ? isa.fma : isa.has(std::string_view(feature));
}

/// The type through which values travel: vectors of bf16 as the integers they are, as a machine without such registers would
/// convert them from f32.
static llvm::Type *carriedType(llvm::Type *type) {
  auto *vector = llvm::dyn_cast<llvm::FixedVectorType>(type);
  return vector && vector->getElementType()->isBFloatTy() ? llvm::VectorType::getInteger(vector) : type;
}

static void replaceCall(llvm::Module &module, llvm::IntrinsicInst *call, llvm::StringRef standIn) {
  llvm::Function *function = call->getFunction();
  llvm::IRBuilder<> top(&function->getEntryBlock(), function->getEntryBlock().getFirstInsertionPt()), b(call);
  auto spill = [&](llvm::Type *type) { return top.CreateAlloca(carriedType(type)); };
  llvm::SmallVector<llvm::Value *> arguments{spill(call->getType())};
  for (llvm::Value *operand : call->args()) {
    llvm::Value *slot = spill(operand->getType());
    b.CreateStore(b.CreateBitCast(operand, carriedType(operand->getType())), slot);
    arguments.push_back(slot);
  }
  auto *vector = llvm::dyn_cast<llvm::FixedVectorType>(call->getType());
  arguments.push_back(b.getInt32(vector ? vector->getNumElements() : 1));
  llvm::SmallVector<llvm::Type *> types;
  for (llvm::Value *argument : arguments)
    types.push_back(argument->getType());
  auto *type = llvm::FunctionType::get(b.getVoidTy(), types, false);
  b.CreateCall(module.getOrInsertFunction(standIn, type), arguments);
  llvm::Value *result = b.CreateLoad(carriedType(call->getType()), arguments[0]);
  call->replaceAllUsesWith(b.CreateBitCast(result, call->getType()));
  call->eraseFromParent();
}

/// Memory for the tiles of a function, not configured: 64 bytes of configuration, eight tiles.
static llvm::Value *tilesOf(llvm::Function &function) {
  constexpr llvm::StringLiteral kName = "tiles";
  constexpr uint64_t kConfiguration = 64, kTiles = 8 * 1024;
  llvm::BasicBlock &entry = function.getEntryBlock();
  for (llvm::Instruction &instruction : entry)
    if (llvm::isa<llvm::AllocaInst>(instruction) && instruction.getName() == kName)
      return &instruction;
  llvm::IRBuilder<> b(&entry, entry.getFirstInsertionPt());
  llvm::AllocaInst *tiles = b.CreateAlloca(llvm::ArrayType::get(b.getInt8Ty(), kConfiguration + kTiles));
  tiles->setName(kName);
  tiles->setAlignment(llvm::Align(64));
  b.CreateMemSet(tiles, b.getInt8(0), kConfiguration, llvm::Align(64));
  return tiles;
}

static void replaceTileCall(llvm::Module &module, llvm::IntrinsicInst *call, llvm::StringRef standIn) {
  llvm::SmallVector<llvm::Value *> arguments{tilesOf(*call->getFunction())};
  llvm::append_range(arguments, call->args());
  llvm::SmallVector<llvm::Type *> types;
  for (llvm::Value *argument : arguments)
    types.push_back(argument->getType());
  llvm::IRBuilder<> b(call);
  auto *type = llvm::FunctionType::get(b.getVoidTy(), types, false);
  b.CreateCall(module.getOrInsertFunction(standIn, type), arguments);
  call->eraseFromParent();
}

static Status linkStandIns(llvm::Module &module, const Isa &isa) {
  llvm::SMDiagnostic diagnostic;
  llvm::MemoryBufferRef buffer(resource("stand-ins", isa), "stand-ins");
  std::unique_ptr<llvm::Module> library = llvm::parseIR(buffer, diagnostic, module.getContext());
  if (!library)
    return error(Code::Internal, "the stand-ins for ", isa.name, " cannot be read");
  std::vector<std::string> names;
  for (llvm::Function &function : *library)
    if (!function.isDeclaration())
      names.push_back(function.getName().str());
  if (llvm::Linker::linkModules(module, std::move(library), llvm::Linker::LinkOnlyNeeded))
    return error(Code::Internal, "the stand-ins for ", isa.name, " cannot be linked");
  for (const std::string &name : names)
    if (llvm::Function *function = module.getFunction(name); function && !function->isDeclaration()) {
      function->setLinkage(llvm::GlobalValue::InternalLinkage);
      if (!function->hasFnAttribute(llvm::Attribute::NoInline))
        function->addFnAttr(llvm::Attribute::AlwaysInline);
      function->addFnAttr("target-cpu", llvm::StringRef(isa.llvmCpu));
      function->removeFnAttr("target-features");
    }
  return {};
}

Status replaceMissingIntrinsics(llvm::Module &module, const Isa &isa, llvm::TargetMachine &machine) {
  std::vector<std::pair<llvm::IntrinsicInst *, const IntrinsicEntry *>> missing;
  std::vector<llvm::CallInst *> hidden; // values that an atom hides from LLVM
  for (llvm::Function &function : module)
    for (llvm::Instruction &instruction : llvm::instructions(function)) {
      if (auto *plain = llvm::dyn_cast<llvm::CallInst>(&instruction); plain && plain->isInlineAsm())
        hidden.push_back(plain);
      auto *call = llvm::dyn_cast<llvm::IntrinsicInst>(&instruction);
      if (!call || !isTargetIntrinsic(call->getCalledFunction()->getName()))
        continue;
      llvm::StringRef name = call->getCalledFunction()->getName();
      if (name.starts_with("llvm.fma.") && name.ends_with("f64"))
        continue; // hardware, or the library function fma
      const auto *entry =
          llvm::find_if(kIntrinsics, [&](const auto &e) { return name.starts_with(e.prefix); });
      if (entry == std::end(kIntrinsics))
        return error(Code::Internal, "the intrinsic ", name.str(), " is not in the ISA table");
      if (!available(isa, entry->feature))
        missing.emplace_back(call, entry);
    }
  for (llvm::CallInst *value : hidden) {
    // A machine without the instructions may not have registers for the vectors, and Arm's have another name.
    bool isArmVector = isa.architecture == artifact::Architecture::AArch64 && value->getType()->isVectorTy();
    if (missing.empty() && !isArmVector)
      continue;
    value->replaceAllUsesWith(value->getArgOperand(0));
    value->eraseFromParent();
  }
  if (missing.empty())
    return {};
  for (auto [call, entry] : missing)
    (entry->onTiles ? replaceTileCall : replaceCall)(module, call, entry->standIn);
  return linkStandIns(module, isa);
}

} // namespace limbeck::cpu
