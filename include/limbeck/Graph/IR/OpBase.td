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
        "`" # !getdagname(attributes, i) # "` `=` " #
          !if(!eq(!getdagarg<Attr>(attributes, i), Limbeck_Numbers),
              "custom<Numbers>($" # !getdagname(attributes, i) # ")", "$" # !getdagname(attributes, i))));
  string ret = !interleave(entries, " ");
}

/// A constraint: what must hold, and parts of the messages with which lib/Reference or the verifier say that it does not.
class Rule<string what, list<string> messages> {
  string text = what;
  list<string> faults = messages;
}
/// How the declared results must be. Other messages that mean the same may be added.
class ResultRule<string what, list<string> messages = []> : Rule<what, !listconcat(["expected result "], messages)>;

// "- (conv_c3) ..." for each constraint: the label stands behind the verifier's message, too.
class Limbeck_ConstraintList<string mnemonic, list<Rule> constraints> {
  list<string> entries = !foreach(i, !range(!size(constraints)),
    "- (" # mnemonic # "_c" # !add(i, 1) # ") " # constraints[i].text # "\n");
  string ret = !if(!empty(constraints), "", "\nConstraints:\n\n" # !interleave(entries, ""));
}

// The same list for the verifier: pairs of label and message.
class Limbeck_FaultTable<string mnemonic, list<Rule> constraints> {
  list<string> entries = !foreach(i, !range(!size(constraints)), !interleave(!foreach(fault, constraints[i].faults,
    "{\"" # mnemonic # "_c" # !add(i, 1) # "\", \"" # fault # "\"}"), ", "));
  string ret = [{
    static ::llvm::ArrayRef<::limbeck::graph::Fault> getFaults() {
      static constexpr ::limbeck::graph::Fault faults[] = {}] # !interleave(entries, ", ") # [{};
      return faults;
    }
  }];
}

/// An op defined in lib/Reference. A record fills in `summary`, `formula`, `constraints` and `example`.
class Limbeck_ReferenceOp<Dialect dialect, string mnemonic, dag operandList, dag attributeList, dag resultList,
                          list<Trait> traits = []>
    : Op<dialect, mnemonic, !listconcat([Pure, ReferenceOpInterface], traits)> {
  string meaning = "";
  string formula = "";
  list<Rule> constraints = [];
  string example = "";

  let arguments = !con(operandList, attributeList);
  let results = resultList;
  let assemblyFormat = "operands " # Limbeck_AttributeFormat<attributeList>.ret #
                       " attr-dict `:` functional-type(operands, results)";
  let description = !if(!empty(meaning), "", "\n" # meaning # "\n") # "\n```\n" # formula # "\n```\n" #
                    Limbeck_ConstraintList<mnemonic, constraints>.ret # "\nExample:\n\n```mlir\n" # example # "\n```\n";
  let extraClassDeclaration = Limbeck_FaultTable<mnemonic, constraints>.ret;
}

class Limbeck_Op<string mnemonic, dag operandList, dag attributeList, list<Trait> traits = [],
                 dag resultList = (outs Limbeck_Tensor:$result)>
    : Limbeck_ReferenceOp<Limbeck_Dialect, mnemonic, operandList, attributeList, resultList, traits>;

#endif // LIMBECK_GRAPH_IR_OP_BASE
