// Walks a function op by op. Compute ops go to reference::evaluate; what is left is structure: constants, fusion regions,
// branches, calls.
#include "limbeck/Graph/Interpret/Interpreter.h"
#include "Lifetimes.h"
#include "Samples.h"
#include "limbeck/Graph/IR/Constants.h"
#include "limbeck/Graph/IR/Conversion.h"
#include "limbeck/Graph/IR/SourceNames.h"
#include "limbeck/Reference/Operation.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace limbeck::graph {

namespace {
using Tensors = std::vector<Tensor>;

class Interpreter {
public:
  Interpreter(const Limits &limits, Observer observer) : limits(limits), observer(observer) {}

  Expected<Tensors> call(mlir::func::FuncOp function, std::span<const Tensor> inputs);

private:
  using Environment = llvm::DenseMap<mlir::Value, Tensor>;

  Expected<Tensors> runBlock(mlir::Block &block, std::span<const Tensor> arguments, Environment &environment);
  Expected<Tensors> runOp(mlir::Operation *op, Environment &environment);
  Expected<Tensors> runReferenceOp(ReferenceOpInterface op, const Environment &environment);
  Expected<Tensors> runSamples(PerSampleOp op, Environment &environment);
  Expected<Tensors> runCall(mlir::func::CallOp op, const Environment &environment);

  Status define(mlir::Value value, const Tensor &tensor, Environment &environment);
  void endLifetimes(mlir::Operation *op, Environment &environment);
  const Lifetimes &lifetimesOf(mlir::Operation *function);
  static Tensors operandsOf(mlir::Operation *op, const Environment &environment);

  const Limits &limits;
  Observer observer;
  mlir::SymbolTableCollection symbolTables;
  llvm::DenseMap<mlir::Operation *, std::unique_ptr<Lifetimes>> lifetimes; ///< by function
  const Lifetimes *current = nullptr;                                      ///< of the function that runs
  int64_t depth = 0, liveBytes = 0;
};
} // namespace

/// The text of where an op came from: its node's name, or nothing.
static std::string nodeOf(mlir::Location location) {
  llvm::SmallVector<llvm::StringRef> nodes = nodeNames(location);
  return nodes.empty() ? "" : nodes.front().str();
}

/// Whether a shape is one of those that a declared shape with unknown dimensions allows.
static bool fits(const Shape &shape, const Shape &declared) {
  return std::equal(shape.begin(), shape.end(), declared.begin(), declared.end(),
                    [](int64_t dim, int64_t allowed) { return allowed == kUnknown || dim == allowed; });
}

static Status checkInput(size_t index, const Tensor &tensor, const TensorType &type) {
  if (tensor.dtype() != type.dtype)
    return error(Code::DataType, "expected ", name(type.dtype), " for input ", index, ", found ",
                 name(tensor.dtype()));
  if (!fits(tensor.shape(), type.shape))
    return error(Code::Shape, "expected shape ", shapeText(type.shape), " for input ", index, ", found ",
                 shapeText(tensor.shape()));
  return {};
}

const Lifetimes &Interpreter::lifetimesOf(mlir::Operation *function) {
  std::unique_ptr<Lifetimes> &entry = lifetimes[function];
  if (!entry)
    entry = std::make_unique<Lifetimes>(function);
  return *entry;
}

Expected<Tensors> Interpreter::call(mlir::func::FuncOp function, std::span<const Tensor> inputs) {
  if (function.isExternal())
    return error(Code::Undefined, "expected '", function.getName().str(), "' to have a body");
  if (++depth > limits.depth)
    return error(Code::Recursion, "expected at most ", limits.depth, " nested calls");
  if (inputs.size() != function.getNumArguments())
    return error(Code::Arity, "expected ", function.getNumArguments(), " inputs, found ", inputs.size());
  for (size_t i = 0; i < inputs.size(); ++i) {
    LIMBECK_ASSIGN(TensorType type, toTensorType(function.getArgumentTypes()[i]));
    LIMBECK_TRY(checkInput(i, inputs[i], type));
  }
  const Lifetimes *caller = std::exchange(current, &lifetimesOf(function));
  Environment environment;
  auto results = runBlock(function.getBody().front(), inputs, environment);
  current = caller;
  --depth;
  return results;
}

Status Interpreter::define(mlir::Value value, const Tensor &tensor, Environment &environment) {
  liveBytes += static_cast<int64_t>(tensor.byteSize());
  if (liveBytes > limits.runBytes)
    return error(Code::LimitMemory, "expected at most ", limits.runBytes, " bytes of live tensors, found ",
                 liveBytes);
  environment[value] = tensor;
  return {};
}

void Interpreter::endLifetimes(mlir::Operation *op, Environment &environment) {
  for (mlir::Value value : current->endingAt(op)) {
    auto found = environment.find(value);
    if (found == environment.end())
      continue;
    liveBytes -= static_cast<int64_t>(found->second.byteSize());
    environment.erase(found);
  }
}

/// Runs a block to its terminator and returns the operands of that.
Expected<Tensors> Interpreter::runBlock(mlir::Block &block, std::span<const Tensor> arguments,
                                        Environment &environment) {
  for (auto [argument, tensor] : llvm::zip_equal(block.getArguments(), arguments))
    LIMBECK_TRY(define(argument, tensor, environment));
  for (mlir::Operation &op : block.without_terminator()) {
    auto results = runOp(&op, environment);
    if (!results) {
      Diagnostic &diagnostic = results.diagnostic();
      if (diagnostic.op.empty())
        diagnostic.atNode(nodeOf(op.getLoc())).atOp(op.getName().getStringRef().str());
      return std::move(diagnostic);
    }
    for (auto [result, tensor] : llvm::zip_equal(op.getResults(), *results)) {
      LIMBECK_TRY(define(result, tensor, environment));
      if (observer)
        observer(result, tensor);
    }
    endLifetimes(&op, environment);
  }
  Tensors results = operandsOf(block.getTerminator(), environment);
  endLifetimes(block.getTerminator(), environment);
  return results;
}

Tensors Interpreter::operandsOf(mlir::Operation *op, const Environment &environment) {
  Tensors operands;
  for (mlir::Value operand : op->getOperands())
    operands.push_back(environment.find(operand)->second);
  return operands;
}

Expected<Tensors> Interpreter::runOp(mlir::Operation *op, Environment &environment) {
  if (auto reference = mlir::dyn_cast<ReferenceOpInterface>(op))
    return runReferenceOp(reference, environment);
  if (auto constant = mlir::dyn_cast<ConstOp>(op)) {
    LIMBECK_ASSIGN(Tensor tensor, toTensor(constant.getValue()));
    return Tensors{tensor};
  }
  if (auto fused = mlir::dyn_cast<FusedOp>(op))
    return runBlock(fused.getBody().front(), operandsOf(op, environment), environment);
  if (auto samples = mlir::dyn_cast<PerSampleOp>(op))
    return runSamples(samples, environment);
  if (auto call = mlir::dyn_cast<mlir::func::CallOp>(op))
    return runCall(call, environment);
  // The condition of a branch: a truth value leaves its tensor.
  if (auto extract = mlir::dyn_cast<mlir::tensor::ExtractOp>(op); extract && extract.getIndices().empty())
    return operandsOf(op, environment);
  if (auto branch = mlir::dyn_cast<mlir::scf::IfOp>(op)) {
    bool taken = environment.find(branch.getCondition())->second.values<bool>()[0];
    mlir::Region &region = taken ? branch.getThenRegion() : branch.getElseRegion();
    return region.empty() ? Tensors() : runBlock(region.front(), {}, environment);
  }
  return error(Code::UnsupportedOp, "the interpreter does not know this op");
}

Expected<Tensors> Interpreter::runSamples(PerSampleOp op, Environment &environment) {
  Tensors operands = operandsOf(op, environment), results;
  for (int64_t sample = 0, samples = op.getSamples(); sample < samples; ++sample) {
    LIMBECK_ASSIGN(Tensors arguments, sampleOf(operands, sample));
    LIMBECK_ASSIGN(Tensors own, runBlock(op.getBody().front(), arguments, environment));
    LIMBECK_TRY(keepSample(own, sample, samples, results));
  }
  return results;
}

Expected<Tensors> Interpreter::runCall(mlir::func::CallOp op, const Environment &environment) {
  auto callee = symbolTables.lookupNearestSymbolFrom<mlir::func::FuncOp>(op, op.getCalleeAttr());
  if (!callee)
    return error(Code::Undefined, "expected '", op.getCallee().str(), "' to name a function");
  return call(callee, operandsOf(op, environment));
}

/// The result types of this run. Shapes follow from those of the operands and, where they do not suffice, from the values;
/// they must fit what the IR declares, which may say more or less than the operand types alone.
static Status makeStatic(const reference::OpDefinition &definition, const reference::Attributes &attributes,
                         std::span<const TensorType> operandTypes, std::span<const Tensor> operands,
                         std::vector<TensorType> &results) {
  std::vector<const Tensor *> known(operands.size());
  LIMBECK_ASSIGN(std::vector<TensorType> inferred,
                 reference::infer(definition, attributes, operandTypes, known));
  if (!llvm::all_of(inferred, [](const TensorType &type) { return type.isStatic(); })) {
    for (size_t i = 0; i < operands.size(); ++i)
      known[i] = operandTypes[i].quantization ? nullptr : &operands[i];
    LIMBECK_ASSIGN(inferred, reference::infer(definition, attributes, operandTypes, known));
  }
  for (size_t i = 0; i < results.size(); ++i) {
    if (!inferred[i].isStatic() || !fits(inferred[i].shape, results[i].shape))
      return error(Code::Shape, "expected result ", i, " to have shape ", shapeText(results[i].shape),
                   ", found ", shapeText(inferred[i].shape));
    results[i].shape = inferred[i].shape;
  }
  return {};
}

Expected<Tensors> Interpreter::runReferenceOp(ReferenceOpInterface op, const Environment &environment) {
  const reference::OpDefinition *definition = op.getDefinition();
  if (!definition)
    return error(Code::UnsupportedOp, "lib/Reference has no definition of '", op.getReferenceName().str(),
                 "'");
  LIMBECK_ASSIGN(reference::Attributes attributes, toAttributes(op));
  LIMBECK_ASSIGN(std::vector<TensorType> operandTypes, toTensorTypes(op->getOperandTypes()));
  LIMBECK_ASSIGN(std::vector<TensorType> resultTypes, toTensorTypes(op->getResultTypes()));
  Tensors operands = operandsOf(op, environment);
  for (size_t i = 0; i < operands.size(); ++i)
    operandTypes[i].shape = operands[i].shape();
  LIMBECK_TRY(makeStatic(*definition, attributes, operandTypes, operands, resultTypes));
  return reference::evaluate(*definition, {attributes, operandTypes, operands, resultTypes});
}

Expected<std::vector<Tensor>> interpret(mlir::func::FuncOp function, std::span<const Tensor> inputs,
                                        const Limits &limits, Observer observer) {
  return Interpreter(limits, observer).call(function, inputs);
}

Expected<std::vector<Tensor>> interpret(mlir::ModuleOp module, std::span<const Tensor> inputs,
                                        const Limits &limits, Observer observer) {
  if (auto main = module.lookupSymbol<mlir::func::FuncOp>("main"))
    return interpret(main, inputs, limits, observer);
  return error(Code::NoGraph, "expected a function 'main' in the module");
}

} // namespace limbeck::graph
