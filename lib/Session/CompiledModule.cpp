// By way of a file of bytecode, so that a worker can compile it.
#include "CompiledModule.h"
#include "TemporaryFolder.h"
#include "limbeck/Session/Worker.h"
#include "limbeck/Support/File.h"
#include "mlir/Bytecode/BytecodeWriter.h"

namespace limbeck::session {

Expected<std::shared_ptr<const runtime::Model>> compileModule(mlir::ModuleOp module, ModuleOptions options,
                                                              const Progress &progress) {
  LIMBECK_ASSIGN(TemporaryFolder folder, TemporaryFolder::create());
  std::string bytes;
  llvm::raw_string_ostream stream(bytes);
  if (mlir::failed(mlir::writeBytecodeToFile(module, stream)))
    return error(Code::Internal, "the module could not be written as bytecode");
  CompileOptions compileOptions;
  compileOptions.model.path = folder.file("module.mlirbc");
  LIMBECK_TRY(writeFileAtomically(compileOptions.model.path, bytesOf(bytes)));
  compileOptions.from = pipeline::Stage::Quantize;
  compileOptions.target = "cpu:native";
  compileOptions.threads = static_cast<unsigned>(options.threads);
  LIMBECK_ASSIGN(std::vector<std::byte> artifact, options.worker
                                                      ? compileInWorker(compileOptions, {}, progress)
                                                      : compile(compileOptions, progress));
  return runtime::Model::fromBytes(artifact);
}

} // namespace limbeck::session
