// The three dialects, split by lifetime: `limbeck` lives until the artifact, `calib` until calibration ends, `distill` until
// training ends. "May be deployed" is therefore a legality check of one line.
#ifndef LIMBECK_GRAPH_IR_DIALECTS
#define LIMBECK_GRAPH_IR_DIALECTS

include "mlir/IR/DialectBase.td"

def Limbeck_Dialect : Dialect {
  let name = "limbeck";
  let cppNamespace = "::limbeck::graph";
  let summary = "tensor computation, float or quantized by element type";
  let description = [{
    Every compute op means what `lib/Reference` defines under its name; verifiers, folding and the interpreter stand on that
    definition. Tensors are ranked, with `?` for unknown dimensions. Plain integers carry signedness (`ui8`, `si8`, `i1` for
    bool); quantized tensors have a `!quant.uniform` element type, per tensor or per axis.
  }];
  let hasConstantMaterializer = 1;
  let dependentDialects = ["::mlir::quant::QuantDialect"];
}

def Calib_Dialect : Dialect {
  let name = "calib";
  let cppNamespace = "::limbeck::calib";
  let summary = "statistics and simulated quantization, until calibration or training with quantization ends";
  let dependentDialects = ["::limbeck::graph::LimbeckDialect"];
}

def Distill_Dialect : Dialect {
  let name = "distill";
  let cppNamespace = "::limbeck::distill";
  let summary = "parameters, teacher, student and losses, until training ends";
  let dependentDialects = ["::limbeck::graph::LimbeckDialect"];
}

#endif // LIMBECK_GRAPH_IR_DIALECTS
