// Device code and the linker script, embedded as bytes: the compiler needs no files of its own at run time.
#include "Codegen.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

namespace limbeck::cpu {

namespace {
struct Resource {
  llvm::StringRef name, isa; ///< an empty isa serves all
  const unsigned char *bytes;
  size_t size;
};
} // namespace

#include "Resources.inc" // kResources, written by CMake

llvm::StringRef resource(llvm::StringRef name, const Isa &isa) {
  for (const Resource &entry : kResources)
    if (entry.name == name && (entry.isa.empty() || entry.isa == llvm::StringRef(isa.name)))
      return {reinterpret_cast<const char *>(entry.bytes), entry.size};
  return {};
}

} // namespace limbeck::cpu
