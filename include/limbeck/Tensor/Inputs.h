// The values that a user hands to a model on the command line, checked against the model's inputs.
//
//   NAME=@x.npy                  @x.npy for a model with one input
//   @x.npz                       keys are input names
//   NAME=@x.bin:f32:1x3x48x320   raw row-major bytes with dtype and shape (`scalar` for rank 0)
//   NAME=random:SEED[:LOW:HIGH]  values of limbeck/Tensor/Random.h
#pragma once
#include "limbeck/Tensor/Npy.h"
#include "limbeck/Tensor/TensorType.h"
#include <functional>

namespace limbeck {

struct NamedType {
  std::string name;
  TensorType type;
};

/// Reads a file that is neither .npy nor .npz (an ONNX .pb); it knows its own format by its bytes.
using ReadTensorFile = std::function<Expected<Tensor>(Bytes)>;

/// One tensor per input, in order; or the first argument that is wrong, the first input without a value, or
/// with two.
Expected<std::vector<Tensor>> readInputs(std::span<const NamedType> inputs,
                                         std::span<const std::string> arguments,
                                         const ReadTensorFile &readOther = {});

/// `value` as the model wants it. No silent casts: float64 to float32 and int64 to int32 where every value is
/// preserved, uint16 as the bits of bf16, bytes as 4-bit values; anything else is E-INPUT-DATA and names the
/// `astype` to use.
Expected<Tensor> conformInput(const Tensor &value, const NamedType &input);

/// `1x3x48x320` or `scalar`; nothing for other text.
std::optional<Shape> shapeFromText(std::string_view text);

} // namespace limbeck
