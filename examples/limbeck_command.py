"""Calls the program `limbeck` as a user's script would: the command line, files, JSON (docs/contract.md)."""

import json
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np


class LimbeckError(RuntimeError):
    """The program failed; the message holds the command and what it wrote."""


class Limbeck:
    """One installed `limbeck`."""

    def __init__(self, program: Path):
        self.program = Path(program)
        if not self.program.is_file():
            raise LimbeckError(f"expected the program {program}; scripts/build makes it")

    def call(self, *arguments) -> str:
        """Runs one command and returns its stdout; any exit code but 0 raises."""
        command = [str(self.program), *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            raise LimbeckError(f"{' '.join(command)}: exit {done.returncode}\n{done.stderr.strip()}")
        return done.stdout

    def compile(self, model: Path, artifact: Path, shapes: dict = None, target: str = "cpu:native", precision: str = "f32") -> float:
        """Compiles a model, by default for this machine alone; returns the seconds it took."""
        start = time.perf_counter()
        self.call("compile", model, "-o", artifact, "--target", target, "--precision", precision, *_shape_flags(shapes or {}))
        return time.perf_counter() - start

    def run(self, target: Path, feeds: dict, outputs: list, reference=False, shapes: dict = None, threads: int = 0, precision: str = "f32") -> dict:
        """Runs an artifact, or a model with the interpreter (`reference`); returns the outputs asked for, by name."""
        with tempfile.TemporaryDirectory() as folder:
            flags = ["--reference"] if reference else []
            flags += _shape_flags(shapes or {})
            flags += ["--precision", precision] if precision != "f32" else []
            flags += ["--threads", threads] if threads else []
            for index, (name, value) in enumerate(feeds.items()):
                path = Path(folder) / f"input_{index}.npy"
                np.save(path, value)
                flags += ["--input", f"{name}=@{path}"]
            paths = {name: Path(folder) / f"output_{index}.npy" for index, name in enumerate(outputs)}
            for name, path in paths.items():
                flags += ["--output", f"{name}=@{path}"]
            self.call("run", target, *flags)
            return {name: np.load(path) for name, path in paths.items()}

    def bench(self, artifact: Path, threads: int, seconds: float) -> dict:
        """The JSON document of `limbeck bench`."""
        return json.loads(self.call("bench", artifact, "--threads", threads, "--seconds", seconds, "--json"))


def _shape_flags(shapes: dict) -> list:
    return [flag for name, dims in shapes.items() for flag in ("--shape", f"{name}={'x'.join(map(str, dims)) or 'scalar'}")]
