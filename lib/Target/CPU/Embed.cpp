// Artifacts as data of an object file.
#include "limbeck/Target/CPU/Embed.h"
#include "Codegen.h"
#include "llvm/IR/Constants.h"
#include "llvm/IR/Module.h"

namespace limbeck::cpu {

static void addConstant(llvm::Module &module, llvm::Constant *value, const std::string &name,
                        uint64_t alignment) {
  auto *variable = new llvm::GlobalVariable(module, value->getType(), /*isConstant=*/true,
                                            llvm::GlobalValue::ExternalLinkage, value, name);
  variable->setAlignment(llvm::Align(alignment));
  variable->setSection(".rodata.limbeck");
}

Expected<std::vector<std::byte>> embedArtifact(std::span<const std::byte> artifact, const std::string &symbol,
                                               const Isa &isa, bool shared) {
  llvm::LLVMContext context;
  llvm::Module module(symbol, context);
  LIMBECK_ASSIGN(std::unique_ptr<llvm::TargetMachine> machine, createMachine(isa, 0));
  module.setTargetTriple(machine->getTargetTriple());
  module.setDataLayout(machine->createDataLayout());
  llvm::StringRef bytes(reinterpret_cast<const char *>(artifact.data()), artifact.size());
  addConstant(module, llvm::ConstantDataArray::getString(context, bytes, /*AddNull=*/false), symbol, 64);
  addConstant(module, llvm::ConstantInt::get(llvm::Type::getInt64Ty(context), artifact.size()),
              symbol + "_size", 8);
  LIMBECK_ASSIGN(ObjectBytes object, emitObject(module, *machine, /*assembly=*/false));
  if (shared)
    return linkShared(object);
  const auto *begin = reinterpret_cast<const std::byte *>(object.data());
  return std::vector<std::byte>(begin, begin + object.size());
}

} // namespace limbeck::cpu
