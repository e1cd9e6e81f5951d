"""A quantized model with other weights and parameters, for which no cheaper epilogue is proven: what a compiler that relies on such
proofs is slowest at. Shapes and products stay what they are; what it computes means less, as one channel of each layer saturates.

- Zero points are odd and never 0: no clamp at zero is that of the storage for free, and ties turn around.
- The scales of residual sums, and of products of two tensors, stand in ratios of whole numbers with which many results lie halfway between two
  steps, give or take the last bit of f32: neither integers nor a multiplication near 1 / scale round all of them as the division does.
- One channel of each layer has weights so large that its sums may leave the 2^22 steps within which rounding and saturating packs need
  no clamp in front.

Some forms stay, as no scale defeats them: a table of 256 results is the function itself; a division by a scale is always the sum of two
multiplications for results of at most 256 steps; and only scales with which a sum is saturated throughout would let a pair of bytes
leave the range of packs.
"""

from pathlib import Path

import numpy as np
import onnx

from .qdq import QdqModel, Quantized

LAYERS = ("Conv", "ConvTranspose", "Gemm", "MatMul")
ZERO_POINT = 3  # in place of 0
SUM_PARTS = 26  # parts of the unit that a sum's scale has; odd sums of 13 parts are ties
PRODUCT_PARTS = 30  # a product's scale is this, times an odd number, in units of those of the operands
NUDGES = 8  # of the last bit of a scale
NEAR, LEAST_PARTED = 1e-5, 2  # steps; ties that must be rounded both ways
LEAST_ERROR = 2.0**-27  # of a reciprocal, relative; it is at most 2^-24
WIDER = 1.02
BOUND, MARGIN = 2.0**22, 1.5


def write(quantized: Path, target: Path) -> None:
    """Writes the adverse form of a QDQ model with u8 activations and s8 weights per channel."""
    model = QdqModel(onnx.load(quantized))
    biases = {node.name: _bias(model, node) for node in model.nodes(*LAYERS)}
    _move_zero_points(model)
    _choose_scales(model)
    for node in model.nodes(*LAYERS):
        factors = _enlarge_channel(model, node)
        if biases[node.name] is not None and factors is not None:
            _store_bias(model, node, biases[node.name] * factors)
    model.save(target)


def _move_zero_points(model: QdqModel) -> None:
    nodes, moved = [], set()
    for node in model.model.graph.node:
        if node.op_type == "QuantizeLinear":
            tensor = Quantized(*node.input[1:3])
            zero = model.zero_point(tensor)
            producer = model.producers.get(node.input[0])
            if zero == 0 and producer is not None and producer.op_type in (*LAYERS, "Add"):
                # The quantizer took the clamp away, which storage without sign is with a zero point of 0.
                clamp = onnx.helper.make_node("Relu", [node.input[0]], [f"{node.input[0]}_clamped"], name=f"{node.name}_Relu")
                nodes.append(clamp)
                model.consumers[node.input[0]] = [clamp]
                model.consumers[clamp.output[0]] = [node]
                node.input[0] = clamp.output[0]
            moved.add((tensor, zero))
        nodes.append(node)
    for tensor, zero in moved:
        if zero == 0:
            model.rescale(tensor, model.scale(tensor) * np.float32(255 / (255 - ZERO_POINT)))
        stored = model.constants[tensor.zero_point]
        model.constants[tensor.zero_point] = np.array(zero | 1 if zero else ZERO_POINT, stored.dtype)
    del model.model.graph.node[:]
    model.model.graph.node.extend(nodes)


def _choose_scales(model: QdqModel) -> None:
    """Scales of sums, then of products, each from the last to the first: so that what a residual sum reads is mostly free when its result is
    chosen already, and the gate of a product is free when the rest is. At last, those of what has one varying operand."""
    chosen = set()
    for kinds, choose in ((("Add", "Sub"), _choose_sum), (("Mul",), _choose_product)):
        for node in reversed(model.nodes(*kinds)):
            operands, result = [model.operand(name) for name in node.input], model.result(node)
            tensors = [*operands, result]
            if all(_varies(model, tensor) for tensor in tensors) and len({tensor.scale for tensor in tensors}) == 3:
                choose(model, node.op_type, tensors, chosen)
    for node in model.nodes("Add", "Mul", "Div", "Relu", "Clip"):
        result = model.result(node)
        if result is not None and result.scale not in chosen:  # else it may be a table that only clamps
            model.rescale(result, model.scale(result) * np.float32(WIDER))
            chosen.add(result.scale)


def _varies(model: QdqModel, tensor) -> bool:
    return tensor is not None and model.constants[tensor.scale].ndim == 0 and (not tensor.values or model.constants[tensor.values].size > 1)


def _choose_sum(model: QdqModel, kind: str, tensors: list, chosen: set) -> None:
    """Scales in ratios of whole numbers: an odd one, any, and an even one for the result."""
    fixed = [tensor for tensor in tensors if tensor.scale in chosen]
    if len(fixed) > 1:
        return
    anchor = tensors.index(fixed[0]) if fixed else 2
    scales = [float(model.scale(tensor)) for tensor in tensors]
    own, other = (SUM_PARTS * scale / scales[2] for scale in scales[:2])
    tries = ((_odd(own + 2 * i), max(1, round(other) + j), SUM_PARTS) for i in (0, 1, -1, 2) for j in (0, 1, -1, 2))
    free = 2 if anchor != 2 else 0

    def candidates():
        for parts in tries:
            if parts[0] % (SUM_PARTS // 2) and parts[0] != parts[1]:  # else hardly a sum is a tie, or all are those of one number
                yield [scales[anchor] * part / parts[anchor] for part in parts]

    _choose(model, kind, tensors, candidates(), free, chosen)


def _choose_product(model: QdqModel, kind: str, tensors: list, chosen: set) -> None:
    """A scale of the result that is a multiple of those of the operands, by a number of many divisors."""
    free = next((place for place in (2, 1, 0) if tensors[place].scale not in chosen), None)
    if free is None:
        return
    scales = [float(model.scale(tensor)) for tensor in tensors]
    ratio = scales[2] / scales[0] / scales[1] / PRODUCT_PARTS

    def candidates():
        for i in (0, 1, -1, 2):
            parts = PRODUCT_PARTS * _odd(ratio + 2 * i)
            found = list(scales)
            found[free] = scales[0] * scales[1] * parts if free == 2 else scales[2] / parts / scales[1 - free]
            yield found

    _choose(model, kind, tensors, candidates(), free, chosen)


def _choose(model: QdqModel, kind: str, tensors: list, candidates, free: int, chosen: set) -> None:
    """Takes the first scales for which there is no proof; that at `free` may move by a few of its last bits."""
    zeros = [model.zero_point(tensor) for tensor in tensors]
    for scales in candidates:
        scales = [np.float32(scale) if tensor.scale in chosen else _without_reciprocal(scale) for tensor, scale in zip(tensors, scales)]
        for _ in range(NUDGES):
            if _is_unproven(kind, zeros, scales):
                for tensor, scale in zip(tensors, scales):
                    model.rescale(tensor, scale)
                chosen |= {tensor.scale for tensor in tensors}
                return
            scales[free] = np.nextafter(scales[free], np.float32(np.inf))


def _without_reciprocal(scale: float) -> np.float32:
    """The scale, or one a few of its last bits away, whose reciprocal is not nearly a float: that would serve in place of the division."""
    scale = np.float32(scale)
    while abs(float(np.float32(1) / scale) * float(scale) - 1) < LEAST_ERROR:
        scale = np.nextafter(scale, np.float32(np.inf))
    return scale


def _odd(value: float) -> int:
    return 2 * max(0, round((value - 1) / 2)) + 1


def _is_unproven(kind: str, zeros: list, scales: list) -> bool:
    """Whether no factor serves in place of the division, and pairs of bytes of the same exact result are rounded apart, so that it is no function
    of integers."""
    integers = [np.arange(256) - zero for zero in zeros[:2]]
    compute = {"Add": np.add, "Sub": np.subtract, "Mul": np.multiply}[kind]
    x = compute.outer(*(side.astype(np.float32) * scale for side, scale in zip(integers, scales)))
    exact = compute.outer(*(side * float(scale) for side, scale in zip(integers, scales)))
    least, most = -zeros[2], 255 - zeros[2]
    return _parts_equals(x, exact, scales[2], least, most) and not _has_factor(x, scales[2], least, most)


def _has_factor(x: np.ndarray, scale: np.float32, least: int, most: int) -> bool:
    """Whether a multiplication gives the same as the division."""
    rounded = np.clip(np.rint(x / scale), least, most)
    nearest = np.float32(1) / scale
    up, down = np.nextafter(nearest, np.float32(np.inf)), np.nextafter(nearest, np.float32(0))
    factors = [nearest, up, down, np.nextafter(up, np.float32(np.inf)), np.nextafter(down, np.float32(0))]
    return any(np.array_equal(rounded, np.clip(np.rint(x * factor), least, most)) for factor in factors)


def _parts_equals(x: np.ndarray, exact: np.ndarray, scale: np.float32, least: int, most: int) -> bool:
    """Whether some step has ties on either side: pairs whose exact results are the same, but for the last bits of the scales."""
    halves = exact / float(scale) - 0.5
    ties = (np.abs(halves - np.rint(halves)) < NEAR) & (halves > least - 0.25) & (halves < most - 0.75)
    up = np.rint(x / scale)[ties] > np.rint(halves[ties])
    steps = np.rint(halves[ties]).astype(int)
    return len(set(steps[up]) & set(steps[~up])) >= LEAST_PARTED


def _bias(model: QdqModel, node):
    """The bias of a layer as numbers; null without one."""
    stored = model.operand(node.input[2]) if len(node.input) > 2 else None
    return None if stored is None else model.constants[stored.values].astype(np.float64) * model.constants[stored.scale]


def _store_bias(model: QdqModel, node, bias: np.ndarray) -> None:
    x, weight, stored = (model.operand(name) for name in node.input)
    scales = model.scale(x) * model.constants[weight.scale]
    model.constants[stored.scale] = scales
    model.constants[stored.values] = np.clip(np.rint(bias / scales), -(2**30), 2**30).astype(np.int32)


def _enlarge_channel(model: QdqModel, node):
    """The factor of each channel of a layer's weights; null where they are no constants."""
    x, weight, result = model.operand(node.input[0]), model.operand(node.input[1]), model.result(node)
    if x is None or weight is None or not weight.values:
        return None
    scales, stored = model.constants[weight.scale], np.abs(model.constants[weight.values].astype(np.int64))
    factors = np.ones_like(scales)
    if result is None:
        return factors
    # The sums of one place of the result: of a transposed convolution each tap makes places of its own.
    taps = node.op_type == "ConvTranspose"
    kept = (weight.axis, 2, 3) if taps else (weight.axis,)
    sums = stored.sum(axis=tuple(axis for axis in range(stored.ndim) if axis not in kept))
    reach = 255.0 * (sums.reshape(len(scales), -1).max(axis=1) if taps else sums) * float(model.scale(x)) * scales / float(model.scale(result))
    channel = int(np.argmax(reach))
    factors[channel] = np.float32(max(1.0, MARGIN * BOUND / reach[channel]))
    model.constants[weight.scale] = scales * factors
    return factors
