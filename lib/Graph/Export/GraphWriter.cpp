// Names, constants and nodes of the graph that is written.
#include "GraphWriter.h"
#include "limbeck/Graph/IR/Constants.h"
#include "limbeck/Graph/IR/Conversion.h"
#include "limbeck/Graph/IR/SourceNames.h"
#include "limbeck/Import/ElementTypes.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace limbeck::graph::exporter {

std::string NameTable::unique(llvm::StringRef wanted) {
  std::string name = wanted.empty() ? "tensor" : wanted.str();
  while (!taken.try_emplace(name, 0).second)
    name = message(wanted.str(), "_", ++taken[wanted]);
  return name;
}

/// The node that an op came from; the op's own name where it came from none.
static std::string nodeOf(mlir::Operation *op) {
  llvm::SmallVector<llvm::StringRef> names = nodeNames(op->getLoc());
  return names.empty() ? op->getName().stripDialect().str() : names.front().str();
}

mlir::Value tensorOf(mlir::Value value) {
  while (mlir::Operation *op = value.getDefiningOp()) {
    if (!llvm::isa<StorageCastOp, mlir::tensor::ExtractOp>(op))
      break;
    value = op->getOperand(0);
  }
  return value;
}

static Expected<DType> storedType(mlir::Value value) {
  LIMBECK_ASSIGN(TensorType type, toTensorType(value.getType()));
  return type.dtype;
}

void GraphWriter::addArgument(mlir::Value argument, llvm::StringRef name, DType dtype) {
  edges[argument] = {tensors.unique(name), dtype};
}

void GraphWriter::reserve(llvm::StringRef name, mlir::Value value) {
  if (auto argument = edges.find(value); argument != edges.end() && argument->second.name == name) {
    outputs.push_back({name.str(), value}); // an input that is an output as well
    return;
  }
  outputs.push_back({tensors.unique(name), value});
  value = tensorOf(value);
  mlir::Operation *op = value.getDefiningOp();
  if (op && !llvm::isa<ConstOp>(op))
    reserved.try_emplace(value, outputs.back().name);
}

std::string GraphWriter::nameOf(mlir::Value value) {
  value = tensorOf(value);
  if (auto found = edges.find(value); found != edges.end())
    return found->second.name;
  if (auto found = reserved.find(value); found != reserved.end())
    return found->second;
  if (llvm::StringRef name = tensorName(value); !name.empty())
    return name.str();
  mlir::Operation *op = value.getDefiningOp();
  return op ? nodeOf(op) : "argument";
}

// Operands.

Edge GraphWriter::addConstant(std::string name, DType dtype, std::variant<Tensor, mlir::ElementsAttr> value) {
  constants.push_back({name, std::move(value)});
  return {std::move(name), dtype};
}

Edge GraphWriter::constant(llvm::StringRef wanted, const Tensor &value) {
  for (size_t index : constantsByName[wanted])
    if (std::get<Tensor>(constants[index].value).identical(value))
      return {constants[index].name, value.dtype()};
  constantsByName[wanted].push_back(constants.size());
  return addConstant(tensors.unique(wanted), value.dtype(), value);
}

Edge GraphWriter::scalar(llvm::StringRef wanted, DType dtype, double value) {
  return constant(wanted, dispatch(dtype, [&]<class T>() {
                    if constexpr (std::is_same_v<T, Float16> || std::is_same_v<T, BFloat16>)
                      return Tensor::scalar(dtype, T(static_cast<float>(value)));
                    else
                      return Tensor::scalar(dtype, static_cast<T>(value));
                  }));
}

Edge GraphWriter::indices(mlir::Operation *op, llvm::StringRef what, llvm::ArrayRef<int64_t> values) {
  return constant(nameOf(op->getResult(0)) + "_" + what.str(),
                  Tensor::fromIndices({values.data(), values.size()}));
}

Expected<Edge> GraphWriter::operand(mlir::Value value, llvm::StringRef suggestion) {
  value = tensorOf(value);
  if (auto found = edges.find(value); found != edges.end())
    return found->second;
  auto constant = value.getDefiningOp<ConstOp>();
  if (!constant)
    return error(Code::Unsupported,
                 "expected operands that are tensors of the graph, found a value of another kind");
  LIMBECK_ASSIGN(DType dtype, storedType(value));
  Edge edge = addConstant(tensors.unique(suggestion.empty() ? nameOf(value) : suggestion.str()), dtype,
                          constant.getValue());
  edges[value] = edge;
  return edge;
}

Expected<std::vector<Edge>> GraphWriter::operands(mlir::ValueRange values) {
  std::vector<Edge> list;
  for (mlir::Value value : values) {
    LIMBECK_ASSIGN(Edge edge, operand(value));
    list.push_back(std::move(edge));
  }
  return list;
}

// Nodes.

Status GraphWriter::add(mlir::Operation *op, Node node) {
  LIMBECK_ASSIGN(int64_t least, leastOpset(node, opsetOfFile));
  require(least);
  // An op of several nodes gives its names out in their order, as to MatMul and Add again.
  std::string name = nodeOf(op);
  llvm::SmallVector<llvm::StringRef> names = nodeNames(op->getLoc());
  for (llvm::StringRef candidate : llvm::reverse(names))
    if (nodes.isFree(candidate))
      name = candidate.str();
  node.proto.set_name(nodes.unique(name));
  *graphs.back().add_node() = std::move(node.proto);
  return {};
}

std::string GraphWriter::resultName(mlir::OpResult result, llvm::StringRef suggestion) {
  if (auto found = reserved.find(result); found != reserved.end())
    return found->second;
  llvm::StringRef name = tensorName(result);
  // A pass that inserts an op gives it the names of what it works on: then the tensor itself has the name already.
  if (!name.empty() && (suggestion.empty() || tensors.isFree(name)))
    return tensors.unique(name);
  return tensors.unique(suggestion.empty() ? nodeOf(result.getOwner()) + "_output" : suggestion);
}

Status GraphWriter::finish(mlir::Operation *op, Node node, llvm::StringRef suggestion) {
  size_t count = op->getNumResults();
  while (node.laterResultsAreOptional && count > 1 && op->getResult(count - 1).use_empty())
    --count;
  for (mlir::OpResult result : op->getResults().take_front(count)) {
    LIMBECK_ASSIGN(DType dtype, storedType(result));
    Edge edge{resultName(result, result.getResultNumber() == 0 ? suggestion : ""), dtype};
    node.output(edge);
    edges[result] = std::move(edge);
    depths[result] = graphs.size();
  }
  return add(op, std::move(node));
}

/// The tensor that the first of an op's nodes made.
static llvm::StringRef firstTensor(mlir::Location location) {
  while (auto fused = llvm::dyn_cast<mlir::FusedLoc>(location))
    location = fused.getLocations().front();
  auto node = llvm::dyn_cast<mlir::NameLoc>(location);
  auto tensor = node ? llvm::dyn_cast<mlir::NameLoc>(node.getChildLoc()) : mlir::NameLoc();
  return tensor ? tensor.getName().getValue() : llvm::StringRef();
}

Expected<Edge> GraphWriter::intermediate(mlir::Operation *op, Node node, llvm::StringRef what, DType dtype) {
  std::string own = nameOf(op->getResult(0));
  // What one op is here may have been two nodes with a tensor between them, as MatMul and Add.
  llvm::StringRef between = firstTensor(op->getLoc());
  bool named = !between.empty() && between != own && tensors.isFree(between);
  Edge edge{tensors.unique(named ? between.str() : own + "_" + what.str()), dtype};
  node.output(edge);
  LIMBECK_TRY(add(op, std::move(node)));
  return edge;
}

Status GraphWriter::copy(const Edge &from, const std::string &to) {
  Node node("Identity", {from});
  node.output({to, from.dtype});
  LIMBECK_ASSIGN(int64_t least, leastOpset(node, opsetOfFile));
  require(least);
  node.proto.set_name(nodes.unique(to));
  *graphs.back().add_node() = std::move(node.proto);
  return {};
}

// Graphs.

Expected<onnx::ValueInfoProto> valueInfo(const std::string &name, mlir::Type type,
                                         llvm::ArrayRef<llvm::StringRef> symbols) {
  LIMBECK_ASSIGN(TensorType tensor, toTensorType(type));
  onnx::ValueInfoProto info;
  info.set_name(name);
  onnx::TypeProto_Tensor *declared = info.mutable_type()->mutable_tensor_type();
  declared->set_elem_type(importer::onnxElementType(tensor.dtype));
  declared->mutable_shape();
  for (auto [axis, dim] : llvm::enumerate(tensor.shape)) {
    onnx::TensorShapeProto_Dimension *target = declared->mutable_shape()->add_dim();
    if (dim != kUnknown)
      target->set_dim_value(dim);
    else if (axis < symbols.size() && !symbols[axis].empty())
      target->set_dim_param(symbols[axis].str());
  }
  return info;
}

void GraphWriter::begin() {
  graphs.emplace_back();
}

Expected<onnx::GraphProto> GraphWriter::end(llvm::StringRef name, mlir::ValueRange results) {
  llvm::StringMap<bool> listed;
  for (mlir::Value result : results) {
    LIMBECK_ASSIGN(Edge edge, operand(result));
    auto depth = depths.find(tensorOf(result));
    bool own = depth != depths.end() && depth->second == graphs.size();
    // A result is made in the graph that it is a result of, and is listed once.
    if (!own || listed.contains(edge.name)) {
      std::string copied = tensors.unique(edge.name + "_" + name.str());
      LIMBECK_TRY(copy(edge, copied));
      edge.name = copied;
    }
    listed[edge.name] = true;
    LIMBECK_ASSIGN(*graphs.back().add_output(), valueInfo(edge.name, result.getType(), {}));
  }
  onnx::GraphProto graph = std::move(graphs.back());
  graphs.pop_back();
  graph.set_name(name.str());
  return graph;
}

Status GraphWriter::finishOutputs() {
  for (const Output &output : outputs) {
    LIMBECK_ASSIGN(Edge edge, operand(output.value));
    if (edge.name != output.name)
      LIMBECK_TRY(copy(edge, output.name));
  }
  return {};
}

} // namespace limbeck::graph::exporter
