// A model as the user points to it: a file, and what is fixed about its inputs.
#pragma once
#include "limbeck/Import/Importer.h"

namespace limbeck::session {

/// Most combinations of `--dim` values, each an entry of the artifact.
inline constexpr size_t kMostEntries = 64;

struct SourceModel {
  std::string path;
  std::map<std::string, Shape> shapes;              ///< `--shape NAME=1x3x48x320`
  std::map<std::string, std::vector<int64_t>> dims; ///< `--dim SYMBOL=V,V..`
  std::map<std::string, std::string> frozen;        ///< `--freeze NAME=@x.npy`: the path
  std::string externalDataDirectory;
  bool trustHardlinks = false;
  std::string precision = "f32"; ///< what convolutions and matrix products of floats read: f32 or bf16
  bool precisionGiven = false;   ///< by the user: an artifact has its own
};

/// E-UNSUPPORTED for a precision that is promised only, E-FLAG for any other that there is not.
Status checkPrecision(const SourceModel &model);

/// One static signature to compile.
struct EntryChoice {
  std::string name; ///< "main", or `N=1,T=320` where there are several
  importer::Options options;
};

/// One per combination of dimensions. E-FLAG when there are more than kMostEntries; errors of the frozen files.
Expected<std::vector<EntryChoice>> entryChoices(const SourceModel &model);
/// For commands that look at one signature only. E-FLAG when a dimension has several values.
Expected<importer::Options> onlyChoice(const SourceModel &model);

/// The same, but dimensions with several values stay open.
SourceModel withoutSeveralValues(SourceModel model);

/// What statistics belong to: the model's file, and the values of the inputs that are frozen. SHA-256 in hexadecimal digits.
std::string statisticsIdentity(const importer::Model &model, const importer::Options &options);

/// Imports a model and asks for static shapes. Where some are open, E-SHAPE-MISSING shows flags with which the model imports,
/// if a few guesses find any.
Expected<importer::Model> importStatic(const std::string &path, const importer::Options &options);

} // namespace limbeck::session
