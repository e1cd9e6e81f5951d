// Factors that move: whatever they are, the results stay, up to the rounding of constants; and where nothing may move, nothing does.
#include "Quantize/ChannelGroups.h"
#include "../Graph/PassTest.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Pass/Pass.h"
#include <cmath>
#include <random>

namespace limbeck::test {
namespace {

using quantize::ChannelGroups;

class ChannelGroupsTest : public PassTest {
protected:
  std::mt19937_64 random{1};
  int live = 0; ///< results that are not 0 everywhere

  void TearDown() override { EXPECT_GT(live, 0); }

  double uniform(double least, double greatest) {
    return std::uniform_real_distribution<double>(least, greatest)(random);
  }

  /// `%name = limbeck.const dense<..>` with values of [-1, 1); `dead`: one slice along the first dimension is 0.
  std::string constant(const std::string &name, const Shape &shape, int64_t dead = -1) {
    int64_t count = 1;
    for (int64_t size : shape)
      count *= size;
    int64_t step = shape.empty() ? 1 : count / shape[0];
    std::string values, type;
    std::function<void(size_t, int64_t &)> write = [&](size_t dim, int64_t &at) {
      if (dim == shape.size()) {
        values += at / step == dead ? "0.0" : std::to_string(uniform(-1, 1));
        ++at;
        return;
      }
      values += "[";
      for (int64_t i = 0; i < shape[dim]; ++i) {
        values += i ? ", " : "";
        write(dim + 1, at);
      }
      values += "]";
    };
    int64_t at = 0;
    write(0, at);
    for (int64_t size : shape)
      type += std::to_string(size) + "x";
    return "%" + name + " = limbeck.const dense<" + values + "> : tensor<" + type + "f32>\n";
  }

  /// Scales all free groups by factors of [1/8, 8) and compares. Returns how many there are.
  size_t expectSame(const std::string &body, const std::string &arguments, const std::string &results) {
    auto before = parseOrEmpty("func.func @main(" + arguments + ") -> (" + results + ") {\n" + body + "}\n");
    mlir::OwningOpRef<mlir::ModuleOp> after = before->clone();
    auto main = after->lookupSymbol<mlir::func::FuncOp>("main");
    if (!main)
      return 0;
    ChannelGroups groups(main);
    std::vector<double> factors(groups.size(), 1.0);
    size_t free = 0;
    for (size_t i = 0; i < factors.size(); ++i)
      if (!groups.isFixed(i)) {
        factors[i] = std::exp2(uniform(-3, 3));
        ++free;
      }
    Status status = groups.scale(factors);
    EXPECT_TRUE(status.ok()) << status.diagnostic().text();
    EXPECT_TRUE(mlir::succeeded(mlir::verify(*after)));
    EXPECT_EQ(textOf(*before) == textOf(*after), free == 0) << body;
    for (uint64_t seed = 0; seed < kSeeds; ++seed) {
      auto wanted = resultsOf(*before, seed), found = resultsOf(*after, seed);
      EXPECT_EQ(wanted.size(), found.size());
      for (size_t i = 0; i < std::min(wanted.size(), found.size()); ++i) {
        double greatest = 0;
        for (int64_t at = 0; at < wanted[i].size(); ++at)
          greatest = std::max(greatest, std::fabs(wanted[i].asDouble(at)));
        live += greatest > 0;
        for (int64_t at = 0; at < wanted[i].size(); ++at)
          EXPECT_NEAR(wanted[i].asDouble(at), found[i].asDouble(at), 1e-5 * greatest) << body;
      }
    }
    return free;
  }

  std::string conv(const std::string &result, const std::string &input, const std::string &weights,
                   const std::string &bias, int64_t groups, int64_t in, int64_t out, int64_t kernel) {
    std::string channels = std::to_string(out), pad = std::to_string(kernel / 2),
                size = std::to_string(kernel);
    return "%" + result + " = limbeck.conv %" + input + ", %" + weights + (bias.empty() ? "" : ", %" + bias) +
           " strides = [1, 1] pads = [" + pad + ", " + pad + ", " + pad + ", " + pad +
           "] dilations = [1, 1] groups = " + std::to_string(groups) + " layout = \"NCHW\" : (tensor<1x" +
           std::to_string(in) + "x4x4xf32>, tensor<" + channels + "x" + std::to_string(in / groups) + "x" +
           size + "x" + size + "xf32>" + (bias.empty() ? "" : ", tensor<" + channels + "xf32>") +
           ") -> tensor<1x" + channels + "x4x4xf32>\n";
  }
};

TEST_F(ChannelGroupsTest, ChainsOfConvolutions) {
  for (int round = 0; round < 24; ++round) {
    auto pick = [&](std::initializer_list<int64_t> of) {
      return *(of.begin() + static_cast<ptrdiff_t>(uniform(0, static_cast<double>(of.size()))));
    };
    std::string body;
    int64_t channels = 3;
    std::string last = "x";
    size_t between = 0;
    int layers = static_cast<int>(uniform(2, 5));
    for (int layer = 0; layer < layers; ++layer) {
      int64_t form = pick({0, 1, 2}); // dense, depthwise, grouped
      int64_t groups = form == 1 ? channels : form == 2 && channels % 3 == 0 ? 3 : 1;
      int64_t out = groups * pick({1, 2, 3}), kernel = pick({1, 3});
      std::string number = std::to_string(layer), type = "tensor<1x" + std::to_string(out) + "x4x4xf32>";
      body += constant("w" + number, {out, channels / groups, kernel, kernel}, pick({-1, 0}));
      bool bias = pick({0, 1});
      if (bias)
        body += constant("b" + number, {out});
      body += conv("c" + number, last, "w" + number, bias ? "b" + number : "", groups, channels, out, kernel);
      const char *acts[] = {"relu", "leaky_relu", "abs", "neg"};
      std::string act = acts[pick({0, 1, 2, 3})];
      body += "%a" + number + " = limbeck." + act + " %c" + number +
              (act == "leaky_relu" ? " alpha = 0.1" : "") + " : (" + type + ") -> " + type + "\n";
      last = "a" + number;
      channels = out;
      between += layer + 1 < layers ? static_cast<size_t>(out) : 0;
    }
    body += "return %" + last + " : tensor<1x" + std::to_string(channels) + "x4x4xf32>\n";
    EXPECT_EQ(
        expectSame(body, "%x: tensor<1x3x4x4xf32>", "tensor<1x" + std::to_string(channels) + "x4x4xf32>"),
        between);
  }
}

TEST_F(ChannelGroupsTest, PoolingResizeAndProductBehindReshape) {
  std::string body = constant("u", {5, 3, 3, 3}) + constant("b", {5}) + constant("w", {80, 2}) +
                     conv("c", "x", "u", "b", 1, 3, 5, 3) + R"(
    %p = limbeck.max_pool %c kernel = [2, 2] strides = [2, 2] pads = [0, 0, 0, 0] dilations = [1, 1] ceil_mode = false layout = "NCHW" : (tensor<1x5x4x4xf32>) -> tensor<1x5x2x2xf32>
    %z = limbeck.resize %p mode = "nearest" coordinate_mode = "asymmetric" nearest_mode = "floor" scales = [1.0, 1.0, 2.0, 2.0] sizes = [-1, -1, -1, -1] extrapolation_value = 0.0 roi = [] : (tensor<1x5x2x2xf32>) -> tensor<1x5x4x4xf32>
    %r = limbeck.reshape %z shape = [1, 80] : (tensor<1x5x4x4xf32>) -> tensor<1x80xf32>
    %y = limbeck.matmul %r, %w : (tensor<1x80xf32>, tensor<80x2xf32>) -> tensor<1x2xf32>
    return %y : tensor<1x2xf32>
)";
  EXPECT_EQ(expectSame(body, "%x: tensor<1x3x4x4xf32>", "tensor<1x2xf32>"), 5u);
}

TEST_F(ChannelGroupsTest, MeansOverSpaceAndTransposedConvolution) {
  std::string body = constant("u", {3, 2, 2, 2}) + constant("b", {6}) + constant("w", {6, 2}) + R"(
    %c = limbeck.conv_transpose %x, %k strides = [2, 2] pads = [0, 0, 0, 0] dilations = [1, 1] output_padding = [0, 0] groups = 3 layout = "NCHW" : (tensor<1x6x4x4xf32>, tensor<6x2x2x2xf32>) -> tensor<1x6x8x8xf32>
    %m = limbeck.reduce_mean %c axes = [2, 3] keepdims = false : (tensor<1x6x8x8xf32>) -> tensor<1x6xf32>
    %y = limbeck.matmul %m, %w : (tensor<1x6xf32>, tensor<6x2xf32>) -> tensor<1x2xf32>
    return %y : tensor<1x2xf32>
)";
  body = constant("k", {6, 2, 2, 2}) + body;
  EXPECT_EQ(expectSame(body, "%x: tensor<1x6x4x4xf32>", "tensor<1x2xf32>"), 6u);
}

TEST_F(ChannelGroupsTest, SumsHandOneFactorToAllWays) {
  // Both operands of the first sum are made by convolutions; the second adds a constant.
  std::string body = constant("u", {3, 3, 1, 1}) + constant("v", {3, 3, 1, 1}) + constant("w", {2, 3, 1, 1}) +
                     constant("k", {3, 1, 1}) + conv("a", "x", "u", "", 1, 3, 3, 1) +
                     conv("b", "x", "v", "", 1, 3, 3, 1) + R"(
    %s = limbeck.add %a, %b arith = "" : (tensor<1x3x4x4xf32>, tensor<1x3x4x4xf32>) -> tensor<1x3x4x4xf32>
    %t = limbeck.add %s, %k arith = "" : (tensor<1x3x4x4xf32>, tensor<3x1x1xf32>) -> tensor<1x3x4x4xf32>
)" + conv("y", "t", "w", "", 1, 3, 2, 1) +
                     "return %y : tensor<1x2x4x4xf32>\n";
  EXPECT_EQ(expectSame(body, "%x: tensor<1x3x4x4xf32>", "tensor<1x2x4x4xf32>"), 3u);
}

TEST_F(ChannelGroupsTest, PartsOfAConcatenationHaveTheirOwn) {
  // Of the second part a sigmoid is read: its channels stay.
  std::string body = constant("u", {3, 3, 1, 1}) + constant("v", {2, 3, 1, 1}) + constant("w", {2, 5, 1, 1}) +
                     conv("a", "x", "u", "", 1, 3, 3, 1) + conv("b", "x", "v", "", 1, 3, 2, 1) + R"(
    %g = limbeck.sigmoid %b : (tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
    %s = limbeck.concat %a, %g axis = 1 : (tensor<1x3x4x4xf32>, tensor<1x2x4x4xf32>) -> tensor<1x5x4x4xf32>
)" + conv("y", "s", "w", "", 1, 5, 2, 1) +
                     "return %y : tensor<1x2x4x4xf32>\n";
  EXPECT_EQ(expectSame(body, "%x: tensor<1x3x4x4xf32>", "tensor<1x2x4x4xf32>"), 3u);
}

TEST_F(ChannelGroupsTest, NormsAndConstantsTakeFactors) {
  std::string body = constant("s", {6}) + constant("b", {6}) + constant("w", {6, 4}) + constant("h", {}) +
                     constant("v", {4, 4}) + R"(
    %n, %m, %i = limbeck.layer_norm %x, %s, %b axis = 2 epsilon = 1.0e-5 : (tensor<2x3x6xf32>, tensor<6xf32>, tensor<6xf32>) -> (tensor<2x3x6xf32>, tensor<2x3x1xf32>, tensor<2x3x1xf32>)
    %y = limbeck.matmul %n, %w : (tensor<2x3x6xf32>, tensor<6x4xf32>) -> tensor<2x3x4xf32>
    %e = limbeck.erf %y : (tensor<2x3x4xf32>) -> tensor<2x3x4xf32>
    %g = limbeck.mul %e, %h arith = "" : (tensor<2x3x4xf32>, tensor<f32>) -> tensor<2x3x4xf32>
    %z = limbeck.matmul %g, %v : (tensor<2x3x4xf32>, tensor<4x4xf32>) -> tensor<2x3x4xf32>
    return %z : tensor<2x3x4xf32>
)";
  // Six of the norm, four of the product with a scalar.
  EXPECT_EQ(expectSame(body, "%x: tensor<2x3x6xf32>", "tensor<2x3x4xf32>"), 10u);
}

/// A scale of several dimensions, or one that a reshape unites: what is one channel in front of the product has one factor.
TEST_F(ChannelGroupsTest, NormsOverDimensionsThatAreUnited) {
  std::string wide = constant("s", {3, 6}) + constant("b", {3, 6}) + constant("w", {6, 4}) + R"(
    %n, %m, %i = limbeck.layer_norm %x, %s, %b axis = 1 epsilon = 1.0e-5 : (tensor<2x3x6xf32>, tensor<3x6xf32>, tensor<3x6xf32>) -> (tensor<2x3x6xf32>, tensor<2x1x1xf32>, tensor<2x1x1xf32>)
    %y = limbeck.matmul %n, %w : (tensor<2x3x6xf32>, tensor<6x4xf32>) -> tensor<2x3x4xf32>
    return %y : tensor<2x3x4xf32>
)";
  EXPECT_EQ(expectSame(wide, "%x: tensor<2x3x6xf32>", "tensor<2x3x4xf32>"), 6u);
  std::string united = constant("s", {6}) + constant("b", {6}) + constant("w", {18, 4}) + R"(
    %n, %m, %i = limbeck.layer_norm %x, %s, %b axis = 2 epsilon = 1.0e-5 : (tensor<2x3x6xf32>, tensor<6xf32>, tensor<6xf32>) -> (tensor<2x3x6xf32>, tensor<2x3x1xf32>, tensor<2x3x1xf32>)
    %r = limbeck.reshape %n shape = [2, 18] : (tensor<2x3x6xf32>) -> tensor<2x18xf32>
    %y = limbeck.matmul %r, %w : (tensor<2x18xf32>, tensor<18x4xf32>) -> tensor<2x4xf32>
    return %y : tensor<2x4xf32>
)";
  EXPECT_EQ(expectSame(united, "%x: tensor<2x3x6xf32>", "tensor<2x4xf32>"), 6u);
}

/// A channel that its norm has switched off stays off.
TEST_F(ChannelGroupsTest, NormsWithAFactorOfZero) {
  std::string body = constant("u", {3, 3, 1, 1}) + constant("w", {2, 3, 1, 1}) + constant("s", {3}, 1) +
                     constant("b", {3}) + constant("m", {3}) +
                     "%v = limbeck.const dense<[0.5, 1.0, 2.0]> : tensor<3xf32>\n" +
                     conv("c", "x", "u", "", 1, 3, 3, 1) + R"(
    %n = limbeck.batch_norm %c, %s, %b, %m, %v axis = 1 epsilon = 1.0e-5 : (tensor<1x3x4x4xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>) -> tensor<1x3x4x4xf32>
    %r = limbeck.relu %n : (tensor<1x3x4x4xf32>) -> tensor<1x3x4x4xf32>
)" + conv("y", "r", "w", "", 1, 3, 2, 1) +
                     "return %y : tensor<1x2x4x4xf32>\n";
  // Three on each side of the norm.
  EXPECT_EQ(expectSame(body, "%x: tensor<1x3x4x4xf32>", "tensor<1x2x4x4xf32>"), 6u);
}

TEST_F(ChannelGroupsTest, BatchNormSeparatesItsSides) {
  std::string body = constant("u", {3, 3, 1, 1}) + constant("w", {2, 3, 1, 1}) + constant("s", {3}) +
                     constant("b", {3}) + constant("m", {3}) +
                     "%v = limbeck.const dense<[0.5, 1.5, 2.0]> : tensor<3xf32>\n" +
                     conv("c", "x", "u", "", 1, 3, 3, 1) + R"(
    %r = limbeck.relu %c : (tensor<1x3x4x4xf32>) -> tensor<1x3x4x4xf32>
    %n = limbeck.batch_norm %r, %s, %b, %m, %v axis = 1 epsilon = 1.0e-5 : (tensor<1x3x4x4xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>) -> tensor<1x3x4x4xf32>
)" + conv("y", "n", "w", "", 1, 3, 2, 1) +
                     "return %y : tensor<1x2x4x4xf32>\n";
  EXPECT_EQ(expectSame(body, "%x: tensor<1x3x4x4xf32>", "tensor<1x2x4x4xf32>"), 6u);
}

TEST_F(ChannelGroupsTest, ValuesOfAttention) {
  // Two heads of three: the values' projection takes the factors of what the last product reads.
  std::string body = constant("v", {6, 6}) + constant("b", {6}) + constant("o", {6, 2}) + R"(
    %a = limbeck.matmul %x, %v, %b : (tensor<1x4x6xf32>, tensor<6x6xf32>, tensor<6xf32>) -> tensor<1x4x6xf32>
    %r = limbeck.reshape %a shape = [1, 4, 2, 3] : (tensor<1x4x6xf32>) -> tensor<1x4x2x3xf32>
    %t = limbeck.transpose %r perm = [0, 2, 1, 3] : (tensor<1x4x2x3xf32>) -> tensor<1x2x4x3xf32>
    %c = limbeck.matmul %p, %t : (tensor<1x2x4x4xf32>, tensor<1x2x4x3xf32>) -> tensor<1x2x4x3xf32>
    %d = limbeck.transpose %c perm = [0, 2, 1, 3] : (tensor<1x2x4x3xf32>) -> tensor<1x4x2x3xf32>
    %e = limbeck.reshape %d shape = [1, 4, 6] : (tensor<1x4x2x3xf32>) -> tensor<1x4x6xf32>
    %y = limbeck.matmul %e, %o : (tensor<1x4x6xf32>, tensor<6x2xf32>) -> tensor<1x4x2xf32>
    return %y : tensor<1x4x2xf32>
)";
  EXPECT_EQ(expectSame(body, "%x: tensor<1x4x6xf32>, %p: tensor<1x2x4x4xf32>", "tensor<1x4x2xf32>"), 6u);
}

TEST_F(ChannelGroupsTest, GatesHandOnTheFactorsOfWhatTheyGate) {
  std::string body = constant("u", {3, 3, 1, 1}) + constant("w", {2, 3, 1, 1}) +
                     conv("c", "x", "u", "", 1, 3, 3, 1) + R"(
    %m = limbeck.mul %c, %g arith = "" : (tensor<1x3x4x4xf32>, tensor<1x3x1x1xf32>) -> tensor<1x3x4x4xf32>
    %d = limbeck.div %m, %h : (tensor<1x3x4x4xf32>, tensor<1x3x1x1xf32>) -> tensor<1x3x4x4xf32>
)" + conv("y", "d", "w", "", 1, 3, 2, 1) +
                     "return %y : tensor<1x2x4x4xf32>\n";
  EXPECT_EQ(expectSame(body, "%x: tensor<1x3x4x4xf32>, %g: tensor<1x3x1x1xf32>, %h: tensor<1x3x1x1xf32>",
                       "tensor<1x2x4x4xf32>"),
            3u);
}

TEST_F(ChannelGroupsTest, NothingMovesOverOtherOps) {
  for (const char *between :
       {"%r = limbeck.clip %c min = 0.0 max = 6.0 : (tensor<1x3x4x4xf32>) -> tensor<1x3x4x4xf32>",
        "%r = limbeck.sigmoid %c : (tensor<1x3x4x4xf32>) -> tensor<1x3x4x4xf32>",
        "%r = limbeck.softmax %c axis = 1 : (tensor<1x3x4x4xf32>) -> tensor<1x3x4x4xf32>",
        "%r = limbeck.add %c, %x arith = \"\" : (tensor<1x3x4x4xf32>, tensor<1x3x4x4xf32>) -> "
        "tensor<1x3x4x4xf32>",
        "%r = limbeck.mul %c, %c arith = \"\" : (tensor<1x3x4x4xf32>, tensor<1x3x4x4xf32>) -> "
        "tensor<1x3x4x4xf32>",
        "%r = limbeck.div %x, %c : (tensor<1x3x4x4xf32>, tensor<1x3x4x4xf32>) -> tensor<1x3x4x4xf32>",
        "%r = limbeck.reduce_prod %c axes = [0] keepdims = true : (tensor<1x3x4x4xf32>) -> "
        "tensor<1x3x4x4xf32>"}) {
    std::string body = constant("u", {3, 3, 1, 1}) + constant("w", {2, 3, 1, 1}) +
                       conv("c", "x", "u", "", 1, 3, 3, 1) + between + "\n" +
                       conv("y", "r", "w", "", 1, 3, 2, 1) + "return %y : tensor<1x2x4x4xf32>\n";
    EXPECT_EQ(expectSame(body, "%x: tensor<1x3x4x4xf32>", "tensor<1x2x4x4xf32>"), 0u) << between;
  }
}

TEST_F(ChannelGroupsTest, ResultsOfTheModelStay) {
  std::string body = constant("u", {3, 3, 1, 1}) + constant("w", {2, 3, 1, 1}) +
                     conv("c", "x", "u", "", 1, 3, 3, 1) + conv("y", "c", "w", "", 1, 3, 2, 1) +
                     "return %y, %c : tensor<1x2x4x4xf32>, tensor<1x3x4x4xf32>\n";
  EXPECT_EQ(expectSame(body, "%x: tensor<1x3x4x4xf32>", "tensor<1x2x4x4xf32>, tensor<1x3x4x4xf32>"), 0u);
}

} // namespace
} // namespace limbeck::test
