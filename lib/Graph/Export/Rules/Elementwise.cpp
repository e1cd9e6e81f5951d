// Ops that work element by element: most are renamed.
#include "../ExportRules.h"

namespace limbeck::graph::exporter {

static Status exportLeakyRelu(mlir::Operation *op, GraphWriter &writer) {
  LIMBECK_ASSIGN(Edge x, writer.operand(op->getOperand(0)));
  Node node("LeakyRelu", {x});
  node.number("alpha", llvm::cast<LeakyReluOp>(op).getAlpha().convertToFloat());
  return writer.finish(op, std::move(node));
}

static Status exportHardSigmoid(mlir::Operation *op, GraphWriter &writer) {
  auto sigmoid = llvm::cast<HardSigmoidOp>(op);
  LIMBECK_ASSIGN(Edge x, writer.operand(sigmoid.getX()));
  Node node("HardSigmoid", {x});
  node.number("alpha", sigmoid.getAlpha().convertToFloat());
  node.number("beta", sigmoid.getBeta().convertToFloat());
  return writer.finish(op, std::move(node));
}

static Status exportGelu(mlir::Operation *op, GraphWriter &writer) {
  LIMBECK_ASSIGN(Edge x, writer.operand(op->getOperand(0)));
  Node node("Gelu", {x});
  node.text("approximate", llvm::cast<GeluOp>(op).getApproximate());
  return writer.finish(op, std::move(node));
}

/// The bounds in the element type of x. Where that rounds one, results stay the same: no element lies between both.
static Status exportClip(mlir::Operation *op, GraphWriter &writer) {
  auto clip = llvm::cast<ClipOp>(op);
  LIMBECK_ASSIGN(Edge x, writer.operand(clip.getX()));
  std::string name = writer.nameOf(clip.getResult());
  Edge least = writer.scalar(name + "_min", x.dtype, clip.getMin().convertToFloat());
  Edge greatest = writer.scalar(name + "_max", x.dtype, clip.getMax().convertToFloat());
  return writer.finish(op, Node("Clip", {x, least, greatest}));
}

/// ONNX broadcasts the slope to x, the dialect both to the result.
static Status exportPrelu(mlir::Operation *op, GraphWriter &writer) {
  LIMBECK_ASSIGN(std::vector<Edge> operands, writer.operands(op->getOperands()));
  auto x = llvm::cast<mlir::RankedTensorType>(op->getOperand(0).getType());
  auto result = llvm::cast<mlir::RankedTensorType>(op->getResult(0).getType());
  if (x.getShape() != result.getShape()) {
    if (!result.hasStaticShape())
      return error(Code::Unsupported, "expected a slope that broadcasts to x, found one that may widen it");
    Edge shape = writer.indices(op, "shape", result.getShape());
    Node expand("Expand", {operands[0], shape});
    LIMBECK_ASSIGN(operands[0], writer.intermediate(op, std::move(expand), "expanded", operands[0].dtype));
  }
  return writer.finish(op, Node("PRelu", std::move(operands)));
}

llvm::ArrayRef<ExportRule> elementwiseRules() {
  static constexpr ExportRule rules[] = {
      {"relu", "Relu", exportRenamed},
      {"leaky_relu", "LeakyRelu", exportLeakyRelu},
      {"sigmoid", "Sigmoid", exportRenamed},
      {"hard_sigmoid", "HardSigmoid", exportHardSigmoid},
      {"hard_swish", "HardSwish", exportRenamed},
      {"tanh", "Tanh", exportRenamed},
      {"gelu", "Gelu", exportGelu},
      {"erf", "Erf", exportRenamed},
      {"exp", "Exp", exportRenamed},
      {"log", "Log", exportRenamed},
      {"sqrt", "Sqrt", exportRenamed},
      {"reciprocal", "Reciprocal", exportRenamed},
      {"floor", "Floor", exportRenamed},
      {"ceil", "Ceil", exportRenamed},
      {"round", "Round", exportRenamed},
      {"abs", "Abs", exportRenamed},
      {"neg", "Neg", exportRenamed},
      {"clip", "Clip", exportClip},
      {"not", "Not", exportRenamed},
      {"add", "Add", exportRenamed},
      {"sub", "Sub", exportRenamed},
      {"mul", "Mul", exportRenamed},
      {"div", "Div", exportRenamed},
      {"pow", "Pow", exportRenamed},
      {"min", "Min", exportRenamed},
      {"max", "Max", exportRenamed},
      {"prelu", "PRelu", exportPrelu},
      {"equal", "Equal", exportRenamed},
      {"greater", "Greater", exportRenamed},
      {"less", "Less", exportRenamed},
      {"and", "And", exportRenamed},
      {"or", "Or", exportRenamed},
      {"where", "Where", exportRenamed},
  };
  return rules;
}

} // namespace limbeck::graph::exporter
