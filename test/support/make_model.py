#!/usr/bin/env python3
"""Writes the tiny ONNX models of the command line's tests: fixed weights, odd sizes."""

import argparse
import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

RANDOM = np.random.default_rng(7)


def constant(name: str, value) -> TensorProto:
    return numpy_helper.from_array(np.asarray(value), name)


def save(path: Path, nodes: list, inputs: list, outputs: list, constants: list):
    graph = helper.make_graph(nodes, "tiny", inputs, outputs, constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, path)


def weights(*shape) -> np.ndarray:
    return RANDOM.uniform(-0.5, 0.5, shape).astype(np.float32)


def float_net(path: Path, batch=1, size=(7, 9)):
    """Two convolutions, a residual addition, pooling and a matrix product."""
    nodes = [
        helper.make_node("Conv", ["x", "w1", "b1"], ["c1"], "first", pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["c1"], ["r1"], "relu"),
        helper.make_node("Conv", ["r1", "w2"], ["c2"], "second", pads=[1, 1, 1, 1]),
        helper.make_node("Add", ["c2", "r1"], ["a"], "residual"),
        helper.make_node("GlobalAveragePool", ["a"], ["p"], "pool"),
        helper.make_node("Flatten", ["p"], ["f"], "flatten"),
        helper.make_node("Gemm", ["f", "w3", "b3"], ["y"], "classifier"),
    ]
    constants = [constant("w1", weights(5, 3, 3, 3)), constant("b1", weights(5)), constant("w2", weights(5, 5, 3, 3))]
    constants += [constant("w3", weights(5, 4)), constant("b3", weights(4))]
    inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, [batch, 3, *size])]
    save(path, nodes, inputs, [helper.make_tensor_value_info("y", TensorProto.FLOAT, [batch, 4])], constants)


def symbolic_net(path: Path):
    """The same with a batch of any size."""
    float_net(path, batch="N")


def rows_net(path: Path):
    """A convolution whose result a matrix product reads along its rows."""
    nodes = [
        helper.make_node("Conv", ["x", "w1", "b1"], ["c"], "conv", pads=[1, 1, 1, 1]),
        helper.make_node("MatMul", ["c", "w2"], ["y"], "product"),
    ]
    constants = [constant("w1", weights(5, 3, 3, 3)), constant("b1", weights(5)), constant("w2", weights(9, 4))]
    inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, 7, 9])]
    save(path, nodes, inputs, [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 5, 7, 4])], constants)


def spatial_net(path: Path):
    """The same with images of any size."""
    float_net(path, size=("H", "W"))


def qdq_net(path: Path, stored=np.uint8, zeros=(117, 3)):
    """A quantized convolution and relu between float input and output, then one convolution that stays in float."""
    nodes = [
        helper.make_node("QuantizeLinear", ["x", "sx", "zx"], ["xq"], "quantize_x"),
        helper.make_node("DequantizeLinear", ["xq", "sx", "zx"], ["xd"], "dequantize_x"),
        helper.make_node("DequantizeLinear", ["wq", "sw", "zw"], ["wd"], "dequantize_w", axis=0),
        helper.make_node("DequantizeLinear", ["bq", "sb", "zb"], ["bd"], "dequantize_b", axis=0),
        helper.make_node("Conv", ["xd", "wd", "bd"], ["c"], "conv", pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["c"], ["r"], "relu"),
        helper.make_node("QuantizeLinear", ["r", "sy", "zy"], ["rq"], "quantize_r"),
        helper.make_node("DequantizeLinear", ["rq", "sy", "zy"], ["y"], "dequantize_y"),
    ]
    scales = np.float32(0.004) * np.arange(1, 6, dtype=np.float32)
    constants = [
        constant("sx", np.float32(0.0173)), constant("zx", stored(zeros[0])), constant("sy", np.float32(0.0211)), constant("zy", stored(zeros[1])),
        constant("wq", RANDOM.integers(-127, 128, (5, 3, 3, 3)).astype(np.int8)), constant("sw", scales), constant("zw", np.zeros(5, np.int8)),
        constant("bq", RANDOM.integers(-500, 500, 5).astype(np.int32)), constant("sb", np.float32(0.0173) * scales),
        constant("zb", np.zeros(5, np.int32)),
    ]  # fmt: skip
    inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, 7, 9])]
    save(path, nodes, inputs, [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 5, 7, 9])], constants)


def signed_net(path: Path):
    """The same with activations of signed bytes."""
    qdq_net(path, np.int8, (-11, -125))


def chain(path: Path):
    """20,000 Add and Relu in turn."""
    nodes = []
    for i in range(0, 20000, 2):
        nodes += [helper.make_node("Add", [f"v{i}", "one"], [f"v{i + 1}"]), helper.make_node("Relu", [f"v{i + 1}"], [f"v{i + 2}"])]
    inputs = [helper.make_tensor_value_info("v0", TensorProto.FLOAT, [3])]
    outputs = [helper.make_tensor_value_info("v20000", TensorProto.FLOAT, [3])]
    save(path, nodes, inputs, outputs, [constant("one", np.float32(1))])


def relus(path: Path):
    """20,000 Relu, one after another."""
    nodes = [helper.make_node("Relu", [f"v{i}"], [f"v{i + 1}"]) for i in range(20000)]
    inputs = [helper.make_tensor_value_info("v0", TensorProto.FLOAT, [3])]
    save(path, nodes, inputs, [helper.make_tensor_value_info("v20000", TensorProto.FLOAT, [3])], [])


def batch(path: Path):
    """Two convolutions of 8 pictures, whose results fill no cache of one core together, and a classifier."""
    nodes = [
        helper.make_node("Conv", ["x", "w0"], ["a"], "first"), helper.make_node("Relu", ["a"], ["b"], "relu"),
        helper.make_node("Conv", ["b", "w1"], ["c"], "second"), helper.make_node("GlobalAveragePool", ["c"], ["d"], "pool"),
        helper.make_node("Flatten", ["d"], ["e"], "flat"), helper.make_node("MatMul", ["e", "w2"], ["y"], "logits"),
    ]  # fmt: skip
    inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, [8, 3, 128, 128])]
    outputs = [helper.make_tensor_value_info("y", TensorProto.FLOAT, [8, 4096])]
    constants = [constant("w0", weights(16, 3, 1, 1)), constant("w1", weights(16, 16, 1, 1)), constant("w2", weights(16, 4096))]
    save(path, nodes, inputs, outputs, constants)


def wide(path: Path):
    """A Split into 1,000 parts and a Concat of 5,000 tensors."""
    parts = [f"p{i}" for i in range(1000)]
    nodes = [helper.make_node("Split", ["x"], parts, axis=1), helper.make_node("Concat", parts * 5, ["y"], axis=0)]
    inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, [3, 1000])]
    save(path, nodes, inputs, [helper.make_tensor_value_info("y", TensorProto.FLOAT, [15000, 1])], [])


def counted(path: Path):
    """A Range, beyond what is folded into a constant."""
    nodes = [helper.make_node("Range", ["start", "limit", "delta"], ["r"], "range"), helper.make_node("Add", ["r", "x"], ["y"])]
    inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1])]
    constants = [constant("start", np.float32(0.1)), constant("limit", np.float32(100000)), constant("delta", np.float32(0.3))]
    save(path, nodes, inputs, [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n"])], constants)


def padded(path: Path):
    """A convolution whose padded input no tensor can hold."""
    node = helper.make_node("Conv", ["x", "w"], ["y"], "conv", pads=[10**9] * 4, dilations=[10**9] * 2)
    inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, 8, 8])]
    save(path, [node], inputs, [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 4, "h", "w"])], [constant("w", weights(4, 3, 3, 3))])


def kept_net(path: Path):
    """A convolution on quantized weights whose result is never quantized: it stays in float."""
    nodes = [
        helper.make_node("DequantizeLinear", ["wq", "sw", "zw"], ["wd"], "dequantize_w"),
        helper.make_node("Conv", ["x", "wd"], ["y"], "conv"),
    ]
    constants = [
        constant("wq", RANDOM.integers(-127, 128, (5, 3, 3, 3)).astype(np.int8)), constant("sw", np.float32(0.01)), constant("zw", np.int8(0)),
    ]  # fmt: skip
    inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, 7, 9])]
    save(path, nodes, inputs, [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 5, 5, 7])], constants)


def byte_chain(path: Path, terms=1):
    """Bytes that are dequantized, shifted, clipped, scaled and quantized: 256 results."""
    nodes, constants = [], [constant("s", np.float32(0.05)), constant("z", np.uint8(128)), constant("three", np.float32(3)), constant("six", np.float32(6)), constant("zero", np.float32(0))]  # fmt: skip
    for i in range(terms):
        nodes.append(helper.make_node("DequantizeLinear", [f"x{i}", "s", "z"], [f"d{i}"], f"dequantize_x{i}"))
    nodes += [
        helper.make_node("Add", ["d0", "three" if terms == 1 else "d1"], ["a"], "shifted"),
        helper.make_node("Clip", ["a", "zero", "six"], ["c"], "clipped"),
        helper.make_node("Mul", ["d0", "c"], ["m"], "scaled"),
        helper.make_node("QuantizeLinear", ["m", "s", "z"], ["y"], "quantize_y"),
    ]
    inputs = [helper.make_tensor_value_info(f"x{i}", TensorProto.UINT8, [2, 37]) for i in range(terms)]
    save(path, nodes, inputs, [helper.make_tensor_value_info("y", TensorProto.UINT8, [2, 37])], constants)


def byte_pair(path: Path):
    """The same of two tensors: a result for each pair of bytes."""
    byte_chain(path, terms=2)


def product_net(path: Path):
    """A quantized matrix product of depth 8, reshaped."""
    nodes = [
        helper.make_node("DequantizeLinear", ["x", "s", "z"], ["xd"], "dequantize_x"),
        helper.make_node("DequantizeLinear", ["w", "s", "zw"], ["wd"], "dequantize_w"),
        helper.make_node("MatMul", ["xd", "wd"], ["m"], "product"),
        helper.make_node("QuantizeLinear", ["m", "s", "z"], ["q"], "quantize"),
        helper.make_node("Reshape", ["q", "shape"], ["y"], "view"),
    ]
    constants = [
        constant("s", np.float32(0.02)), constant("z", np.uint8(7)), constant("zw", np.int8(0)),
        constant("w", RANDOM.integers(-127, 128, (8, 6)).astype(np.int8)), constant("shape", np.array([30])),
    ]  # fmt: skip
    inputs = [helper.make_tensor_value_info("x", TensorProto.UINT8, [5, 8])]
    save(path, nodes, inputs, [helper.make_tensor_value_info("y", TensorProto.UINT8, [30])], constants)


def perceptron(path: Path):
    """Two matrix products, the second with a bias, of three rows and odd depths."""
    nodes = [
        helper.make_node("MatMul", ["x", "w1"], ["h"], "first"),
        helper.make_node("Relu", ["h"], ["r"], "relu"),
        helper.make_node("Gemm", ["r", "w2", "b2"], ["y"], "second"),
    ]
    constants = [constant("w1", weights(70, 33)), constant("w2", weights(33, 9)), constant("b2", weights(9))]
    inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, [3, 70])]
    save(path, nodes, inputs, [helper.make_tensor_value_info("y", TensorProto.FLOAT, [3, 9])], constants)


def hostile_net(path: Path):
    """Names that would move a terminal's cursor, or clear it."""
    evil = "\x1b]0;x\x07\x1b[2J\x9bK\n"
    nodes = [helper.make_node("Relu", [evil + "x"], [evil + "m"], evil + "relu"), helper.make_node("Neg", [evil + "m"], [evil + "y"], evil + "neg")]
    inputs = [helper.make_tensor_value_info(evil + "x", TensorProto.FLOAT, [2, 3])]
    save(path, nodes, inputs, [helper.make_tensor_value_info(evil + "y", TensorProto.FLOAT, [2, 3])], [])


def open_net(path: Path):
    """A picture of any size, which the window of 5 x 5 must fit in."""
    nodes = [helper.make_node("Conv", ["x", "w"], ["y"], "conv")]
    inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 3, "H", None])]
    save(path, nodes, inputs, [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)], [constant("w", weights(4, 3, 5, 5))])


def faults_net(path: Path):
    """More unknown operators than are listed."""
    nodes = [helper.make_node("Frobnicate", ["x"], [f"y{i}"], f"strange{i}", domain="org.example") for i in range(103)]
    inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, [2])]
    save(path, nodes, inputs, [helper.make_tensor_value_info("y0", TensorProto.FLOAT, [2])], [])


def unsupported_net(path: Path):
    """An operator that nobody knows."""
    node = helper.make_node("Frobnicate", ["x"], ["y"], "strange", domain="org.example")
    graph = helper.make_graph(
        [node], "tiny", [helper.make_tensor_value_info("x", TensorProto.FLOAT, [2])], [helper.make_tensor_value_info("y", TensorProto.FLOAT, [2])]
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17), helper.make_opsetid("org.example", 1)], ir_version=8), path)


def malformed_net(path: Path):
    """A convolution whose weights have the wrong number of channels."""
    nodes = [helper.make_node("Conv", ["x", "w"], ["y"], "broken")]
    inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, 7, 9])]
    save(path, nodes, inputs, [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)], [constant("w", weights(5, 4, 3, 3))])


def deep_net(path: Path):
    """Convolutions enough to take seconds to compile."""
    count = 200
    nodes = [helper.make_node("Conv", [f"x{i}" if i else "x", "w"], [f"x{i + 1}" if i + 1 < count else "y"], f"conv{i}") for i in range(count)]
    side = 2 * count + 5
    inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, side, side])]
    save(path, nodes, inputs, [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 3, 5, 5])], [constant("w", weights(3, 3, 3, 3))])


MODELS = {
    "float": float_net, "symbolic": symbolic_net, "qdq": qdq_net, "signed": signed_net, "kept": kept_net,
    "product": product_net, "hostile": hostile_net, "open": open_net, "faults": faults_net,
    "unsupported": unsupported_net, "malformed": malformed_net, "deep": deep_net,
    "chain": chain, "relus": relus, "wide": wide, "batch": batch, "range": counted, "padded": padded,
    "byte-chain": byte_chain, "byte-pair": byte_pair, "spatial": spatial_net, "rows": rows_net, "perceptron": perceptron,
}  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, epilog="\n".join(f"  {name:12} {make.__doc__}" for name, make in MODELS.items()),
                                     formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip
    parser.add_argument("model", choices=MODELS)
    parser.add_argument("path", type=Path)
    arguments = parser.parse_args()
    MODELS[arguments.model](arguments.path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
