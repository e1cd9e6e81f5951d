// What the two processes of a compilation say to each other.
//   request   one JSON document on the worker's standard input
//   progress  lines on its standard output: `DONE TOTAL WHAT`, `+KERNEL NODES` when a kernel's code begins to be made, and
//             `-KERNEL` when it is there
//   response  in a memory file: a byte that says which, then the bytes of the product, or a diagnostic as JSON
#pragma once
#include "limbeck/Session/Compile.h"
#include "limbeck/Session/Plan.h"
#include <map>

namespace limbeck::session {

/// The descriptor under which the worker finds the memory file for its response.
inline constexpr int kResponseFile = 3;
/// The exit code after an error that LLVM calls fatal.
inline constexpr int kFatalExit = 86;

std::string encodeRequest(const CompileOptions &options);
Expected<CompileOptions> decodeRequest(const std::string &text);

std::vector<std::byte> encodeResponse(const Expected<std::vector<std::byte>> &result);
Expected<std::vector<std::byte>> decodeResponse(std::vector<std::byte> bytes);

/// The bytes of Product::Plan.
std::vector<std::byte> encodeReport(const PlanReport &report);
Expected<PlanReport> decodeReport(std::span<const std::byte> bytes);

/// How far a worker is, as its lines tell it.
class Whereabouts {
public:
  /// The lines that a worker writes, each shorter than what a pipe takes as a whole.
  static std::string progressLine(std::string_view what, size_t done, size_t total);
  static std::string kernelLine(std::string_view kernel, const std::vector<std::string> &nodes, bool begins);

  /// Reads what came, in pieces of any size.
  void read(std::string_view text, const Progress &progress);
  /// `, in entry main, code for avx2, while compiling kernel_3`: where it was when nothing came any more.
  std::string text() const;
  /// The nodes of the kernels that were being compiled.
  std::string nodes() const;

private:
  void readLine(std::string_view line, const Progress &progress);
  std::string rest, what;
  std::map<std::string, std::string> kernels; ///< begun and not there: name to nodes
};

} // namespace limbeck::session
