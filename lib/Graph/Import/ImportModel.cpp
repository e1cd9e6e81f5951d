// Builds a module from a checked Model. A Model is consistent by contract, so that this is a translation op by op; the
// verifiers run once at the end.
#include "limbeck/Graph/Import/ImportModel.h"
#include "limbeck/Graph/IR/Constants.h"
#include "limbeck/Graph/IR/Conversion.h"
#include "limbeck/Graph/IR/SourceNames.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Verifier.h"
#include "llvm/ADT/SmallBitVector.h"

namespace limbeck::graph {

namespace {
class ModelImporter {
public:
  ModelImporter(mlir::MLIRContext &context, const importer::Model &model)
      : model(model), builder(&context), values(model.values.size()) {}

  Expected<mlir::OwningOpRef<mlir::ModuleOp>> run();

private:
  mlir::Location nameLocation(llvm::StringRef name) {
    return mlir::NameLoc::get(builder.getStringAttr(name));
  }
  mlir::Location locationOf(const importer::Op &op) {
    llvm::SmallVector<llvm::StringRef> tensors;
    for (importer::ValueId id : op.results)
      tensors.push_back(model.values[id].name);
    const importer::SourceNode &source = model.sources[op.source];
    return sourceLocation(builder.getContext(), source.name, source.opType, tensors);
  }
  Expected<mlir::RankedTensorType> typeOf(importer::ValueId id) {
    return fromTensorType(builder.getContext(), model.values[id].type);
  }
  Expected<llvm::SmallVector<mlir::Type>> typesOf(std::span<const importer::ValueId> ids);
  llvm::SmallVector<mlir::Value> valuesOf(std::span<const importer::ValueId> ids);

  Expected<mlir::func::FuncOp> buildFunction();
  void nameSignature(mlir::func::FuncOp function);
  void markUsed(std::span<const importer::Op> ops, llvm::SmallBitVector &used);
  Status buildConstants();
  Status buildOps(std::span<const importer::Op> ops);
  Status buildOp(const importer::Op &op);
  Status buildIf(const importer::Op &op, mlir::Location location, mlir::TypeRange types);
  Status buildRegion(mlir::Block &block, const importer::Region &region, mlir::Location location);
  mlir::Value truthOf(mlir::Value condition, mlir::Location location);

  const importer::Model &model;
  mlir::OpBuilder builder;
  std::vector<mlir::Value> values; ///< by ValueId
};
} // namespace

Expected<llvm::SmallVector<mlir::Type>> ModelImporter::typesOf(std::span<const importer::ValueId> ids) {
  llvm::SmallVector<mlir::Type> types;
  for (importer::ValueId id : ids) {
    LIMBECK_ASSIGN(mlir::Type type, typeOf(id));
    types.push_back(type);
  }
  return types;
}

llvm::SmallVector<mlir::Value> ModelImporter::valuesOf(std::span<const importer::ValueId> ids) {
  llvm::SmallVector<mlir::Value> list;
  for (importer::ValueId id : ids)
    list.push_back(values[id]);
  return list;
}

Expected<mlir::func::FuncOp> ModelImporter::buildFunction() {
  LIMBECK_ASSIGN(llvm::SmallVector<mlir::Type> inputs, typesOf(model.inputs));
  LIMBECK_ASSIGN(llvm::SmallVector<mlir::Type> outputs, typesOf(model.outputs));
  auto function = mlir::func::FuncOp::create(builder, nameLocation(model.name), "main",
                                             builder.getFunctionType(inputs, outputs));
  builder.setInsertionPointToStart(function.addEntryBlock());
  for (auto [id, argument] : llvm::zip_equal(model.inputs, function.getArguments())) {
    argument.setLoc(nameLocation(model.values[id].name));
    values[id] = argument;
  }
  nameSignature(function);
  return function;
}

/// The names of dimensions that are open; null where no open one has a name.
static mlir::ArrayAttr symbolsOf(mlir::Builder &builder, const importer::Value &value) {
  llvm::SmallVector<llvm::StringRef> symbols(value.symbols.begin(), value.symbols.end());
  if (llvm::all_of(symbols, [](llvm::StringRef symbol) { return symbol.empty(); }))
    return {};
  return builder.getStrArrayAttr(symbols);
}

void ModelImporter::nameSignature(mlir::func::FuncOp function) {
  function->setAttr(kOpsetAttribute, builder.getI64IntegerAttr(model.opset));
  for (auto [index, id] : llvm::enumerate(model.inputs))
    if (mlir::ArrayAttr symbols = symbolsOf(builder, model.values[id]))
      function.setArgAttr(index, kSymbolsAttribute, symbols);
  for (auto [index, id] : llvm::enumerate(model.outputs))
    if (mlir::ArrayAttr symbols = symbolsOf(builder, model.values[id]))
      function.setResultAttr(index, kSymbolsAttribute, symbols);
  for (auto [index, name] : llvm::enumerate(model.inputNames))
    function.setArgAttr(index, "limbeck.name", builder.getStringAttr(name));
  for (auto [index, name] : llvm::enumerate(model.outputNames))
    function.setResultAttr(index, "limbeck.name", builder.getStringAttr(name));
}

void ModelImporter::markUsed(std::span<const importer::Op> ops, llvm::SmallBitVector &used) {
  for (const importer::Op &op : ops) {
    for (importer::ValueId id : op.operands)
      used.set(id);
    for (const importer::Region &region : op.regions) {
      markUsed(region.ops, used);
      for (importer::ValueId id : region.results)
        used.set(id);
    }
  }
}

/// Constants stand at the top of the function, where regions see them too; those that nothing uses are left out.
Status ModelImporter::buildConstants() {
  llvm::SmallBitVector used(model.values.size());
  markUsed(model.ops, used);
  for (importer::ValueId id : model.outputs)
    used.set(id);
  for (unsigned id : used.set_bits()) {
    const importer::Value &value = model.values[id];
    if (values[id] || !value.constant)
      continue;
    LIMBECK_ASSIGN(mlir::RankedTensorType type, typeOf(id));
    LIMBECK_ASSIGN(values[id], createConstant(builder, nameLocation(value.name), *value.constant, type));
  }
  return {};
}

Status ModelImporter::buildOps(std::span<const importer::Op> ops) {
  for (const importer::Op &op : ops) {
    Status status = buildOp(op);
    if (!status.ok())
      return std::move(
          status.diagnostic().atNode(model.sources[op.source].name).atOp(model.sources[op.source].opType));
  }
  return {};
}

Status ModelImporter::buildOp(const importer::Op &op) {
  mlir::Location location = locationOf(op);
  LIMBECK_ASSIGN(llvm::SmallVector<mlir::Type> types, typesOf(op.results));
  if (!op.definition)
    return buildIf(op, location, types);
  std::string name = op.definition->name.find('.') == std::string_view::npos ? "limbeck." : "";
  mlir::OperationState state(location, name.append(op.definition->name));
  if (!mlir::RegisteredOperationName::lookup(state.name.getStringRef(), builder.getContext()))
    return error(Code::Internal, "the dialects have no op '", name, "'");
  state.addOperands(valuesOf(op.operands));
  state.addTypes(types);
  state.addAttributes(fromAttributes(builder.getContext(), op.attributes));
  mlir::Operation *created = builder.create(state);
  for (auto [id, result] : llvm::zip_equal(op.results, created->getResults()))
    values[id] = result;
  return {};
}

/// ONNX conditions are tensors of one element and any rank; scf.if wants the element.
mlir::Value ModelImporter::truthOf(mlir::Value condition, mlir::Location location) {
  auto type = mlir::cast<mlir::RankedTensorType>(condition.getType());
  if (type.getRank() != 0) {
    auto scalar = mlir::RankedTensorType::get({}, type.getElementType());
    condition = ReshapeOp::create(builder, location, scalar, condition, llvm::ArrayRef<int64_t>{});
  }
  return mlir::tensor::ExtractOp::create(builder, location, condition);
}

Status ModelImporter::buildIf(const importer::Op &op, mlir::Location location, mlir::TypeRange types) {
  if (op.regions.size() != 2 || op.operands.size() != 1)
    return error(Code::Internal,
                 "expected an op without definition to be an `if` of one operand and two regions");
  auto branch =
      mlir::scf::IfOp::create(builder, location, types, truthOf(values[op.operands.front()], location),
                              /*addThenBlock=*/true, /*addElseBlock=*/true);
  LIMBECK_TRY(buildRegion(*branch.thenBlock(), op.regions[0], location));
  LIMBECK_TRY(buildRegion(*branch.elseBlock(), op.regions[1], location));
  for (auto [id, result] : llvm::zip_equal(op.results, branch.getResults()))
    values[id] = result;
  return {};
}

Status ModelImporter::buildRegion(mlir::Block &block, const importer::Region &region,
                                  mlir::Location location) {
  mlir::OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(&block);
  LIMBECK_TRY(buildOps(region.ops));
  mlir::scf::YieldOp::create(builder, location, valuesOf(region.results));
  return {};
}

Expected<mlir::OwningOpRef<mlir::ModuleOp>> ModelImporter::run() {
  mlir::OwningOpRef<mlir::ModuleOp> module = mlir::ModuleOp::create(nameLocation(model.name));
  builder.setInsertionPointToStart(module->getBody());
  LIMBECK_ASSIGN(mlir::func::FuncOp function, buildFunction());
  LIMBECK_TRY(buildConstants());
  LIMBECK_TRY(buildOps(model.ops));
  mlir::func::ReturnOp::create(builder, function.getLoc(), valuesOf(model.outputs));

  // What a Model promises is checked once more here, so that a slip of ours is a diagnostic and not a crash behind.
  std::string problem;
  mlir::ScopedDiagnosticHandler handler(builder.getContext(), [&](mlir::Diagnostic &diagnostic) {
    if (problem.empty())
      problem = diagnostic.str();
  });
  if (mlir::failed(mlir::verify(*module)))
    return error(Code::Internal, "the imported module is not valid: ", problem);
  return module;
}

Expected<mlir::OwningOpRef<mlir::ModuleOp>> importModel(mlir::MLIRContext &context,
                                                        const importer::Model &model) {
  context.loadDialect<LimbeckDialect, mlir::func::FuncDialect, mlir::scf::SCFDialect,
                      mlir::tensor::TensorDialect>();
  return ModelImporter(context, model).run();
}

} // namespace limbeck::graph
