"""How much work a model is: products, and weights."""

import math
from pathlib import Path

import numpy as np
import onnx
import onnxruntime

COUNTED = ("Conv", "ConvTranspose", "Gemm", "MatMul")


def _products(node, shapes: dict) -> int:
    left, right, result = shapes[node.input[0]], shapes[node.input[1]], shapes[node.output[0]]
    if node.op_type == "Conv":
        return math.prod(result) * math.prod(right[1:])
    if node.op_type == "ConvTranspose":
        return math.prod(left) * math.prod(right[1:])
    transposed = any(attribute.name == "transA" and attribute.i for attribute in node.attribute)
    return math.prod(result) * (left[0] if transposed else left[-1])


def of_model(path: Path, feeds: dict) -> dict:
    """Products of a float model (a multiplication and an addition each), by the shapes that a run shows, and its parameters."""
    model = onnx.load(path)
    shapes = {tensor.name: list(tensor.dims) for tensor in model.graph.initializer if tensor.data_type == onnx.TensorProto.FLOAT}
    for node in model.graph.node:
        if node.op_type == "Constant" and node.attribute[0].name == "value":
            shapes[node.output[0]] = list(node.attribute[0].t.dims)
    parameters = sum(math.prod(shape) for shape in shapes.values())
    shapes |= {name: list(np.shape(array)) for name, array in feeds.items()}
    counted = [node for node in model.graph.node if node.op_type in COUNTED]
    wanted = sorted({name for node in counted for name in [*node.input[:2], *node.output]} - shapes.keys())
    present = {value.name for value in model.graph.output}
    model.graph.output.extend(onnx.ValueInfoProto(name=name) for name in wanted if name not in present)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    shapes |= {name: list(result.shape) for name, result in zip(wanted, session.run(wanted, feeds))}
    return {"products": sum(_products(node, shapes) for node in counted), "parameters": parameters}
