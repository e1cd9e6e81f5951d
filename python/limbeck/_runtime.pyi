"""The C API of the runtime as Python classes; limbeck.Model is what to use."""

from typing import overload

import numpy as np

_Port = tuple[str, int, tuple[int, ...]]

def version() -> str: ...

class Model:
    @overload
    def __init__(self, path: bytes, map: bool, /) -> None: ...
    @overload
    def __init__(self, artifact: bytes, /) -> None: ...
    def info(self) -> str: ...
    def entries(self) -> list[tuple[str, list[_Port], list[_Port]]]: ...

class Context:
    def __init__(self, model: Model, threads: int, spin_us: int, memory_limit: int, /) -> None: ...
    def run(
        self,
        entry: str | None,
        inputs: list[np.ndarray],
        input_types: tuple[int, ...],
        outputs: list[np.ndarray],
        output_types: tuple[int, ...],
    ) -> None: ...
