#!/usr/bin/env python3
"""Writes a float network with one planted outlier channel, and samples for it.

Channel 3 of the third convolution is 300 times as large, and the fourth convolution divides it again: the function is that of a
network without, but 8 bits for the fourth convolution's input, with one scale for all channels, have nothing left for the others.
"""

import argparse
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

CHANNELS, SIDE, CLASSES = 8, 12, 10


def constant(name: str, value: np.ndarray) -> TensorProto:
    return numpy_helper.from_array(value.astype(np.float32), name)


def write_network(path: Path, random: np.random.Generator, factor: float):
    nodes, constants, last = [], [], "x"
    for i in range(6):
        weights, bias = random.normal(0, 1 / np.sqrt(CHANNELS * 9), (CHANNELS, CHANNELS, 3, 3)), random.normal(0, 0.1, CHANNELS)
        if i == 2:
            weights[3] *= factor
            bias[3] *= factor
        if i == 3:
            weights[:, 3] /= factor
        constants += [constant(f"w{i}", weights), constant(f"b{i}", bias)]
        nodes.append(helper.make_node("Conv", [last, f"w{i}", f"b{i}"], [f"c{i}"], f"conv_{i}", pads=[1, 1, 1, 1]))
        nodes.append(helper.make_node("Relu", [f"c{i}"], [f"r{i}"], f"relu_{i}"))
        last = f"r{i}"
    constants.append(constant("classes", random.normal(0, 0.3, (CHANNELS, CLASSES))))
    nodes.append(helper.make_node("GlobalAveragePool", [last], ["pooled"], "pool"))
    nodes.append(helper.make_node("Flatten", ["pooled"], ["flat"], "flatten"))
    nodes.append(helper.make_node("Gemm", ["flat", "classes"], ["y"], "head"))
    inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, CHANNELS, SIDE, SIDE])]
    outputs = [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, CLASSES])]
    graph = helper.make_graph(nodes, "outlier", inputs, outputs, constants)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("samples", type=Path, help="an .npz to write")
    parser.add_argument("--count", type=int, default=24, help="how many samples")
    parser.add_argument("--factor", type=float, default=300, help="how much larger the channel is; 1: the same network without an outlier")
    arguments = parser.parse_args()
    random = np.random.default_rng(7)
    write_network(arguments.model, random, arguments.factor)
    np.savez(arguments.samples, x=random.normal(0, 1, (arguments.count, CHANNELS, SIDE, SIDE)).astype(np.float32))


if __name__ == "__main__":
    main()
