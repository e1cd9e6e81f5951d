// MaxPool, AveragePool and the global pools, which are reductions.
#include "Window.h"

namespace limbeck::importer {

/// The attributes of a pool over N, C, spatial..; auto_pad fixes the result's length, so that ceil_mode has
/// no say.
static Expected<reference::Attributes> poolAttributes(const Node &node, const Shape &shape,
                                                      bool channelsLast) {
  if (shape.size() < 3)
    return error(Code::Shape, "expected data of rank 3 or more, found shape ", shapeText(shape));
  if (shape.size() > 5)
    return error(Code::Unsupported, "pools over more than 3 spatial dimensions are not supported");
  LIMBECK_ASSIGN(Window window, readWindow(node, spatialOf(shape, channelsLast), std::nullopt));
  LIMBECK_ASSIGN(bool ceiling, flagAttribute(node, "ceil_mode", false));
  return reference::Attributes{{"kernel", window.kernel},
                               {"strides", window.strides},
                               {"pads", window.pads},
                               {"dilations", window.dilations},
                               {"ceil_mode", ceiling && !window.automatic},
                               {"layout", channelsLast ? "NHWC" : "NCHW"}};
}

static Results importMaxPool(const Node &node, Builder &builder) {
  LIMBECK_ASSIGN(ValueId x, operand(node, 0, "X"));
  LIMBECK_ASSIGN(reference::Attributes attributes, poolAttributes(node, shapeOf(builder, x), false));
  LIMBECK_ASSIGN(ValueId y, builder.createOne("max_pool", attributes, {x}));
  if (!node.wantsOutput(1))
    return single(y);
  LIMBECK_ASSIGN(bool columnMajor, flagAttribute(node, "storage_order", false));
  attributes.set("storage_order", int64_t(columnMajor));
  LIMBECK_ASSIGN(ValueId indices, builder.createOne("arg_max_pool", attributes, {x}));
  return std::vector<ValueId>{y, indices};
}

Expected<ValueId> averagePool(const Node &node, Builder &builder, ValueId x, bool channelsLast) {
  LIMBECK_ASSIGN(reference::Attributes attributes, poolAttributes(node, shapeOf(builder, x), channelsLast));
  LIMBECK_ASSIGN(bool countPads, flagAttribute(node, "count_include_pad", false));
  attributes.set("count_include_pad", countPads);
  return builder.createOne("average_pool", attributes, {x});
}

Expected<ValueId> globalPool(Builder &builder, std::string_view reduction, ValueId x, bool channelsLast) {
  int64_t rank = rankOf(builder, x);
  if (rank < 3)
    return error(Code::Shape, "expected data of rank 3 or more, found shape ",
                 shapeText(shapeOf(builder, x)));
  Indices axes;
  for (int64_t axis = channelsLast ? 1 : 2; axis < (channelsLast ? rank - 1 : rank); ++axis)
    axes.push_back(axis);
  return builder.createOne(reduction, {{"axes", axes}, {"keepdims", true}}, {x});
}

static Results importAveragePool(const Node &node, Builder &builder) {
  LIMBECK_ASSIGN(ValueId x, operand(node, 0, "X"));
  return single(averagePool(node, builder, x, false));
}

static Results importGlobalAveragePool(const Node &node, Builder &builder) {
  LIMBECK_ASSIGN(ValueId x, operand(node, 0, "X"));
  return single(globalPool(builder, "reduce_mean", x, false));
}

static Results importGlobalMaxPool(const Node &node, Builder &builder) {
  LIMBECK_ASSIGN(ValueId x, operand(node, 0, "X"));
  return single(globalPool(builder, "reduce_max", x, false));
}

void addPoolingRules(RuleList &list) {
  list.push_back({"", "MaxPool", 1, kNewest, 1, 1, 2, importMaxPool});
  list.push_back({"", "AveragePool", 7, kNewest, 1, 1, 1, importAveragePool});
  list.push_back({"", "GlobalAveragePool", 1, kNewest, 1, 1, 1, importGlobalAveragePool});
  list.push_back({"", "GlobalMaxPool", 1, kNewest, 1, 1, 1, importGlobalMaxPool});
}

} // namespace limbeck::importer
