/* An artifact around TestKernels.c, for tests in C and C++.
 *   affine: x f32[1021] -> y f32[1021];  fail: text u8[16] -> y u8[1];  wait: go s32[1] -> running s32[1];
 *   small: x f32[3] -> y f32[3], code as affine, not to be run */
#ifndef LIMBECK_TEST_ARTIFACT_H
#define LIMBECK_TEST_ARTIFACT_H
#include <stddef.h>
#include <stdint.h>

enum { kAffineElements = 1021 };

#ifdef __cplusplus
#include "limbeck/Artifact/Writer.h"
namespace limbeck::runtime {
/// The executable bytes of TestKernels.c, and where a function is in them.
std::span<const std::byte> testCode();
uint64_t testCodeOffset(LimbeckEntry function);
extern "C" int32_t limbeckTestAffine(const LimbeckApi *, void *const *, void *const *, uint8_t *,
                                     const uint8_t *const *);

artifact::Architecture testArchitecture();
/// The variants of every entry; all use the same code. `others` are weights that the code does not read.
std::vector<std::byte>
testArtifact(const std::vector<std::pair<std::string, std::vector<std::string>>> &variants = {{"plain", {}}},
             const std::vector<std::vector<std::byte>> &others = {});
} // namespace limbeck::runtime
extern "C" {
#endif
/* Copies the artifact, if it fits, and returns its size. */
size_t limbeckTestArtifact(void *memory, size_t capacity);
#ifdef __cplusplus
}
#endif
#endif
