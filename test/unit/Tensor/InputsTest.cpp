// The INPUTS of the command line: every form, every refusal, and the bits of the random generator.
#include "limbeck/Tensor/Inputs.h"
#include "TensorTesting.h"
#include "limbeck/Tensor/Random.h"
#include <cmath>

namespace limbeck {
namespace {

using testing::codeOf;
using testing::listOf;
using testing::tensorOf;

class Inputs : public testing::FolderTest {
protected:
  std::string file(const std::string &name, const Tensor &tensor) {
    EXPECT_TRUE(writeNpy(path(name), tensor).ok());
    return "@" + path(name);
  }
  const Tensor pair = tensorOf<float>(DType::F32, {1, 2}, {0.5f, -1.0f});
  const std::vector<NamedType> one = {{"x", {DType::F32, {1, 2}, nullptr}}};
  const std::vector<NamedType> two = {{"x", {DType::F32, {kUnknown, 2}, nullptr}},
                                      {"x=@y", {DType::S32, {}, nullptr}}};
};

using Arguments = std::vector<std::string>;

TEST_F(Inputs, NamedAndUnnamedFiles) {
  std::string x = file("a.npy", pair), y = file("b:u8:3.npy", Tensor::scalar(DType::S32, int32_t(7)));
  for (const Arguments &arguments : {Arguments{x}, Arguments{"x=" + x}}) {
    auto values = readInputs(one, arguments);
    ASSERT_TRUE(values.ok()) << values.diagnostic().text();
    ASSERT_EQ(values->size(), 1u);
    EXPECT_TRUE((*values)[0].identical(pair));
  }
  auto values = readInputs(two, Arguments{"x=@y=" + y, "x=" + x}); // the longest name wins
  ASSERT_TRUE(values.ok()) << values.diagnostic().text();
  EXPECT_TRUE((*values)[0].identical(pair));
  EXPECT_TRUE((*values)[1].identical(Tensor::scalar(DType::S32, int32_t(7))));
  EXPECT_TRUE(readInputs({}, {})->empty());
}

TEST_F(Inputs, MissingExtraAndDoubleValues) {
  std::string x = file("a.npy", pair);
  auto missing = readInputs(two, Arguments{"x=" + x});
  EXPECT_EQ(codeOf(missing), Code::InputData);
  EXPECT_NE(missing.diagnostic().message.find("'x=@y' (s32[scalar])"), std::string::npos)
      << missing.diagnostic().message;
  EXPECT_EQ(codeOf(readInputs(one, Arguments{"x=" + x, x})), Code::InputData);
  EXPECT_EQ(codeOf(readInputs(one, Arguments{"z=" + x})), Code::InputData);
  EXPECT_EQ(codeOf(readInputs(two, Arguments{x})), Code::InputData);
  EXPECT_EQ(codeOf(readInputs({}, Arguments{x})), Code::InputData);
  for (std::string bad :
       {"", "x", "x=", "x=y", "@", "=", "random", "x=random:", "x=random:-1", "x=random:1:2",
        "x=random:1:2:3:4", "x=random:1x", "x=random:99999999999999999999"}) {
    auto values = readInputs(one, Arguments{bad});
    ASSERT_FALSE(values.ok()) << bad;
    EXPECT_TRUE(values.diagnostic().code == Code::Flag ||
                (bad == "@" && values.diagnostic().code == Code::FileKind))
        << bad;
  }
}

TEST_F(Inputs, WrongShapesAndUnreadableFiles) {
  std::string wide = file("w.npy", tensorOf<float>(DType::F32, {1, 3}, {1, 2, 3}));
  auto wrong = readInputs(one, Arguments{wide});
  EXPECT_EQ(codeOf(wrong), Code::InputData);
  EXPECT_EQ(wrong.diagnostic().message, "input 'x': expected shape 1x2, found 1x3");
  EXPECT_EQ(wrong.diagnostic().file, path("w.npy"));
  EXPECT_EQ(codeOf(readInputs(one, Arguments{file("r.npy", pair.reshaped({2}))})), Code::InputData);
  EXPECT_EQ(codeOf(readInputs(one, Arguments{"@" + path("missing.npy")})), Code::FileKind);
  EXPECT_EQ(codeOf(readInputs(one, Arguments{"@" + folder.string()})), Code::FileKind);
  ASSERT_TRUE(writeFileAtomically(path("text.npy"), bytesOf("hello")).ok());
  EXPECT_EQ(codeOf(readInputs(one, Arguments{"@" + path("text.npy")})), Code::InputData);
  EXPECT_TRUE(
      readInputs(two, Arguments{"x=" + file("m.npy", tensorOf<float>(DType::F32, {3, 2}, {1, 2, 3, 4, 5, 6})),
                                "x=@y=random:0"})
          .ok());
}

TEST_F(Inputs, Archives) {
  const NamedTensor both[] = {{"x=@y", Tensor::scalar(DType::S32, int32_t(3))}, {"x", pair}};
  ASSERT_TRUE(writeNpz(path("a.npz"), both).ok());
  auto values = readInputs(two, Arguments{"@" + path("a.npz")});
  ASSERT_TRUE(values.ok()) << values.diagnostic().text();
  EXPECT_TRUE((*values)[0].identical(pair));
  EXPECT_EQ(codeOf(readInputs(one, Arguments{"@" + path("a.npz")})), Code::InputData); // a key too many
  EXPECT_EQ(codeOf(readInputs(one, Arguments{"x=@" + path("a.npz")})), Code::InputData);
  ASSERT_TRUE(writeNpz(path("b.npz"), std::span(both).subspan(1)).ok());
  EXPECT_EQ(codeOf(readInputs(two, Arguments{"@" + path("b.npz")})), Code::InputData); // a key too few
  EXPECT_TRUE(readInputs(two, Arguments{"@" + path("b.npz"), "x=@y=random:1"}).ok());
  EXPECT_EQ(codeOf(readInputs(two, Arguments{"@" + path("a.npz"), "x=@y=random:1"})), Code::InputData);
}

TEST_F(Inputs, RawFiles) {
  Bytes raw(pair.bytes(), pair.byteSize());
  ASSERT_TRUE(writeFileAtomically(path("raw.bin"), raw).ok());
  auto values = readInputs(one, Arguments{"x=@" + path("raw.bin") + ":f32:1x2"});
  ASSERT_TRUE(values.ok()) << values.diagnostic().text();
  EXPECT_TRUE((*values)[0].identical(pair));
  EXPECT_EQ(codeOf(readInputs(one, Arguments{"@" + path("raw.bin") + ":f32:1x3"})), Code::InputData);
  EXPECT_EQ(codeOf(readInputs(one, Arguments{"@" + path("raw.bin") + ":f16:1x4"})), Code::InputData);
  auto mistake = [&](const std::string &fields) {
    auto values = readInputs(one, Arguments{"@" + path("raw.bin") + fields});
    EXPECT_EQ(codeOf(values), Code::Flag) << fields;
    return values.ok() ? "" : values.diagnostic().message;
  };
  EXPECT_EQ(mistake(":f33:1x2"), "expected the element type of raw bytes, found 'f33'");
  EXPECT_EQ(mistake(":f32:1,2"), "expected a shape such as 1x3x48x320, or scalar, found '1,2'");
  EXPECT_EQ(mistake(":f32"),
            "expected raw bytes as FILE:DTYPE:SHAPE, found one field behind the file: 'f32'");
  ASSERT_TRUE(writeNpy(path("a:f33:1x2"), pair).ok()); // all of it is a path
  EXPECT_TRUE(readInputs(one, Arguments{"@" + path("a:f33:1x2")}).ok());
  EXPECT_EQ(codeOf(readInputs(one, Arguments{"@" + path("raw.bin") + ":u8:4294967296x4294967296"})),
            Code::InputData);
  const std::vector<NamedType> flag = {{"b", {DType::Bool, {2}, nullptr}}};
  ASSERT_TRUE(writeFileAtomically(path("b.bin"), bytesOf("\x01\x02")).ok());
  EXPECT_EQ(codeOf(readInputs(flag, Arguments{"@" + path("b.bin") + ":bool:2"})), Code::InputData);
}

TEST_F(Inputs, OtherFormatsGoToTheirReader) {
  ASSERT_TRUE(writeFileAtomically(path("x.pb"), bytesOf("\x08\x01")).ok());
  ReadTensorFile reader = [&](Bytes content) -> Expected<Tensor> {
    EXPECT_EQ(content.size(), 2u);
    return pair;
  };
  auto values = readInputs(one, Arguments{"@" + path("x.pb")}, reader);
  ASSERT_TRUE(values.ok());
  EXPECT_TRUE((*values)[0].identical(pair));
}

TEST_F(Inputs, ShapesFromText) {
  EXPECT_EQ(shapeFromText("1x3x48x320"), Shape({1, 3, 48, 320}));
  EXPECT_EQ(shapeFromText("scalar"), Shape());
  EXPECT_EQ(shapeFromText("0"), Shape({0}));
  for (std::string_view bad : {"", "x", "1x", "x1", "1xx2", "-1", "1x?", " 1", "1.5", "99999999999999999999"})
    EXPECT_EQ(shapeFromText(bad), std::nullopt) << bad;
}

NamedType wanted(DType dtype, Shape shape) {
  return {"in", {dtype, std::move(shape), nullptr}};
}

TEST_F(Inputs, CastsThatKeepEveryValue) {
  auto narrow =
      conformInput(tensorOf<double>(DType::F64, {4}, {0.5, -0.0, INFINITY, NAN}), wanted(DType::F32, {4}));
  ASSERT_TRUE(narrow.ok()) << narrow.diagnostic().text();
  EXPECT_EQ(narrow->values<float>()[0], 0.5f);
  EXPECT_TRUE(std::signbit(narrow->values<float>()[1]));
  EXPECT_EQ(narrow->values<float>()[2], INFINITY);
  EXPECT_TRUE(std::isnan(narrow->values<float>()[3]));
  for (double lost : {0.1, 1e39, -1e300, 1e-60}) {
    auto refused = conformInput(tensorOf<double>(DType::F64, {2}, {1, lost}), wanted(DType::F32, {2}));
    EXPECT_EQ(codeOf(refused), Code::InputData) << lost;
    EXPECT_EQ(refused.diagnostic().hint, "convert with x.astype(np.float32)");
    EXPECT_NE(refused.diagnostic().message.find("element 1"), std::string::npos);
  }
  auto indices =
      conformInput(tensorOf<int64_t>(DType::S64, {2}, {-2147483648, 2147483647}), wanted(DType::S32, {2}));
  ASSERT_TRUE(indices.ok());
  EXPECT_EQ(listOf<int32_t>(*indices), (std::vector<int32_t>{-2147483647 - 1, 2147483647}));
  auto tooLarge = conformInput(tensorOf<int64_t>(DType::S64, {1}, {2147483648}), wanted(DType::S32, {1}));
  EXPECT_EQ(codeOf(tooLarge), Code::InputData);
  EXPECT_EQ(tooLarge.diagnostic().hint, "convert with x.astype(np.int32)");
}

TEST_F(Inputs, NoOtherCasts) {
  EXPECT_EQ(codeOf(conformInput(tensorOf<int32_t>(DType::S32, {1}, {1}), wanted(DType::S64, {1}))),
            Code::InputData);
  EXPECT_EQ(codeOf(conformInput(tensorOf<uint8_t>(DType::U8, {1}, {1}), wanted(DType::F32, {1}))),
            Code::InputData);
  EXPECT_EQ(codeOf(conformInput(tensorOf<uint8_t>(DType::U8, {1}, {1}), wanted(DType::Bool, {1}))),
            Code::InputData);
  auto bfloat = conformInput(tensorOf<uint16_t>(DType::U16, {1}, {0x3f80}), wanted(DType::BF16, {1}));
  ASSERT_TRUE(bfloat.ok());
  EXPECT_EQ(bfloat->dtype(), DType::BF16);
  EXPECT_EQ(bfloat->asDouble(0), 1.0);
  EXPECT_NE(conformInput(tensorOf<float>(DType::F32, {1}, {1}), wanted(DType::BF16, {1}))
                .diagnostic()
                .hint.find("uint16"),
            std::string::npos);
  EXPECT_EQ(conformInput(tensorOf<int8_t>(DType::S8, {2}, {-8, 7}), wanted(DType::S4, {2}))->dtype(),
            DType::S4);
  EXPECT_EQ(codeOf(conformInput(tensorOf<int8_t>(DType::S8, {1}, {8}), wanted(DType::S4, {1}))),
            Code::InputData);
  EXPECT_EQ(codeOf(conformInput(tensorOf<uint8_t>(DType::U8, {1}, {16}), wanted(DType::U4, {1}))),
            Code::InputData);
}

/// Values computed from the documented formulas by another program.
TEST_F(Inputs, RandomBitsAreThoseOfTheDocumentation) {
  auto floats = randomTensor({DType::F32, {4}, nullptr}, 42);
  EXPECT_EQ(listOf<float>(*floats), (std::vector<float>{0x1.89b3f00000000p-3f, -0x1.5bc9300000000p-1f,
                                                        -0x1.559bd40000000p-1f, -0x1.ced2540000000p-1f}));
  auto halves = randomTensor({DType::F16, {2}, nullptr}, 42);
  EXPECT_EQ(halves->asDouble(0), 0x1.8800000000000p-3);
  auto integers = randomTensor({DType::S8, {6}, nullptr}, 7, RandomRange{"-128", "128"});
  EXPECT_EQ(listOf<int8_t>(*integers), (std::vector<int8_t>{6, -51, 112, 98, 41, -40}));
}

TEST_F(Inputs, RandomRanges) {
  for (DType dtype : {DType::F16, DType::BF16, DType::F32, DType::F64}) {
    auto values = randomTensor({dtype, {20000}, nullptr}, 1);
    double least = 1, greatest = -1, sum = 0;
    for (int64_t i = 0; i < values->size(); ++i) {
      double value = values->asDouble(i);
      least = std::min(least, value), greatest = std::max(greatest, value), sum += value;
    }
    EXPECT_GE(least, -1.0) << name(dtype);
    EXPECT_LT(greatest, 1.0) << name(dtype);
    EXPECT_LT(least, -0.98) << name(dtype);
    EXPECT_GT(greatest, 0.98) << name(dtype);
    EXPECT_LT(std::fabs(sum / 20000), 0.02) << name(dtype);
  }
  for (DType dtype : {DType::Bool, DType::U4, DType::S32, DType::U64}) {
    auto values = randomTensor({dtype, {1000}, nullptr}, 5);
    int64_t ones = 0;
    for (int64_t value : values->asIndices()) {
      EXPECT_TRUE(value == 0 || value == 1);
      ones += value;
    }
    EXPECT_NEAR(static_cast<double>(ones), 500, 100);
  }
  auto tiny =
      randomTensor({DType::BF16, {5000}, nullptr}, 3, RandomRange{"1", "1.01"}); // rounds to 1 or 1.0078125
  for (int64_t i = 0; i < tiny->size(); ++i)
    EXPECT_TRUE(tiny->asDouble(i) >= 1 && tiny->asDouble(i) < 1.01);
}

TEST_F(Inputs, RandomRefusals) {
  auto fails = [](DType dtype, const char *low, const char *high) {
    return codeOf(randomTensor({dtype, {1}, nullptr}, 0, RandomRange{low, high}));
  };
  EXPECT_EQ(fails(DType::F32, "1", "1"), Code::Flag);
  EXPECT_EQ(fails(DType::F32, "nan", "1"), Code::Flag);
  EXPECT_EQ(fails(DType::F32, "0", "inf"), Code::Flag);
  EXPECT_EQ(fails(DType::F32, "0", "1e39"), Code::Flag);
  EXPECT_EQ(fails(DType::F16, "0", "70000"), Code::Flag);
  EXPECT_EQ(fails(DType::F64, "-1e308", "1e308"), Code::Flag);
  EXPECT_EQ(fails(DType::U8, "0", "257"), Code::Flag);
  EXPECT_EQ(fails(DType::U8, "-1", "2"), Code::Flag);
  EXPECT_EQ(fails(DType::S32, "0.5", "2"), Code::Flag);
  EXPECT_TRUE(randomTensor({DType::U8, {1}, nullptr}, 0, RandomRange{"0", "256"}).ok());
  EXPECT_EQ(codeOf(randomTensor({DType::F32, {kUnknown}, nullptr}, 0)), Code::ShapeMissing);
}

} // namespace
} // namespace limbeck
