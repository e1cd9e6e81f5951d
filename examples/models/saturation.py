"""Asserts that a quantized model is worth comparing: a tensor with three distinct values would agree by accident."""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import numpy_helper

LEAST_WEIGHTS, LEAST_CODES = 32, 64
MOST_SATURATED = 0.5


def _fault(name: str, integers: np.ndarray, least: int) -> str:
    distinct = len(np.unique(integers))
    if distinct < least:
        return f"{name}: expected at least {least} distinct values, found {distinct}"
    limits = np.iinfo(integers.dtype)
    saturated = np.mean((integers == limits.min) | (integers == limits.max))
    if saturated >= MOST_SATURATED:
        return f"{name}: expected under {MOST_SATURATED:.0%} of the values saturated, found {saturated:.1%}"
    return ""


def check(path: Path, feeds: list) -> int:
    """Checks every 8-bit weight and activation tensor of a QDQ model over all feeds; returns how many there are, or raises
    ValueError."""
    model = onnx.load(path)
    constants = {tensor.name: tensor for tensor in model.graph.initializer}
    dequantized = {node.input[0] for node in model.graph.node if node.op_type == "DequantizeLinear"}
    activations = [node.output[0] for node in model.graph.node if node.op_type == "QuantizeLinear"]
    weights = {name: numpy_helper.to_array(constants[name]) for name in sorted(dequantized & constants.keys())}
    weights = {name: values for name, values in weights.items() if values.dtype.itemsize == 1 and values.size >= LEAST_WEIGHTS}
    for name in activations:
        model.graph.output.append(onnx.ValueInfoProto(name=name))
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    runs = [session.run(activations, feed) for feed in feeds]
    found = {name: np.stack([run[index] for run in runs]) for index, name in enumerate(activations)}
    faults = [_fault(name, values, LEAST_WEIGHTS) for name, values in weights.items()]
    faults += [_fault(name, values, LEAST_CODES) for name, values in found.items()]
    faults = [fault for fault in faults if fault]
    total = len(weights) + len(found)
    if faults:
        raise ValueError("\n".join([f"{path}: {len(faults)} of {total} quantized tensors are degenerate", *faults]))
    return total
