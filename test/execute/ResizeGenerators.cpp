// resize in every mode.
#include "CaseBuilder.h"

namespace limbeck::test {

static void drawResize(CaseBuilder &b) {
  Draw &draw = b.draw;
  Shape shape = draw.shape(1, 4, 300);
  size_t rank = shape.size();
  std::string mode = draw.oneIn(2) ? "linear" : "nearest";
  std::string coordinates =
      draw.pick<std::string>({"align_corners", "asymmetric", "half_pixel", "half_pixel_symmetric",
                              "pytorch_half_pixel", "tf_crop_and_resize", "tf_half_pixel_for_nn"});
  std::string nearest = draw.pick<std::string>({"ceil", "floor", "round_prefer_ceil", "round_prefer_floor"});
  std::vector<float> scales, roi;
  std::vector<int64_t> sizes;
  bool bySize = draw.oneIn(2);
  for (size_t i = 0; i < rank; ++i) {
    bool changed = draw.oneIn(2);
    int64_t size = changed ? std::max<int64_t>(1, draw.between(shape[i] / 2, 2 * shape[i] + 1)) : shape[i];
    sizes.push_back(bySize ? size : -1);
    scales.push_back(!changed ? 1.0f
                     : !bySize
                         ? std::max(draw.pick({0.5f, 1.5f, 2.0f, 0.7f}), 1.0f / static_cast<float>(shape[i]))
                         : static_cast<float>(size) / static_cast<float>(shape[i]));
  }
  if (coordinates == "tf_crop_and_resize") {
    for (size_t i = 0; i < rank; ++i)
      roi.push_back(static_cast<float>(draw.unit() * 0.6 - 0.2));
    for (size_t i = 0; i < rank; ++i)
      roi.push_back(static_cast<float>(0.6 + draw.unit() * 0.6));
  }
  Attributes attributes{{"mode", mode},
                        {"coordinate_mode", coordinates},
                        {"nearest_mode", nearest},
                        {"scales", scales},
                        {"sizes", sizes},
                        {"extrapolation_value", draw.pick({0.0f, 1.5f, -7.0f})},
                        {"roi", roi}};
  b.drawForm(4);
  DType dtype = b.floatType();
  if (mode == "nearest" && draw.oneIn(3))
    dtype = draw.pick({DType::U8, DType::S8, DType::S32, DType::S64, DType::Bool});
  b.output(b.realOp("resize", attributes, {b.real(dtype, shape)}));
}

void addResizeGenerators(GeneratorList &list) {
  list.push_back({"resize", drawResize});
}

} // namespace limbeck::test
