"""Arrays of callers as the runtime takes them: dense, aligned, of exactly the type; and the conversions that change no value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from .errors import Error
from .types import ML_DTYPES, RANGES, STORAGE, Port

# Conversions that are made when every value survives them, as the command line does (docs/contract.md, SET).
EXACT = {np.dtype(np.float64): np.dtype(np.float32), np.dtype(np.int64): np.dtype(np.int32)}


def conform(value, port: Port) -> np.ndarray:
    """An array that the runtime can read where it lies; the caller's own when that is one.

    >>> x = np.zeros((2, 3), np.float32)
    >>> conform(x, Port("x", "f32", (2, 3))) is x
    True
    >>> conform([1.5, 2.5], Port("x", "f32", (2,)))
    array([1.5, 2.5], dtype=float32)
    """
    if type(value) is not np.ndarray:
        value = _array(value, port)
    if value.dtype != STORAGE[port.dtype]:
        value = _converted(value, port)
    if port.dtype in RANGES:
        _check_range(value, port)
    flags = value.flags
    return value if flags.c_contiguous and flags.aligned else value.copy(order="C")


def output_memory(given: Mapping[str, np.ndarray], ports: Sequence[Port]) -> list[np.ndarray]:
    """An array for each output: the caller's where there is one.

    >>> output_memory({}, [Port("y", "f32", (4,))])[0].shape
    (4,)
    """
    if strange := [name for name in given if name not in {port.name for port in ports}]:
        raise Error("E-NAME", f"expected outputs among {', '.join(repr(port.name) for port in ports)}, found '{strange[0]}'")
    arrays = []
    for port in ports:
        array = given.get(port.name)
        if array is None:
            array = np.empty(port.shape, port.storage)
        elif not isinstance(array, np.ndarray) or array.dtype != port.storage or array.shape != port.shape:
            found = f"{array.dtype} {list(array.shape)}" if isinstance(array, np.ndarray) else type(array).__name__
            raise Error("E-ARGUMENT", f"output '{port.name}': expected an array {port.storage} {list(port.shape)}, found {found}")
        elif not (array.flags.c_contiguous and array.flags.aligned and array.flags.writeable):
            raise Error("E-ARGUMENT", f"output '{port.name}': expected contiguous, aligned memory that may be written, found other memory")
        arrays.append(array)
    return arrays


def _array(value, port: Port) -> np.ndarray:
    try:
        return np.asarray(value)
    except (TypeError, ValueError, RuntimeError) as failure:  # a ragged list, a tensor of another device
        raise Error("E-INPUT-DATA", f"input '{port.name}': expected what NumPy makes an array of, found {type(value).__name__}: {failure}") from None


def _converted(value: np.ndarray, port: Port) -> np.ndarray:
    wanted = STORAGE[port.dtype]
    if value.dtype.name == ML_DTYPES.get(port.dtype):
        return value.view(wanted) if port.dtype == "bf16" else value.astype(wanted)
    if value.dtype.kind == "O":  # what no type of element mends, such as None
        others = (type(one).__name__ for one in value.flat if not isinstance(one, (int, float, np.number)))
        found = next(others, str(value.dtype))
        raise Error("E-DTYPE", f"input '{port.name}': expected {port.dtype}, found {found}")
    if EXACT.get(value.dtype) != wanted:
        hint = f"convert with x.astype(np.{wanted.name})"
        if port.dtype == "bf16":
            hint = "bf16 travels as uint16: give x.astype(ml_dtypes.bfloat16)"
        raise Error("E-DTYPE", f"input '{port.name}': expected {port.dtype}, found {value.dtype}", hint)
    with np.errstate(over="ignore"):
        narrow = value.astype(wanted)
    changed = (narrow != value) & (value == value)  # a NaN stays a NaN
    if changed.any():
        first = value[changed].flat[0]
        text = f"input '{port.name}': expected {port.dtype}, found {value.dtype} with the value {first}, which would change"
        raise Error("E-INPUT-DATA", text, f"round with x.astype(np.{wanted.name})")
    return narrow


def _check_range(value: np.ndarray, port: Port) -> None:
    low, high = RANGES[port.dtype]
    if value.size and (value.min() < low or value.max() > high):
        raise Error("E-INPUT-DATA", f"input '{port.name}': expected values from {low} to {high}, found {value.min()} to {value.max()}")
