// Interfaces and traits through which passes see the ops, instead of lists of op names.
#ifndef LIMBECK_GRAPH_IR_INTERFACES
#define LIMBECK_GRAPH_IR_INTERFACES

include "mlir/IR/OpBase.td"

def ReferenceOpInterface : OpInterface<"ReferenceOpInterface"> {
  let cppNamespace = "::limbeck::graph";
  let description = [{
    An op whose meaning is a definition in `lib/Reference`. Its verifier infers the result types from that definition and
    compares: shapes must be compatible, expressed element types equal, and ops that only move elements must carry the
    quantization of their operands. Its message ends in the label of the constraint that does not hold.
  }];
  let methods = [
    InterfaceMethod<"The op's name in lib/Reference: without `limbeck.`, with the prefix of the other dialects.",
      "::llvm::StringRef", "getReferenceName", (ins), [{}],
      [{ return ::limbeck::graph::referenceName($_op->getName().getStringRef()); }]>,
    InterfaceMethod<"The definition, or null where lib/Reference has none.",
      "const ::limbeck::reference::OpDefinition *", "getDefinition", (ins), [{}],
      [{ return ::limbeck::graph::findDefinition($_op.getReferenceName()); }]>,
    StaticInterfaceMethod<"The messages of the verifier, and the constraints that they speak of.",
      "::llvm::ArrayRef<::limbeck::graph::Fault>", "getFaults">,
  ];
  let verify = [{ return ::limbeck::graph::detail::verifyReferenceOp($_op); }];
}

def MovementOpInterface : OpInterface<"MovementOpInterface"> {
  let cppNamespace = "::limbeck::graph";
  let description = [{
    An op that moves elements without looking at them. It works on storage, so result and data operands share their
    quantization; with quantization per axis, the axis follows its elements.
  }];
  let methods = [
    InterfaceMethod<"The operands whose elements are moved; the others say where to.",
      "::mlir::OperandRange", "getDataOperands", (ins), [{}], [{ return $_op->getOperands(); }]>,
    InterfaceMethod<[{
        The axis of the result whose slices are, in order and whole, the slices of the data operands along `axis`. Nothing when
        the op mixes, drops or reorders slices: then quantization along `axis` cannot be carried.
      }], "std::optional<int64_t>", "mapAxis", (ins "int64_t":$axis), [{}], [{ return axis; }]>,
  ];
}

def AnchorOpInterface : OpInterface<"AnchorOpInterface"> {
  let cppNamespace = "::limbeck::graph";
  let description = [{
    An op that contracts an input with weights and may add a bias per channel: what a fused kernel is built around.
  }];
  let methods = [
    InterfaceMethod<"The left operand.", "::mlir::Value", "getAnchorInput">,
    InterfaceMethod<"The right operand.", "::mlir::Value", "getAnchorWeights">,
    InterfaceMethod<"The bias, or null.", "::mlir::Value", "getAnchorBias">,
    InterfaceMethod<"The axis of the result that runs over output channels.", "int64_t", "getChannelAxis">,
  ];
}

def ContractionOpInterface : OpInterface<"ContractionOpInterface"> {
  let cppNamespace = "::limbeck::graph";
  let description = "An op whose results are sums of products of its first two operands: what the speed of a machine is measured in.";
  let methods = [
    InterfaceMethod<"How many products there are, those with padding included. Every size is known.", "int64_t", "getMultiplyAdds">,
  ];
}

def LayoutOpInterface : OpInterface<"LayoutOpInterface"> {
  let cppNamespace = "::limbeck::graph";
  let description = "An op whose meaning depends on the order of channels and spatial dimensions, `NCHW` or `NHWC`.";
  let methods = [
    InterfaceMethod<"`NCHW` or `NHWC`.", "::llvm::StringRef", "getLayout">,
    InterfaceMethod<"Says how operand and result are to be read; the caller transposes them.", "void", "setLayout",
      (ins "::llvm::StringRef":$layout)>,
  ];
}

def SampleOpInterface : OpInterface<"SampleOpInterface"> {
  let cppNamespace = "::limbeck::graph";
  let description = [{
    An op that may treat the samples of a batch by themselves: slice n of its results along dimension 0 then follows from slice n of
    the operands that vary with the sample, and from the others whole. Element-wise ops and those that only move elements need not say
    so: their traits do (`keepsSamples` in Samples.h).
  }];
  let methods = [
    InterfaceMethod<"Whether it does, where `varies` tells for each operand whether it varies.", "bool", "keepsSamples",
      (ins "::llvm::ArrayRef<bool>":$varies), [{}], [{ return ::limbeck::graph::variesByFirst(varies); }]>,
    InterfaceMethod<"Changes attributes that speak of dimension 0 to those of one sample.", "void", "takeOneSample", (ins), [{}],
      [{ (void)$_op; }]>,
  ];
}

class Limbeck_Trait<string name> : NativeOpTrait<name> {
  let cppNamespace = "::limbeck::graph";
}
/// The result element depends on the operand elements at the same (broadcast) position only.
def Limbeck_Elementwise : Limbeck_Trait<"Elementwise">;
/// Constant folding leaves the op: later passes recognise quantized weights and biases by it.
def Limbeck_KeptUnfolded : Limbeck_Trait<"KeptUnfolded">;

#endif // LIMBECK_GRAPH_IR_INTERFACES
