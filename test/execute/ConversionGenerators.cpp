// cast between all element types, and storage_cast.
#include "CaseBuilder.h"

namespace limbeck::test {

static DType anyType(Draw &draw) {
  return draw.pick({DType::Bool, DType::S4, DType::U4, DType::S8, DType::U8, DType::S16, DType::U16,
                    DType::S32, DType::U32, DType::S64, DType::U64, DType::F16, DType::BF16, DType::F32,
                    DType::F64});
}

static void drawCast(CaseBuilder &b) {
  DType from = anyType(b.draw), to = anyType(b.draw);
  Shape shape = b.draw.shape(0, 3);
  ValueId x = b.operand(from, shape);
  if (b.draw.oneIn(4)) { // several in a row: each rounds by itself
    x = b.op("cast", {{"to", anyType(b.draw)}}, {x});
  }
  b.output(b.op("cast", {{"to", to}}, {x}));
}

static void drawStorageCast(CaseBuilder &b) {
  TensorType type = b.draw.quantized(b.storage(), b.draw.shape(0, 3), 0.05);
  TensorType plain{type.dtype, type.shape, nullptr};
  bool forward = b.draw.oneIn(2);
  ValueId x = b.input(forward ? plain : type, b.draw.values(type.dtype, type.shape));
  ValueId y = b.opWithResult("storage_cast", {}, {x}, forward ? type : plain);
  b.output(forward ? b.op("dequantize", {}, {y}) : y);
}

void addConversionGenerators(GeneratorList &list) {
  list.push_back({"cast", drawCast});
  list.push_back({"storage_cast", drawStorageCast});
}

} // namespace limbeck::test
