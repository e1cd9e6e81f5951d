"""Loading an artifact and running it."""

from __future__ import annotations

import json
import operator
import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from . import _runtime
from .arrays import conform, output_memory
from .errors import Error
from .types import NAMES, Entry, Port


class Model:
    """An artifact that ``limbeck compile`` made, ready to run.

    >>> model = Model("model.lmb", threads=2)
    >>> model.inputs, model.outputs
    ((Port('x', f32[1x3x7x9]),), (Port('y', f32[1x4]),))
    >>> model.run({"x": np.ones((1, 3, 7, 9), np.float32)})["y"].shape
    (1, 4)

    Any number of threads may call ``run`` at once; each call has a context of its own, which is kept for the next. Contexts
    share the weights; each has its own temporaries and, when ``threads`` is given, its own threads.

    path         the file, as text, bytes or path
    threads      how many threads compute, the caller included; 0: those that the process shares, as many as there are cores
    spin_us      microseconds that an idle thread spins before it sleeps, at most 1000; None: the default
    memory_limit bytes of temporaries that one context may take; 0: no limit
    mmap         use the weights where they lie in the file, unchecked; the file must stay as it is meanwhile

    Errors: E-FILE-KIND, E-FILE, E-ARTIFACT.., E-FLAG (number of threads), E-LIMIT-MEM, E-MEMORY.
    """

    def __init__(
        self, path: str | bytes | os.PathLike[str], *, threads: int = 0, spin_us: int | None = None, memory_limit: int = 0, mmap: bool = False
    ) -> None:
        self._open(_runtime.Model(os.fsencode(path), mmap), os.fsdecode(path), threads, spin_us, memory_limit)

    @classmethod
    def from_bytes(cls, artifact: bytes, *, threads: int = 0, spin_us: int | None = None, memory_limit: int = 0) -> Model:
        """As ``Model(path)``, of an artifact in memory; it is copied.

        >>> Model.from_bytes(open("model.lmb", "rb").read()).entries[0].name
        'main'
        """
        model = cls.__new__(cls)
        model._open(_runtime.Model(bytes(artifact)), f"{len(artifact)} bytes", threads, spin_us, memory_limit)
        return model

    def _open(self, native: _runtime.Model, source: str, threads: int, spin_us: int | None, memory_limit: int) -> None:
        self._native: _runtime.Model | None = native
        self._source = source
        self._options = (
            _whole("threads", threads, -(2**31), 2**31 - 1),  # the runtime says which numbers make sense
            -1 if spin_us is None else _whole("spin_us", spin_us, 0, 1000),
            _whole("memory_limit", memory_limit, 0, 2**64 - 1),
        )
        self._entries = tuple(Entry(name, _ports(inputs), _ports(outputs)) for name, inputs, outputs in native.entries())
        self._inputs = _common([entry.inputs for entry in self._entries])
        self._outputs = _common([entry.outputs for entry in self._entries])
        signatures = [_Signature(entry.name, entry.inputs, entry.outputs) for entry in self._entries]
        self._by_name = {signature.name: signature for signature in signatures}
        # Of two for the same shapes the first is chosen, as the C API does.
        self._by_shapes = {tuple(port.shape for port in signature.inputs): signature for signature in reversed(signatures)}
        self._idle = [_runtime.Context(native, *self._options)]  # also shows whether one can be had

    @property
    def entries(self) -> tuple[Entry, ...]:
        """Each signature that was compiled, with all its dimensions.

        >>> Model("batches.lmb").entries[1].inputs
        (Port('x', f32[4x3x7x9]),)
        """
        return self._entries

    @property
    def inputs(self) -> tuple[Port, ...]:
        """Name, type and shape of each input. A dimension that differs from entry to entry is None.

        >>> Model("batches.lmb").inputs[0].shape
        (None, 3, 7, 9)
        """
        return self._inputs

    @property
    def outputs(self) -> tuple[Port, ...]:
        """Name, type and shape of each output, as ``inputs``.

        >>> [(port.name, port.dtype) for port in Model("batches.lmb").outputs]
        [('y', 'f32')]
        """
        return self._outputs

    @property
    def info(self) -> dict[str, Any]:
        """What ``limbeck inspect --json`` says: entries, instruction sets with the one that runs here, bytes, provenance.

        >>> Model("model.lmb").info["provenance"]["compiler_version"]
        '0.1.0'
        """
        document: dict[str, Any] = json.loads(self._live().info())
        return document

    def run(
        self, *inputs: Mapping[str, ArrayLike] | ArrayLike, out: Mapping[str, np.ndarray] | None = None, entry: str | None = None
    ) -> dict[str, np.ndarray]:
        """Computes the outputs, by name, of inputs by name or, as positional arguments, in order.

        >>> x = np.ones((1, 3, 7, 9), np.float32)
        >>> by_name, in_order = Model("model.lmb").run({"x": x}), Model("model.lmb").run(x)
        >>> bool((by_name["y"] == in_order["y"]).all())
        True

        An array that is contiguous, aligned and of the input's type is read where it lies; others are copied. No value is ever
        changed: a type that does not fit is an error, but for float64 and int64 whose values float32 and int32 hold exactly.
        bf16 is taken as uint16 (or as bfloat16 of the package ml_dtypes), 4-bit values as one to a byte.

        out    arrays for some or all outputs, contiguous and of the right type and shape, which are written and returned
        entry  the signature to run; None: the one compiled for these shapes

        >>> y = np.empty((1, 4), np.float32)
        >>> Model("model.lmb").run(x, out={"y": y})["y"] is y
        True

        The interpreter's lock is released while the model computes. Errors: E-NAME, E-ARITY, E-DTYPE, E-SHAPE and E-RANK (the
        message lists the shapes compiled), E-INPUT-DATA (a value that does not fit), E-ARGUMENT (the memory of an output), E-RUN.
        """
        native = self._live()
        values = _in_order(inputs[0], self._inputs) if len(inputs) == 1 and isinstance(inputs[0], Mapping) else inputs
        if len(values) != len(self._inputs):
            raise Error("E-ARITY", f"expected {len(self._inputs)} inputs, found {len(values)}", f"the inputs are {_names(self._inputs)}")
        arrays = [conform(value, port) for value, port in zip(values, self._inputs)]
        signature = self._by_shapes.get(tuple(array.shape for array in arrays)) if entry is None else self._by_name.get(entry)
        if signature is None:  # the runtime says what is wrong, and lists what was compiled
            signature, out = _Signature(entry, self._inputs, ()), None
        outputs = [np.empty(port.shape, port.storage) for port in signature.outputs] if out is None else output_memory(out, signature.outputs)
        try:
            context = self._idle.pop()
        except IndexError:
            context = _runtime.Context(native, *self._options)
        try:
            context.run(signature.name, arrays, signature.input_types, outputs, signature.output_types)
        finally:
            if self._native is not None:
                self._idle.append(context)
        return {port.name: array for port, array in zip(signature.outputs, outputs)}

    def close(self) -> None:
        """Gives up the model; calls that are under way complete. What ``run`` returned stays. A second call does nothing.

        >>> with Model("model.lmb") as model:
        ...     y = model.run(np.zeros((1, 3, 7, 9), np.float32))["y"]
        >>> model.run(y)
        Traceback (most recent call last):
        limbeck.errors.Error: [E-ARGUMENT] expected an open model, found one that was closed
        """
        self._native = None
        self._idle = []

    def _live(self) -> _runtime.Model:
        if self._native is None:
            raise Error("E-ARGUMENT", "expected an open model, found one that was closed")
        return self._native

    def __enter__(self) -> Model:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        first = self._entries[0]
        sides = [", ".join(map(str, ports)) for ports in (first.inputs, first.outputs)]
        more = f", {len(self._entries)} entries" if len(self._entries) > 1 else ""
        return f"<limbeck.Model {self._source}: {' -> '.join(sides)}{more}>"


class _Signature:
    """What a call needs to know of an entry."""

    def __init__(self, name: str | None, inputs: tuple[Port, ...], outputs: tuple[Port, ...]):
        self.name, self.inputs, self.outputs = name, inputs, outputs
        self.input_types = tuple(NAMES.index(port.dtype) for port in inputs)
        self.output_types = tuple(NAMES.index(port.dtype) for port in outputs)


def _ports(ports: list[tuple[str, int, tuple[int, ...]]]) -> tuple[Port, ...]:
    return tuple(Port(name, NAMES[dtype], shape) for name, dtype, shape in ports)


def _whole(name: str, value: object, least: int, greatest: int) -> int:
    try:
        number = operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        raise Error("E-ARGUMENT", f"expected {name} to be a whole number, found {type(value).__name__}") from None
    if not least <= number <= greatest:
        raise Error("E-ARGUMENT", f"expected {name} from {least} to {greatest}, found {number}")
    return number


def _names(ports: Sequence[Port]) -> str:
    return ", ".join(f"'{port.name}'" for port in ports) or "none"


def _in_order(values: Mapping[str, ArrayLike], ports: Sequence[Port]) -> list[ArrayLike]:
    if len(values) == len(ports):
        try:
            return [values[port.name] for port in ports]
        except KeyError:
            pass
    found = ", ".join(f"'{name}'" for name in values) or "none"
    raise Error("E-NAME", f"expected exactly the inputs {_names(ports)}, found {found}")


def _common(sides: list[tuple[Port, ...]]) -> tuple[Port, ...]:
    """The ports of all entries as one list; entries come from one model, so they differ in dimensions only."""
    first = sides[0]
    kinds = [[(port.name, port.dtype, len(port.shape)) for port in side] for side in sides]
    if any(kind != kinds[0] for kind in kinds):
        raise Error("E-UNSUPPORTED", "expected entries that differ in dimensions only, found other names, types or ranks")
    shapes = [[dims[0] if len(set(dims)) == 1 else None for dims in zip(*(side[i].shape for side in sides))] for i in range(len(first))]
    return tuple(Port(port.name, port.dtype, tuple(shape)) for port, shape in zip(first, shapes))
