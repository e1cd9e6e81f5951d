// histogram: how many elements of a tensor are in which bin.
#include "limbeck/Calibration/Histogram.h"
#include "limbeck/Reference/Registry.h"
#include <algorithm>

namespace limbeck::reference {

static Expected<std::vector<TensorType>> inferHistogram(const Call &call) {
  if (call.operands[0].dtype != DType::F32)
    return error(Code::DataType, "expected f32 values, found ", name(call.operands[0].dtype));
  for (size_t i : {1, 2})
    if (call.operands[i].dtype != DType::F32 || !call.operands[i].shape.empty())
      return error(Code::Shape, "expected a f32 scalar as operand ", i, ", found ", call.operands[i].text());
  return std::vector<TensorType>{{DType::S32, {calibration::kBins}, nullptr}};
}

static Expected<std::vector<Tensor>> evaluateHistogram(const Evaluation &evaluation) {
  auto scalar = [&](size_t operand) { return evaluation.operands[operand].values<float>()[0]; };
  calibration::BinGrid grid = calibration::BinGrid::of(scalar(1), scalar(2));
  LIMBECK_ASSIGN(Tensor counts, Tensor::zeros(DType::S32, {calibration::kBins}));
  for (float value : evaluation.operands[0].values<float>()) {
    int64_t bin = calibration::binOf(value, grid.exponent) - grid.first;
    ++counts
          .mutableValues<int32_t>()[static_cast<size_t>(std::clamp<int64_t>(bin, 0, calibration::kBins - 1))];
  }
  return std::vector<Tensor>{counts};
}

void defineHistogram(DefinitionList &list) {
  list.push_back({"histogram", Kind::Exact, 3, 3, inferHistogram, evaluateHistogram});
}

} // namespace limbeck::reference
