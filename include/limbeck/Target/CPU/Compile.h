// From a lowered module to machine code.
#pragma once
#include "limbeck/Target/CPU/Isa.h"
#include "limbeck/Tensor/Tensor.h"
#include "mlir/IR/BuiltinOps.h"
#include <functional>

namespace limbeck::cpu {

/// One entry compiled for one instruction set.
struct CompiledEntry {
  std::vector<std::byte> readOnly, executable; ///< the two parts of the image
  uint64_t executableOffset = 0, span = 0, entryOffset = 0;
  uint64_t arenaBytes = 0;
  std::vector<Tensor> weights; ///< in the order in which the code expects them
};

struct CompileOptions {
  unsigned threads = 1;      ///< kernels are compiled in parallel
  unsigned optimization = 3; ///< LLVM's level
  std::string
      keepDirectory; ///< when set: every kernel's LLVM IR before and behind the optimizer is left there
  /// Told when the code of a kernel begins to be made, and when it is there; from any thread.
  std::function<void(llvm::StringRef kernel, mlir::Location location, bool begins)> watch;
};

/// Compiles the one public function of `module`, which limbeck-verify-lower accepts. `module` is not changed.
Expected<CompiledEntry> compileEntry(mlir::ModuleOp module, const Isa &isa, const CompileOptions &options);
/// The same up to LLVM IR or assembly, all kernels one after the other: for `compile -o x.ll` and `-o x.s`.
Expected<std::string> emitText(mlir::ModuleOp module, const Isa &isa, bool assembly);

} // namespace limbeck::cpu
