// Names as nested locations.
#include "limbeck/Graph/IR/SourceNames.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/Location.h"

namespace limbeck::graph {

mlir::Location sourceLocation(mlir::MLIRContext *context, llvm::StringRef node, llvm::StringRef operatorType,
                              llvm::ArrayRef<llvm::StringRef> tensors) {
  mlir::Location location = mlir::UnknownLoc::get(context);
  for (llvm::StringRef tensor : llvm::reverse(tensors))
    location = mlir::NameLoc::get(mlir::StringAttr::get(context, tensor), location);
  location = mlir::NameLoc::get(mlir::StringAttr::get(context, node), location);
  return mlir::FusedLoc::get({location}, mlir::StringAttr::get(context, operatorType), context);
}

/// Calls `visit` with the location of each node, and with its operator where that is known.
static void forEachNode(mlir::Location location,
                        llvm::function_ref<void(mlir::NameLoc, mlir::StringAttr)> visit,
                        mlir::StringAttr operatorType = {}) {
  if (auto named = llvm::dyn_cast<mlir::NameLoc>(location))
    visit(named, operatorType);
  auto fused = llvm::dyn_cast<mlir::FusedLoc>(location);
  if (!fused)
    return;
  if (auto type = llvm::dyn_cast_if_present<mlir::StringAttr>(fused.getMetadata()))
    operatorType = type;
  for (mlir::Location part : fused.getLocations())
    forEachNode(part, visit, operatorType);
}

llvm::SmallVector<llvm::StringRef> nodeNames(mlir::Location location) {
  llvm::SmallVector<llvm::StringRef> names;
  forEachNode(location, [&](mlir::NameLoc node, mlir::StringAttr) {
    if (!llvm::is_contained(names, node.getName()))
      names.push_back(node.getName());
  });
  return names;
}

llvm::SmallVector<llvm::StringRef> operatorTypes(mlir::Location location) {
  llvm::SmallVector<llvm::StringRef> types;
  forEachNode(location, [&](mlir::NameLoc, mlir::StringAttr type) {
    if (type && !llvm::is_contained(types, type.getValue()))
      types.push_back(type);
  });
  return types;
}

llvm::StringRef tensorName(mlir::Value value) {
  mlir::NameLoc named;
  forEachNode(value.getLoc(), [&](mlir::NameLoc node, mlir::StringAttr) { named = node; });
  auto result = llvm::dyn_cast<mlir::OpResult>(value);
  // Arguments and constants are named by their own location.
  bool isNode = named && llvm::isa<mlir::NameLoc>(named.getChildLoc());
  for (unsigned i = 0; named && result && isNode && i <= result.getResultNumber(); ++i)
    named = llvm::dyn_cast<mlir::NameLoc>(named.getChildLoc());
  return named ? named.getName().getValue() : llvm::StringRef();
}

} // namespace limbeck::graph
