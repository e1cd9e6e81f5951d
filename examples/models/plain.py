"""Numbers that take every engine the same time: no NaN, no infinity, and no subnormals, which cost some processors a hundred times as much
and which some engines flush to zero.

Weights are made so (`flush`): the text detector and the recognizer of PP-OCR come with 33,000 subnormal weights, which are zero in
the file that every engine gets. So are those below 2^-100, whose products with activations would be subnormal, and the scales of
channels that hold nothing else. Weights, inputs and activations are then checked.
"""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import numpy_helper

# The first attention of MiniLM leaves up to five probabilities in 10,000 that small: what it was trained to do, whatever the text.
LEAST_WEIGHT = 2.0**-100
# Of the adverse form, whose scores are wider by a channel that saturates, up to two in 100.
VANISHING, MOST_VANISHED = "Softmax", {"adverse": 2e-2}
MOST_VANISHED_ELSE = 1e-3


def tensors(graph: onnx.GraphProto):
    """Every constant tensor: initializers, those in attributes such as that of Constant, and those of the graphs inside."""
    yield from graph.initializer
    yield from (sparse.values for sparse in graph.sparse_initializer)
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.HasField("t"):
                yield attribute.t
            if attribute.HasField("sparse_tensor"):
                yield attribute.sparse_tensor.values
            yield from attribute.tensors
            for inner in [*([attribute.g] if attribute.HasField("g") else []), *attribute.graphs]:
                yield from tensors(inner)


def subnormal(array: np.ndarray) -> np.ndarray:
    return (array != 0) & (np.abs(array) < np.finfo(array.dtype).tiny)


def flush(model: onnx.ModelProto) -> int:
    """Puts zeros in place of constants that are all but zero; returns how many there were."""
    flushed = 0
    for tensor in tensors(model.graph):
        array = numpy_helper.to_array(tensor)
        if array.dtype.kind != "f":
            continue
        small = (array != 0) & (np.abs(array) < LEAST_WEIGHT)
        if small.any():
            flushed += int(np.count_nonzero(small))
            tensor.CopyFrom(numpy_helper.from_array(np.where(small, 0, array).astype(array.dtype), tensor.name))
    return flushed


def check(what: str, array: np.ndarray, most_vanished: float = 0) -> None:
    if array.dtype.kind != "f":
        return
    small = subnormal(array)
    odd = ~np.isfinite(array) | (small if np.count_nonzero(small) > most_vanished * array.size else False)
    if odd.any():
        raise ValueError(f"{what}: expected no NaN, infinity or subnormal, found {np.count_nonzero(odd)} of {array.size}")


def check_constants(name: str, model: onnx.ModelProto) -> None:
    for tensor in tensors(model.graph):
        check(f"{name}, weight '{tensor.name}'", numpy_helper.to_array(tensor))


def check_activations(name: str, path: Path, feeds: list, form: str = "") -> int:
    """Runs a model on all feeds with every tensor as an output; returns how many tensors there are."""
    model = onnx.load(path)
    check_constants(name, model)
    kinds = {output: node.op_type for node in model.graph.node if node.op_type != "Constant" for output in node.output if output}
    inner = [node.name for node in model.graph.node for attribute in node.attribute if attribute.HasField("g") or attribute.graphs]
    if inner:
        raise ValueError(f"{name}: expected no graphs inside nodes, whose tensors cannot be outputs, found that of '{inner[0]}'")
    present = {value.name for value in model.graph.output}
    model.graph.output.extend(onnx.ValueInfoProto(name=output) for output in kinds if output not in present)
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    most = MOST_VANISHED.get(form, MOST_VANISHED_ELSE)
    for index, feed in enumerate(feeds):
        for output, array in zip(kinds, session.run(list(kinds), feed)):
            check(f"{name}, input {index}, tensor '{output}'", array, most if kinds[output] == VANISHING else 0)
    return len(kinds)
