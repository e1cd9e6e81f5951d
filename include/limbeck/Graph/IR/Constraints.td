// Constraints on types and attributes. Shapes and element types beyond these are checked by the op's definition in
// lib/Reference, so a constraint here only says what the generated C++ accessors rely on.
#ifndef LIMBECK_GRAPH_IR_CONSTRAINTS
#define LIMBECK_GRAPH_IR_CONSTRAINTS

include "mlir/IR/CommonAttrConstraints.td"
include "mlir/IR/CommonTypeConstraints.td"

class Limbeck_TensorOf<Pred element, string text>
    : Type<And<[CPred<"::llvm::isa<::mlir::RankedTensorType>($_self)">,
                SubstLeaves<"$_self", "::llvm::cast<::mlir::RankedTensorType>($_self).getElementType()", element>]>,
           text, "::mlir::RankedTensorType">;

defvar isQuantizedElement = CPred<"::llvm::isa<::mlir::quant::QuantizedType>($_self)">;
def Limbeck_Tensor : Limbeck_TensorOf<CPred<"static_cast<bool>($_self)">, "ranked tensor">;
def Limbeck_PlainTensor : Limbeck_TensorOf<Neg<isQuantizedElement>, "ranked tensor without quantization">;
def Limbeck_QuantizedTensor : Limbeck_TensorOf<isQuantizedElement, "ranked tensor of quantized values">;
def Limbeck_FloatTensor : Limbeck_TensorOf<CPred<"::llvm::isa<::mlir::FloatType>($_self)">, "ranked tensor of floats">;
def Limbeck_IntegerTensor : Limbeck_TensorOf<CPred<"::llvm::isa<::mlir::IntegerType>($_self)">, "ranked tensor of integers">;

// One constraint per alternative of `limbeck::reference::Attribute`.
def Limbeck_Integer : TypedSignlessIntegerAttrBase<I64, "int64_t", "64-bit integer">;
defvar Limbeck_Number = F32Attr;
defvar Limbeck_String = StrAttr;
defvar Limbeck_Integers = DenseI64ArrayAttr;
defvar Limbeck_Numbers = DenseF32ArrayAttr;
defvar Limbeck_Flag = BoolAttr;
defvar Limbeck_DType = TypeAttr;

#endif // LIMBECK_GRAPH_IR_CONSTRAINTS
