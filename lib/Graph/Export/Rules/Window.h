// The window that convolutions and pools share, as ONNX's attributes.
#pragma once
#include "../ExportRules.h"

namespace limbeck::graph::exporter {

/// E-UNSUPPORTED unless the layout is ONNX's: layouts come behind what can be exported.
Status expectChannelsFirst(llvm::StringRef layout);
/// kernel_shape, unless it is not known, strides, pads, dilations. Dilations of 1 are left out: some pools have them in newer
/// opsets only.
void setWindow(Node &node, llvm::ArrayRef<int64_t> kernel, llvm::ArrayRef<int64_t> strides,
               llvm::ArrayRef<int64_t> pads, llvm::ArrayRef<int64_t> dilations);

} // namespace limbeck::graph::exporter
