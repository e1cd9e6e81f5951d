// Import, and inputs of chance.
#include "WholeModel.h"
#include "limbeck/Import/Importer.h"

namespace limbeck::test {

Expected<Case> wholeModel(const std::string &path, const std::map<std::string, Shape> &shapes,
                          uint64_t seed) {
  importer::Options options;
  options.shapes = shapes;
  Case result;
  LIMBECK_ASSIGN(result.model, importer::importFile(path, options));
  LIMBECK_TRY(importer::requireStatic(result.model));
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
