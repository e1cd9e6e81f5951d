// The `calib` dialect: what calibration collects, and quantization simulated in float.
include "limbeck/Graph/IR/OpBase.td"
include "mlir/IR/SymbolInterfaces.td"

def Calib_StatOp : Op<Calib_Dialect, "stat", [Symbol]> {
  let summary = "say how one tensor is stored, and what is known of its values";
  let description = [{
    The symbol is the name of the tensor in the source. `method` says how the range follows from the statistics, with
    `percentile` for the method of that name; `storage` and `symmetric` what it is for. `like` names another stat, whose range
    this tensor takes. `statistics` is there once calibration has run, `range`, the least and greatest value to represent, once
    it is chosen; a range that is given beforehand is kept. `rule` says which rules of the recipe chose all this.

    Constraints:

    - (stat_c1) a range is two finite numbers, the first not above the second
    - (stat_c2) storage is an integer of 4, 8 or 16 bits

    Example:

    ```mlir
    calib.stat @input method = "minmax" storage = ui8 range = [-1.0, 6.5]
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, Limbeck_String:$method, OptionalAttr<F64Attr>:$percentile,
                       OptionalAttr<Limbeck_DType>:$storage, UnitAttr:$symmetric, OptionalAttr<FlatSymbolRefAttr>:$like,
                       OptionalAttr<DictionaryAttr>:$statistics, OptionalAttr<Limbeck_Numbers>:$range,
                       OptionalAttr<Limbeck_String>:$rule);
  let assemblyFormat = [{
    $sym_name `method` `=` $method (`percentile` `=` $percentile^)? (`storage` `=` $storage^)? (`symmetric` $symmetric^)?
    (`like` `=` $like^)? (`statistics` `=` $statistics^)? (`range` `=` custom<Numbers>($range)^)? (`rule` `=` $rule^)? attr-dict
  }];
  let hasVerifier = 1;
}

def Calib_ObserveOp : Limbeck_ReferenceOp<Calib_Dialect, "observe", (ins Limbeck_Tensor:$x), (ins FlatSymbolRefAttr:$stat),
    (outs Limbeck_Tensor:$result),
    [MovementOpInterface, DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "feed a statistic with the values that pass";
  let formula = "y = x";
  let constraints = [
    ResultRule<"the result has the type of x", ["expected the quantization of the operand"]>,
    Rule<"stat names a calib.stat", ["to name a calib.stat"]>];
  let example = "%y = calib.observe %x stat = @input : (tensor<2xf32>) -> tensor<2xf32>";
}

def Calib_FakeQuantOp : Limbeck_ReferenceOp<Calib_Dialect, "fake_quant",
    (ins Limbeck_FloatTensor:$x, Limbeck_FloatTensor:$scale, Limbeck_IntegerTensor:$zero_point),
    (ins Limbeck_DType:$storage, Limbeck_Integer:$lowest, Limbeck_Integer:$highest, Limbeck_Integer:$axis),
    (outs Limbeck_FloatTensor:$result)> {
  let summary = "round as quantization would, in float";
  let meaning = "Scale and zero point are operands so that training can move them. axis -1 means per tensor.";
  let formula = "y = dequantize(quantize(x))";
  let constraints = [
    ResultRule<"the result has the type of x">,
    Rule<"scale and zero_point have one element, or one per slice of axis",
         ["expected one parameter", "expected a quantized axis", "expected parameters of rank", "parameters along dimension"]>,
    Rule<"storage is an integer of at most 32 bits, and lowest and highest lie within it",
         ["expected bounds inside", "expected integer storage"]>,
    Rule<"x and scale are f32, f16 or bf16", ["expected values of f32", "expected a scale of f32"]>,
    Rule<"zero_point is si32 and, if constant, lies within storage", ["expected a zero point"]>,
    Rule<"a constant scale is finite and positive", ["expected a finite positive scale"]>];
  let example = "%y = calib.fake_quant %x, %s, %z storage = si8 lowest = -127 highest = 127 axis = -1\n"
                "  : (tensor<2xf32>, tensor<f32>, tensor<si32>) -> tensor<2xf32>";
}
