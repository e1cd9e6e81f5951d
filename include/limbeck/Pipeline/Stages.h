// The stages as an enum, without MLIR, for drivers and the command line.
#pragma once
#include <optional>
#include <string_view>
#include <vector>

namespace limbeck::pipeline {

enum class Stage {
#define LIMBECK_STAGE(identifier, name, description) identifier,
#include "limbeck/Pipeline/Stages.def"
};

/// In order.
const std::vector<Stage> &allStages();
std::string_view name(Stage stage);
/// What holds behind the stage: part of a sentence.
std::string_view description(Stage stage);
std::optional<Stage> stageFromName(std::string_view name);

/// What turns a float module behind stage Graph into a quantized one, step by step; `--to` of quantize takes the names.
enum class QuantizationStep { Observe, Choose, Fold, Round };
std::optional<QuantizationStep> quantizationStepFromName(std::string_view name);

} // namespace limbeck::pipeline
