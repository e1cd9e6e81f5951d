#!/usr/bin/env python3
"""Compiles and runs ONNX's own node tests, all of the pinned onnx package, and nodes of ONNX Runtime that they leave out.

Each result must be what the test expects, within its tolerance, and bit for bit what Limbeck's interpreter computes.
Tests that need an op or a type that Limbeck lacks are counted in docs/conformance.md, which must be up to date. Tests that
fail for a known reason are listed in expected_failures.json; one of them that passes is a failure of this list.
"""

import argparse
import collections
import concurrent.futures
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import node_cases
import onnx
import page

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "conformance.md"
EXPECTED_FAILURES = Path(__file__).with_name("expected_failures.json")


def check(program: Path, lines: list, folder: Path) -> list:
    """The answers of one process to some cases."""
    path = Path(tempfile.mkstemp(dir=folder)[1])
    path.write_text("".join(line + "\n" for line in lines))
    done = subprocess.run([program, path], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def check_all(program: Path, cases: list) -> dict:
    """{name: answer}; what has no answer failed."""
    answers = {case.name: {"status": "failed", "text": "no answer", "frozen": []} for case in cases}
    with tempfile.TemporaryDirectory() as folder:
        lines = []
        for index, case in enumerate(cases):
            line = node_cases.write_case(case, Path(folder) / str(index))
            if line:
                lines.append(line)
            else:
                answers[case.name] = {"status": "unsupported", "text": "inputs or outputs that are no tensors", "frozen": []}
        workers = os.cpu_count() or 1
        with concurrent.futures.ThreadPoolExecutor(workers) as pool:
            for some in pool.map(lambda first: check(program, lines[first::workers], Path(folder)), range(workers)):
                answers.update({answer["name"]: answer for answer in some})
        for index, case in enumerate(cases):
            check_exported(answers[case.name], Path(folder) / str(index) / "model.onnx.exported.onnx")
    return answers


def check_exported(answer: dict, path: Path) -> None:
    """What was written as ONNX again passes ONNX's checker, with shape inference."""
    export = answer.get("export", {})
    if export.get("status") != "passed":
        return
    try:
        onnx.checker.check_model(onnx.load(path), full_check=True)
    except Exception as fault:  # of several modules
        export.update(status="failed", text=f"onnx.checker: {fault}")


def judge(answers: dict, reasons: dict, complete: bool) -> collections.Counter:
    """Prints what is wrong; sets the status of failures that are expected."""
    counts = collections.Counter()
    for name, answer in answers.items():
        if answer["status"] == "failed" and name in reasons:
            answer["status"], answer["text"] = "different", reasons[name]
        elif answer["status"] != "failed" and name in reasons:
            answer.update(status="failed", text=f"expected a failure ({reasons[name]}), found that it is {answer['status']}")
        if answer["status"] == "failed":
            where = " [compiled code only]" if answer.get("compiled_only") else ""
            print(f"FAIL {name}{where}: {answer['text']}")
        counts[answer["status"]] += 1
        export = answer.get("export", {"status": "none"})
        if export["status"] == "failed":
            print(f"FAIL {name}, written as ONNX again: {export['text']}")
        counts[f"export {export['status']}"] += 1
    if complete:
        for name in reasons.keys() - answers.keys():
            print(f"FAIL {EXPECTED_FAILURES.name}: expected the name of a test, found '{name}'")
            counts["failed"] += 1
    return counts


def check_page(cases: list, answers: dict, write: bool) -> bool:
    text = page.text(cases, answers)
    if write:
        PAGE.write_text(text)
    if PAGE.is_file() and PAGE.read_text() == text:
        return True
    print(f"FAIL {PAGE.relative_to(ROOT)}: expected what this run found, found another text; write it anew with --write")
    return False


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", type=Path, default=ROOT / "build" / "bin" / "limbeck-check-nodes", help="default: %(default)s")
    parser.add_argument("--only", default="", metavar="REGEX", help="only tests whose name matches; docs/conformance.md is left alone")
    parser.add_argument("--write", action="store_true", help="write docs/conformance.md")
    parser.add_argument("--verbose", action="store_true", help="print every answer")
    arguments = parser.parse_args()
    cases = [*node_cases.onnx_cases(), *node_cases.onnxruntime_cases()]
    cases = [case for case in cases if re.search(arguments.only, case.name)]
    answers = check_all(arguments.program, cases)
    reasons = json.loads(EXPECTED_FAILURES.read_text())
    counts = judge(answers, reasons, complete=not arguments.only)
    if arguments.verbose:
        for name, answer in answers.items():
            print(f"{answer['status']:11} {name} {answer['frozen'] or ''} {answer['text']} {answer.get('export', '')}")
    passed = counts["passed"] + counts["different"] + counts["export passed"]
    failed = counts["failed"] + counts["export failed"]
    if not arguments.only:
        fresh = check_page(cases, answers, arguments.write)
        passed, failed = passed + fresh, failed + (not fresh)
    print(f"{counts['different']} tests differ as expected, {counts['unsupported']} need what is not there yet")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
