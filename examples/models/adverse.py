"""Scales of residual sums that no cheap formula rounds as the division does.

A sum of two bytes can be computed without a division where that gives the same for all 65,536 pairs. Here the scales stand in a
ratio of whole numbers with an even sum (26 for the result), so that many sums lie halfway between two results, give or take
the last bit of f32; and the zero points that need not be 0 are odd, which turns ties around.
"""

from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper

RESULT = 26  # parts of the unit that the result's scale has; odd sums of 13 parts are ties


def _has_reciprocal(scales: list, zeros: list) -> bool:
    """Whether a multiplication near 1 / scale gives the same as the division, for every pair that is no matter of clamping."""
    scales = [np.float32(value) for value in scales]
    first, second = (((np.arange(256) - zero).astype(np.float32) * scale) for scale, zero in zip(scales, zeros))
    x = first[:, np.newaxis] + second
    rounded = np.rint(x / scales[2])
    inside = np.abs(rounded) < 256
    factor = np.float32(1) / scales[2]
    factors = [factor, np.nextafter(factor, np.float32(0)), np.nextafter(factor, np.float32(np.inf))]
    return any(np.array_equal(rounded[inside], np.rint(x * factor)[inside]) for factor in factors)


def _tensor(node) -> str:
    """The float tensor that a quantization or a dequantization of ONNX Runtime's quantizer belongs to."""
    return node.name.removesuffix("_QuantizeLinear").removesuffix("_DequantizeLinear")


def overrides(quantized: Path) -> dict:
    """Of a QDQ model with u8 activations: other parameters for what its sums read and write, near those it has, as the
    quantizer's TensorQuantOverrides."""
    model = onnx.load(quantized)
    constants = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    quantizations = {_tensor(node): node for node in model.graph.node if node.op_type == "QuantizeLinear"}
    producers = {name: node for node in model.graph.node for name in node.output}
    consumers = {name: node for node in model.graph.node for name in node.input}

    def scale(tensor: str) -> float:
        return float(constants[quantizations[tensor].input[1]])

    def zero_point(tensor: str) -> int:
        stored = int(constants[quantizations[tensor].input[2]])
        return stored | 1 if stored else 0

    chosen = {}
    for add in (node for node in model.graph.node if node.op_type == "Add"):
        reader = consumers[add.output[0]]
        while reader.op_type == "Relu":
            reader = consumers[reader.output[0]]
        sources = [producers.get(name) for name in add.input]
        if reader.op_type != "QuantizeLinear" or any(node is None or node.op_type != "DequantizeLinear" for node in sources):
            continue
        fixed, free = sorted((_tensor(node) for node in sources), key=lambda tensor: tensor not in chosen)
        result = _tensor(reader)
        if free in chosen or result in chosen:
            continue
        first = chosen.get(fixed, scale(fixed))
        parts = max(1, round(RESULT * first / scale(result))) | 1
        if parts % (RESULT // 2) == 0:  # the ratio would be a power of two
            parts += 2
        unit = first / parts
        chosen[fixed] = first
        chosen[free] = max(1, round(scale(free) / unit)) * unit
        last = np.float32(RESULT * unit)
        while _has_reciprocal([first, chosen[free], last], [zero_point(tensor) for tensor in (fixed, free)]):
            last = np.nextafter(last, np.float32(np.inf))
        chosen[result] = float(last)
    return {
        tensor: [{"scale": np.array(value, np.float32), "zero_point": np.array(zero_point(tensor), np.uint8)}]
        for tensor, value in chosen.items()
    }
