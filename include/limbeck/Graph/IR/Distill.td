// The `distill` dialect: what exists only while a student learns from a teacher.
include "limbeck/Graph/IR/OpBase.td"
include "mlir/IR/BuiltinAttributeInterfaces.td"
include "mlir/IR/SymbolInterfaces.td"

def Distill_ParamOp : Op<Distill_Dialect, "param", [Symbol]> {
  let summary = "name a tensor that training may change";
  let description = [{
    Constraints:

    - (param_c1) an initial value has the type of the parameter

    Example:

    ```mlir
    distill.param @scale : tensor<1xf32> trainable = true initial = dense<1.0> : tensor<1xf32>
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, TypeAttrOf<Limbeck_FloatTensor>:$type, Limbeck_Flag:$trainable,
                       OptionalAttr<ElementsAttr>:$initial);
  let assemblyFormat = "$sym_name `:` $type `trainable` `=` $trainable (`initial` `=` $initial^)? attr-dict";
  let hasVerifier = 1;
}

def Distill_StopGradientOp : Limbeck_ReferenceOp<Distill_Dialect, "stop_gradient", (ins Limbeck_Tensor:$x), (ins),
    (outs Limbeck_Tensor:$result), [MovementOpInterface]> {
  let summary = "let values pass and gradients not";
  let formula = "y = x";
  let constraints = [
    ResultRule<"the result has the type of x", ["expected the quantization of the operand"]>];
  let example = "%y = distill.stop_gradient %x : (tensor<2xf32>) -> tensor<2xf32>";
}

def Distill_LossOp : Limbeck_ReferenceOp<Distill_Dialect, "loss", (ins Limbeck_Tensor:$student, Limbeck_Tensor:$target),
    (ins Limbeck_String:$kind, Limbeck_Number:$weight, Limbeck_Number:$temperature), (outs Limbeck_FloatTensor:$result)> {
  let summary = "measure how far the student is from its target";
  let meaning = "cross_entropy takes labels; kl_soft compares softened scores; feature_mse compares features. All are means "
                "over the batch.";
  let formula = "y = weight * kind(student, target)";
  let constraints = [
    Rule<"kind is \"cross_entropy\", \"kl_soft\" or \"feature_mse\"", ["expected a loss"]>,
    ResultRule<"the result is a f32 scalar">,
    Rule<"weight is finite, and the temperature of kl_soft positive as well",
         ["expected a finite weight", "expected a finite positive temperature"]>,
    Rule<"student has at least one value per sample, and target its shape, or without the last axis where it holds labels",
         ["expected at least one value per sample", "expected a target of"]>,
    Rule<"student and target are floats; the target of cross_entropy may be integers", ["expected float operands"]>];
  let example = "%l = distill.loss %s, %t kind = \"kl_soft\" weight = 0.9 temperature = 4.0\n"
                "  : (tensor<8x10xf32>, tensor<8x10xf32>) -> tensor<f32>";
}
