// The pooling ops in one to three dimensions and both layouts.
#include "CaseBuilder.h"

namespace limbeck::test {

namespace {
struct Window {
  Shape input;
  Attributes attributes;
};
} // namespace

static Window drawWindow(Draw &draw) {
  size_t spatial = static_cast<size_t>(draw.between(1, 3));
  std::vector<int64_t> kernel, strides, dilations, begins, ends;
  Shape dims;
  for (size_t i = 0; i < spatial; ++i) {
    kernel.push_back(draw.between(1, 3));
    strides.push_back(draw.between(1, 3));
    dilations.push_back(draw.between(1, 2));
    begins.push_back(draw.between(0, kernel[i] - 1));
    ends.push_back(draw.between(0, kernel[i] - 1));
    dims.push_back(draw.between((kernel[i] - 1) * dilations[i] + 1, spatial == 3 ? 6 : 12));
  }
  begins.insert(begins.end(), ends.begin(), ends.end());
  // Batch and channels may be empty; there is nothing to pool over without spatial elements.
  int64_t batch = draw.oneIn(10) ? 0 : draw.between(1, 2);
  int64_t channels = draw.oneIn(10) ? 0 : draw.dimension(spatial == 3 ? 17 : 40);
  bool channelsLast = draw.oneIn(2);
  Shape input{batch};
  if (!channelsLast)
    input.push_back(channels);
  input.insert(input.end(), dims.begin(), dims.end());
  if (channelsLast)
    input.push_back(channels);
  return {input,
          {{"kernel", kernel},
           {"strides", strides},
           {"pads", begins},
           {"dilations", dilations},
           {"ceil_mode", draw.oneIn(3)},
           {"layout", std::string(channelsLast ? "NHWC" : "NCHW")}}};
}

static void drawMaxPool(CaseBuilder &b) {
  Window window = drawWindow(b.draw);
  b.drawForm(3);
  DType dtype = b.draw.oneIn(3) ? b.draw.pick({DType::U8, DType::S8, DType::S16, DType::S32}) : b.floatType();
  ValueId x = b.real(dtype, window.input);
  if (b.form == Form::Typed && b.draw.oneIn(2)) { // the same quantization on both sides
    TensorType type = b.typeOf(x);
    auto inferred =
        reference::infer(*reference::findOp("max_pool"), window.attributes, std::span(&type, 1), {});
    TensorType result{type.dtype, (*inferred)[0].shape, type.quantization};
    return b.output(b.opWithResult("max_pool", window.attributes, {x}, result));
  }
  b.output(b.realOp("max_pool", window.attributes, {x}));
}

static void drawArgMaxPool(CaseBuilder &b) {
  Window window = drawWindow(b.draw);
  window.attributes.set("storage_order", b.draw.between(0, 1));
  DType dtype = b.draw.pick({DType::F32, DType::F32, DType::F64, DType::F16, DType::U8, DType::S8});
  b.output(b.op("arg_max_pool", window.attributes, {b.operand(dtype, window.input)}));
}

static void drawAveragePool(CaseBuilder &b) {
  Window window = drawWindow(b.draw);
  window.attributes.set("count_include_pad", b.draw.oneIn(2));
  b.drawForm(3);
  b.output(b.realOp("average_pool", window.attributes, {b.real(b.floatType(), window.input)}));
}

void addPoolingGenerators(GeneratorList &list) {
  list.insert(
      list.end(),
      {{"max_pool", drawMaxPool}, {"arg_max_pool", drawArgMaxPool}, {"average_pool", drawAveragePool}});
}

} // namespace limbeck::test
