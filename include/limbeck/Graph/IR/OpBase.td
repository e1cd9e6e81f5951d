// The base class of every compute op: arguments, assembly format and description are put together here, once.
#ifndef LIMBECK_GRAPH_IR_OP_BASE
#define LIMBECK_GRAPH_IR_OP_BASE

include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "limbeck/Graph/IR/Constraints.td"
include "limbeck/Graph/IR/Dialects.td"
include "limbeck/Graph/IR/Interfaces.td"

// `name = value` for each attribute, in order; optional ones only when present.
class Limbeck_AttributeFormat<dag attributes> {
  list<string> entries = !foreach(i, !range(!size(attributes)),
    !if(!isa<OptionalAttr>(!getdagarg<Attr>(attributes, i)),
        "(`" # !getdagname(attributes, i) # "` `=` $" # !getdagname(attributes, i) # "^)?",
        "`" # !getdagname(attributes, i) # "` `=` $" # !getdagname(attributes, i)));
  string ret = !interleave(entries, " ");
}

// "- (conv_c1) ..." for each constraint: the label is repeated in the name of the test that breaks it.
class Limbeck_ConstraintList<string mnemonic, list<string> constraints> {
  list<string> entries = !foreach(i, !range(!size(constraints)),
    "- (" # mnemonic # "_c" # !add(i, 1) # ") " # constraints[i] # "\n");
  string ret = !if(!empty(constraints), "", "\nConstraints:\n\n" # !interleave(entries, ""));
}

/// An op defined in lib/Reference. A record fills in `summary`, `formula`, `constraints` and `example`.
class Limbeck_ReferenceOp<Dialect dialect, string mnemonic, dag operandList, dag attributeList, dag resultList,
                          list<Trait> traits = []>
    : Op<dialect, mnemonic, !listconcat([Pure, ReferenceOpInterface], traits)> {
  string meaning = "";
  string formula = "";
  list<string> constraints = [];
  string example = "";

  let arguments = !con(operandList, attributeList);
  let results = resultList;
  let assemblyFormat = "operands " # Limbeck_AttributeFormat<attributeList>.ret #
                       " attr-dict `:` functional-type(operands, results)";
  let description = !if(!empty(meaning), "", "\n" # meaning # "\n") # "\n```\n" # formula # "\n```\n" #
                    Limbeck_ConstraintList<mnemonic, constraints>.ret # "\nExample:\n\n```mlir\n" # example # "\n```\n";
}

class Limbeck_Op<string mnemonic, dag operandList, dag attributeList, list<Trait> traits = [],
                 dag resultList = (outs Limbeck_Tensor:$result)>
    : Limbeck_ReferenceOp<Limbeck_Dialect, mnemonic, operandList, attributeList, resultList, traits>;

#endif // LIMBECK_GRAPH_IR_OP_BASE
