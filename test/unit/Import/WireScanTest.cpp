// The wire format, written by hand.
#include "Import/WireScan.h"
#include "Models.h"

namespace limbeck::importer::test {
namespace {

std::string varint(uint64_t value) {
  std::string out;
  for (; value >= 0x80; value >>= 7)
    out += static_cast<char>((value & 0x7f) | 0x80);
  return out + static_cast<char>(value);
}
std::string wrapped(int field, const std::string &body) {
  return varint(static_cast<uint64_t>(field) << 3 | 2) + varint(body.size()) + body;
}
Status scan(const std::string &bytes, const Limits &limits = {}) {
  return scanWire(std::as_bytes(std::span(bytes)), limits);
}

TEST(WireScan, AcceptsUnknownFields) {
  EXPECT_TRUE(succeeds(scan("")));
  EXPECT_TRUE(succeeds(scan(varint(1000 << 3) + varint(~uint64_t(0)))));
  EXPECT_TRUE(succeeds(scan(wrapped(1000, "anything"))));
  EXPECT_TRUE(succeeds(scan(varint(99 << 3 | 3) + varint(99 << 3 | 4))));
}

TEST(WireScan, RefusesBrokenFields) {
  for (const std::string &bytes :
       {std::string("\x00", 1), std::string("\x0f"), std::string("\x08"),
        varint(7 << 3 | 2) + varint(uint64_t(1) << 31), varint(7 << 3 | 2) + varint(~uint64_t(0)),
        std::string(20, '\xff'), varint(1 << 3 | 1) + "1234567", varint(1 << 3 | 5) + "123",
        varint(99 << 3 | 4), varint(99 << 3 | 3) + varint(98 << 3 | 4), varint(99 << 3 | 3),
        wrapped(7, "\x08")})
    EXPECT_TRUE(failsWith(scan(bytes), Code::Parse)) << testing::PrintToString(bytes);
}

TEST(WireScan, BoundsGroups) {
  std::string start = varint(99 << 3 | 3), end = varint(99 << 3 | 4), open, close;
  for (int depth = 1; depth <= 33; ++depth) {
    open += start;
    close += end;
    EXPECT_EQ(scan(open + close).ok(), depth <= 32) << depth;
  }
  EXPECT_TRUE(failsWith(scan(open + close), Code::ParseDepth));
  EXPECT_TRUE(failsWith(scan(wrapped(7, open + close)), Code::ParseDepth));
}

TEST(WireScan, BoundsNestedGraphsAndTypes) {
  std::string graph, type;
  for (int depth = 1; depth <= 33; ++depth) {
    graph = wrapped(1, wrapped(5, wrapped(6, graph))); // node, attribute, graph
    EXPECT_EQ(scan(wrapped(7, graph)).ok(), depth <= 32) << depth;
  }
  EXPECT_TRUE(failsWith(scan(wrapped(7, graph)), Code::Depth));
  for (int depth = 1; depth <= 33; ++depth)
    type = wrapped(4, wrapped(1, type)); // sequence, element type
  EXPECT_TRUE(failsWith(scan(wrapped(7, wrapped(11, wrapped(2, type)))), Code::Depth));
}

/// `count` empty messages, two bytes each.
std::string empties(int field, int count) {
  std::string one = wrapped(field, ""), all(2 * static_cast<size_t>(count), one[0]);
  for (size_t i = 1; i < all.size(); i += 2)
    all[i] = one[1];
  return all;
}

TEST(WireScan, CountsTheNodesOfGraphsAndFunctions) {
  Limits limits;
  limits.nodes = 10;
  EXPECT_TRUE(succeeds(scan(wrapped(7, empties(1, 10)), limits)));
  EXPECT_TRUE(failsWith(scan(wrapped(7, empties(1, 11)), limits), Code::LimitNodes));
  EXPECT_TRUE(succeeds(scan(wrapped(7, empties(1, 5)) + wrapped(25, empties(7, 5)), limits)));
  EXPECT_TRUE(
      failsWith(scan(wrapped(7, empties(1, 5)) + wrapped(25, empties(7, 6)), limits), Code::LimitNodes));
}

TEST(WireScan, BoundsTheMemoryOfObjects) {
  constexpr int many = 9 << 20;
  std::string tensors = empties(5, many); // each becomes an object of more than 2 GiB / 9 Mi
  EXPECT_TRUE(succeeds(scan(wrapped(7, wrapped(1, "")))));
  EXPECT_TRUE(failsWith(scan(wrapped(7, tensors)), Code::LimitMemory));
  EXPECT_TRUE(succeeds(scan(wrapped(1000, tensors)))) << "protobuf keeps unknown fields as they are";
  std::string entries = empties(13, 32 << 20);
  EXPECT_TRUE(failsWith(scan(wrapped(7, wrapped(5, entries))), Code::LimitMemory)) << "external_data";
}

TEST(WireScan, RefusesDimensionsOfTwoKinds) {
  auto input = [](const std::string &dim) {
    return wrapped(7, wrapped(11, wrapped(2, wrapped(1, wrapped(2, wrapped(1, dim))))));
  };
  std::string value = varint(1 << 3) + varint(3), symbol = wrapped(2, "n");
  EXPECT_TRUE(succeeds(scan(input(value))));
  EXPECT_TRUE(succeeds(scan(input(symbol))));
  EXPECT_TRUE(failsWith(scan(input(value + symbol)), Code::Dim));
  EXPECT_TRUE(failsWith(scan(input(symbol + value)), Code::Dim));
}

} // namespace
} // namespace limbeck::importer::test
