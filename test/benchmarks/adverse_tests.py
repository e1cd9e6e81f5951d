"""Tests of the adverse form of models: that the compiler has no proof left for it, and what stays as it was."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import onnx
import onnxruntime

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "examples"))

from models import quantize  # noqa: E402
from models.network import FLOAT, Network  # noqa: E402
from models.qdq import QdqModel  # noqa: E402

# Forms whose proof depends on weights, scales or zero points. Others need none, or have one whatever those are (docs/speed.md).
PROVEN = {"packed", "fused and packed", "fused sum", "fused product", "reciprocal", "clamp"}


def small_network(path: Path) -> list:
    """Convolutions of several kinds, a residual sum, a gate, and a dense layer; returns samples."""
    network = Network(statistics={})
    network.normalise = lambda name, x, channels: x
    x = network.convolution("stem", "x", 3, 16, 3, stride=2, activation="relu")
    y = network.convolution("depthwise", x, 16, 16, 3, groups=16, activation="relu")
    x = network.node("Add", "sum", [network.convolution("deep", y, 16, 16, 3), x])
    gate = network.node("Sigmoid", "sigmoid", [network.convolution("gate", network.node("GlobalAveragePool", "squeeze", [x]), 16, 16, 1)])
    x = network.node("Mul", "product", [x, gate])
    x = network.convolution("wide", x, 16, 64, 1, activation="relu6")
    network.dense("logits", network.node("Flatten", "flat", [network.node("GlobalAveragePool", "pool", [x])]), 64, 40)
    onnx.save(network.model("small", {"x": (FLOAT, [1, 3, 32, 32])}, {"logits": (FLOAT, [1, 40])}), path)
    random = np.random.default_rng(0)
    return [{"x": random.standard_normal((1, 3, 32, 32)).astype(np.float32)} for _ in range(4)]


def forms_of(path: Path, target: str) -> set:
    command = [ROOT / "build" / "bin" / "limbeck", "plan", path, "--target", target, "--json", "--quiet"]
    plan = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return {form for kernel in plan["kernels"] for forms in kernel["forms"] for form in forms}


def test_adverse_models_leave_no_proof():
    with tempfile.TemporaryDirectory() as folder:
        source, first, adverse = (Path(folder) / f"small{suffix}.onnx" for suffix in ("", ".qdq", ".adverse"))
        feeds = small_network(source)
        quantize.quantize(source, first, "qdq", feeds)
        quantize.quantize(source, adverse, "adverse", feeds)
        for target in ("cpu:avx2", "cpu:avx512-vnni"):
            before, after = forms_of(first, target) & PROVEN, forms_of(adverse, target) & PROVEN
            assert {"fused and packed", "fused sum", "fused product"} <= before, f"expected proofs for the first set on {target}, found {before}"
            assert not after, f"expected no proof on {target}, found {after}"
        models = [QdqModel(onnx.load(path)) for path in (first, adverse)]
        zeros = {int(models[1].constants[node.input[2]]) for node in models[1].nodes("QuantizeLinear")}
        assert all(zero % 2 for zero in zeros), f"expected odd zero points, found {zeros}"
        shapes = [[model.constants[node.input[0]].shape for node in model.nodes("DequantizeLinear") if node.input[0] in model.constants] for model in models]
        assert shapes[0] == shapes[1], "expected the same shapes of weights"
        outputs = [onnxruntime.InferenceSession(path).run(None, feeds[0])[0] for path in (first, adverse)]
        assert len(np.unique(outputs[1])) > 4, f"expected results that differ, found {np.unique(outputs[1])}"


def test_rescaled_constants_keep_their_values():
    values = np.array([-2.0, 0.5, 2.0])
    stored = [np.array(value) for value in (np.rint(values / 0.02 + 110).astype(np.uint8), np.float32(0.02), np.uint8(110))]
    names = ("c", "s", "z")
    node = onnx.helper.make_node("DequantizeLinear", names, ["y"])
    graph = onnx.helper.make_graph([node], "constant", [], [onnx.ValueInfoProto(name="y")], [onnx.numpy_helper.from_array(*pair) for pair in zip(stored, names)])
    model = QdqModel(onnx.helper.make_model(graph))
    operand = model.operand("y")
    model.rescale(operand, 0.025)
    found = (model.constants["c"].astype(float) - 110) * 0.025
    assert np.abs(found - values).max() <= 0.0125 and model.scale(operand) == np.float32(0.025), f"expected {values}, found {found}"
