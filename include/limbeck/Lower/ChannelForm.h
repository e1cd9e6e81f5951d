// Functions of one 8-bit element and its channel as one fused multiply-add with constants of the channel: batch normalizations of
// bytes, whose parameters are constants.
#pragma once
#include "limbeck/Lower/KernelBuilder.h"
#include <span>

namespace limbeck::lower {

/// The form of results[n][channel], none outside `lowest` to `highest`, with slopes near those given, one for each channel: equal for
/// all n. Nothing where a channel has none.
std::optional<ChannelForm> findChannelForm(std::span<const uint8_t> results, int64_t lowest, int64_t highest,
                                           std::span<const double> slopes);

/// That of a batch normalization with constant parameters from bytes to bytes, by the interpreter's own function, where the target
/// multiplies and adds in one.
std::optional<ChannelForm> provenChannelForm(KernelBuilder &kernel, graph::BatchNormOp op);

/// Its stored result from the stored element `x` and the form's constants at the lanes wanted, in their order.
mlir::Value emitChannelForm(KernelBuilder &kernel, graph::BatchNormOp op, mlir::Value x,
                            llvm::ArrayRef<mlir::Value> constants);

} // namespace limbeck::lower
