// Names of stages, out of the one list.
#include "limbeck/Pipeline/Stages.h"
#include <algorithm>

namespace limbeck::pipeline {

namespace {
struct StageText {
  Stage stage;
  std::string_view name, description;
};
} // namespace

static constexpr StageText kStageTexts[] = {
#define LIMBECK_STAGE(identifier, name, description) {Stage::identifier, name, description},
#include "limbeck/Pipeline/Stages.def"
};

const std::vector<Stage> &allStages() {
  static const std::vector<Stage> stages = [] {
    std::vector<Stage> list;
    for (const StageText &text : kStageTexts)
      list.push_back(text.stage);
    return list;
  }();
  return stages;
}

std::string_view name(Stage stage) {
  return kStageTexts[static_cast<size_t>(stage)].name;
}
std::string_view description(Stage stage) {
  return kStageTexts[static_cast<size_t>(stage)].description;
}

std::optional<Stage> stageFromName(std::string_view name) {
  auto found = std::ranges::find(kStageTexts, name, &StageText::name);
  return found == std::end(kStageTexts) ? std::nullopt : std::optional(found->stage);
}

std::optional<QuantizationStep> quantizationStepFromName(std::string_view name) {
  constexpr std::pair<std::string_view, QuantizationStep> names[] = {{"observe", QuantizationStep::Observe},
                                                                     {"choose", QuantizationStep::Choose},
                                                                     {"fold", QuantizationStep::Fold},
                                                                     {"round", QuantizationStep::Round}};
  for (const auto &[text, step] : names)
    if (text == name)
      return step;
  return std::nullopt;
}

} // namespace limbeck::pipeline
