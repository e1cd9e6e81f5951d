// What rules write through: the tensors that there are, and the graph that grows.
#pragma once
#include "Node.h"
#include "OnnxVersions.h"
#include "limbeck/Graph/IR/Limbeck.h"
#include "limbeck/Tensor/Tensor.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/StringMap.h"
#include <variant>

namespace limbeck::graph::exporter {

/// A constant of the file; its bytes are copied when the file is put together.
struct Initializer {
  std::string name;
  std::variant<Tensor, mlir::ElementsAttr> value;
};

/// Names that are unique; a taken one gets a number.
class NameTable {
public:
  /// Whether nothing has this name.
  bool isFree(llvm::StringRef name) const { return !taken.contains(name); }
  std::string unique(llvm::StringRef wanted);

private:
  llvm::StringMap<unsigned> taken; ///< and the last number that was given
};

class GraphWriter {
public:
  explicit GraphWriter(int64_t opset) : opsetOfFile(opset) {}

  /// The opset that is written.
  int64_t opset() const { return opsetOfFile; }
  /// Says that the file needs at least this one; it is written anew when it has an older one.
  void require(int64_t opset) { needed = std::max(needed, opset); }
  int64_t neededOpset() const { return needed; }

  // Operands.

  /// The tensor behind a value; a constant becomes an initializer, called `suggestion` where that is given.
  Expected<Edge> operand(mlir::Value value, llvm::StringRef suggestion = "");
  Expected<std::vector<Edge>> operands(mlir::ValueRange values);
  /// A list of 64-bit integers, such as axes, named after the op's result.
  Edge indices(mlir::Operation *op, llvm::StringRef what, llvm::ArrayRef<int64_t> values);
  /// A constant of this name; an equal one of the name is there once.
  Edge constant(llvm::StringRef wanted, const Tensor &value);
  /// A scalar, as `constant`.
  Edge scalar(llvm::StringRef wanted, DType dtype, double value);

  // Nodes.

  /// Adds the node that makes the results of an op. `suggestion` names the first where the source has no name for it.
  Status finish(mlir::Operation *op, Node node, llvm::StringRef suggestion = "");
  /// Adds a node on the way to them; its result is named after the op's, with `what` behind it.
  Expected<Edge> intermediate(mlir::Operation *op, Node node, llvm::StringRef what, DType dtype);
  /// A name that no tensor has, and none will have.
  std::string uniqueName(llvm::StringRef wanted) { return tensors.unique(wanted); }
  /// What the tensor of a value is called, or will be as far as its own name is concerned.
  std::string nameOf(mlir::Value value);

  // Graphs: the body of a branch is one of its own, its constants are those of the whole.

  void begin();
  /// Ends with these results, which get a name of this graph.
  Expected<onnx::GraphProto> end(llvm::StringRef name, mlir::ValueRange results);

  /// Makes an argument of the function a tensor.
  void addArgument(mlir::Value argument, llvm::StringRef name, DType dtype);
  /// Keeps the name of an output of the model for the value that it is, or for a copy where that has another name.
  void reserve(llvm::StringRef name, mlir::Value value);
  /// The outputs under the names that were reserved, in that order.
  Status finishOutputs();

  /// Inputs and outputs of the model.
  void setInterface(onnx::GraphProto interface) { graphs.front().MergeFrom(interface); }
  onnx::GraphProto takeGraph() { return std::move(graphs.front()); }
  const std::vector<Initializer> &initializers() const { return constants; }

private:
  struct Output {
    std::string name;
    mlir::Value value;
  };

  Status add(mlir::Operation *op, Node node);
  Edge addConstant(std::string name, DType dtype, std::variant<Tensor, mlir::ElementsAttr> value);
  std::string resultName(mlir::OpResult result, llvm::StringRef suggestion);
  Status copy(const Edge &from, const std::string &to);

  int64_t opsetOfFile, needed = 0;
  NameTable tensors, nodes;
  llvm::DenseMap<mlir::Value, Edge> edges;
  llvm::DenseMap<mlir::Value, std::string> reserved; ///< values that are made under the name of an output
  std::vector<Output> outputs;
  std::vector<Initializer> constants;
  llvm::StringMap<std::vector<size_t>> constantsByName;
  std::vector<onnx::GraphProto> graphs = std::vector<onnx::GraphProto>(1); ///< innermost last
  llvm::DenseMap<mlir::Value, size_t> depths; ///< of the graph that makes a value
};

/// The value whose tensor a value is: what only reads stored integers as quantized ones, or the element of a scalar, is no tensor of
/// its own.
mlir::Value tensorOf(mlir::Value value);

/// The type of a graph's input or output.
Expected<onnx::ValueInfoProto> valueInfo(const std::string &name, mlir::Type type,
                                         llvm::ArrayRef<llvm::StringRef> symbols);

} // namespace limbeck::graph::exporter
