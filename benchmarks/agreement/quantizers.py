"""How each quantizer makes its file, each in a process of its own: `python -m agreement.quantizers JOB` (a JSON object).

A job has `kind`, `source`, `target`, `data` (.npz of samples) and the `options` of that kind; the answer is one line of JSON. All
quantizers read the same samples.
"""

import json
import logging
import math
import resource
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

import numpy as np
import onnx

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = ROOT / "build" / "bin" / "limbeck"
MEMORY_LIMIT = 16 * 2**30
CONTRACTIONS = {"Conv", "ConvTranspose", "Gemm", "MatMul"}
# What only moves elements: runtimes fuse through it.
MOVEMENT = {"Concat", "Expand", "Flatten", "Gather", "Identity", "Reshape", "Slice", "Split", "Squeeze", "Transpose", "Unsqueeze"}
INTEGER = {"ConvInteger", "MatMulInteger", "QLinearConv", "QLinearMatMul", "DynamicQuantizeMatMul", "MatMulIntegerToFloat", "DynamicQuantizeLSTM"}


def limbeck(job: dict) -> dict:
    command = [PROGRAM, "quantize", job["source"], "-o", job["target"], "--target", "cpu:native", "--no-bench", "--json", "--quiet"]
    options = list(job["options"].get("flags", []))
    # Ranges that are found when the model runs need no samples.
    options += [] if "--dynamic" in options else ["--data", job["data"]]
    with tempfile.TemporaryDirectory() as folder:
        if rules := job["options"].get("recipe"):
            recipe = Path(folder) / "recipe.yaml"
            recipe.write_text("version: 1\nrules:\n" + rules)
            options += ["--recipe", str(recipe)]
        done = subprocess.run([*map(str, command), *options], capture_output=True, text=True)
    document = json.loads(done.stdout) if done.stdout.strip() else {}
    if done.returncode:
        errors = [error["message"] for error in document.get("errors", [])] or done.stderr.strip().splitlines()
        raise RuntimeError((errors or [f"exit code {done.returncode}"])[0])
    return {"integer_share": document["quantized_multiply_adds"] / document["multiply_adds"]}


def limbeck_float(job: dict) -> dict:
    subprocess.run([PROGRAM, "compile", job["source"], "-o", job["target"], "--target", "cpu:native", "--quiet"], check=True)
    return {"integer_share": 0.0}


def _feeds(path: str) -> list:
    with np.load(path) as data:
        arrays = {name: data[name] for name in data}
    return [{name: array[i : i + 1] for name, array in arrays.items()} for i in range(len(next(iter(arrays.values()))))]


def _prepared(source: str, folder: str) -> str:
    """As ONNX Runtime's documentation asks for: batch norms folded, constants computed."""
    from onnxruntime.quantization.shape_inference import quant_pre_process

    path = str(Path(folder) / "prepared.onnx")
    quant_pre_process(source, path, skip_symbolic_shape=True)
    return path


def onnxruntime_static(job: dict) -> dict:
    from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantType, quantize_static

    class Reader(CalibrationDataReader):
        def __init__(self):
            self.feeds = iter(_feeds(job["data"]))

        def get_next(self):
            return next(self.feeds, None)

    options = dict(job["options"])
    for key, kind in [("activation_type", QuantType), ("weight_type", QuantType), ("calibrate_method", CalibrationMethod)]:
        if key in options:
            options[key] = kind[options[key]]
    with tempfile.TemporaryDirectory() as folder:
        quantize_static(_prepared(job["source"], folder), job["target"], Reader(), **options)
    return {}


def onnxruntime_dynamic(job: dict) -> dict:
    from onnxruntime.quantization import QuantType, quantize_dynamic

    options = dict(job["options"])
    if "weight_type" in options:
        options["weight_type"] = QuantType[options["weight_type"]]
    with tempfile.TemporaryDirectory() as folder:
        quantize_dynamic(_prepared(job["source"], folder), job["target"], **options)
    return {}


def nncf(job: dict) -> dict:
    import nncf as compression

    options = dict(job["options"])
    if "preset" in options:
        options["preset"] = compression.QuantizationPreset(options["preset"])
    if "model_type" in options:
        options["model_type"] = compression.ModelType(options["model_type"])
    source = onnx.load(job["source"])
    if options.pop("only_contractions", False):
        # Element-wise arithmetic, a layer norm spelled out for one, then stays float.
        others = {node.op_type for node in source.graph.node} - CONTRACTIONS
        options["ignored_scope"] = compression.IgnoredScope(types=sorted(others), validate=False)
    model = compression.quantize(source, compression.Dataset(_feeds(job["data"])), **options)
    onnx.save(model, job["target"])
    return {}


def integer_share(path: Path, feed: dict) -> float:
    """The share of multiply-adds in nodes that compute on integers: integer ops, and ops all of whose factors come from
    DequantizeLinear, if need be through ops that move elements, which runtimes fuse. By the shapes that a run shows."""
    import onnxruntime

    model = onnx.load(path)
    makers = {output: node for node in model.graph.node for output in node.output}
    kinds = CONTRACTIONS | INTEGER
    nodes = [node for node in model.graph.node if node.op_type in kinds]
    weights = {tensor.name: tuple(tensor.dims) for tensor in model.graph.initializer}
    factors = [(node.input[0], node.input[3]) if node.op_type.startswith("QLinear") else (node.input[0], node.input[1]) for node in nodes]
    wanted = sorted({name for pair, node in zip(factors, nodes) for name in [*pair, node.output[0]]} - weights.keys() - feed.keys())
    present = {value.name for value in model.graph.output}
    model.graph.output.extend(onnx.ValueInfoProto(name=name) for name in wanted if name not in present)
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    shapes = weights | {name: array.shape for name, array in feed.items()}
    shapes |= {name: result.shape for name, result in zip(wanted, session.run(wanted, feed))}

    def dequantized(name):
        node = makers.get(name)
        if node is not None and node.op_type in MOVEMENT:
            return all(dequantized(part) for part in (node.input if node.op_type == "Concat" else node.input[:1]))
        return node is not None and node.op_type == "DequantizeLinear"

    whole = integer = 0
    for node, (left, right) in zip(nodes, factors):
        if node.op_type == "ConvTranspose":
            count = math.prod(shapes[left]) * math.prod(shapes[right][1:])
        elif "Conv" in node.op_type:
            count = math.prod(shapes[node.output[0]]) * math.prod(shapes[right][1:])
        else:
            turned = any(attribute.name == "transA" and attribute.i for attribute in node.attribute)
            count = math.prod(shapes[node.output[0]]) * shapes[left][0 if turned else -1]
        whole += count
        integer += count if node.op_type in INTEGER or (dequantized(left) and dequantized(right)) else 0
    return integer / whole


KINDS = {kind.__name__: kind for kind in (limbeck, limbeck_float, onnxruntime_static, onnxruntime_dynamic, nncf)}


def make(job: dict, seconds: float) -> dict:
    """Runs a job; its facts, or {"fault": the reason}."""
    try:
        done = subprocess.run(
            [sys.executable, "-m", "agreement.quantizers", json.dumps(job)], cwd=ROOT / "benchmarks", capture_output=True, text=True, timeout=seconds
        )
    except subprocess.TimeoutExpired:
        return {"fault": f"took longer than {seconds:.0f} s"}
    lines = done.stdout.strip().splitlines()
    if done.returncode or not lines:
        said = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        return {"fault": said[-1][:300]}
    return json.loads(lines[-1])


def main() -> int:
    job = json.loads(sys.argv[1])
    sys.path.insert(0, str(ROOT / "examples"))
    warnings.simplefilter("ignore")
    logging.disable(logging.ERROR)
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_LIMIT, MEMORY_LIMIT))
    facts = KINDS[job["kind"]](job)
    if "integer_share" not in facts:
        facts["integer_share"] = integer_share(job["target"], _feeds(job["data"])[0])
    print(json.dumps(facts | {"bytes": Path(job["target"]).stat().st_size}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
