// What an artifact remembers of its making: how it was compiled, and which nodes each kernel came from. JSON, in
// artifact::Provenance::flags.
#pragma once
#include "limbeck/Lower/KernelFacts.h"
#include "limbeck/Session/Compile.h"
#include "mlir/IR/BuiltinOps.h"

namespace limbeck::session {

/// One call of a kernel.
struct KernelRecord {
  std::string name, kind;
  std::vector<std::string> nodes;
  lower::KernelFacts facts; ///< family and forms, which differ between instruction sets, are not recorded
};

struct EntryRecord {
  std::string name;
  bool integers = false;             ///< computes on quantized types, not only between them and floats
  std::vector<KernelRecord> kernels; ///< in the order of the calls, branches one after the other
};

/// Whether an op of the module computes on quantized types.
bool computesIntegers(mlir::ModuleOp module);
/// The calls of a lowered module.
std::vector<KernelRecord> kernelsOf(mlir::ModuleOp module);

/// `tilesUsed`: how many of the options' tiles. `statisticsSha256`: of the file, where the model was quantized with one.
std::string writeProvenance(const CompileOptions &options, const std::vector<EntryRecord> &entries,
                            size_t tilesUsed, const std::string &statisticsSha256 = "");
/// What is recorded of one entry; little when the text is not of this form.
EntryRecord readEntry(const std::string &provenance, const std::string &entry);
/// The text of one top-level member, or nothing.
std::string readMember(const std::string &provenance, const std::string &member);

} // namespace limbeck::session
