#!/usr/bin/env python3
"""Writes whole models as ONNX again and compares what is written with what was read: names, open dimensions, and results.

Limbeck's compiled code must give the same bits from both, ONNX Runtime the same bits for int8 and, for float, where batch
normalization became part of convolutions, results within rounding. Quantized models are written in their typed form as well, as
quantization passes leave them. onnx.checker passes all of them, with shape inference.

Models that `limbeck quantize` writes keep open dimensions, too, and run at any size: there, ONNX Runtime agrees with Limbeck stretch
by stretch. OpenVINO must load and run them where it is installed.
"""

import argparse
import importlib.util
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import onnx
import onnxruntime

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "examples"))
import onnxruntime_peer  # noqa: E402
import stretches  # noqa: E402
from limbeck_command import Limbeck, LimbeckError  # noqa: E402
from models import catalogue, ppocr  # noqa: E402
from models.__main__ import ensure  # noqa: E402

NAMES = [name for name in catalogue.ENTRIES if name != "minilm"]
# onnx's converter to opset 13 wrote its softmax with shapes of other tensors than those that are reshaped, and quantizers put
# theirs between.
NEEDS_SHAPES = {"recognizer"}
# What `limbeck quantize` is tried on, as the files are found: shapes that are computed, sizes that are open in up to three places.
QUANTIZED = {**{name: lambda _, name=name: ppocr.find(name) for name in ppocr.PATTERNS}, "small_encoder": lambda path: path}
STRETCHES = 40
WITH_DEFAULT = {"efficientnet_lite0", "perceptron", "small_encoder"}
# Batch normalization in the weights changes their last bits: as far as that may be seen in the outputs.
ROUNDING_DB = 100.0
OPENVINO_DB = 10.0


def interface(graph: onnx.GraphProto) -> list:
    """Names and dimensions of inputs and outputs; a symbol that is a question mark is none, and so is a size of -1."""

    def dims(info) -> list:
        shape = info.type.tensor_type.shape
        return [dim.dim_param if dim.dim_param not in ("", "?") else max(dim.dim_value, 0) for dim in shape.dim]

    weights = {tensor.name for tensor in graph.initializer}
    return [(info.name, dims(info)) for info in [*graph.input, *graph.output] if info.name not in weights]


def foreign(found: set, known: set) -> list:
    """Names that are not known ones, nor such with something behind them, as of several nodes in place of one."""

    def derived(name: str) -> bool:
        while name not in known and max(name.rfind("_"), name.rfind("#")) > 0:
            name = name[: max(name.rfind("_"), name.rfind("#"))]
        return name in known

    return sorted(name for name in found if not derived(name))


def names(graph: onnx.GraphProto) -> tuple:
    """Names of nodes and of the tensors that they make."""
    return {node.name for node in graph.node}, {output for node in graph.node for output in node.output}


def compare_files(source: onnx.ModelProto, written: onnx.ModelProto, open_dims: bool) -> str:
    onnx.checker.check_model(written, full_check=True)
    before, after = interface(source.graph), interface(written.graph)
    if open_dims and before != after:
        return f"expected inputs and outputs {before}, found {after}"
    if [name for name, _ in before] != [name for name, _ in after]:
        return f"expected inputs and outputs of the same names, found {after}"
    if written.opset_import[0].version != max(source.opset_import[0].version, 13) or len(written.opset_import) != 1:
        return f"expected the opset of the source, found {written.opset_import}"
    if all(node.name for node in source.graph.node):
        for what, old, new in zip(("nodes", "tensors"), names(source.graph), names(written.graph)):
            if foreign(new, old):
                return f"expected {what} of the source, found {foreign(new, old)[:3]} besides"
    return ""


def compare_results(limbeck: Limbeck, source: Path, written: Path, feeds: dict, exact: bool) -> str:
    shapes = {name: value.shape for name, value in feeds.items()}
    peers = [onnxruntime_peer.session(path) for path in (source, written)]
    outputs = [output.name for output in peers[0].get_outputs()]
    for name, want, found in zip(outputs, *(peer.run(outputs, feeds) for peer in peers)):
        error = np.square(want - found, dtype=np.float64).sum()
        if exact and error != 0:
            return f"output '{name}': expected the same numbers of ONNX Runtime, found others"
        if error and 10 * np.log10(np.square(want, dtype=np.float64).sum() / error) < ROUNDING_DB:
            return f"output '{name}': expected ONNX Runtime within rounding, found an error of {error}"
    results = []
    for path in (source, written):
        artifact = written.with_suffix(".lmb")
        limbeck.compile(path, artifact, shapes)
        results.append(limbeck.run(artifact, feeds, outputs))
    for name in outputs:
        if results[0][name].tobytes() != results[1][name].tobytes():
            return f"output '{name}': expected the same bits from both models, found others"
    return ""


def write(limbeck: Limbeck, source: Path, written: Path, shapes: dict, typed: bool) -> None:
    """The model behind stage Graph; `typed`: with parameters in types."""
    flags = [flag for name, dims in shapes.items() for flag in ("--shape", f"{name}={'x'.join(map(str, dims))}")]
    if not typed:
        limbeck.call("compile", source, "-o", written, *flags)
        return
    module, folded = written.with_suffix(".mlir"), written.with_suffix(".typed.mlir")
    limbeck.call("compile", source, "-o", module, "--to", "graph", *flags)
    program = limbeck.program.with_name("limbeck-opt")
    command = [program, module, "--limbeck-quantize-fold-parameters", "--limbeck-graph-canonicalize", "-mlir-print-debuginfo", "-o", folded]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise LimbeckError(f"limbeck-opt: {done.stderr.strip()}")
    limbeck.call("compile", folded, "-o", written, "--from", "graph")


def check(limbeck: Limbeck, name: str, form: str, source: Path, typed: bool) -> str:
    """What is wrong with one model, or nothing."""
    feeds = catalogue.ENTRIES[name].calibration()[0]
    shapes = {port: value.shape for port, value in feeds.items()} if name in NEEDS_SHAPES and form != "float" else {}
    with tempfile.TemporaryDirectory() as folder:
        written = Path(folder) / "model.onnx"
        write(limbeck, source, written, shapes, typed)
        fault = compare_files(onnx.load(source), onnx.load(written), not shapes)
        return fault or compare_results(limbeck, source, written, feeds, exact=form != "float")


def compare_with_openvino(written: Path, feeds: dict) -> str:
    """That OpenVINO takes the file and comes near ONNX Runtime; its own kernels round elsewhere."""
    import openvino

    session = onnxruntime_peer.session(written)
    outputs = [output.name for output in session.get_outputs()]
    found = openvino.compile_model(str(written), "CPU")(feeds)
    for index, (name, want) in enumerate(zip(outputs, session.run(outputs, feeds))):
        if found[index].shape != want.shape:
            return f"output '{name}': expected OpenVINO's result of shape {want.shape}, found {found[index].shape}"
        error = np.square(want - found[index], dtype=np.float64).sum()
        if error and 10 * np.log10(np.square(want, dtype=np.float64).sum() / error) < OPENVINO_DB:
            return f"output '{name}': expected OpenVINO near ONNX Runtime, found an error of {error}"
    return ""


def check_quantized(limbeck: Limbeck, source: Path, calibration: list, inputs: list, flags: tuple = ()) -> str:
    """The same for the file that `limbeck quantize` writes of a float model; its last inputs are compared stretch by stretch."""
    with tempfile.TemporaryDirectory() as folder:
        samples, written = Path(folder) / "samples", Path(folder) / "model.onnx"
        samples.mkdir()
        for index, feeds in enumerate(calibration):
            np.savez(samples / f"{index}.npz", **feeds)
        limbeck.call("quantize", source, "--data", samples, "-o", written, "--no-bench", *flags)
        model = onnx.load(written)
        onnx.checker.check_model(model, full_check=True)
        before, after = interface(onnx.load(source).graph), interface(model.graph)
        if before != after:
            return f"expected inputs and outputs {before}, found {after}"
        for feeds in inputs:
            onnxruntime_peer.session(written).run(None, feeds)
            if importlib.util.find_spec("openvino"):
                fault = compare_with_openvino(written, feeds)
                if fault:
                    return fault
        places = len(stretches.Graph(model, inputs[-1]).boundaries())
        runner = stretches.limbeck_runner(limbeck.program)
        compared = stretches.compare(model, inputs[-1], runner, "off", min(STRETCHES, places + 1))
        if not compared:
            return "expected a stretch between integers to compare, found none"
        for stretch in compared:
            if not stretch.passes():
                return f"from {stretch.inputs} to {stretch.outputs}: {stretch.difference}"
    return ""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"any of {', '.join(catalogue.ENTRIES)}; all when none is given")
    parser.add_argument("--limbeck", type=Path, default=Path("build/bin/limbeck"), help="the program (default: %(default)s)")
    parser.add_argument("--work", type=Path, default=Path("build/demo/models"), help="folder for the models (default: %(default)s)")
    arguments = parser.parse_args()
    onnxruntime.set_default_logger_severity(3)
    limbeck = Limbeck(arguments.limbeck)
    passed = failed = 0
    if not importlib.util.find_spec("openvino"):
        print("OpenVINO is not installed here: it is not asked")
    for name in arguments.names or NAMES:
        if name not in catalogue.ENTRIES:
            parser.error(f"expected one of {', '.join(catalogue.ENTRIES)}, found '{name}'")
        forms = ["qdq", *(["default"] if name in WITH_DEFAULT else [])]
        paths = ensure(arguments.work, name, forms)
        tries = [(f"{name}, {form}{', typed' if typed else ''}", check, (name, form, path, typed))
                 for form, path in paths.items() for typed in ([False, True] if form != "float" else [False])]
        if name in QUANTIZED or name in arguments.names:
            float_file = QUANTIZED.get(name, lambda path: path)(paths["float"])
            entry = catalogue.ENTRIES[name]
            samples = entry.calibration()[:8]
            tries.append((f"{name}, quantized by Limbeck", check_quantized, (float_file, samples, [*samples[:1], *entry.inputs(1)])))
        for what, action, operands in tries:
            try:
                fault = action(limbeck, *operands)
            except (LimbeckError, ValueError, onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as error:
                fault = str(error)
            print(f"{'FAIL' if fault else 'ok  '} {what}{': ' + fault if fault else ''}", flush=True)
            passed, failed = passed + (not fault), failed + bool(fault)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
