// Objects to an image: linked by the ld.lld program as a shared object, checked to need nothing of a loader, stripped to two parts.
//
// A shared object, because a static link resolves an absolute pointer silently, into a wrong image; as a shared object it becomes a
// relocation, which is seen and refused.
#include "Codegen.h"
#include "limbeck/Support/Interrupt.h"
#include "llvm/Object/ELFObjectFile.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Program.h"

namespace limbeck::cpu {

static Expected<std::string> findLinker() {
  if (auto path = llvm::sys::findProgramByName("ld.lld", llvm::StringRef(LIMBECK_LLVM_TOOLS)))
    return *path; // that of the LLVM we were built with
  for (const char *name : {"ld.lld-22", "ld.lld"})
    if (auto path = llvm::sys::findProgramByName(name))
      return *path;
  return error(Code::Run, "expected the linker ld.lld of LLVM 22, found none")
      .withHint("install the package lld-22");
}

namespace {
/// A folder of temporary files that vanishes with it.
class TemporaryFolder {
public:
  TemporaryFolder() { failure = llvm::sys::fs::createUniqueDirectory("limbeck", path); }
  ~TemporaryFolder() {
    if (!failure)
      llvm::sys::fs::remove_directories(path);
  }
  Status write(llvm::StringRef name, llvm::StringRef bytes) {
    if (failure)
      return error(Code::File, "cannot make a folder for temporary files: ", failure.message())
          .withHint("TMPDIR names the folder that it goes to");
    std::error_code code;
    llvm::raw_fd_ostream file(file_(name), code);
    file << bytes;
    file.close();
    if (code || file.has_error()) {
      std::error_code reason = code ? code : file.error();
      file.clear_error();
      return error(Code::File, "cannot write temporary file ", file_(name), ": ", reason.message())
          .withHint("TMPDIR names the folder for temporary files");
    }
    return {};
  }
  std::string file_(llvm::StringRef name) const { return (path + "/" + name).str(); }

private:
  HoldInterrupt hold; // goes last
  llvm::SmallString<128> path;
  std::error_code failure;
};
} // namespace

using ElfObject = llvm::object::ELF64LEObjectFile;

/// What the image must not have: relocations, writable data, thread-local data, constructors, undefined symbols.
static Status checkSections(const ElfObject &object) {
  using namespace llvm::ELF;
  const auto &elf = object.getELFFile();
  auto sections = elf.sections();
  if (!sections)
    return error(Code::Internal, "the linked image has no sections: ", llvm::toString(sections.takeError()));
  for (const auto &section : *sections) {
    bool relocations =
        section.sh_type == SHT_RELA || section.sh_type == SHT_REL || section.sh_type == SHT_RELR;
    bool loaded = section.sh_flags & SHF_ALLOC;
    bool writable = section.sh_flags & SHF_WRITE && section.sh_type != SHT_DYNAMIC;
    bool special = section.sh_flags & SHF_TLS || section.sh_type == SHT_INIT_ARRAY;
    bool symbols = section.sh_type == SHT_DYNSYM && section.sh_size > 24; // more than the null symbol
    if (section.sh_size && (relocations || (loaded && (writable || special)) || symbols))
      return error(Code::Internal, "the linked image needs a loader: section ",
                   llvm::cantFail(elf.getSectionName(section)).str(), " has ", uint64_t(section.sh_size),
                   " bytes");
  }
  return {};
}

static Status takeParts(const ElfObject &object, CompiledEntry &entry) {
  const auto &elf = object.getELFFile();
  for (const auto &section : llvm::cantFail(elf.sections())) {
    llvm::StringRef name = llvm::cantFail(elf.getSectionName(section));
    if (name != ".rodata" && name != ".text") // hashes and dynamic tables: nobody reads them
      continue;
    auto contents = elf.getSectionContents(section);
    if (!contents)
      return error(Code::Internal, "the linked image cannot be read: ", llvm::toString(contents.takeError()));
    const auto *begin = reinterpret_cast<const std::byte *>(contents->data());
    std::vector<std::byte> bytes(begin, begin + contents->size());
    if (name == ".text") {
      entry.executableOffset = section.sh_addr;
      entry.executable = std::move(bytes);
    } else {
      entry.readOnly.assign(section.sh_addr, std::byte(0));
      entry.readOnly.insert(entry.readOnly.end(), bytes.begin(), bytes.end());
    }
  }
  entry.entryOffset = elf.getHeader().e_entry;
  entry.span = entry.executableOffset + entry.executable.size();
  return {};
}

/// Runs the linker, whose words become the message when it fails.
static Status runLinker(const std::vector<std::string> &arguments, const TemporaryFolder &folder) {
  std::string log = folder.file_("log"), failure;
  std::vector<llvm::StringRef> references(arguments.begin(), arguments.end());
  int code =
      llvm::sys::ExecuteAndWait(arguments[0], references, std::nullopt, {"", log, log}, 60, 0, &failure);
  if (code == 0)
    return {};
  auto text = llvm::MemoryBuffer::getFile(log);
  bool said = text && !(*text)->getBuffer().empty();
  return error(Code::Internal,
               "linking the code failed: ", said ? (*text)->getBuffer().take_front(500).str() : failure);
}

Expected<std::vector<std::byte>> linkShared(const ObjectBytes &object) {
  LIMBECK_ASSIGN(std::string linker, findLinker());
  TemporaryFolder folder;
  LIMBECK_TRY(folder.write("data.o", llvm::StringRef(object.data(), object.size())));
  LIMBECK_TRY(runLinker({linker, "-shared", "--build-id=none", "--hash-style=gnu", "-z", "noexecstack", "-o",
                         folder.file_("data.so"), folder.file_("data.o")},
                        folder));
  auto file = llvm::MemoryBuffer::getFile(folder.file_("data.so"));
  if (!file)
    return error(Code::Internal, "the linked file cannot be read: ", file.getError().message());
  const auto *begin = reinterpret_cast<const std::byte *>((*file)->getBufferStart());
  return std::vector<std::byte>(begin, begin + (*file)->getBufferSize());
}

Status linkImage(llvm::ArrayRef<ObjectBytes> objects, const Isa &isa, CompiledEntry &entry) {
  LIMBECK_ASSIGN(std::string linker, findLinker());
  TemporaryFolder folder;
  std::vector<std::string> arguments{linker,
                                     "-shared",
                                     "-T",
                                     folder.file_("image.ld"),
                                     "-e",
                                     kEntrySymbol.str(),
                                     "-z",
                                     "defs",
                                     "-z",
                                     "text",
                                     "-z",
                                     "norelro",
                                     "-z",
                                     "nognustack",
                                     "--gc-sections",
                                     "--build-id=none",
                                     "--hash-style=gnu",
                                     "-Bsymbolic",
                                     "--fatal-warnings",
                                     "--orphan-handling=error",
                                     "--no-rosegment",
                                     "--threads=1",
                                     "-s",
                                     "-o",
                                     folder.file_("image.so")};
  LIMBECK_TRY(folder.write("image.ld", resource("image.ld", isa)));
  for (size_t i = 0; i < objects.size(); ++i) {
    std::string name = std::to_string(i) + ".o";
    LIMBECK_TRY(folder.write(name, llvm::StringRef(objects[i].data(), objects[i].size())));
    arguments.push_back(folder.file_(name));
  }
  LIMBECK_TRY(folder.write("builtins.o", resource("builtins", isa)));
  // As a member of an archive it is linked only where a function of it is called.
  arguments.insert(arguments.end(), {"--start-lib", folder.file_("builtins.o"), "--end-lib"});
  LIMBECK_TRY(runLinker(arguments, folder));
  auto file = llvm::object::ObjectFile::createObjectFile(folder.file_("image.so"));
  if (!file)
    return error(Code::Internal, "the linked image cannot be read: ", llvm::toString(file.takeError()));
  const auto *object = llvm::dyn_cast<ElfObject>(file->getBinary());
  if (!object)
    return error(Code::Internal, "the linked image is not a 64-bit ELF file");
  LIMBECK_TRY(checkSections(*object));
  return takeParts(*object, entry);
}

} // namespace limbeck::cpu
