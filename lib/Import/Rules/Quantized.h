// Scales and zero points as operands: the checks that quantized ops of all kinds share, and the ops they
// become.
#pragma once
#include "Helpers.h"

namespace limbeck::importer {

struct ScaleAndZero {
  ValueId scale, zeroPoint;
};

/// E-SCALE or E-SCALE-RANGE for a constant scale that no quantization can have; ok when it is not known.
Status checkScale(const Builder &builder, ValueId scale);

/// The zero point, of `dtype` when that is given: E-ZP otherwise. An absent one becomes a scalar 0 of
/// `dtype`, or of u8.
Expected<ValueId> zeroPointOperand(const Node &node, Builder &builder, size_t index, std::string_view name,
                                   std::optional<DType> dtype);
/// The same for one value per tensor: a scalar.
Expected<ValueId> scalarZeroPoint(const Node &node, Builder &builder, size_t index, std::string_view name,
                                  std::optional<DType> dtype);

/// Scale (as f32) and zero point (of `storage` when given) from two operands. One element becomes a scalar.
Expected<ScaleAndZero> parameters(const Node &node, Builder &builder, size_t scaleIndex, size_t zeroIndex,
                                  std::optional<DType> storage);
/// The same for one pair per tensor.
Expected<ScaleAndZero> scalarParameters(const Node &node, Builder &builder, size_t scaleIndex,
                                        size_t zeroIndex, std::optional<DType> storage);

/// E-QCONV unless the bias is s32.
Status checkIntegerBias(const Builder &builder, ValueId bias);

/// The integers as f32, and f32 as integers, with one pair of parameters for the tensor.
Expected<ValueId> dequantized(Builder &builder, ValueId value, ScaleAndZero by);
Expected<ValueId> quantized(Builder &builder, ValueId value, ScaleAndZero by);
/// An s32 accumulator as the integers of y; `axis` is the one that `weightScale` runs along.
Expected<ValueId> requantized(Builder &builder, ValueId sum, ValueId scale, ValueId weightScale,
                              ScaleAndZero y, int64_t axis);

} // namespace limbeck::importer
