"""What the set is for: names, element types and shapes of a model's inputs; and conversions that are asked for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ..errors import Error
from ..model import Model
from ..types import RANGES, STORAGE, Port

# ONNX's numbers of the element types.
ONNX_TYPES = {
    1: "f32", 2: "u8", 3: "s8", 4: "u16", 5: "s16", 6: "s32", 7: "s64", 9: "bool", 10: "f16", 11: "f64", 12: "u32", 13: "u64", 16: "bf16",
    21: "u4", 22: "s4",
}  # fmt: skip


def read_ports(path: Path) -> tuple[Port, ...]:
    """The inputs of an artifact, or of a model where the package onnx is installed."""
    if path.suffix != ".onnx":
        with Model(path, threads=1) as model:
            return model.inputs
    if not path.is_file():
        raise Error("E-FILE-KIND", f"{path}: expected a file to read, found {'another kind' if path.exists() else 'nothing of this name'}")
    try:
        import onnx
    except ImportError:
        raise Error("E-FLAG", f"{path}: expected the package onnx, found none", "pip install onnx, or give the artifact (.lmb)") from None
    try:
        graph = onnx.load(path, load_external_data=False).graph
    except Exception as failure:  # the parser's own kind
        raise Error("E-PARSE", f"{path}: expected an ONNX model, found: {failure or type(failure).__name__}") from None
    constants = {tensor.name for tensor in graph.initializer}
    ports = []
    for value in graph.input:
        if value.name not in constants:
            kind = value.type.tensor_type
            dims = tuple(dim.dim_value if dim.HasField("dim_value") else None for dim in kind.shape.dim)
            if kind.elem_type not in ONNX_TYPES:
                raise Error("E-UNSUPPORTED-TYPE", f"{path}: input '{value.name}' has ONNX's element type {kind.elem_type}")
            ports.append(Port(value.name, ONNX_TYPES[kind.elem_type], dims))
    return tuple(ports)


def only_port(ports: Sequence[Port], what: str) -> Port:
    if len(ports) != 1:
        names = ", ".join(f"'{port.name}'" for port in ports) or "none"
        raise Error("E-FLAG", f"expected a model with one input for {what}, found {names}", "--input-name names one without --model")
    return ports[0]


def check_sample(arrays: dict[str, np.ndarray], dtypes: dict[str, str], ports: Sequence[Port], key: str) -> None:
    """That a sample is what the model takes."""
    if ports and set(arrays) != {port.name for port in ports}:
        given, wanted = (", ".join(f"'{name}'" for name in names) for names in (arrays, [port.name for port in ports]))
        raise Error("E-NAME", f"expected exactly the inputs of the model, {wanted}, found {given}")
    for port in ports:
        shape, dims = arrays[port.name].shape, port.shape[1:]
        if len(shape) + 1 != len(port.shape) or any(dim not in (None, found) for dim, found in zip(dims, shape)):
            expected = "x".join("?" if dim is None else str(dim) for dim in dims)
            raise Error("E-SHAPE", f"{key}: expected samples {expected} for input '{port.name}', found {'x'.join(map(str, shape))}")
        if dtypes[port.name] != port.dtype:
            raise Error("E-DTYPE", f"expected {port.dtype} for input '{port.name}' of the model, found {dtypes[port.name]}", f"--dtype {port.dtype}")


def check_dtype(dtype: str) -> str:
    if dtype not in STORAGE:
        raise Error("E-FLAG", f"expected an element type ({', '.join(STORAGE)}), found '{dtype}'")
    return dtype


def cast(array: np.ndarray, dtype: str, where: str) -> np.ndarray:
    """A conversion that was asked for: a float is rounded, to nearest; all else must survive.

    >>> cast(np.array([0.1, 2.0]), "f32", "table")
    array([0.1, 2. ], dtype=float32)
    >>> cast(np.array([1.0, -1.5]), "bf16", "table")
    array([16256, 49088], dtype=uint16)
    >>> cast(np.array([300]), "u8", "table")
    Traceback (most recent call last):
    limbeck.errors.Error: [E-INPUT-DATA] table: expected values of u8, found 300
    """
    storage = STORAGE[dtype]
    if array.dtype == storage and dtype not in RANGES:
        return array
    with np.errstate(all="ignore"):
        if dtype == "bf16":
            result = _bfloat16(array.astype(np.float32))
            good = (result & 0x7F80 != 0x7F80) | ~np.isfinite(array)
        elif storage.kind == "f":
            result = array.astype(storage)
            good = np.isfinite(result) | ~np.isfinite(array)
        else:
            low, high = RANGES.get(dtype, (0, 1) if dtype == "bool" else (np.iinfo(storage).min, np.iinfo(storage).max))
            good = (array >= low) & (array <= high)
            result = np.where(good, array, 0).astype(storage)
            good &= result == array
    if not good.all():
        raise Error("E-INPUT-DATA", f"{where}: expected values of {dtype}, found {array[~good].flat[0]}")
    return result


def _bfloat16(values: np.ndarray) -> np.ndarray:
    """The upper half of each f32, rounded to nearest, ties to even; a NaN stays one."""
    bits = np.ascontiguousarray(values).view(np.uint32)
    rounded = ((bits + np.uint32(0x7FFF) + ((bits >> np.uint32(16)) & np.uint32(1))) >> np.uint32(16)).astype(np.uint16)
    return np.where(np.isnan(values), np.uint16(0x7FC0), rounded)


def parse_layout(text: str) -> tuple[int, ...]:
    """The axes of a sample for ``--layout FROM:TO``; both begin with N, the samples.

    >>> parse_layout("NHWC:NCHW")
    (2, 0, 1)
    """
    before, _, after = text.partition(":")
    if not re.fullmatch(r"N[A-Z]*", before) or sorted(before) != sorted(after) or len(set(before)) != len(before) or after[:1] != "N":
        raise Error("E-FLAG", f"expected a layout such as NHWC:NCHW, found '{text}'")
    return tuple(before.index(axis) - 1 for axis in after[1:])
