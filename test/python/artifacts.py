"""Artifacts that the tests run, compiled once by the program into build/python/work."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

ROOT = Path(__file__).resolve().parents[2]
LIMBECK = ROOT / "build" / "bin" / "limbeck"
WORK = ROOT / "build" / "python" / "work"
MAKE_MODEL = ROOT / "test" / "support" / "make_model.py"

# What ONNX calls our element types.
TYPES = {
    "bool": TensorProto.BOOL, "u4": TensorProto.UINT4, "s4": TensorProto.INT4, "u8": TensorProto.UINT8, "s8": TensorProto.INT8,
    "u16": TensorProto.UINT16, "s16": TensorProto.INT16, "u32": TensorProto.UINT32, "s32": TensorProto.INT32, "u64": TensorProto.UINT64,
    "s64": TensorProto.INT64, "f16": TensorProto.FLOAT16, "bf16": TensorProto.BFLOAT16, "f32": TensorProto.FLOAT, "f64": TensorProto.DOUBLE,
}  # fmt: skip


def save(path: Path, nodes: list, inputs: list, outputs: list, constants=(), opset=21):
    graph = helper.make_graph(nodes, "tiny", inputs, outputs, list(constants))
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=10), path)


def types_model(path: Path):
    """A transpose of every element type."""
    value = helper.make_tensor_value_info
    nodes = [helper.make_node("Transpose", [f"in_{name}"], [f"out_{name}"], perm=[1, 0]) for name in TYPES]
    save(path, nodes, [value(f"in_{n}", t, [2, 3]) for n, t in TYPES.items()], [value(f"out_{n}", t, [3, 2]) for n, t in TYPES.items()])


def scalar_model(path: Path):
    """y = a + s, with s of rank 0."""
    value = helper.make_tensor_value_info
    inputs = [value("a", TensorProto.FLOAT, [3]), value("s", TensorProto.FLOAT, [])]
    save(path, [helper.make_node("Add", ["a", "s"], ["y"])], inputs, [value("y", TensorProto.FLOAT, [3])])


def slow_model(path: Path):
    """Matrix products that take a good part of a second on one thread."""
    size, count = 1024, 40
    weights = numpy_helper.from_array((np.random.default_rng(1).standard_normal((size, size)) / 32).astype(np.float32), "w")
    nodes = [helper.make_node("MatMul", [f"x{i}", "w"], [f"x{i + 1}"]) for i in range(count)]
    value = helper.make_tensor_value_info
    save(path, nodes, [value("x0", TensorProto.FLOAT, [size, size])], [value(f"x{count}", TensorProto.FLOAT, [size, size])], [weights])


def by_support(kind: str):
    return lambda path: subprocess.run([sys.executable, MAKE_MODEL, kind, path], check=True)


# Name of the artifact: how its model is made, and flags of compile.
ARTIFACTS = {
    "model": (by_support("float"), []),
    "quantized": (by_support("qdq"), []),
    "batches": (by_support("symbolic"), ["--dim", "N=1,4"]),
    "types": (types_model, []),
    "scalar": (scalar_model, []),
    "slow": (slow_model, []),
}


def artifact(name: str) -> Path:
    """The path of an artifact, compiled unless it is newer than the program and its recipe; the model lies beside it."""
    path = WORK / f"{name}.lmb"
    sources = [LIMBECK, Path(__file__), MAKE_MODEL]
    if not path.is_file() or path.stat().st_mtime < max(source.stat().st_mtime for source in sources):
        WORK.mkdir(parents=True, exist_ok=True)
        make, flags = ARTIFACTS[name]
        make(path.with_suffix(".onnx"))
        subprocess.run([LIMBECK, "compile", path.with_suffix(".onnx"), "-o", path, "--target", "cpu:native", "--quiet", *flags], check=True)
    return path
