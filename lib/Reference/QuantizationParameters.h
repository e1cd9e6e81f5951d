// Scales and zero points given as operands: the shapes they may have, and checks of their values where known.
#pragma once
#include "ParameterMap.h"
#include "limbeck/Reference/Operation.h"

namespace limbeck::reference {

/// Whether a parameter's shape stands for one value: a scalar, or a list of one.
bool isPerTensor(std::span<const int64_t> shape);

/// Checks that parameters of shape `parameter` fit x: one value, one per index of `axis`, or, where `block` >
/// 0, one per block along it. E-QAXIS; unknown dimensions fit.
Status checkParameterShape(std::span<const int64_t> x, std::span<const int64_t> parameter, int64_t axis,
                           int64_t block);
/// The same check on static shapes, and which parameter belongs to each element.
Expected<ParameterMap> operandParameters(std::span<const int64_t> x, std::span<const int64_t> parameter,
                                         int64_t axis, int64_t block);

/// E-SCALE unless every value is finite and positive; null (not known) passes.
Status checkScaleValues(const Tensor *scale);
/// E-ZP unless every value lies inside the range of `storage`; null passes. Matters for 4-bit storage and s32
/// operands.
Status checkZeroPointValues(const Tensor *zeroPoint, DType storage);
/// E-DTYPE unless f32, f16 or bf16.
Status checkQuantizableFloat(std::string_view what, DType dtype);

} // namespace limbeck::reference
