// A look for ops that only a quantized model has.
#include "FloatModel.h"
#include "limbeck/Graph/IR/Limbeck.h"

namespace limbeck::session {

Status expectFloatModel(mlir::ModuleOp module, const std::string &path) {
  mlir::WalkResult walk = module.walk([](mlir::Operation *op) {
    return mlir::isa<graph::QuantizeByOp, graph::DequantizeByOp, graph::RequantizeByOp>(op)
               ? mlir::WalkResult::interrupt()
               : mlir::WalkResult::advance();
  });
  if (!walk.wasInterrupted())
    return {};
  return error(Code::Unsupported, "expected a float model, found one that is quantized already")
      .atFile(path)
      .withHint("limbeck compile takes it as it is");
}

} // namespace limbeck::session
