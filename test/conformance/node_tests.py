#!/usr/bin/env python3
"""Runs ONNX's own node tests, as the pinned onnx package makes them, on a program.

    node_tests.py PROGRAM [--only REGEX] [--all] [--verbose]

PROGRAM is called as `PROGRAM MODEL.onnx INPUT.pb.. --expect OUTPUT.pb..` and answers with its exit code: 0 equal,
3 unsupported, anything else a failure. `PROGRAM --rules` lists the ops that it has. Only tests made of those ops are
run unless --all is given. Exit code: 0 when nothing failed, 4 otherwise.
"""
import argparse
import collections
import pathlib
import re
import subprocess
import sys
import tempfile
import warnings

import numpy
import onnx
from onnx import numpy_helper

warnings.simplefilter("ignore", RuntimeWarning)  # some cases overflow on purpose
from onnx.backend.test.loader import load_model_tests  # noqa: E402

# Tests whose expectation we do not share, and why.
DIFFERENT = {
    "test_resize_downsample_scales_linear_align_corners": "ONNX divides by the fractional size, ONNX Runtime by the real one; we follow ONNX Runtime",
}


def supported_ops(program):
    """{(domain, op): [(first opset, last opset)]} of the program."""
    ops = collections.defaultdict(list)
    for line in subprocess.run([program, "--rules"], capture_output=True, text=True, check=True).stdout.splitlines():
        domain, op, first, last = line.split()
        ops["" if domain == "ai.onnx" else domain, op].append((int(first), int(last)))
    return ops


def is_covered(model, ops):
    opsets = {entry.domain: entry.version for entry in model.opset_import}
    return all(
        any(first <= opsets.get(node.domain, 0) <= last for first, last in ops.get((node.domain, node.op_type), []))
        for node in model.graph.node
    )


def write_tensors(folder, kind, values, value_infos):
    """Paths of one .pb per value, or None when one of them is no tensor."""
    paths = []
    for index, (value, info) in enumerate(zip(values, value_infos)):
        if isinstance(value, onnx.TensorProto):
            proto = value
        elif isinstance(value, (numpy.ndarray, numpy.generic)):
            proto = numpy_helper.from_array(numpy.asarray(value), info.name)
        else:
            return None
        paths.append(str(folder / f"{kind}_{index}.pb"))
        pathlib.Path(paths[-1]).write_bytes(proto.SerializeToString())
    return paths


def run_case(program, case, folder):
    """(exit code, message) of one test, the worst of its data sets; 3 for what has no tensors."""
    model_path = folder / "model.onnx"
    model_path.write_bytes(case.model.SerializeToString())
    graph = case.model.graph
    for inputs, outputs in case.data_sets:
        given = write_tensors(folder, "input", inputs, graph.input)
        expected = write_tensors(folder, "output", outputs, graph.output)
        if given is None or expected is None:
            return 3, "inputs or outputs are no tensors"
        command = [program, str(model_path), *given, "--expect", *expected]
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=60)
        if done.returncode != 0:
            return done.returncode, done.stderr.strip().replace(str(folder) + "/", "")
    return 0, ""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--only", default="", metavar="REGEX", help="run only tests whose name matches")
    parser.add_argument("--all", action="store_true", help="run tests of ops that the program lacks, too")
    parser.add_argument("--verbose", action="store_true", help="name each test that passes")
    options = parser.parse_args()

    ops = supported_ops(options.program)
    cases = [case for case in load_model_tests(kind="node") if re.search(options.only, case.name)]
    covered = [case for case in cases if options.all or is_covered(case.model, ops)]
    counts = collections.Counter()
    with tempfile.TemporaryDirectory() as folder:
        for case in covered:
            code, text = run_case(options.program, case, pathlib.Path(folder))
            outcome = {0: "passed", 3: "unsupported"}.get(code, "failed")
            if outcome == "failed" and case.name in DIFFERENT:
                outcome, text = "different", DIFFERENT[case.name]
            counts[outcome] += 1
            if outcome != "passed" or options.verbose:
                print(f"{outcome:12}{case.name}: {text}" if text else f"{outcome:12}{case.name}")
    print(f"{len(cases)} tests, {len(covered)} of ops with a rule: " + ", ".join(f"{n} {k}" for k, n in counts.items()))
    return 4 if counts["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
