// Import with the first guess of sizes that the model takes.
#include "WholeModel.h"
#include "limbeck/Import/Importer.h"

namespace limbeck::test {

static Expected<importer::Model> importWithSizes(const std::string &path) {
  LIMBECK_ASSIGN(importer::Model open, importer::importFile(path, {}));
  Status refusal = importer::requireStatic(open);
  if (refusal.ok())
    return open;
  for (int64_t size : importer::kGuessedSizes) {
    importer::Options options;
    importer::guessSizes(open, size, options);
    Expected<importer::Model> model = importer::importFile(path, options);
    if (model.ok() && importer::requireStatic(*model).ok())
      return model;
  }
  return refusal.diagnostic();
}

Expected<Case> wholeModel(const std::string &path, uint64_t seed) {
  Case result;
  LIMBECK_ASSIGN(result.model, importWithSizes(path));
  Draw draw(seed);
  for (ValueId input : result.model.inputs) {
    const TensorType &type = result.model.values[input].type;
    result.inputs.push_back(isFloat(type.dtype) ? draw.floats(type.dtype, type.shape, -1, 1)
                                                : draw.integers(type.dtype, type.shape, 0, 1));
  }
  result.comparison = ImportComparison::None; // quantized anchors in a row
  return result;
}

} // namespace limbeck::test
