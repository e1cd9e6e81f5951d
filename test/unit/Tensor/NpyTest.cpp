// .npy and .npz: what NumPy wrote is read, what we write reads back, and nothing malformed gets through.
#include "limbeck/Tensor/Npy.h"
#include "TensorTesting.h"

namespace limbeck {
namespace {

using testing::bytesFromHex;
using testing::codeOf;
using testing::listOf;
using testing::tensorOf;

/// A file of format version `version` with this dictionary and data.
std::string npyFile(int version, std::string header, std::string_view data) {
  header += "\n";
  std::string file("\x93NUMPY");
  file += {static_cast<char>(version), '\0', static_cast<char>(header.size() & 0xff),
           static_cast<char>(header.size() >> 8)};
  if (version > 1)
    file += std::string(2, '\0');
  return file + header + std::string(data);
}

Expected<Tensor> parse(const std::string &file) {
  return parseNpy(bytesOf(file));
}

constexpr std::string_view twoBytes("\x01\xff", 2);

class Npy : public testing::FolderTest {};

TEST_F(Npy, ReadsAllVersionsAndSpellings) {
  for (int version : {1, 2, 3}) {
    auto tensor =
        parse(npyFile(version, "{'descr': '|i1', 'fortran_order': False, 'shape': (2,), }   ", twoBytes));
    ASSERT_TRUE(tensor.ok()) << tensor.diagnostic().text();
    EXPECT_TRUE(tensor->identical(tensorOf<int8_t>(DType::S8, {2}, {1, -1})));
  }
  auto other = parse(npyFile(1, "{\"shape\":(1,2),\"descr\":\"=u1\",\"fortran_order\":False}", twoBytes));
  ASSERT_TRUE(other.ok()) << other.diagnostic().text();
  EXPECT_TRUE(other->identical(tensorOf<uint8_t>(DType::U8, {1, 2}, {1, 255})));
  auto scalar = parse(npyFile(1, "{'descr': '<i2', 'fortran_order': True, 'shape': ()}", twoBytes));
  ASSERT_TRUE(scalar.ok());
  EXPECT_TRUE(scalar->identical(Tensor::scalar(DType::S16, int16_t(-255))));
}

TEST_F(Npy, ReadsColumnMajorOrder) {
  std::string data;
  for (char c = 0; c < 24; ++c)
    data += c;
  auto tensor = parse(npyFile(1, "{'descr': '|u1', 'fortran_order': True, 'shape': (2, 3, 4)}", data));
  ASSERT_TRUE(tensor.ok());
  std::span<const uint8_t> values = tensor->values<uint8_t>();
  for (size_t i = 0; i < 2; ++i)
    for (size_t j = 0; j < 3; ++j)
      for (size_t k = 0; k < 4; ++k)
        EXPECT_EQ(values[i * 12 + j * 4 + k], i + 2 * j + 6 * k);
}

TEST_F(Npy, RefusesMalformedHeaders) {
  const std::string headers[] = {
      "",
      "{",
      "{}",
      "{'descr': '|i1', 'fortran_order': False}",
      "{'descr': '|i1', 'fortran_order': 0, 'shape': (2,)}",
      "{'descr': '|i1', 'fortran_order': False, 'shape': (2)}",
      "{'descr': '|i1', 'fortran_order': False, 'shape': 2}",
      "{'descr': '|i1', 'fortran_order': False, 'shape': (-2,)}",
      "{'descr': '|i1', 'fortran_order': False, 'shape': (2,}",
      "{'descr': '|i1', 'fortran_order': False, 'shape': (99999999999999999999,)}",
      "{'descr': '|i1', 'fortran_order': False, 'shape': (4294967296, 4294967296)}",
      "{'descr': '|i1', 'fortran_order': False, 'shape': (2,)} more",
      "{'descr': '|i1', 'fortran_order': False, 'shape': (2,), 'shape': (2,)}",
      "{'descr': '|i1', 'fortran_order': False, 'shape': (2,), 'extra': 1}",
      "{'descr': '|i1' 'fortran_order': False, 'shape': (2,)}",
      "{'descr': '|i1, 'fortran_order': False, 'shape': (2,)}",
      "{'descr': [('a', '|i1')], 'fortran_order': False, 'shape': (2,)}",
      "{'descr': '|O', 'fortran_order': False, 'shape': (2,)}",
      "{'descr': '<c8', 'fortran_order': False, 'shape': (2,)}",
      "{'descr': '', 'fortran_order': False, 'shape': (2,)}",
      "{'descr': '|i1', 'fortran_order': False, 'shape': (1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,2)}",
  };
  for (const std::string &header : headers)
    EXPECT_EQ(codeOf(parse(npyFile(1, header, twoBytes))), Code::Npy) << header;
  auto bigEndian = parse(npyFile(1, "{'descr': '>i2', 'fortran_order': False, 'shape': (1,)}", twoBytes));
  EXPECT_EQ(codeOf(bigEndian), Code::Npy);
  EXPECT_NE(bigEndian.diagnostic().hint.find("newbyteorder"), std::string::npos);
}

TEST_F(Npy, RefusesWrongSizesAndValues) {
  std::string header = "{'descr': '|b1', 'fortran_order': False, 'shape': (2,)}";
  EXPECT_TRUE(parse(npyFile(1, header, std::string_view("\x01\x00", 2))).ok());
  EXPECT_EQ(codeOf(parse(npyFile(1, header, std::string_view("\x01\x07", 2)))), Code::Npy);
  EXPECT_EQ(codeOf(parse(npyFile(1, header, "\x01"))), Code::Npy);
  EXPECT_EQ(codeOf(parse(npyFile(1, header, "\x01\x01\x01"))), Code::Npy);
  EXPECT_EQ(codeOf(parse(npyFile(4, header, twoBytes))), Code::Npy);
  EXPECT_EQ(codeOf(parse(npyFile(0, header, twoBytes))), Code::Npy);
}

TEST_F(Npy, RefusesEveryTruncation) {
  std::string file = npyFile(2, "{'descr': '|u1', 'fortran_order': False, 'shape': (2,)}", twoBytes);
  ASSERT_TRUE(parse(file).ok());
  for (size_t length = 0; length < file.size(); ++length)
    EXPECT_EQ(codeOf(parse(file.substr(0, length))), Code::Npy) << length;
}

TEST_F(Npy, EveryTypeReadsBack) {
  for (DType dtype : testing::allTypes) {
    Tensor tensor = std::move(*Tensor::zeros(dtype, {3, 1}));
    tensor.mutableBytes()[0] = std::byte(1);
    ASSERT_TRUE(writeNpy(path("x.npy"), tensor).ok());
    auto read = readNpy(path("x.npy"));
    ASSERT_TRUE(read.ok()) << read.diagnostic().text();
    EXPECT_EQ(read->shape(), tensor.shape());
    ASSERT_EQ(read->byteSize(), tensor.byteSize());
    EXPECT_EQ(std::memcmp(read->bytes(), tensor.bytes(), tensor.byteSize()), 0);
    DType travels = dtype == DType::BF16 ? DType::U16
                    : dtype == DType::U4 ? DType::U8
                    : dtype == DType::S4 ? DType::S8
                                         : dtype;
    EXPECT_EQ(read->dtype(), travels) << name(dtype);
  }
}

/// The bytes that NumPy writes for these arrays.
TEST_F(Npy, HeaderIsThatOfNumPy) {
  auto header = [](DType dtype, Shape shape) { return npyHeader(dtype, shape); };
  std::string text = header(DType::F32, {1, 3});
  EXPECT_EQ(text.size(), 128u);
  EXPECT_EQ(text.substr(0, 10), std::string("\x93NUMPY\x01\x00\x76\x00", 10));
  EXPECT_TRUE(text.substr(10).starts_with("{'descr': '<f4', 'fortran_order': False, 'shape': (1, 3), }  "));
  EXPECT_EQ(text.back(), '\n');
  EXPECT_TRUE(header(DType::Bool, {})
                  .substr(10)
                  .starts_with("{'descr': '|b1', 'fortran_order': False, 'shape': (), } "));
  EXPECT_NE(header(DType::BF16, {5}).find("'<u2', 'fortran_order': False, 'shape': (5,), }"),
            std::string::npos);
  EXPECT_EQ(header(DType::S64, {1000000, 1000000, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}).size() % 64, 0u);
}

// np.savez_compressed(f, **{'in': np.array([[1,2,3],[4,5,6]], np.int16), 'b/\u00e9': np.float32(.5)})
constexpr std::string_view compressedArchive =
    "504b03042d000000080000002100f6bd344cffffffffffffffff06001400696e2e6e7079010010008c000000000000005200"
    "0000000000009bec17ea1b10c9c850c650ad9e925a9c5ca46ea5a06e9369a4aea3a09e965f54529498179f5f94920a12774b"
    "cc294e058a17672416a402f91a463a0ac69a3a0ab50a64032e46062606660616065606360600504b03042d00000808000000"
    "21006bc41c96ffffffffffffffff08001400622fc3a92e6e707901001000840000000000000046000000000000009bec17ea"
    "1b10c9c850c650ad9e925a9c5ca46ea5a06e9366a2aea3a09e965f54529498179f5f94920a12774bcc294e058a17672416a4"
    "02f91a9a3a0ab50a14012e0606067b00504b01022d032d000000080000002100f6bd344c520000008c000000060000000000"
    "000000000000800100000000696e2e6e7079504b01022d032d0000080800000021006bc41c96460000008400000008000000"
    "000000000000000080018a000000622fc3a92e6e7079504b050600000000020002006a0000000a0100000000";
// np.savez(f, x=np.array([1.5, -2], np.float32))
constexpr std::string_view storedArchive =
    "504b03042d000000000000002100d6434b05ffffffffffffffff05001400782e6e7079010010008800000000000000880000"
    "0000000000934e554d5059010076007b276465736372273a20273c6634272c2027666f727472616e5f6f72646572273a2046"
    "616c73652c20277368617065273a2028322c292c207d20202020202020202020202020202020202020202020202020202020"
    "20202020202020202020202020202020202020202020202020202020202020200a0000c03f000000c0504b01022d032d0000"
    "00000000002100d6434b058800000088000000050000000000000000000000800100000000782e6e7079504b050600000000"
    "0100010033000000bf0000000000";

TEST_F(Npy, ReadsArchivesOfNumPy) {
  auto compressed = parseNpz(bytesFromHex(compressedArchive));
  ASSERT_TRUE(compressed.ok()) << compressed.diagnostic().text();
  ASSERT_EQ(compressed->size(), 2u);
  EXPECT_EQ((*compressed)[0].name, "in");
  EXPECT_TRUE((*compressed)[0].value.identical(tensorOf<int16_t>(DType::S16, {2, 3}, {1, 2, 3, 4, 5, 6})));
  EXPECT_EQ((*compressed)[1].name, "b/\u00e9");
  EXPECT_TRUE((*compressed)[1].value.identical(Tensor::scalar(DType::F32, 0.5f)));
  auto stored = parseNpz(bytesFromHex(storedArchive));
  ASSERT_TRUE(stored.ok()) << stored.diagnostic().text();
  ASSERT_EQ(stored->size(), 1u);
  EXPECT_TRUE((*stored)[0].value.identical(tensorOf<float>(DType::F32, {2}, {1.5f, -2.0f})));
}

/// Whatever one changes: an error, or the same arrays (fields that carry no meaning for us, such as times).
TEST_F(Npy, DamagedArchivesAreRefused) {
  for (std::string_view archive : {compressedArchive, storedArchive}) {
    const std::vector<std::byte> good = bytesFromHex(archive);
    const std::vector<NamedTensor> expected = *parseNpz(good);
    for (size_t length = 0; length < good.size(); ++length)
      EXPECT_EQ(codeOf(parseNpz(Bytes(good).first(length))), Code::Npy) << length;
    for (size_t at = 0; at < good.size(); ++at)
      for (int flip : {0x01, 0x80, 0xff}) {
        std::vector<std::byte> bad = good;
        bad[at] ^= static_cast<std::byte>(flip);
        auto arrays = parseNpz(bad);
        if (!arrays) {
          EXPECT_EQ(arrays.diagnostic().code, Code::Npy) << at;
          continue;
        }
        ASSERT_EQ(arrays->size(), expected.size()) << at;
        for (size_t i = 0; i < expected.size(); ++i)
          EXPECT_TRUE((*arrays)[i].value.identical(expected[i].value)) << at;
      }
  }
}

TEST_F(Npy, DamagedDataFailsTheChecksum) {
  std::vector<std::byte> archive = bytesFromHex(storedArchive);
  archive[55 + 128] ^=
      std::byte(1); // inside the first value: local header 30, name 5, extra 20, .npy header 128
  auto arrays = parseNpz(archive);
  EXPECT_EQ(codeOf(arrays), Code::Npy);
  EXPECT_NE(arrays.diagnostic().message.find("checksum"), std::string::npos) << arrays.diagnostic().message;
}

TEST_F(Npy, ArchiveBeyondTheLimitIsRefused) {
  Limits limits;
  limits.dataBytes = 135;
  EXPECT_EQ(codeOf(parseNpz(bytesFromHex(storedArchive), limits)), Code::Npy);
  limits.dataBytes = 136;
  EXPECT_TRUE(parseNpz(bytesFromHex(storedArchive), limits).ok());
}

TEST_F(Npy, ArchivesReadBackAndAreReproducible) {
  const NamedTensor tensors[] = {{"x", tensorOf<float>(DType::F32, {2, 2}, {1, 2, 3, 4})},
                                 {"a/b=\u00fc", tensorOf<int64_t>(DType::S64, {0, 5}, {})},
                                 {"", Tensor::scalar(DType::U4, uint8_t(9))}};
  ASSERT_TRUE(writeNpz(path("a.npz"), tensors).ok());
  ASSERT_TRUE(writeNpz(path("b.npz"), tensors).ok());
  EXPECT_EQ(*readFile(path("a.npz")), *readFile(path("b.npz")));
  auto read = readNpz(path("a.npz"));
  ASSERT_TRUE(read.ok()) << read.diagnostic().text();
  ASSERT_EQ(read->size(), 3u);
  for (size_t i = 0; i < 2; ++i) {
    EXPECT_EQ((*read)[i].name, tensors[i].name);
    EXPECT_TRUE((*read)[i].value.identical(tensors[i].value));
  }
  EXPECT_TRUE((*read)[2].value.identical(Tensor::scalar(DType::U8, uint8_t(9))));
  const NamedTensor twice[] = {tensors[0], tensors[0]};
  EXPECT_EQ(codeOf(writeNpz(path("c.npz"), twice)), Code::Npy);
  EXPECT_FALSE(std::filesystem::exists(path("c.npz")));
}

TEST_F(Npy, EmptyArchive) {
  ASSERT_TRUE(writeNpz(path("e.npz"), {}).ok());
  auto read = readNpz(path("e.npz"));
  ASSERT_TRUE(read.ok());
  EXPECT_TRUE(read->empty());
}

/// Sizes of 0xffffffff announce ZIP64 fields.
TEST_F(Npy, Zip64IsRefusedByName) {
  std::vector<std::byte> archive = bytesFromHex(storedArchive);
  size_t directory = 191; // of the only entry; its packed and unpacked sizes are 20 and 24 bytes in
  for (size_t i = 20; i < 28; ++i)
    archive[directory + i] = std::byte(0xff);
  auto arrays = parseNpz(archive);
  EXPECT_EQ(codeOf(arrays), Code::Npy);
  EXPECT_NE(arrays.diagnostic().message.find("ZIP64"), std::string::npos) << arrays.diagnostic().message;
}

} // namespace
} // namespace limbeck
