"""Calls of the program ``limbeck``, where it is installed: what the compiler does is not in this package."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from typing import Any

from .errors import Error

GATE_FAILED = 4
"""The exit code of a command that did its work, and found less than was asked for."""


def command(name: str, *arguments: str | os.PathLike[str], program: str | os.PathLike[str] | None = None, **flags: Any) -> dict[str, Any]:
    """Runs one command of the program and returns its JSON document; a failure is raised as ``Error``.

    >>> command("inspect", "model.onnx")["inputs"][0]["name"]
    'x'
    >>> command("run", "model.onnx", input="x=random:1")["outputs"][0]["shape"]
    [1, 4]

    Each flag is one of the command, with ``_`` for ``-``: True for a flag without a value, a list for one that is repeated, a
    dict for NAME=VALUE, whose values may be shapes (tuples) or choices (lists): ``dim={"N": [1, 4]}`` is ``--dim N=1,4``, and
    ``shape={"x": (1, 3, 48, 320)}`` is ``--shape x=1x3x48x320``. None and False leave a flag out.

    program  the file; None: that of the environment variable LIMBECK, else ``limbeck`` on the PATH

    Errors: E-FILE-KIND when there is no program, and all codes of docs/contract.md. Of several the first is raised; ``details``
    has them all, as JSON has them. Where a gate that was asked for fails (E-GATE), ``document`` is what the command found.
    """
    words = [_found(program), name, *map(os.fspath, arguments), "--json", *(word for flag, value in flags.items() for word in _words(flag, value))]
    done = subprocess.run(words, capture_output=True, text=True, errors="replace")
    try:
        document: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        document = {}
    if done.returncode == 0 and document:
        return document
    if document.get("errors"):
        raise _error(document["errors"])
    if document and done.returncode == GATE_FAILED and (error := _gate(done.stderr)):
        error.document = document
        raise error
    said = (done.stderr.strip().splitlines() or ["nothing"])[-1]
    raise Error("E-RUN", f"expected a document of limbeck {name}, found exit code {done.returncode}: {said}")


def compile(model: str | os.PathLike[str], output: str | os.PathLike[str], **flags: Any) -> dict[str, Any]:
    """``limbeck compile MODEL -o OUTPUT``: an artifact of an ONNX model. Flags and errors as ``command``.

    >>> compile("model.onnx", "own.lmb", target="cpu:native")["output"]
    'own.lmb'
    """
    return command("compile", model, "-o", output, **flags)


def quantize(model: str | os.PathLike[str], output: str | os.PathLike[str], **flags: Any) -> dict[str, Any]:
    """``limbeck quantize MODEL -o OUTPUT``, with ``data=SET`` or ``stats=FILE``. Flags and errors as ``command``.

    >>> quantize("missing.onnx", "int8.lmb", data="samples.npz")
    Traceback (most recent call last):
    limbeck.errors.Error: [E-...
    """
    return command("quantize", model, "-o", output, **flags)


def _found(program: str | os.PathLike[str] | None) -> str:
    name = os.fspath(program) if program is not None else os.environ.get("LIMBECK", "limbeck")
    path = shutil.which(name)
    if path is None:
        raise Error("E-FILE-KIND", f"expected the program '{name}', found none", "set LIMBECK to its path; scripts/build makes it in build/bin")
    return path


def _words(flag: str, value: Any) -> list[str]:
    """The words of the command line for one flag.

    >>> _words("fail_on_unfused", True), _words("dim", {"N": [1, 4]}), _words("shape", {"x": (1, 3), "s": ()}), _words("samples", None)
    (['--fail-on-unfused'], ['--dim', 'N=1,4'], ['--shape', 'x=1x3', '--shape', 's=scalar'], [])
    """
    dashed = f"--{flag.replace('_', '-')}"
    if value is None or value is False:
        return []
    if value is True:
        return [dashed]
    if isinstance(value, Mapping):
        return [word for name, one in value.items() for word in (dashed, f"{name}={_text(one)}")]
    if isinstance(value, (list, tuple)):
        return [word for one in value for word in (dashed, os.fspath(one) if isinstance(one, os.PathLike) else str(one))]
    return [dashed, os.fspath(value) if isinstance(value, os.PathLike) else str(value)]


def _text(value: Any) -> str:
    if isinstance(value, tuple):
        return "x".join(map(str, value)) or "scalar"
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


def _gate(said: str) -> Error | None:
    """A gate that failed stands on standard error, since standard output has what was found.

    >>> _gate("calibrated\\nerror: [E-GATE] expected at least 40 dB, found 25.5; use --accurate\\n")
    Error('E-GATE', 'expected at least 40 dB, found 25.5', 'use --accurate')
    """
    for line in reversed(said.splitlines()):
        if found := re.search(r"error: \[(E-[A-Z-]+)\] (.*)", line):
            message, _, hint = found[2].partition("; ")
            return Error(found[1], message, hint)
    return None


def _error(errors: list[dict[str, str]]) -> Error:
    """The first one, its place in front of its message as on the command line."""
    first = errors[0]
    node = f"node '{first.get('node')}' ({first.get('op')})" if first.get("node") else first.get("op")
    attribute = f"attribute '{first['attribute']}'" if first.get("attribute") else ""
    places = [place for place in (first.get("file"), node, attribute) if place]
    error = Error(first["code"], ": ".join([*places, first["message"]]), first.get("hint", ""))
    error.details = errors
    return error
