// Shared by the tests of this folder: tensors from literals, a folder that goes away, and codes of failures.
#pragma once
#include "limbeck/Tensor/Tensor.h"
#include <filesystem>
#include <gtest/gtest.h>
#include <unistd.h>

namespace limbeck::testing {

constexpr DType allTypes[] = {
#define LIMBECK_DTYPE(identifier, name, bits, type) DType::identifier,
#include "limbeck/Tensor/DTypes.def"
};

template <class T> Tensor tensorOf(DType dtype, Shape shape, const std::vector<T> &values) {
  Tensor tensor = std::move(*Tensor::zeros(dtype, std::move(shape)));
  EXPECT_EQ(static_cast<size_t>(tensor.size()), values.size());
  std::copy(values.begin(), values.end(), tensor.mutableValues<T>().begin());
  return tensor;
}

template <class T> std::vector<T> listOf(const Tensor &tensor) {
  return {tensor.values<T>().begin(), tensor.values<T>().end()};
}

/// The code of a Status or Expected that must have failed.
template <class Result> Code codeOf(const Result &result) {
  EXPECT_FALSE(result.ok());
  return result.ok() ? Code::Internal : result.diagnostic().code;
}

class FolderTest : public ::testing::Test {
protected:
  void SetUp() override {
    std::string pattern = ::testing::TempDir() + "limbeck-tensor-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder); }
  std::string path(const std::string &name) const { return folder / name; }

  std::filesystem::path folder;
};

/// Bytes from hexadecimal digits.
inline std::vector<std::byte> bytesFromHex(std::string_view digits) {
  auto value = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  std::vector<std::byte> bytes;
  for (size_t i = 0; i + 1 < digits.size(); i += 2)
    bytes.push_back(static_cast<std::byte>(value(digits[i]) * 16 + value(digits[i + 1])));
  return bytes;
}

} // namespace limbeck::testing
