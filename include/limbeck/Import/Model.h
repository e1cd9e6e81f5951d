// The checked model: what the importer promises to everything behind it.
//
// A Model holds ops of the `limbeck` dialect (lib/Reference defines them), not ONNX nodes: each ONNX node has been checked
// and rewritten by its rule. Values are in single-assignment form, ops are in topological order, every type was inferred by
// reference::infer. Nothing here can be inconsistent, so that building IR from it needs no further checks.
#pragma once
#include "limbeck/Reference/Operation.h"
#include <string>

namespace limbeck::importer {

using ValueId = uint32_t;

struct Value {
  std::string name; ///< the ONNX name; made unique by a suffix where one node became several ops
  TensorType type;
  std::optional<Tensor> constant; ///< initializers and what was folded
  std::vector<std::string>
      symbols; ///< of graph inputs and outputs: the name of each symbolic dimension, "" where none
};

/// The ONNX node that an op came from, for diagnostics, locations and `plan`.
struct SourceNode {
  std::string name;   ///< `OpType_INDEX` when the file gives none
  std::string opType; ///< with its domain unless ai.onnx, as in `com.microsoft.QLinearAdd`
};

struct Region;

struct Op {
  const reference::OpDefinition *definition = nullptr; ///< null for `if`, which has regions
  reference::Attributes attributes;
  std::vector<ValueId> operands, results;
  uint32_t source = 0;         ///< index into Graph::sources
  std::vector<Region> regions; ///< `if`: then, else; operand 0 is the condition
};

/// Ops that run under a condition; they may use every value defined before the op that holds the region.
struct Region {
  std::vector<Op> ops;
  std::vector<ValueId> results;
};

struct Model {
  std::string name;  ///< file name without its folder
  int64_t opset = 0; ///< of ai.onnx
  int64_t irVersion = 0;
  std::string producer;
  std::string sha256; ///< of the model file, hexadecimal
  std::vector<Value> values;
  std::vector<SourceNode> sources;
  std::vector<Op> ops;
  std::vector<ValueId> inputs, outputs;
  std::vector<std::string> inputNames, outputNames; ///< the ONNX names, in order
};

} // namespace limbeck::importer
