// Pooling of one to three spatial axes against loops over every tap.
#include "OpTesting.h"
#include <cmath>
#include <limits>
#include <map>

namespace limbeck::reference::testing {
namespace {

struct PoolCase {
  Shape x; ///< channels first
  std::vector<int64_t> kernel, strides, pads, dilations;
  bool ceilMode = false;

  size_t rank() const { return kernel.size(); }
  Attributes attributes(const char *layout, bool countIncludePad = false, int64_t storageOrder = 0) const {
    return {{"kernel", kernel},
            {"strides", strides},
            {"pads", pads},
            {"dilations", dilations},
            {"ceil_mode", ceilMode},
            {"layout", std::string(layout)},
            {"count_include_pad", countIncludePad},
            {"storage_order", storageOrder}};
  }
  static PoolCase random(Random &random, size_t rank) {
    PoolCase out;
    out.x = {random.integer(1, 2), random.integer(1, 3)};
    out.ceilMode = random.integer(0, 1);
    for (size_t i = 0; i < rank; ++i) {
      out.x.push_back(random.integer(4, 8));
      out.kernel.push_back(random.integer(1, 3));
      out.strides.push_back(random.integer(1, 3));
      out.dilations.push_back(random.integer(1, 2));
    }
    for (size_t i = 0; i < 2 * rank; ++i)
      out.pads.push_back(random.integer(0, out.kernel[i % rank] - 1));
    return out;
  }
};

/// Calls `visit(offset or -1 in the declared padding)` for every tap, row-major; taps past the padding are
/// left out.
template <class Visit> void visitTaps(const PoolCase &at, const Shape &y, int64_t output, Visit &&visit) {
  int64_t plane = output, taps = 1, planeSize = 1;
  std::vector<int64_t> position(at.rank());
  for (size_t i = at.rank(); i-- > 0; plane /= y[i + 2]) {
    position[i] = plane % y[i + 2];
    taps *= at.kernel[i];
    planeSize *= at.x[i + 2];
  }
  for (int64_t tap = 0; tap < taps; ++tap) {
    int64_t rest = tap, offset = 0, stride = 1;
    bool inside = true, declared = true;
    for (size_t i = at.rank(); i-- > 0; rest /= at.kernel[i]) {
      int64_t place = position[i] * at.strides[i] + rest % at.kernel[i] * at.dilations[i] - at.pads[i],
              in = at.x[i + 2];
      inside &= place >= 0 && place < in;
      declared &= place < in + at.pads[i + at.rank()];
      offset += place * stride;
      stride *= in;
    }
    if (declared)
      visit(inside ? plane * planeSize + offset : -1);
  }
}

/// The same tensor with channels last.
template <class T> Tensor channelsBehind(const Tensor &image) {
  Shape shape = image.shape();
  int64_t channels = shape[1], batch = shape[0],
          plane = channels * batch == 0 ? 0 : image.size() / channels / batch;
  shape.erase(shape.begin() + 1);
  shape.push_back(channels);
  Tensor out = std::move(*Tensor::zeros(image.dtype(), shape));
  for (int64_t b = 0; b < batch; ++b)
    for (int64_t c = 0; c < channels; ++c)
      for (int64_t i = 0; i < plane; ++i)
        out.mutableValues<T>()[static_cast<size_t>((b * plane + i) * channels + c)] =
            image.values<T>()[static_cast<size_t>((b * channels + c) * plane + i)];
  return out;
}

TEST(Pooling, MaximaOfFloatsAndIntegers) {
  Random random(41);
  for (int round = 0; round < 90; ++round) {
    PoolCase at = PoolCase::random(random, static_cast<size_t>(round % 3 + 1));
    for (Tensor x :
         {random.floats(at.x), random.integers(DType::S8, at.x), random.integers(DType::U8, at.x)}) {
      auto y = run("max_pool", at.attributes("NCHW"), {{x}}),
           index = run("arg_max_pool", at.attributes("NCHW"), {{x}});
      if (!y.ok()) { // a dilated window may not fit
        ASSERT_EQ(y.diagnostic().code, Code::AttributeRange);
        continue;
      }
      for (int64_t i = 0; i < (*y)[0].size(); ++i) {
        int64_t best = -1;
        visitTaps(at, (*y)[0].shape(), i, [&](int64_t offset) {
          if (offset >= 0 && (best < 0 || x.asDouble(offset) > x.asDouble(best)))
            best = offset;
        });
        ASSERT_EQ((*index)[0].values<int64_t>()[static_cast<size_t>(i)], best);
        if (best >= 0)
          ASSERT_EQ((*y)[0].asDouble(i), x.asDouble(best));
      }
      dispatch(x.dtype(), [&]<class T>() {
        Tensor last = channelsBehind<T>(x);
        EXPECT_TRUE(
            (*run("max_pool", at.attributes("NHWC"), {{last}}))[0].identical(channelsBehind<T>((*y)[0])));
        EXPECT_TRUE((*run("arg_max_pool", at.attributes("NHWC"), {{last}}))[0].identical(
            channelsBehind<int64_t>((*index)[0])));
      });
    }
  }
}

TEST(Pooling, AveragesWithAndWithoutPadding) {
  Random random(42);
  for (int round = 0; round < 90; ++round) {
    PoolCase at = PoolCase::random(random, static_cast<size_t>(round % 3 + 1));
    bool countPadding = round % 2;
    Tensor x = random.floats(at.x);
    auto y = run("average_pool", at.attributes("NCHW", countPadding), {{x}});
    if (!y.ok()) {
      ASSERT_EQ(y.diagnostic().code, Code::AttributeRange);
      continue;
    }
    for (int64_t i = 0; i < (*y)[0].size(); ++i) {
      std::map<int64_t, float> columns; // each summed downwards, then their sum from left to right
      int count = 0, real = 0;
      visitTaps(at, (*y)[0].shape(), i, [&](int64_t offset) {
        ++count;
        if (offset < 0)
          return;
        ++real;
        columns[offset % at.x.back()] += x.values<float>()[static_cast<size_t>(offset)];
      });
      float sum = 0;
      for (const auto &[column, columnSum] : columns)
        sum += columnSum;
      float wanted = sum / static_cast<float>(countPadding ? count : real),
            found = (*y)[0].values<float>()[static_cast<size_t>(i)];
      ASSERT_TRUE(wanted == found || (std::isnan(wanted) && std::isnan(found)));
    }
    auto last = run("average_pool", at.attributes("NHWC", countPadding), {{channelsBehind<float>(x)}});
    EXPECT_TRUE((*last)[0].identical(channelsBehind<float>((*y)[0])));
  }
}

TEST(Pooling, CeilModeCountsDeclaredPaddingOnly) {
  PoolCase at{{1, 1, 1, 4}, {1, 3}, {1, 2}, {0, 0, 0, 0}, {1, 1}, true};
  Tensor x = tensorOf<float>(DType::F32, {1, 1, 1, 4}, {1, 2, 3, 6});
  EXPECT_EQ(listOf<float>((*run("average_pool", at.attributes("NCHW", true), {{x}}))[0]),
            (std::vector<float>{2, 4.5f}));
  at.pads = {0, 0, 0, 1};
  EXPECT_EQ(listOf<float>((*run("average_pool", at.attributes("NCHW", true), {{x}}))[0]),
            (std::vector<float>{2, 3}));
  EXPECT_EQ(listOf<float>((*run("average_pool", at.attributes("NCHW", false), {{x}}))[0]),
            (std::vector<float>{2, 4.5f}));
}

TEST(Pooling, CeilModeStartsNoWindowInThePadding) {
  PoolCase at{{1, 1, 2, 2}, {3, 3}, {3, 3}, {1, 1, 1, 1}, {1, 1}, true};
  EXPECT_EQ(*inferShape("average_pool", at.attributes("NCHW"), {{DType::F32, at.x, nullptr}}),
            (Shape{1, 1, 1, 1}));
  at.x = {1, 1, 3, 3};
  EXPECT_EQ(*inferShape("average_pool", at.attributes("NCHW"), {{DType::F32, at.x, nullptr}}),
            (Shape{1, 1, 2, 2}));
}

TEST(Pooling, SpecialValues) {
  constexpr float nan = std::numeric_limits<float>::quiet_NaN(),
                  infinity = std::numeric_limits<float>::infinity();
  PoolCase at{{1, 1, 4}, {2}, {2}, {0, 0}, {1}};
  auto pool = [&](const char *name, std::vector<float> values) {
    return (*run(name, at.attributes("NCHW"), {{tensorOf(DType::F32, {1, 1, 4}, values)}}))[0];
  };
  Tensor y = pool("max_pool", {1, nan, nan, 2});
  EXPECT_TRUE(std::isnan(y.values<float>()[0]) && std::isnan(y.values<float>()[1]));
  EXPECT_EQ(listOf<int64_t>(pool("arg_max_pool", {1, nan, nan, 2})), (std::vector<int64_t>{1, 2}));
  y = pool("max_pool", {-0.0f, 0.0f, 0.0f, -0.0f});
  EXPECT_FALSE(std::signbit(y.values<float>()[0]) || std::signbit(y.values<float>()[1]));
  EXPECT_EQ(listOf<float>(pool("max_pool", {-infinity, -infinity, -1, -2})),
            (std::vector<float>{-infinity, -1}));
  EXPECT_EQ(listOf<int64_t>(pool("arg_max_pool", {-infinity, -infinity, 5, 5})),
            (std::vector<int64_t>{0, 2}));
  PoolCase hollow{{1, 1, 2}, {2}, {1}, {1, 1}, {3}}; // both taps of its one window lie in the padding
  Tensor x = tensorOf<int8_t>(DType::S8, {1, 1, 2}, {5, 6});
  EXPECT_EQ(listOf<int8_t>((*run("max_pool", hollow.attributes("NCHW"), {{x}}))[0]),
            (std::vector<int8_t>{-128}));
  EXPECT_EQ(listOf<int64_t>((*run("arg_max_pool", hollow.attributes("NCHW"), {{x}}))[0]),
            (std::vector<int64_t>{-1}));
}

TEST(Pooling, ColumnMajorIndices) {
  PoolCase at{{1, 2, 2, 3}, {2, 2}, {1, 1}, {0, 0, 0, 0}, {1, 1}};
  Tensor x = tensorOf<float>(DType::F32, at.x, {0, 1, 2, 3, 4, 9, 9, 1, 2, 3, 4, 5});
  EXPECT_EQ(listOf<int64_t>((*run("arg_max_pool", at.attributes("NCHW", false, 0), {{x}}))[0]),
            (std::vector<int64_t>{4, 5, 6, 11}));
  EXPECT_EQ(listOf<int64_t>((*run("arg_max_pool", at.attributes("NCHW", false, 1), {{x}}))[0]),
            (std::vector<int64_t>{3, 5, 6, 11}));
}

TEST(Pooling, QuantizedMaximaKeepTheirIntegers) {
  Random random(43);
  PoolCase at{{1, 3, 6, 7}, {3, 2}, {2, 2}, {1, 0, 1, 1}, {1, 1}};
  auto parameters = quantization(DType::U8, {0.037f}, {200});
  Tensor x = random.integers(DType::U8, at.x);
  auto y = run("max_pool", at.attributes("NCHW"), {{x, parameters}}, TensorType{DType::U8, {}, parameters});
  EXPECT_TRUE((*y)[0].identical((*run("max_pool", at.attributes("NCHW"), {{x}}))[0]));
}

TEST(Pooling, UnknownDimensionsAndRefusals) {
  PoolCase at{{1, 3, 6, 7}, {3, 3}, {1, 1}, {1, 1, 1, 1}, {1, 1}};
  auto shape = [&](Shape x, DType dtype = DType::F32, const char *name = "max_pool") {
    return inferShape(name, at.attributes("NCHW"), {{dtype, std::move(x), nullptr}});
  };
  EXPECT_EQ(*shape({kUnknown, kUnknown, kUnknown, 7}), (Shape{kUnknown, kUnknown, kUnknown, 7}));
  for (const char *name : {"max_pool", "average_pool", "arg_max_pool"})
    EXPECT_EQ(codeOf(inferShape(name, at.attributes("NCHW"), {{DType::F32, {1, 3, 0, 7}, nullptr}})),
              Code::AttributeRange)
        << name << ": there is no element to read under the pads";
  EXPECT_EQ(*shape({0, 3, 6, 7}), (Shape{0, 3, 6, 7}));
  EXPECT_EQ(codeOf(shape({1, 3, 6})), Code::AttributeLength);
  EXPECT_EQ(codeOf(shape({1, 3})), Code::Rank);
  EXPECT_EQ(codeOf(shape({1, 3, 6, 7, 8, 9})), Code::Rank);
  EXPECT_EQ(codeOf(shape({1, 3, 6, 7}, DType::Bool)), Code::DataType);
  EXPECT_EQ(codeOf(shape({1, 3, 6, 7}, DType::S8, "average_pool")), Code::DataType);
  at.pads = {3, 0, 0, 0};
  EXPECT_EQ(codeOf(shape({1, 3, 6, 7})), Code::AttributeRange);
  at.pads = {0, 0, 0, 0};
  EXPECT_EQ(codeOf(shape({1, 3, 2, 7})), Code::AttributeRange);
  at.kernel = {0, 3};
  EXPECT_EQ(codeOf(shape({1, 3, 6, 7})), Code::AttributeRange);
  at.kernel = {-1, 3};
  EXPECT_EQ(codeOf(shape({1, 3, 6, 7})), Code::AttributeRange);
  at.kernel = {3, 3};
  EXPECT_EQ(
      codeOf(inferShape("arg_max_pool", at.attributes("NCHW", false, 2), {{DType::F32, at.x, nullptr}})),
      Code::AttributeRange);
}

} // namespace
} // namespace limbeck::reference::testing
