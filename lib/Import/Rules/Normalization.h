// Softmax in its two meanings, which com.microsoft has for quantized data too.
#pragma once
#include "Helpers.h"

namespace limbeck::importer {

/// `op` is softmax or log_softmax. Before opset 13 it runs over everything from `axis` on, since then over
/// `axis` alone.
Expected<ValueId> softmax(Builder &builder, std::string_view op, ValueId x, int64_t axis, int64_t opset);

} // namespace limbeck::importer
