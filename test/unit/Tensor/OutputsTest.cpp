// The OUTPUTS of the command line: files, archive, folder with index, and the summary to read.
#include "limbeck/Tensor/Outputs.h"
#include "TensorTesting.h"
#include <cmath>
#include <nlohmann/json.hpp>

namespace limbeck {
namespace {

using testing::codeOf;
using testing::tensorOf;

class Outputs : public testing::FolderTest {
protected:
  const std::vector<NamedTensor> outputs = {{"y", tensorOf<float>(DType::F32, {1, 3}, {1.5f, -2.0f, 0.25f})},
                                            {"\xff bad", tensorOf<int64_t>(DType::S64, {2}, {7, -9})}};
  const std::span<const NamedTensor> single = std::span(outputs).first(1);
};

TEST_F(Outputs, Files) {
  OutputTargets targets;
  EXPECT_TRUE(targets.empty());
  targets.files = {"y=@" + path("y.npy"), "\xff bad=@" + path("z.npy")};
  ASSERT_TRUE(writeOutputs(outputs, targets).ok());
  EXPECT_TRUE(readNpy(path("y.npy"))->identical(outputs[0].value));
  EXPECT_TRUE(readNpy(path("z.npy"))->identical(outputs[1].value));
  targets.files = {"@" + path("only.npy")};
  ASSERT_TRUE(writeOutputs(single, targets).ok());
  EXPECT_TRUE(readNpy(path("only.npy"))->identical(outputs[0].value));
}

TEST_F(Outputs, WrongTargetsWriteNothing) {
  for (std::string bad : {"z=@" + path("q.npy"), "y=" + path("q.npy"), std::string("y=@"), std::string("@"),
                          std::string(), "@" + path("q.npy")}) {
    OutputTargets targets;
    targets.files = {"y=@" + path("first.npy"), bad};
    EXPECT_EQ(codeOf(writeOutputs(outputs, targets)), Code::Flag) << bad;
  }
  OutputTargets same;
  same.files = {"y=@" + path("s.npy"), "\xff bad=@" + path("s.npy")};
  EXPECT_EQ(codeOf(writeOutputs(outputs, same)), Code::Flag);
  same.files[1] = "\xff bad=@" + path("./s.npy"); // the same place in other words
  EXPECT_EQ(codeOf(writeOutputs(outputs, same)), Code::Flag);
  same = {{"y=@" + path("output_0.npy")}, "", folder};
  EXPECT_EQ(codeOf(writeOutputs(outputs, same)), Code::Flag);
  OutputTargets late; // the second cannot be written: the first does not stay
  late.files = {"y=@" + path("first.npy"), "\xff bad=@" + path("nowhere/z.npy")};
  EXPECT_EQ(codeOf(writeOutputs(outputs, late)), Code::File);
  EXPECT_TRUE(std::filesystem::is_empty(folder));
}

TEST_F(Outputs, TargetsAreCheckedBefore) {
  auto check = [&](OutputTargets targets) {
    Status status = checkTargets(targets);
    return status.ok() ? "" : std::string(codeText(status.diagnostic().code));
  };
  EXPECT_EQ(check({{"y=@" + path("y.npy"), "@" + path("y.npy")}, path("a.npz"), ""}), "");
  EXPECT_EQ(check({{"y=@" + path("no/y.npy")}, "", ""}), "E-FILE");
  EXPECT_EQ(check({{"@" + path("no/y.npy")}, "", ""}), "E-FILE");
  EXPECT_EQ(check({{}, path("no/a.npz"), ""}), "E-FILE");
  EXPECT_EQ(check({{"a=@b=@" + path("no/y.npy")}, "", ""}), "") << "the output may be called a=@b";
  EXPECT_TRUE(std::filesystem::is_empty(folder));
}

TEST_F(Outputs, ArchiveOfRows) {
  auto rows = NpzRows::create(path("rows.npz"), {"y", "s"});
  ASSERT_TRUE(rows.ok());
  EXPECT_TRUE(std::filesystem::is_empty(folder)); // what is gathered has no name
  EXPECT_EQ(codeOf(rows->write()), Code::InputData);
  Tensor scalar = Tensor::scalar(DType::F32, 2.0f), other = tensorOf<float>(DType::F32, {1, 2}, {1, 2});
  Tensor both[] = {outputs[0].value, scalar}, unequal[] = {other, scalar};
  ASSERT_TRUE(rows->append(both).ok());
  ASSERT_TRUE(rows->append(both).ok());
  ASSERT_TRUE(rows->write().ok());
  auto read = readNpz(path("rows.npz"));
  ASSERT_TRUE(read.ok());
  EXPECT_TRUE((*read)[0].value.identical(
      tensorOf<float>(DType::F32, {2, 3}, {1.5f, -2.0f, 0.25f, 1.5f, -2.0f, 0.25f})));
  EXPECT_TRUE((*read)[1].value.identical(tensorOf<float>(DType::F32, {2}, {2, 2})));
  EXPECT_EQ(codeOf(rows->append(unequal)), Code::Shape);
  EXPECT_EQ(codeOf(NpzRows::create(path("x.npz"), {"y", "y"})), Code::Npy);
}

TEST_F(Outputs, Archive) {
  OutputTargets targets;
  targets.archive = path("all.npz");
  ASSERT_TRUE(writeOutputs(outputs, targets).ok());
  auto read = readNpz(path("all.npz"));
  ASSERT_TRUE(read.ok());
  ASSERT_EQ(read->size(), 2u);
  for (size_t i = 0; i < 2; ++i) {
    EXPECT_EQ((*read)[i].name, outputs[i].name);
    EXPECT_TRUE((*read)[i].value.identical(outputs[i].value));
  }
}

TEST_F(Outputs, FolderWithIndex) {
  OutputTargets targets;
  targets.folder = path("new/folder");
  ASSERT_TRUE(writeOutputs(outputs, targets).ok());
  EXPECT_TRUE(readNpy(path("new/folder/output_1.npy"))->identical(outputs[1].value));
  auto bytes = readFile(path("new/folder/outputs.json"));
  ASSERT_TRUE(bytes.ok());
  auto index =
      nlohmann::json::parse(std::string(reinterpret_cast<const char *>(bytes->data()), bytes->size()));
  EXPECT_EQ(index["schema"], 1);
  ASSERT_EQ(index["outputs"].size(), 2u);
  EXPECT_EQ(index["outputs"][0],
            (nlohmann::json{
                {"index", 0}, {"name", "y"}, {"dtype", "f32"}, {"shape", {1, 3}}, {"file", "output_0.npy"}}));
  EXPECT_EQ(index["outputs"][1]["dtype"], "s64");
  EXPECT_EQ(index["outputs"][1]["name"], "\ufffd bad"); // bytes that are no UTF-8
}

TEST_F(Outputs, DocumentSaysWhatIsThereAndWhere) {
  OutputTargets targets;
  auto document = [&](std::span<const NamedTensor> list) { return outputsJson(list, targets); };
  EXPECT_EQ(
      document(single),
      "{\"schema\":1,\"outputs\":[{\"index\":0,\"name\":\"y\",\"dtype\":\"f32\",\"shape\":[1,3],\"min\":-2.0,"
      "\"max\":1.5,\"mean\":-0.08333333333333333,\"nan\":0,\"first\":[1.5,-2.0,0.25]}]}\n");
  const NamedTensor strange[] = {{"y", tensorOf<float>(DType::F32, {2}, {NAN, INFINITY})}};
  auto read = nlohmann::json::parse(document(strange))["outputs"][0];
  EXPECT_EQ(read["nan"], 1);
  EXPECT_TRUE(read["max"].is_null() && read["mean"].is_null() && read["first"][0].is_null());
  targets.archive = "all.npz";
  targets.files = {"y=@y.npy"};
  auto outputsOf = nlohmann::json::parse(document(outputs))["outputs"];
  EXPECT_EQ(outputsOf[0]["file"], "y.npy");
  EXPECT_EQ(outputsOf[1]["file"], "all.npz");
  EXPECT_EQ(outputsOf[1]["min"], -9);
  targets = {{}, "", "folder"};
  EXPECT_EQ(nlohmann::json::parse(document(outputs))["outputs"][1]["file"], "folder/output_1.npy");
}

TEST_F(Outputs, FolderThatCannotBe) {
  OutputTargets targets;
  targets.folder = path("file/folder");
  ASSERT_TRUE(writeFileAtomically(path("file"), bytesOf("x")).ok());
  EXPECT_EQ(codeOf(writeOutputs(outputs, targets)), Code::File);
}

std::string summary(const Tensor &tensor) {
  const NamedTensor outputs[] = {{"y", tensor}};
  return outputSummary(outputs);
}

TEST_F(Outputs, Summary) {
  EXPECT_EQ(outputSummary(single), "y: f32[1x3], min -2, max 1.5, mean -0.0833333, first 1.5 -2 0.25\n");
  EXPECT_EQ(summary(tensorOf<float>(DType::F32, {3}, {NAN, 0.1f, INFINITY})),
            "y: f32[3], min 0.1, max inf, mean inf, 1 NaN, first nan 0.1 inf\n");
  EXPECT_EQ(summary(tensorOf<float>(DType::F32, {1}, {NAN})), "y: f32[1], 1 NaN, first nan\n");
  EXPECT_EQ(summary(std::move(*Tensor::zeros(DType::U8, {2, 0}))), "y: u8[2x0], empty\n");
  EXPECT_EQ(summary(Tensor::scalar(DType::U64, ~uint64_t(0))),
            "y: u64[scalar], min 18446744073709551615, max 18446744073709551615, mean 1.84467e+19, first "
            "18446744073709551615\n");
  EXPECT_EQ(summary(tensorOf<bool>(DType::Bool, {2}, {true, false})),
            "y: bool[2], min false, max true, mean 0.5, first true false\n");
  EXPECT_EQ(summary(tensorOf<Float16>(DType::F16, {9}, std::vector<Float16>(9, Float16(0.5f)))),
            "y: f16[9], min 0.5, max 0.5, mean 0.5, first 0.5 0.5 0.5 0.5 0.5 0.5 0.5 0.5\n");
}

} // namespace
} // namespace limbeck
