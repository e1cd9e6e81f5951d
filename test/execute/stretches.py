#!/usr/bin/env python3
"""Compares Limbeck with ONNX Runtime on an int8 model, piece by piece.

Two right programs may drift apart over a deep network: one integer that differs at a rounding tie changes all that follow.
So the model is cut into stretches at quantized tensors, and each stretch is fed the integers that ONNX Runtime had at its
start: a difference then belongs to the stretch that shows it. Passes when in every stretch at least 99.99 % of the integers
are equal, none is off by more than 1, and none differs where every activation is an integer.
"""

import argparse
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from onnx import helper, numpy_helper

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "examples"))
import onnxruntime_peer  # noqa: E402
from limbeck_command import Limbeck  # noqa: E402

LEAST_EQUAL = 0.9999
MOST_OFF = 1


class Graph:
    """An ONNX model with every value known: who makes it, who uses it, and what it was in one run of ONNX Runtime."""

    def __init__(self, model: onnx.ModelProto, feeds: dict):
        self.model, self.feeds = model, feeds
        self.nodes = list(model.graph.node)
        self.constants = {tensor.name: tensor for tensor in model.graph.initializer}
        self.maker = {output: index for index, node in enumerate(self.nodes) for output in node.output if output}
        self.outputs = [value.name for value in model.graph.output]
        self.varying = set(feeds)
        for node in self.nodes:
            # Shapes are fixed here, so what is computed from a shape alone is as good as a constant.
            if node.op_type != "Shape" and any(name in self.varying for name in node.input):
                self.varying.update(output for output in node.output if output)
        names = [name for node in self.nodes for name in node.output if name]
        self.values = {**feeds, **observe(model, feeds, names, "off")}

    def root(self, name: str) -> str:
        """The quantized tensor behind a chain of DequantizeLinear, or the value itself."""
        while name in self.maker and self.nodes[self.maker[name]].op_type == "DequantizeLinear":
            name = self.nodes[self.maker[name]].input[0]
        return name

    def boundaries(self) -> list:
        """Every set of 8-bit tensors that separates what comes before from what comes after, in order, without repeats."""
        last_use = {}
        for index, node in enumerate(self.nodes):
            for name in node.input:
                if name in self.varying:
                    last_use[self.root(name)] = index
        born = {name: self.maker.get(name, -1) for name in last_use}
        found = []
        for position in range(len(self.nodes) - 1):
            alive = [name for name, last in last_use.items() if born[name] <= position < last]
            if alive and all(self.is_quantized(name) for name in alive) and (not found or set(alive) != set(found[-1])):
                found.append(alive)
        return found

    def is_quantized(self, name: str) -> bool:
        return self.values[name].dtype in (np.uint8, np.int8)

    def part(self, inputs: list, outputs: list, values: dict) -> onnx.ModelProto:
        """The model that computes `outputs` from `inputs`, with the shapes of `values`."""
        needed, constants, pending = set(), {}, list(outputs)
        while pending:
            name = pending.pop()
            if name in inputs or name in constants:
                continue
            if name in self.constants:
                constants[name] = self.constants[name]
            elif self.nodes[self.maker[name]].op_type == "Shape":
                constants[name] = numpy_helper.from_array(self.values[name], name)
            elif self.maker[name] not in needed:
                needed.add(self.maker[name])
                pending += [operand for operand in self.nodes[self.maker[name]].input if operand]
        graph = helper.make_graph(
            [self.nodes[index] for index in sorted(needed)],
            "stretch",
            [_describe(name, values[name]) for name in inputs],
            [_describe(name, values[name]) for name in outputs],
            list(constants.values()),
        )
        return helper.make_model(graph, opset_imports=self.model.opset_import, ir_version=self.model.ir_version)

    def is_all_integer(self, inputs: list, outputs: list, part: onnx.ModelProto) -> bool:
        """Whether no activation between the two ends is a float."""
        made = {name for node in part.graph.node for name in node.output if name in self.varying}
        return all(np.issubdtype(self.values[name].dtype, np.integer) for name in made | {*inputs, *outputs})


def _describe(name: str, value: np.ndarray) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(value.dtype), value.shape)


def observe(model: onnx.ModelProto, feeds: dict, names: list, optimizations: str) -> dict:
    """Runs ONNX Runtime and returns the values of any tensors of the model by name."""
    exposed = onnx.ModelProto()
    exposed.CopyFrom(model)
    present = {value.name for value in exposed.graph.output}
    exposed.graph.output.extend(onnx.ValueInfoProto(name=name) for name in names if name not in present)
    session = onnxruntime_peer.session(exposed.SerializeToString(), optimizations=optimizations)
    return dict(zip(names, session.run(names, feeds)))


@dataclass
class Difference:
    """How two lists of tensors differ."""

    count: int = 0
    unequal: int = 0
    most_off: int = 0

    def add(self, ours: np.ndarray, theirs: np.ndarray) -> None:
        if ours.shape != theirs.shape or ours.dtype != theirs.dtype:
            raise ValueError(f"expected {theirs.dtype}{theirs.shape}, found {ours.dtype}{ours.shape}")
        off = np.abs(ours.astype(np.int32) - theirs.astype(np.int32))
        self.count += off.size
        self.unequal += int(np.count_nonzero(off))
        self.most_off = max(self.most_off, int(off.max(initial=0)))

    def __str__(self) -> str:
        return f"{self.unequal} of {self.count} integers differ, at most by {self.most_off}"


@dataclass
class Stretch:
    """One piece: where it starts and ends, its model, and how ours differed from theirs."""

    part: onnx.ModelProto
    inputs: list
    outputs: list
    all_integer: bool
    difference: Difference

    def passes(self) -> bool:
        if self.all_integer:
            return self.difference.unequal == 0
        return self.difference.most_off <= MOST_OFF and self.difference.unequal <= (1 - LEAST_EQUAL) * self.difference.count


def spread(found: list, count: int) -> list:
    """`count` - 1 of the boundaries, evenly spread."""
    if len(found) < count - 1:
        raise ValueError(f"expected at least {count - 1} places to cut, found {len(found)}")
    picks = np.linspace(0, len(found) - 1, count + 1).round().astype(int)[1:-1]
    return [found[pick] for pick in picks]


def cut(graph: Graph, values_of, count: int) -> tuple:
    """The stretches, and the values ONNX Runtime had at their ends; `values_of` gives those of any names."""
    starts = [list(graph.feeds), *spread(graph.boundaries(), count)]
    last = [name for name in map(graph.root, graph.outputs) if graph.is_quantized(name)]
    ends = [*starts[1:], last]
    values = {**graph.feeds, **values_of(sorted({name for end in ends for name in end}))}
    stretches = []
    for inputs, outputs in zip(starts, ends):
        outputs = [name for name in outputs if name not in inputs]
        if not outputs:
            continue
        part = graph.part(inputs, outputs, values)
        used = {name for node in part.graph.node for name in node.input}
        inputs = [name for name in inputs if name in used]
        part = graph.part(inputs, outputs, values)
        stretches.append(Stretch(part, inputs, outputs, graph.is_all_integer(inputs, outputs, part), Difference()))
    return stretches, values


def compare(model: onnx.ModelProto, feeds: dict, run_ours, optimizations: str, count: int) -> list:
    """Cuts the model, runs every stretch with `run_ours(model, feeds) -> {name: array}`, and returns the stretches."""
    graph = Graph(model, feeds)
    stretches, values = cut(graph, lambda names: observe(model, feeds, names, optimizations), count)
    for stretch in stretches:
        results = run_ours(stretch.part, {name: values[name] for name in stretch.inputs})
        for name in stretch.outputs:
            stretch.difference.add(results[name], values[name])
    return stretches


def limbeck_runner(program: Path, reference: bool = False):
    """run_ours over the command line: each stretch is compiled and run, or interpreted (`reference`)."""
    limbeck = Limbeck(program)

    def run(model: onnx.ModelProto, feeds: dict) -> dict:
        names = [value.name for value in model.graph.output]
        with tempfile.TemporaryDirectory() as folder:
            path, artifact = Path(folder) / "stretch.onnx", Path(folder) / "stretch.lmb"
            onnx.save(model, path)
            if reference:
                return limbeck.run(path, feeds, names, reference=True)
            limbeck.compile(path, artifact)
            return limbeck.run(artifact, feeds, names)

    return run


def peer_runner(optimizations: str):
    """run_ours with ONNX Runtime itself: how far it is from itself, with and without its optimizations."""

    def run(model: onnx.ModelProto, feeds: dict) -> dict:
        names = [value.name for value in model.graph.output]
        session = onnxruntime_peer.session(model.SerializeToString(), optimizations=optimizations)
        return dict(zip(names, session.run(names, feeds)))

    return run


def free_running(model: onnx.ModelProto, feeds: dict, runners: dict) -> dict:
    """Each runner's last integers when it runs the whole model on its own, by the runner's name."""
    graph = Graph(model, feeds)
    last = [name for name in map(graph.root, graph.outputs) if graph.is_quantized(name)]
    whole = graph.part(list(feeds), last, graph.values)
    return {name: [run(whole, feeds)[output] for output in last] for name, run in runners.items()}


def report_free_running(model: onnx.ModelProto, feeds: dict, program: Path, ours: str) -> bool:
    """Prints how the whole model differs between runners; only Limbeck against its interpreter can fail."""
    runners = {"ONNX Runtime (off)": peer_runner("off"), "ONNX Runtime (default)": peer_runner("default")}
    if ours == "limbeck":
        runners = {"interpreter": limbeck_runner(program, reference=True), **runners, "Limbeck": limbeck_runner(program)}
    results = free_running(model, feeds, runners)
    first = "Limbeck" if ours == "limbeck" else "ONNX Runtime (default)"
    agrees = True
    for name in [name for name in results if name != first]:
        difference = Difference()
        for mine, theirs in zip(results[first], results[name]):
            difference.add(mine, theirs)
        print(f"  free-running, {first} and {name}: {difference}")
        agrees = agrees and (name != "interpreter" or difference.unequal == 0)
    if ours == "limbeck":
        difference = Difference()
        for on, off in zip(results["ONNX Runtime (default)"], results["ONNX Runtime (off)"]):
            difference.add(on, off)
        print(f"  free-running, ONNX Runtime (default) and ONNX Runtime (off): {difference}")
    return agrees


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path, nargs="?", help="an int8 ONNX model (default: the demo's, QDQ and QOperator)")
    parser.add_argument("--feeds", type=Path, help="npz file with the inputs (default: a line of text of the demo)")
    parser.add_argument("--optimizations", choices=["off", "default"], help="ONNX Runtime's (default: off for QDQ, default for QOperator)")
    parser.add_argument("--count", type=int, default=40, help="stretches to cut; long ones let one tie spread (default: %(default)s)")
    parser.add_argument("--limbeck", type=Path, default=Path("build/bin/limbeck"), help="the program (default: %(default)s)")
    parser.add_argument("--ours", choices=["limbeck", "off", "default"], default="limbeck", help="'off' and 'default': ONNX Runtime against itself, a report")
    parser.add_argument("--work", type=Path, default=Path("build/demo/models"), help="the demo's models (default: %(default)s)")
    return parser.parse_args()


def main() -> int:
    arguments = parse_arguments()
    if arguments.model:
        models = [arguments.model]
    else:
        from models.__main__ import ensure

        paths = ensure(arguments.work, "recognizer", ["qdq", "qoperator"])
        models = [paths["qdq"], paths["qoperator"]]
    if arguments.feeds:
        feeds = dict(np.load(arguments.feeds))
    else:
        from recognize_text import pictures

        feeds = {"x": pictures.line(pictures.TEST_LINES[0])}
    run_ours = limbeck_runner(arguments.limbeck) if arguments.ours == "limbeck" else peer_runner(arguments.ours)
    passed = failed = 0
    for path in models:
        model = onnx.load(path)
        has_qlinear = any(node.op_type.startswith("QLinear") for node in model.graph.node)
        optimizations = arguments.optimizations or ("default" if has_qlinear else "off")
        print(f"{path}, ONNX Runtime's optimizations {optimizations}")
        for index, stretch in enumerate(compare(model, feeds, run_ours, optimizations, arguments.count)):
            verdict = "ok  " if stretch.passes() else "FAIL"
            kind = "all integer" if stretch.all_integer else "with floats"
            print(f"  {verdict} {index:2}  {len(stretch.part.graph.node):4} nodes, {kind}: {stretch.difference}")
            passed, failed = passed + stretch.passes(), failed + (not stretch.passes())
        agrees = report_free_running(model, feeds, arguments.limbeck, arguments.ours)
        passed, failed = passed + agrees, failed + (not agrees)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
