// From a model to an artifact, or to the text of any stage on the way.
#pragma once
#include "limbeck/Calibration/Document.h"
#include "limbeck/Pipeline/Stages.h"
#include "limbeck/Session/Progress.h"
#include "limbeck/Session/SourceModel.h"

namespace limbeck::session {

/// What compiling makes; the ending of the output file decides.
/// `Plan` is what `plan` shows: PlanReport, encoded.
/// `Object` and `SharedObject` are an artifact of one level as data to link.
/// `Onnx` is the model behind stage Graph: files that onnxBytesOf takes apart.
enum class Product { Artifact, Object, SharedObject, Mlir, LlvmIr, Assembly, Plan, Onnx };

/// Quantization of a float model on the way to an artifact.
struct QuantizationOptions {
  bool enabled = false;   ///< otherwise the model stays what it is
  std::string statistics; ///< a file that calibrate wrote; what is quantized dynamically needs none
  std::string recipe;     ///< rules behind the default ones, as YAML
  pipeline::QuantizationStep last = pipeline::QuantizationStep::Round; ///< before it, only with Product::Mlir
};

struct CompileOptions {
  SourceModel model;
  Product product = Product::Artifact;
  std::string symbol; ///< the C name of an artifact that is linked
  std::string
      externalData; ///< of an ONNX model: the name of the file beside it, for weights that do not fit into it
  std::string target = "cpu"; ///< as cpu::parseTargets reads it
  /// The first stage to run; behind Import, `model.path` is a file of IR.
  pipeline::Stage from = pipeline::Stage::Import;
  pipeline::Stage to = pipeline::Stage::Lower; ///< the last; only Product::Mlir and Onnx can stop early
  std::map<std::string, std::string> tiles;    ///< by problem, where they fit: see Lower/KernelFacts.h
  QuantizationOptions quantization;            ///< between the stages Graph and Quantize
  std::string tuningSha256;                    ///< of the file that they come from, for provenance
  bool observe =
      false; ///< put observers in behind stage Graph: the entry has more results, see Quantize/Observed.h
  calibration::Collect collect; ///< what they collect
  bool magnitudes = false;      ///< observers of what smoothing asks for, and of nothing else
  bool listTiles = false;       ///< the provenance lists the tiles that each problem could have
  unsigned threads = 0;         ///< 0: as many as the machine has
  std::string keepDirectory;    ///< when set, every kernel's LLVM IR is left there
};

/// By the ending of a file name: .lmb .o .so .onnx .mlir .ll .s; E-FLAG for any other.
Expected<Product> productOf(const std::string &path);

/// The target of a text when the user names none: `cpu:LEVEL`, the best level that this machine runs.
std::string nativeTarget();

/// The best instruction set of a target that this machine runs, as such a text; nothing where it runs none of them. E-FLAG as of
/// cpu::parseTargets.
Expected<std::optional<std::string>> runnableTarget(const std::string &target);

/// Told when the code of a kernel begins to be made, with the nodes it stands for, and when it is there; from any thread.
using KernelWatch =
    std::function<void(std::string_view kernel, const std::vector<std::string> &nodes, bool begins)>;

/// How many of CompileOptions::tiles an artifact uses.
size_t tilesUsed(std::span<const std::byte> artifact);

/// An ONNX model, and the file beside it, which is mostly empty.
struct OnnxBytes {
  std::span<const std::byte> model, externalData;
};
/// Takes apart what compile gives for Product::Onnx. E-INTERNAL for anything else.
Expected<OnnxBytes> onnxBytesOf(std::span<const std::byte> compiled);

/// The content of the output file; equal options and files give equal bytes.
Expected<std::vector<std::byte>> compile(const CompileOptions &options, const Progress &progress = {},
                                         const KernelWatch &watch = {});

} // namespace limbeck::session
