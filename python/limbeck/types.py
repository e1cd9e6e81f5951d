"""Element types, inputs and outputs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

# Names as everywhere in Limbeck, in the order of the C API, whose numbers begin with 1; and what NumPy holds them in: bf16 as
# uint16, 4-bit values one to a byte.
STORAGE = {
    "bool": np.dtype(np.bool_),
    "u4": np.dtype(np.uint8),
    "s4": np.dtype(np.int8),
    "u8": np.dtype(np.uint8),
    "s8": np.dtype(np.int8),
    "u16": np.dtype(np.uint16),
    "s16": np.dtype(np.int16),
    "u32": np.dtype(np.uint32),
    "s32": np.dtype(np.int32),
    "u64": np.dtype(np.uint64),
    "s64": np.dtype(np.int64),
    "f16": np.dtype(np.float16),
    "bf16": np.dtype(np.uint16),
    "f32": np.dtype(np.float32),
    "f64": np.dtype(np.float64),
}
NAMES = [""] + list(STORAGE)
# The values that fit where the storage holds more.
RANGES = {"u4": (0, 15), "s4": (-8, 7)}
# What the package ml_dtypes calls these types.
ML_DTYPES = {"bf16": "bfloat16", "u4": "uint4", "s4": "int4"}


@dataclass(frozen=True)
class Port:
    """An input or an output of a model.

    >>> Port("x", "f32", (1, 3, None))
    Port('x', f32[1x3x?])
    """

    name: str
    """As in the ONNX model."""
    dtype: str
    """``"f32"``, ``"u8"``, ``"bf16"``, ..: the names of docs/contract.md."""
    shape: tuple[int | None, ...]
    """Dimensions; None where the entries of the model differ."""

    @property
    def storage(self) -> np.dtype:
        """What arrays of it have as dtype: ``uint16`` for bf16, ``uint8`` and ``int8`` for 4-bit values.

        >>> Port("x", "bf16", (2,)).storage
        dtype('uint16')
        """
        return STORAGE[self.dtype]

    def __str__(self) -> str:
        return f"{self.name} {self.dtype}[{'x'.join('?' if dim is None else str(dim) for dim in self.shape)}]"

    def __repr__(self) -> str:
        return f"Port({self.name!r}, {str(self).removeprefix(self.name + ' ')})"


@dataclass(frozen=True)
class Entry:
    """One compiled signature of a model: all dimensions are known."""

    name: str
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
