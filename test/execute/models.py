#!/usr/bin/env python3
"""Compiles whole models, float and int8, and compares every bit of their outputs with Limbeck's interpreter. With
--precision bf16, float models are held to an error instead: as close to f32 as the interpreter's bf16 is.

The models are those of examples/models: classifiers and a small text encoder written here, and the three PP-OCR models
(recognizer, detector, angle classifier). MiniLM is compared when it is named and its Python package installed.
"""

import argparse
import functools
import math
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import onnxruntime

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "examples"))
import onnxruntime_peer  # noqa: E402
from limbeck_command import Limbeck, LimbeckError  # noqa: E402
from models import catalogue  # noqa: E402
from models.__main__ import ensure, ensure_fixed  # noqa: E402

# MiniLM comes with a package of 84 MB; the small encoder is the same graph.
NAMES = [name for name in catalogue.ENTRIES if name != "minilm"]
WITH_QOPERATOR = {"recognizer", "detector", "angle"}
WITH_DEFAULT = {"efficientnet_lite0", "perceptron", "recognizer", "small_encoder"}
WITH_ADVERSE = {"angle", "mobilenetv2", "small_encoder"}
# Batches, of which some layers are computed sample by sample and others for all samples together.
WITH_BATCH = {"angle": 8, "detector": 8, "mobilenetv2": 8, "recognizer": 8}
# Kernels of other instruction sets than this machine's best: on it, or through stand-ins where it lacks them.
OTHER_ISAS = ["avx2", "amx", "arm64-i8mm"]
# Small models are compared on every instruction set, float as well; --isas all does so for the others (half an hour).
ALL_ISAS = ["x86-64", "avx2", "avx512", "avx-vnni", "avx512-vnni", "avx512-bf16", "amx", "arm64", "arm64-dotprod", "arm64-i8mm"]
ON_ALL_ISAS = {"angle", "perceptron", "small_encoder"}


def forms(name: str) -> list:
    others = {"qoperator": WITH_QOPERATOR, "default": WITH_DEFAULT, "adverse": WITH_ADVERSE}
    return ["qdq", *(form for form, names in others.items() if name in names)]


def compare(limbeck: Limbeck, path: Path, feeds: dict) -> str:
    """What is wrong with one compiled model, or nothing."""
    session = onnxruntime_peer.session(path)
    names = [output.name for output in session.get_outputs()]
    shapes = {name: value.shape for name, value in feeds.items()}
    with tempfile.TemporaryDirectory() as folder:
        artifact = Path(folder) / "model.lmb"
        limbeck.compile(path, artifact, shapes)
        compiled = limbeck.run(artifact, feeds, names)
    interpreted = limbeck.run(path, feeds, names, reference=True, shapes=shapes)
    for name in names:
        ours, oracle = compiled[name], interpreted[name]
        if ours.shape != oracle.shape or ours.dtype != oracle.dtype:
            return f"output '{name}': expected {oracle.dtype}{oracle.shape}, found {ours.dtype}{ours.shape}"
        if ours.tobytes() != oracle.tobytes():
            different = np.count_nonzero(ours.view(np.uint8) != oracle.view(np.uint8))
            return f"output '{name}': expected the interpreter's bits, found {different} of {ours.nbytes} bytes different"
    return ""


def compare_through_stand_ins(program: Path, path: Path, isas: list, feeds: dict) -> str:
    """The same for the kernels of some instruction sets, on any machine, several workers and inputs of chance."""
    shapes = []
    for name, value in feeds.items():
        shapes += ["--shape", f"{name}={'x'.join(map(str, value.shape))}"]
    done = subprocess.run([program, "--model", path, "--isa", ",".join(isas), *shapes], capture_output=True, text=True)
    return "" if done.returncode == 0 else done.stdout.strip() + done.stderr.strip()


# Of two bf16 computations whose sums have other orders, one may lie closer to f32 by chance.
CHANCE_DB = 1.0
# Models with trained weights and an answer per row; where weights are random, a rounding may move the greatest of 1,000 equals.
WITH_ANSWERS = {"recognizer", "angle"}


# Half a unit of the last place beside the value: what f32 itself resolves.
F32_DB = 20 * math.log10(2**24)


def decibels(signal: np.ndarray, error: np.ndarray) -> float:
    """Signal to noise; infinite without noise."""
    noise = np.square(error, dtype=np.float64).sum()
    return np.inf if noise == 0 else 10 * np.log10(np.square(signal, dtype=np.float64).sum() / noise)


def compare_reduced(limbeck: Limbeck, path: Path, feeds: dict, has_answers: bool) -> str:
    """What is wrong with a float model that was compiled with --precision bf16, or nothing: it must be as close to f32 as the
    interpreter's bf16 is, and closer to that than either is to f32. The bound of every single op is the property test's."""
    names = [output.name for output in onnxruntime_peer.session(path).get_outputs()]
    shapes = {name: value.shape for name, value in feeds.items()}
    with tempfile.TemporaryDirectory() as folder:
        artifact = Path(folder) / "model.lmb"
        limbeck.compile(path, artifact, shapes, precision="bf16")
        compiled = limbeck.run(artifact, feeds, names)
    interpreted = limbeck.run(path, feeds, names, reference=True, shapes=shapes, precision="bf16")
    exact = limbeck.run(path, feeds, names, reference=True, shapes=shapes)
    for name in names:
        ours, oracle, full = compiled[name], interpreted[name], exact[name]
        reached, owed, apart = decibels(full, ours - full), decibels(full, oracle - full), decibels(oracle, ours - oracle)
        owed = min(owed, F32_DB)  # a softmax of which one result is 1 is nearer: errors of 1e-12 beside that
        if reached < owed - CHANCE_DB:
            return f"output '{name}': expected {owed:.1f} dB against f32, as the interpreter has, found {reached:.1f}"
        if apart < owed:
            return f"output '{name}': expected the interpreter's bf16 within {owed:.1f} dB, found {apart:.1f}"
        if has_answers and (ours.argmax(-1) != full.argmax(-1)).any():
            return f"output '{name}': expected the answer of f32, found {np.mean(ours.argmax(-1) == full.argmax(-1)):.2%} of it"
    return ""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"any of {', '.join(catalogue.ENTRIES)}; all when none is given")
    parser.add_argument("--limbeck", type=Path, default=Path("build/bin/limbeck"), help="the program (default: %(default)s)")
    parser.add_argument("--work", type=Path, default=Path("build/demo/models"), help="folder for the models (default: %(default)s)")
    parser.add_argument("--isas", choices=["some", "all"], default="some", help="on how many instruction sets large models are compared")
    arguments = parser.parse_args()
    onnxruntime.set_default_logger_severity(3)
    limbeck = Limbeck(arguments.limbeck)
    passed = failed = 0

    def report(what: str, fault: str) -> None:
        nonlocal passed, failed
        print(f"{'FAIL' if fault else 'ok  '} {what}{': ' + fault if fault else ''}", flush=True)
        passed, failed = passed + (not fault), failed + bool(fault)

    for name in arguments.names or NAMES:
        if name not in catalogue.ENTRIES:
            parser.error(f"expected one of {', '.join(catalogue.ENTRIES)}, found '{name}'")
        feeds = catalogue.ENTRIES[name].calibration()[0]
        cases = [(form, path, compare) for form, path in ensure(arguments.work, name, forms(name)).items()]
        reduced = functools.partial(compare_reduced, has_answers=name in WITH_ANSWERS)
        cases += [("bf16", path, reduced) for form, path, _ in cases if form == "float"]
        for form, path, check in cases:
            try:
                fault = check(limbeck, path, feeds)
            except LimbeckError as error:
                fault = str(error)
            report(f"{name}, {form}", fault)
            on_all = name in ON_ALL_ISAS or arguments.isas == "all"
            if form == "qdq" or (form == "float" and on_all):
                isas = ALL_ISAS if on_all else OTHER_ISAS
                program = arguments.limbeck.with_name("limbeck-property-test")
                report(f"{name}, {form}, {', '.join(isas)}", compare_through_stand_ins(program, path, isas, feeds))
        if batch := WITH_BATCH.get(name):
            paths = ensure_fixed(arguments.work, name, ["qdq"], batch)
            with np.load(paths["inputs"]) as inputs:
                stacked = {port: inputs[port][0] for port in inputs}
            for form in ["float", "qdq"]:
                try:
                    fault = compare(limbeck, paths[form], stacked)
                except LimbeckError as error:
                    fault = str(error)
                report(f"{name}, {form}, {batch} samples", fault)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
