"""Asserts that a quantized model is worth comparing: a tensor with three distinct values would agree by accident."""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import numpy_helper

LEAST_VALUES = 32
MOST_SATURATED = 0.5


def _fault(name: str, integers: np.ndarray) -> str:
    distinct = len(np.unique(integers))
    if distinct < LEAST_VALUES:
        return f"{name}: expected at least {LEAST_VALUES} distinct values, found {distinct}"
    limits = np.iinfo(integers.dtype)
    saturated = np.mean((integers == limits.min) | (integers == limits.max))
    if saturated >= MOST_SATURATED:
        return f"{name}: expected under {MOST_SATURATED:.0%} of the values saturated, found {saturated:.1%}"
    return ""


def check(path: Path, feeds: dict) -> int:
    """Checks every 8-bit weight and activation tensor of a QDQ model; returns how many there are, or raises ValueError."""
    model = onnx.load(path)
    constants = {tensor.name: tensor for tensor in model.graph.initializer}
    dequantized = {node.input[0] for node in model.graph.node if node.op_type == "DequantizeLinear"}
    activations = [node.output[0] for node in model.graph.node if node.op_type == "QuantizeLinear"]
    tensors = {name: numpy_helper.to_array(constants[name]) for name in sorted(dequantized & constants.keys())}
    tensors = {name: values for name, values in tensors.items() if values.dtype.itemsize == 1}
    for name in activations:
        model.graph.output.append(onnx.ValueInfoProto(name=name))
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    tensors.update(zip(activations, session.run(activations, feeds)))
    faults = [fault for fault in (_fault(name, values) for name, values in tensors.items()) if fault]
    if faults:
        raise ValueError("\n".join([f"{path}: {len(faults)} of {len(tensors)} quantized tensors are degenerate", *faults]))
    return len(tensors)
