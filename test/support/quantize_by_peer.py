#!/usr/bin/env python3
"""Quantizes a float model with ONNX Runtime's quantize_static: as pairs of QuantizeLinear and DequantizeLinear, or as QLinear ops.

--rename gives all nodes and tensors between input and output other names, as some tools do; --change adds to the weights of one node
what no rounding does.
"""

import argparse
import logging

import numpy as np
import onnx
from onnx import numpy_helper
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static


class Samples(CalibrationDataReader):
    def __init__(self, path: str, count: int):
        arrays = dict(np.load(path))
        self.rows = iter([{name: array[i : i + 1] for name, array in arrays.items()} for i in range(count)])

    def get_next(self):
        return next(self.rows, None)


def rename(model: onnx.ModelProto):
    kept = {port.name for port in [*model.graph.input, *model.graph.output]}
    names: dict[str, str] = {"": ""}

    def renamed(name: str) -> str:
        return name if name in kept else names.setdefault(name, f"t{len(names)}")

    for i, node in enumerate(model.graph.node):
        node.name = f"n{i}"
        node.input[:] = [renamed(name) for name in node.input]
        node.output[:] = [renamed(name) for name in node.output]
    for tensor in model.graph.initializer:
        tensor.name = renamed(tensor.name)
    del model.graph.value_info[:]


def change(model: onnx.ModelProto, name: str):
    """Turns the weights of that name around."""
    tensor = next(tensor for tensor in model.graph.initializer if tensor.name == f"{name}_quantized")
    tensor.CopyFrom(numpy_helper.from_array(np.flip(numpy_helper.to_array(tensor)).copy(), tensor.name))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("samples", help="an .npz with one array for each input")
    parser.add_argument("output")
    parser.add_argument("--operators", action="store_true", help="QLinear ops instead of pairs")
    parser.add_argument("--rename", action="store_true")
    parser.add_argument("--change", metavar="WEIGHTS")
    arguments = parser.parse_args()
    logging.disable(logging.WARNING)
    quantize_static(
        arguments.model,
        arguments.output,
        Samples(arguments.samples, 8),
        quant_format=QuantFormat.QOperator if arguments.operators else QuantFormat.QDQ,
        activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8,
        per_channel=not arguments.operators,
    )
    model = onnx.load(arguments.output)
    if arguments.change:
        change(model, arguments.change)
    if arguments.rename:
        rename(model)
    onnx.save(model, arguments.output)


if __name__ == "__main__":
    main()
