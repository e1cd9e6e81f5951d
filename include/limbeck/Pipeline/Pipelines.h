// The passes of every stage. Pipelines only build lists; nothing runs here.
#pragma once
#include "limbeck/Pipeline/Stages.h"
#include "mlir/Pass/PassManager.h"

namespace limbeck::pipeline {

/// Appends the passes of a stage, its verify pass last. Import has none: the importer makes the module.
void buildStage(Stage stage, mlir::OpPassManager &passes);
/// All from `first` to `last`, both included.
void buildStages(Stage first, Stage last, mlir::OpPassManager &passes);
/// Makes `limbeck-stage-NAME` known to limbeck-opt for every stage that has passes.
void registerPipelines();

} // namespace limbeck::pipeline
