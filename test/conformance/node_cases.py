"""The cases of the conformance run: ONNX's own node tests as the pinned onnx package makes them, and nodes of ONNX Runtime."""

import json
import re
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy
import onnx
from onnx import numpy_helper

from onnx.backend.test.loader import load_model_tests
from peer_cases import peer_cases

# What onnx's runner allows.
RELATIVE, ABSOLUTE = 1e-3, 1e-7
# numpy's own types.
NUMPY_KINDS = "biuf"


@dataclass
class Case:
    """A model with values; `family` is the op that it is about."""

    name: str
    family: str
    model: onnx.ModelProto
    inputs: list
    outputs: list
    rtol: float = RELATIVE
    atol: float = ABSOLUTE


def own_family(model: onnx.ModelProto) -> str:
    """The first op that is no constant, with its domain unless that is ONNX's own."""
    nodes = [node for node in model.graph.node if node.op_type != "Constant"] or list(model.graph.node)
    return f"{nodes[0].domain}.{nodes[0].op_type}" if nodes[0].domain else nodes[0].op_type


def onnx_cases() -> list:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # some tests overflow on purpose
        tests = load_model_tests(kind="node")
    families = {test.name: own_family(test.model) for test in tests}
    cases = []
    for test in tests:
        # An op written out in simpler ones belongs to the op.
        base = re.sub(r"_expanded.*", "", test.name)
        family = families.get(base, families[test.name])
        for index, (inputs, outputs) in enumerate(test.data_sets):
            name = f"{test.name}#{index}" if len(test.data_sets) > 1 else test.name
            cases.append(Case(name, family, test.model, list(inputs), list(outputs), test.rtol, test.atol))
    return cases


def onnxruntime_cases() -> list:
    cases = []
    for peer in peer_cases():
        outputs = peer.expected()
        cases.append(Case(f"peer_{peer.name}", own_family(peer.model), peer.typed_model(outputs), list(peer.inputs.values()), outputs))
    return cases


def as_proto(value, name: str):
    """A TensorProto, or nothing for a sequence, an optional or a map."""
    if isinstance(value, onnx.TensorProto):
        return value
    if isinstance(value, (numpy.ndarray, numpy.generic)):
        return numpy_helper.from_array(numpy.asarray(value), name)
    return None


def freezable(value):
    """The array as --freeze takes it, or nothing when it does not."""
    if not isinstance(value, (numpy.ndarray, numpy.generic)):
        return None
    array = numpy.asarray(value)
    if array.dtype.name == "bfloat16":
        return array.view(numpy.uint16)
    return array if array.dtype.kind in NUMPY_KINDS else None


def write_case(case: Case, folder: Path) -> str:
    """Writes the files of a case; the line that limbeck-check-nodes reads, or nothing when a value is no tensor."""
    protos = {kind: [as_proto(value, "") for value in values] for kind, values in (("input", case.inputs), ("output", case.outputs))}
    if None in protos["input"] + protos["output"]:
        return ""
    folder.mkdir()
    (folder / "model.onnx").write_bytes(case.model.SerializeToString())
    paths = {kind: [folder / f"{kind}_{index}.pb" for index in range(len(protos[kind]))] for kind in protos}
    for kind in protos:
        for path, proto in zip(paths[kind], protos[kind]):
            path.write_bytes(proto.SerializeToString())
    for path, value in zip(paths["input"], case.inputs):
        array = freezable(value)
        if array is not None:
            numpy.save(f"{path}.npy", array)
    names = [info.name for info in case.model.graph.input]
    return json.dumps(
        {
            "name": case.name,
            "model": str(folder / "model.onnx"),
            "rtol": case.rtol,
            "atol": case.atol,
            "inputs": {name: str(path) for name, path in zip(names, paths["input"])},
            "outputs": list(map(str, paths["output"])),
        }
    )
