// Conv, ConvTranspose, and the integer convolutions ConvInteger and QLinearConv. One spatial dimension is
// lifted to two.
#include "Quantized.h"
#include "Window.h"

namespace limbeck::importer {

namespace {
/// A convolution ready to be created: data and weights of rank 4, and whether they were lifted to it.
struct Convolution {
  reference::Attributes attributes;
  std::vector<ValueId> operands;
  bool lifted = false;
};
} // namespace

/// Ranks of data and weights: 3 or 4. `code` is that of weights of a wrong rank.
static Status checkConvolutionRanks(const Builder &builder, ValueId x, ValueId weights, Code code) {
  int64_t rank = rankOf(builder, x), weightRank = rankOf(builder, weights);
  if (rank == 5 && weightRank == 5)
    return error(Code::Unsupported, "convolutions over 3 spatial dimensions are not supported");
  if (rank != 3 && rank != 4)
    return error(Code::Shape, "expected data of rank 3 or 4, found shape ", shapeText(shapeOf(builder, x)));
  if (weightRank != rank)
    return error(code, "expected weights of rank ", rank, ", found shape ",
                 shapeText(shapeOf(builder, weights)));
  return {};
}

/// The padded data is a tensor of its own behind stage Layout, so it must have a size that a tensor may have.
static Status checkPaddedSize(const Shape &shape, const Indices &pads) {
  Shape padded = shape;
  size_t count = pads.size() / 2, first = shape.size() - count;
  bool fits = true;
  for (size_t i = 0; i < count; ++i) {
    auto total = checkedAdd(pads[i], pads[count + i]);
    auto size = total && padded[first + i] != kUnknown ? checkedAdd(padded[first + i], *total) : total;
    fits &= size.has_value();
    if (size && padded[first + i] != kUnknown)
      padded[first + i] = *size;
  }
  if (fits && elementCount(padded, Limits().elements))
    return {};
  return error(Code::AttributeRange, "expected padded data of at most ", Limits().elements,
               " elements, found ", shapeText(shape), " with pads of ", shapeText(pads))
      .atAttribute("pads");
}

/// The attributes common to convolutions and transposed ones, and the operands, lifted where there is one
/// spatial dimension.
static Expected<Convolution> formConvolution(const Node &node, Builder &builder, ValueId x, ValueId weights,
                                             Window window) {
  Convolution result;
  LIMBECK_ASSIGN(int64_t groups, node.integer("group", 1));
  result.lifted = window.strides.size() == 1;
  if (result.lifted) {
    liftWindow(window);
    LIMBECK_ASSIGN(x, insertSpatialAxis(builder, x));
    LIMBECK_ASSIGN(weights, insertSpatialAxis(builder, weights));
  }
  result.operands = {x, weights};
  result.attributes = {{"strides", window.strides},
                       {"pads", window.pads},
                       {"dilations", window.dilations},
                       {"groups", groups},
                       {"layout", "NCHW"}};
  return result;
}

static Expected<Convolution> readConvolution(const Node &node, Builder &builder, ValueId x, ValueId weights,
                                             Code code) {
  LIMBECK_TRY(checkConvolutionRanks(builder, x, weights, code));
  LIMBECK_ASSIGN(Window window,
                 readWindow(node, spatialOf(shapeOf(builder, x)), spatialOf(shapeOf(builder, weights))));
  LIMBECK_TRY(checkPaddedSize(shapeOf(builder, x), window.pads));
  return formConvolution(node, builder, x, weights, std::move(window));
}

static Results finishConvolution(Builder &builder, ValueId value, bool lifted) {
  return single(lifted ? removeSpatialAxis(builder, value) : value);
}

static Results importConv(const Node &node, Builder &builder) {
  LIMBECK_ASSIGN(ValueId x, operand(node, 0, "X"));
  LIMBECK_ASSIGN(ValueId weights, operand(node, 1, "W"));
  LIMBECK_ASSIGN(Convolution convolution, readConvolution(node, builder, x, weights, Code::Shape));
  if (node.hasOperand(2))
    convolution.operands.push_back(*node.operands[2]);
  LIMBECK_ASSIGN(ValueId y, builder.createOne("conv", convolution.attributes, convolution.operands));
  return finishConvolution(builder, y, convolution.lifted);
}

static Results importConvTranspose(const Node &node, Builder &builder) {
  LIMBECK_ASSIGN(ValueId x, operand(node, 0, "X"));
  LIMBECK_ASSIGN(ValueId weights, operand(node, 1, "W"));
  LIMBECK_TRY(checkConvolutionRanks(builder, x, weights, Code::Shape));
  Indices outputPadding;
  LIMBECK_ASSIGN(Window window, readTransposedWindow(node, spatialOf(shapeOf(builder, x)),
                                                     spatialOf(shapeOf(builder, weights)), outputPadding));
  LIMBECK_ASSIGN(Convolution convolution, formConvolution(node, builder, x, weights, std::move(window)));
  if (convolution.lifted)
    outputPadding.insert(outputPadding.begin(), 0);
  convolution.attributes.set("output_padding", outputPadding);
  if (node.hasOperand(2))
    convolution.operands.push_back(*node.operands[2]);
  LIMBECK_ASSIGN(ValueId y,
                 builder.createOne("conv_transpose", convolution.attributes, convolution.operands));
  return finishConvolution(builder, y, convolution.lifted);
}

static Results importConvInteger(const Node &node, Builder &builder) {
  LIMBECK_ASSIGN(ValueId x, operand(node, 0, "x"));
  LIMBECK_ASSIGN(ValueId weights, operand(node, 1, "w"));
  LIMBECK_ASSIGN(ValueId xZero, scalarZeroPoint(node, builder, 2, "x_zero_point", dtypeOf(builder, x)));
  LIMBECK_ASSIGN(ValueId weightZero,
                 zeroPointOperand(node, builder, 3, "w_zero_point", dtypeOf(builder, weights)));
  LIMBECK_ASSIGN(Convolution convolution, readConvolution(node, builder, x, weights, Code::Shape));
  convolution.operands.insert(convolution.operands.end(), {xZero, weightZero});
  LIMBECK_ASSIGN(ValueId y, builder.createOne("conv_integer", convolution.attributes, convolution.operands));
  return finishConvolution(builder, y, convolution.lifted);
}

static Results importQLinearConv(const Node &node, Builder &builder) {
  LIMBECK_ASSIGN(ValueId x, operand(node, 0, "x"));
  LIMBECK_ASSIGN(ValueId weights, operand(node, 3, "w"));
  LIMBECK_ASSIGN(ScaleAndZero ofX, scalarParameters(node, builder, 1, 2, dtypeOf(builder, x)));
  LIMBECK_ASSIGN(ScaleAndZero ofWeights, parameters(node, builder, 4, 5, dtypeOf(builder, weights)));
  LIMBECK_ASSIGN(ScaleAndZero ofY, scalarParameters(node, builder, 6, 7, std::nullopt));
  LIMBECK_ASSIGN(Convolution convolution, readConvolution(node, builder, x, weights, Code::QuantizedConv));
  convolution.operands.insert(convolution.operands.end(), {ofX.zeroPoint, ofWeights.zeroPoint});
  if (node.hasOperand(8)) {
    LIMBECK_TRY(checkIntegerBias(builder, *node.operands[8]));
    convolution.operands.push_back(*node.operands[8]);
  }
  LIMBECK_ASSIGN(ValueId sum,
                 builder.createOne("conv_integer", convolution.attributes, convolution.operands));
  LIMBECK_ASSIGN(ValueId y, requantized(builder, sum, ofX.scale, ofWeights.scale, ofY, 1));
  return finishConvolution(builder, y, convolution.lifted);
}

void addConvolutionRules(RuleList &list) {
  list.push_back({"", "Conv", 1, kNewest, 2, 3, 1, importConv});
  list.push_back({"", "ConvTranspose", 1, kNewest, 2, 3, 1, importConvTranspose});
  list.push_back({"", "ConvInteger", 10, kNewest, 2, 4, 1, importConvInteger});
  list.push_back({"", "QLinearConv", 10, kNewest, 8, 9, 1, importQLinearConv});
}

} // namespace limbeck::importer
