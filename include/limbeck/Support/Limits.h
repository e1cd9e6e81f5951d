// One struct bounds everything that a file can ask for.
#pragma once
#include <cstdint>

namespace limbeck {

struct Limits {
  int64_t fileBytes = int64_t(2) << 30;         ///< bytes of one model file
  int64_t dataBytes = int64_t(16) << 30;        ///< bytes of one .npy or .npz file, packed and unpacked
  int64_t tensors = 1'000'000;                  ///< values in a graph
  int64_t nodes = 1'000'000;                    ///< nodes after function inlining
  int64_t rank = 16;                            ///< dimensions of one tensor
  int64_t elements = int64_t(1) << 40;          ///< elements of one tensor type
  int64_t initializerBytes = int64_t(64) << 30; ///< bytes of all constants together
  int64_t foldBytes = int64_t(1) << 26;         ///< bytes of one constant that folding may make
  int64_t nameBytes = 4096;                     ///< bytes of one name
  int64_t depth = 32;                           ///< nesting of graphs, types and function calls
  int64_t attributeList = 1'000'000;            ///< entries of one attribute list
  int64_t runBytes = int64_t(64) << 30;         ///< bytes of temporaries of one run
};

} // namespace limbeck
