// The main graph: options, inputs, initializers, nodes, outputs.
#include "GraphImporter.h"
#include "Names.h"
#include "limbeck/Tensor/Inputs.h"
#include <algorithm>
#include <set>

namespace limbeck::importer {

GraphImporter::GraphImporter(const onnx::ModelProto &proto, const Options &options, TensorDecoder &tensors,
                             Diagnostics &diagnostics, Model &model)
    : proto(proto), options(options), tensors(tensors), attributes(tensors, options.limits),
      diagnostics(diagnostics), model(model), builder(model, options.limits), probe(options.limits),
      functions(options.limits) {}

void GraphImporter::report(Diagnostic diagnostic) {
  if (diagnostic.node.empty() && diagnostic.op.empty())
    diagnostic.atNode(currentNode).atOp(currentOp);
  diagnostics.report(std::move(diagnostic));
}

void GraphImporter::run() {
  auto require = [&](Status status) {
    if (!status)
      diagnostics.reportFatal(std::move(status.diagnostic()));
    return !diagnostics.mustStop();
  };
  if (!require(checkFormatVersion(proto)))
    return;
  auto decoded = decodeOpsets(proto.opset_import());
  if (!require(decoded.status()))
    return;
  opsets = std::move(*decoded);
  model.opset = opsets.count("") ? opsets.at("") : 0;
  model.irVersion = proto.ir_version();
  model.producer = proto.producer_name();
  if (!require(functions.add(proto)) || !require(checkOptions()))
    return;
  Scope scope;
  importInputs(scope);
  importInitializers(proto.graph(), scope);
  importNodes(proto.graph().node(), scope,
              Body{.opsets = &opsets, .attributes = nullptr, .prefix = "", .depth = 0});
  importOutputs(scope);
}

Status GraphImporter::checkOptions() const {
  // Sizes of outputs follow from those of inputs: a symbol that only outputs have cannot be set.
  std::set<std::string> inputs, symbols;
  for (const onnx::ValueInfoProto &input : proto.graph().input()) {
    inputs.insert(input.name());
    for (const onnx::TensorShapeProto_Dimension &dim : input.type().tensor_type().shape().dim())
      symbols.insert(symbolOf(dim));
  }
  auto joined = [](const std::set<std::string> &names) {
    std::string text;
    for (const std::string &name : names)
      if (!name.empty())
        text += (text.empty() ? "" : ", ") + name;
    return text.empty() ? "none" : text;
  };
  for (const auto &[name, shape] : options.shapes)
    if (!inputs.count(name))
      return error(Code::Flag, "the model has no input '", name, "'")
          .withHint("its inputs: " + joined(inputs));
  for (const auto &[name, tensor] : options.frozen)
    if (!inputs.count(name))
      return error(Code::Flag, "the model has no input '", name, "'")
          .withHint("its inputs: " + joined(inputs));
  for (const auto &[symbol, value] : options.dims) {
    if (!symbols.count(symbol) || symbol.empty())
      return error(Code::Flag, "no input of the model has a symbolic dimension '", symbol, "'")
          .withHint("its symbols: " + joined(symbols));
    if (value < 0)
      return error(Code::Flag, "expected dimension '", symbol, "' to be at least 0, found ", value);
  }
  return {};
}

void GraphImporter::define(const std::string &name, ValueId value, Scope &scope) {
  if (!scope.define(name, value))
    report(error(Code::Ssa, "value '", name, "' is defined twice"));
}

void GraphImporter::importInputs(Scope &scope) {
  std::set<std::string> initializers;
  for (const onnx::TensorProto &tensor : proto.graph().initializer())
    initializers.insert(tensor.name());
  for (const onnx::SparseTensorProto &tensor : proto.graph().sparse_initializer())
    initializers.insert(tensor.values().name());
  std::set<std::string> inputs;
  for (const onnx::ValueInfoProto &input : proto.graph().input()) {
    if (!inputs.insert(input.name()).second) {
      report(error(Code::Ssa, "input '", input.name(), "' is defined twice"));
      continue;
    }
    if (initializers.count(input.name()) && !options.frozen.count(input.name()))
      continue; // a default value; it cannot be given at run time
    if (auto status = importInput(input, scope); !status) {
      status.diagnostic().message = "input '" + input.name() + "': " + status.diagnostic().message;
      report(std::move(status.diagnostic()));
      scope.define(input.name(), kPoison);
    }
  }
  if (proto.ir_version() >= 4)
    return;
  for (const std::string &name : initializers)
    if (!inputs.count(name))
      report(error(Code::Ssa, "initializer '", name, "' is no input, which ir_version ", proto.ir_version(),
                   " demands"));
}

/// `--shape` fills in what the model leaves open, and agrees with what the model and `--dim` say.
Status GraphImporter::checkGiven(const onnx::TensorShapeProto_Dimension &declared, int axis,
                                 int64_t given) const {
  auto differs = [&](int64_t wanted, std::string_view source) -> Status {
    if (wanted == given)
      return {};
    return error(Code::Flag, "expected dimension ", axis, " to be ", wanted, " as ", source, " says, found ",
                 given);
  };
  if (declared.has_dim_value() && declared.dim_value() >= 0)
    return differs(declared.dim_value(), "the model");
  auto bound = options.dims.find(symbolOf(declared));
  return bound == options.dims.end() ? Status() : differs(bound->second, "--dim " + bound->first);
}

Status GraphImporter::importInput(const onnx::ValueInfoProto &input, Scope &scope) {
  if (input.name().empty())
    return error(Code::Name, "expected a name, found none");
  auto given = options.shapes.find(input.name());
  bool hasGiven = given != options.shapes.end();
  LIMBECK_ASSIGN(DecodedType type, decodeType(input.type(), options.limits, hasGiven));
  const onnx::TypeProto_Tensor &declared = input.type().tensor_type();
  if (hasGiven) {
    if (declared.has_shape() && static_cast<size_t>(declared.shape().dim_size()) != given->second.size())
      return error(Code::Flag, "expected a shape of ", declared.shape().dim_size(), " dimensions, found ",
                   shapeText(given->second));
    type.shape = given->second;
    type.symbols.resize(type.shape->size());
    for (int axis = 0; axis < declared.shape().dim_size(); ++axis) {
      LIMBECK_TRY(checkGiven(declared.shape().dim(axis), axis, given->second[axis]));
      type.symbols[axis] = symbolOf(declared.shape().dim(axis));
    }
  }
  if (!type.shape)
    return error(Code::ShapeMissing, "the model leaves the shape open")
        .withHint("give it with --shape " + shellWord(input.name()) + "=1x...");
  for (size_t axis = 0; axis < type.shape->size(); ++axis) {
    int64_t &dim = (*type.shape)[axis];
    auto bound = options.dims.find(type.symbols[axis]);
    if (dim == kUnknown && bound != options.dims.end())
      dim = bound->second;
    if (dim != kUnknown)
      type.symbols[axis].clear();
  }
  if (static_cast<int64_t>(type.shape->size()) > options.limits.rank)
    return error(Code::Rank, "expected at most ", options.limits.rank, " dimensions, found ",
                 type.shape->size());
  LIMBECK_TRY(elementCount(*type.shape, options.limits.elements));
  if (options.frozen.count(input.name()))
    return freezeInput(input, type, scope);
  ValueId value = builder.addValue(input.name(), {type.dtype, *type.shape, nullptr});
  model.values[value].symbols = std::move(type.symbols);
  model.inputs.push_back(value);
  model.inputNames.push_back(input.name());
  define(input.name(), value, scope);
  return {};
}

Status GraphImporter::freezeInput(const onnx::ValueInfoProto &input, const DecodedType &type, Scope &scope) {
  // The file holds the value as those of other inputs do: bf16 as uint16, say.
  NamedType wanted{input.name(), {type.dtype, *type.shape, nullptr}};
  Expected<Tensor> tensor = conformInput(options.frozen.at(input.name()), wanted);
  if (!tensor.ok()) {
    Diagnostic &diagnostic = tensor.diagnostic();
    // Whoever reports it names the input, too.
    if (std::string prefix = message("input '", input.name(), "': "); diagnostic.message.starts_with(prefix))
      diagnostic.message.erase(0, prefix.size());
    if (auto file = options.frozenFiles.find(input.name()); file != options.frozenFiles.end())
      diagnostic.atFile(file->second);
    return diagnostic;
  }
  define(input.name(), builder.addConstant(input.name(), *tensor), scope);
  return {};
}

void GraphImporter::importInitializers(const onnx::GraphProto &graph, Scope &scope) {
  for (const onnx::TensorProto &tensor : graph.initializer())
    importInitializer(tensor.name(), tensors.decode(tensor), scope);
  for (const onnx::SparseTensorProto &tensor : graph.sparse_initializer())
    importInitializer(tensor.values().name(), tensors.decode(tensor), scope);
}

void GraphImporter::importInitializer(const std::string &name, const Expected<Tensor> &tensor, Scope &scope) {
  if (diagnostics.mustStop())
    return;
  if (builder.nextValue() >= static_cast<ValueId>(std::min<int64_t>(options.limits.tensors, kAbsent)))
    return diagnostics.reportFatal(
        error(Code::LimitNodes, "the graph has more than ", options.limits.tensors, " values"));
  bool frozen = options.frozen.count(name) && scope.find(name);
  if (name.empty())
    return report(error(Code::Name, "an initializer has no name"));
  if (tensor)
    return frozen ? void() : define(name, builder.addConstant(name, *tensor), scope);
  scope.define(name, kPoison);
  Diagnostic diagnostic = tensor.diagnostic();
  // A file that is missing lacks all of its tensors: that is one fault.
  if (diagnostic.code == Code::ExternalPath && !missingFiles.insert(diagnostic.message).second)
    return;
  diagnostic.message = "initializer '" + name + "': " + diagnostic.message;
  report(std::move(diagnostic));
}

void GraphImporter::importOutputs(const Scope &scope) {
  if (diagnostics.mustStop())
    return;
  if (proto.graph().output_size() == 0)
    report(error(Code::Output, "the graph has no outputs"));
  std::set<std::string> seen;
  for (const onnx::ValueInfoProto &output : proto.graph().output()) {
    auto value = scope.find(output.name());
    if (!seen.insert(output.name()).second)
      report(error(Code::Output, "output '", output.name(), "' is listed twice"));
    else if (!value)
      report(error(Code::Output, "output '", output.name(), "' is not defined"));
    else if (*value == kPoison && diagnostics.empty())
      report(error(Code::Internal, "output '", output.name(), "' was refused without a reason"));
    else if (*value != kPoison)
      if (auto status = checkOutput(output, *value); !status)
        report(std::move(status.diagnostic()));
  }
}

Status GraphImporter::checkOutput(const onnx::ValueInfoProto &output, ValueId value) {
  model.outputs.push_back(value);
  model.outputNames.push_back(output.name());
  if (!output.type().has_tensor_type())
    return {};
  auto declared = decodeType(output.type(), options.limits, /*ignoreShape=*/true);
  if (!declared)
    return std::move(declared.diagnostic());
  Value &found = model.values[value];
  if (declared->dtype != found.type.dtype)
    return error(Code::DataType, "output '", output.name(), "' is declared as ", name(declared->dtype),
                 ", and computed as ", name(found.type.dtype));
  // Declared dimensions are not trusted: inference is the truth. Only their symbols are kept.
  const onnx::TensorShapeProto &shape = output.type().tensor_type().shape();
  if (static_cast<size_t>(shape.dim_size()) != found.type.shape.size() || !found.symbols.empty())
    return {};
  for (int axis = 0; axis < shape.dim_size(); ++axis)
    found.symbols.push_back(found.type.shape[axis] == kUnknown ? symbolOf(shape.dim(axis)) : "");
  return {};
}

} // namespace limbeck::importer
