"""A quantized model in QDQ form, whose parameters can be looked up from ops and changed."""

from dataclasses import dataclass, field

import numpy as np
import onnx
from onnx import numpy_helper

CLAMPS = ("Relu", "Clip")


@dataclass(frozen=True)
class Quantized:
    """What a dequantized operand or a result is stored as: names of constants. Tensors that share a scale are one to all changes."""

    scale: str
    zero_point: str
    values: str = ""  # of a constant
    axis: int = 0  # of more scales than one


@dataclass
class QdqModel:
    model: onnx.ModelProto
    constants: dict = field(init=False)
    producers: dict = field(init=False)
    consumers: dict = field(init=False)

    def __post_init__(self):
        self.constants = {tensor.name: numpy_helper.to_array(tensor).copy() for tensor in self.model.graph.initializer}
        self.producers = {name: node for node in self.model.graph.node for name in node.output}
        self.consumers = {}
        for node in self.model.graph.node:
            for name in node.input:
                self.consumers.setdefault(name, []).append(node)

    def nodes(self, *kinds: str) -> list:
        return [node for node in self.model.graph.node if node.op_type in kinds]

    def operand(self, name: str):
        """What the dequantized tensor `name` was; null where it is a float."""
        node = self.producers.get(name)
        if node is None or node.op_type != "DequantizeLinear":
            return None
        axis = next((attribute.i for attribute in node.attribute if attribute.name == "axis"), 1)
        return Quantized(*node.input[1:3], node.input[0] if node.input[0] in self.constants else "", axis)

    def result(self, node):
        """What the result of `node` becomes, behind a clamp or none; null where anything else reads it."""
        readers = self.consumers.get(node.output[0], [])
        if len(readers) != 1:
            return None
        reader = readers[0]
        if reader.op_type in CLAMPS:
            return self.result(reader)
        return Quantized(*reader.input[1:3]) if reader.op_type == "QuantizeLinear" else None

    def scale(self, tensor: Quantized) -> np.float32:
        return np.float32(self.constants[tensor.scale])

    def zero_point(self, tensor: Quantized) -> int:
        return int(self.constants[tensor.zero_point])

    def rescale(self, tensor: Quantized, scale) -> None:
        """Another scale for a whole tensor; the values of a constant move along."""
        scale = np.float32(scale)
        if tensor.values:
            stored = self.constants[tensor.values]
            limits, zero = np.iinfo(stored.dtype), self.zero_point(tensor)
            moved = np.rint((stored.astype(np.float64) - zero) * float(self.scale(tensor)) / float(scale)) + zero
            self.constants[tensor.values] = np.clip(moved, limits.min, limits.max).astype(stored.dtype)
        self.constants[tensor.scale] = np.array(scale, np.float32)

    def save(self, path) -> None:
        for tensor in self.model.graph.initializer:
            tensor.CopyFrom(numpy_helper.from_array(self.constants[tensor.name], tensor.name))
        onnx.checker.check_model(self.model)
        onnx.save(self.model, path)
