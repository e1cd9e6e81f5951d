"""Compiles the text recognizer, float and int8, reads pictures with Limbeck and with ONNX Runtime, prints a table.

Fails when the compiled program differs from Limbeck's interpreter in a single bit, or reads another text than ONNX Runtime.
"""

import argparse
import os
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime

import onnxruntime_peer
from limbeck_command import Limbeck, LimbeckError
from models import ppocr
from models.__main__ import ensure

from . import decode, pictures

FORMS = {"float": "float", "qdq": "int8, QDQ", "qoperator": "int8, QOperator"}


@dataclass
class Row:
    """One model run by one runtime."""

    model: str
    runtime: str
    texts: list
    interpreter: str = ""
    peer: str = ""
    size: int = 0
    load: float = None
    latency: float = None


def run_peer(form: str, path: Path, inputs: list, alphabet: list, threads: int, seconds: float):
    """ONNX Runtime's row and its raw outputs."""
    session = onnxruntime_peer.session(path, threads)
    name = session.get_inputs()[0].name
    outputs = [session.run(None, {name: x})[0] for x in inputs]
    row = Row(FORMS[form], "ONNX Runtime", [decode.decode(y, alphabet) for y in outputs], size=path.stat().st_size)
    row.load = onnxruntime_peer.load_milliseconds(path, threads)
    row.latency = onnxruntime_peer.latency_milliseconds(session, {name: inputs[0]}, seconds)
    return row, outputs


def run_ours(limbeck: Limbeck, form: str, path: Path, artifact: Path, inputs: list, alphabet: list, peer, arguments):
    """Limbeck's row, and what is wrong with it: a list of sentences, empty when all is well."""
    peer_row, peer_outputs = peer
    session = onnxruntime_peer.session(path)
    name, output = session.get_inputs()[0].name, session.get_outputs()[0].name
    shapes = {name: inputs[0].shape}
    limbeck.compile(path, artifact, shapes)
    outputs = [limbeck.run(artifact, {name: x}, [output], threads=arguments.threads)[output] for x in inputs]
    interpreted = limbeck.run(path, {name: inputs[0]}, [output], reference=True, shapes=shapes)[output]
    row = Row(FORMS[form], "Limbeck", [decode.decode(y, alphabet) for y in outputs], size=artifact.stat().st_size)

    same_bits = np.mean(outputs[0].view(np.uint32) == interpreted.view(np.uint32))
    same_choices = np.mean([decode.same_choices(y, z) for y, z in zip(outputs, peer_outputs)])
    difference = max(float(np.abs(y - z).max()) for y, z in zip(outputs, peer_outputs))
    row.interpreter = f"{same_bits:.2%} of bits"
    row.peer = f"{same_choices:.2%}, off by {difference:.1e}"
    measured = limbeck.bench(artifact, arguments.threads, arguments.seconds)
    row.load, row.latency = measured.get("load_ms"), measured["p50_ms"]

    faults = []
    if same_bits != 1:
        faults.append(f"{FORMS[form]}: expected the interpreter's bits, found {same_bits:.4%} equal")
    if row.texts != peer_row.texts:
        faults.append(f"{FORMS[form]}: expected the text ONNX Runtime reads, {peer_row.texts}, found {row.texts}")
    return row, faults


def milliseconds(value) -> str:
    return "not reported" if value is None else f"{value:.2f} ms"


def print_table(header: list, rows: list) -> None:
    widths = [max(len(str(row[column])) for row in [header, *rows]) for column in range(len(header))]
    for index, row in enumerate([header, *rows]):
        print("  ".join(str(cell).ljust(width) for cell, width in zip(row, widths)).rstrip())
        if index == 0:
            print("  ".join("-" * width for width in widths))
    print()


def print_report(rows: list) -> None:
    lines = pictures.TEST_LINES
    print_table(["model", "runtime", *lines], [[row.model, row.runtime, *row.texts] for row in rows])
    header = ["model", "runtime", "lines right", "= interpreter", "= ONNX Runtime", "size", "load", "latency"]
    body = []
    for row in rows:
        right = sum(text == line for text, line in zip(row.texts, lines))
        size = f"{row.size / 1e6:.2f} MB"
        share = f"{right}/{len(lines)}"
        body.append([row.model, row.runtime, share, row.interpreter, row.peer, size, milliseconds(row.load), milliseconds(row.latency)])
    print_table(header, body)
    print("= interpreter: bits of the output equal to Limbeck's reference interpreter, first picture.")
    print("= ONNX Runtime: steps at which both prefer the same character, and the largest difference of a probability.")
    print("size: the artifact beside the ONNX file; latency: median of one run, batch 1, same number of threads.")


def parse_arguments():
    parser = argparse.ArgumentParser(prog="python -m recognize_text", description=__doc__)
    parser.add_argument("--limbeck", type=Path, default=Path("build/bin/limbeck"), help="the program (default: %(default)s)")
    parser.add_argument("--work", type=Path, default=Path("build/demo"), help="folder for models and artifacts (default: %(default)s)")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)), help="threads of both runtimes (default: %(default)s)")
    parser.add_argument("--seconds", type=float, default=0.5, help="seconds to measure each latency (default: %(default)s)")
    parser.add_argument("--onnxruntime-only", action="store_true", help="leave Limbeck out: no agreement, no artifact")
    return parser.parse_args()


def main() -> int:
    arguments = parse_arguments()
    onnxruntime.set_default_logger_severity(3)
    paths = ensure(arguments.work / "models", "recognizer", ["qdq", "qoperator"])
    alphabet = ppocr.alphabet(paths["float"])
    inputs = [pictures.line(text) for text in pictures.TEST_LINES]
    limbeck = None if arguments.onnxruntime_only else Limbeck(arguments.limbeck)
    rows, faults = [], []
    for form, path in paths.items():
        peer = run_peer(form, path, inputs, alphabet, arguments.threads, arguments.seconds)
        if limbeck:
            artifact = arguments.work / f"recognizer.{form}.lmb"
            ours, wrong = run_ours(limbeck, form, path, artifact, inputs, alphabet, peer, arguments)
            rows.append(ours)
            faults += wrong
        rows.append(peer[0])
    print_report(rows)
    for fault in faults:
        print(f"demo: error: {fault}", file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except LimbeckError as error:
        print(f"demo: error: {error}", file=sys.stderr)
        sys.exit(1)
