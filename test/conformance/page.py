"""The text of docs/conformance.md, from the cases and their answers."""

import collections
import re

import onnx

QUANTIZATION = ["QuantizeLinear", "DequantizeLinear", "DynamicQuantizeLinear", "QLinearConv", "QLinearMatMul", "ConvInteger", "MatMulInteger"]
COLUMNS = ["passed", "different", "unsupported", "failed"]

INTRODUCTION = """<!-- Made by test/conformance/run.py --write; the same run fails when this page is not what it found. -->
# ONNX's own tests

ONNX brings tests of single ops, each with inputs and the outputs to expect. All {total} of onnx {version} are compiled for the
machine at hand, loaded and run. A test passes when the outputs are within ONNX's tolerance (relative 1e-3, absolute 1e-7 unless
the test has its own; integers exactly) and bit for bit those of Limbeck's interpreter (any NaN equals any other).

- *frozen*: passed, but some inputs had to be constants (`--freeze`), because they decide a shape or an axis; see below for which;
- *different*: the numbers are others for a reason that is given below;
- *not there yet*: refused with a message that names the op, the type or the attribute. Nothing is wrong in silence.

A test whose name ends in `_expanded` has its op written out in simpler ones; it counts under the op.

`test/conformance/run.py` runs this, and besides {peers} nodes that ONNX's tests leave out (com.microsoft's quantized ops, the forms
that ops had in older opsets) against ONNX Runtime."""


EXPORT = """Each model that passed is written as ONNX again as it is behind stage Graph ([onnx.md](onnx.md)). {passed} of them, with those
against ONNX Runtime, pass `onnx.checker` with shape inference, are read again, and give the same bits in the interpreter. The others
are refused with these messages:"""


def table(header: list, rows: list) -> list:
    """Lines of a table, and an empty one."""
    return ["| " + " | ".join(header) + " |", "|" + "---|" * len(header), *("| " + " | ".join(map(str, row)) + " |" for row in rows), ""]


def count_row(title: str, cases: list, answers: dict) -> list:
    statuses = collections.Counter(answers[case.name]["status"] for case in cases)
    frozen = sum(answers[case.name]["status"] == "passed" and bool(answers[case.name]["frozen"]) for case in cases)
    return [title, len(cases), statuses["passed"], frozen, *(statuses[column] for column in COLUMNS[1:])]


def by_family(cases: list) -> dict:
    families = collections.defaultdict(list)
    for case in cases:
        families[case.family].append(case)
    return dict(sorted(families.items()))


def is_known(answer: dict) -> bool:
    """Whether the op itself is there: it ran, or was refused for one of its attributes or for its opset."""
    return answer["status"] != "unsupported" or "[E-UNSUPPORTED]" in answer["text"]


def reason(text: str) -> str:
    """A diagnostic without what differs from test to test."""
    text = re.sub(r"^(\S+\.(onnx|pb): )?error: \[[A-Z-]+\] ", "", text)
    text = re.sub(r"^(?:in function '[^']*', )?node '[^']*' \((\S+)\)", r"\1", text)
    text = re.sub(r"^(?:node|input|output|value|tensor|initializer) '[^']*'(?: \((\S+)\))?:? ?", lambda match: f"{match[1]}: " if match[1] else "", text)
    return text.split(";")[0]


def reasons_rows(cases: list, answers: dict) -> list:
    """Why tests are not there yet, the op and the names of the tests."""
    groups = collections.defaultdict(list)
    for case in cases:
        answer = answers[case.name]
        if answer["status"] == "unsupported":
            groups[reason(answer["text"])].append(case.name.removeprefix("test_"))
    return [[why, len(names), ", ".join(names)] for why, names in sorted(groups.items())]


def export_lines(cases: list, answers: dict) -> list:
    """How many models that ran were written as ONNX again, and which were not."""
    groups = collections.defaultdict(list)
    for case in cases:
        export = answers[case.name].get("export", {"status": "none", "text": ""})
        groups[reason(export["text"]) if export["status"] == "unsupported" else export["status"]].append(case.name)
    passed = len(groups.pop("passed", []))
    groups.pop("none", None)
    lines = ["## Written as ONNX again", "", EXPORT.format(passed=passed), ""]
    return lines + table(["message", "tests", "which"], [[why, len(names), ", ".join(names)] for why, names in sorted(groups.items())])


def text(cases: list, answers: dict) -> str:
    own = [case for case in cases if not case.name.startswith("peer_")]
    families = by_family(own)
    present = {name: some for name, some in families.items() if any(is_known(answers[case.name]) for case in some)}
    absent = {name: some for name, some in families.items() if name not in present}
    header = ["op", "tests", "passed", "of them frozen", "different", "not there yet", "failed"]
    lines = [INTRODUCTION.format(total=len(own), version=onnx.__version__, peers=len(cases) - len(own)), ""]
    quantization = [case for name in QUANTIZATION for case in families.get(name, [])]
    lines += table(header, [count_row("all", own, answers), count_row("quantization ops", quantization, answers)])
    lines += ["## By op", ""] + table(header, [count_row(name, some, answers) for name, some in present.items()])

    lines += ["## Ops that are not there yet", ""]
    lines += [", ".join(f"{name} ({len(some)})" for name, some in absent.items()) + ".", ""]

    lines += ["## What is not there yet of the quantization ops", ""]
    lines += table(["message", "tests", "which"], reasons_rows(quantization, answers))
    rest = [case for some in present.values() for case in some if case not in quantization]
    lines += ["## What is not there yet of the other ops", ""]
    lines += table(["message", "tests", "which"], reasons_rows(rest, answers))

    lines += export_lines(cases, answers)

    lines += ["## Different", ""]
    different = [(case.name, answers[case.name]["text"]) for case in own if answers[case.name]["status"] == "different"]
    lines += table(["test", "why"], different)

    lines += ["## Frozen inputs", ""]
    frozen = collections.Counter()
    for case in own:
        answer = answers[case.name]
        if answer["status"] == "passed" and answer["frozen"]:
            frozen[case.family, ", ".join(answer["frozen"])] += 1
    lines += table(["op", "inputs", "tests"], [[family, names, count] for (family, names), count in sorted(frozen.items())])
    return "\n".join(lines).rstrip() + "\n"
