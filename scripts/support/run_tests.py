"""Builds Limbeck, runs every part of its tests and counts what passed. Called by scripts/test.

A part is one line of PARTS. Nothing is skipped in silence: a part whose files are missing fails. A Python test in a folder
that SCRIPT_FOLDERS names must be a part.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "build" / "test-results"
PYTHON = str(ROOT / ".venv" / "bin" / "python")
COUNTS = re.compile(r"^(\d+) passed, (\d+) failed$")


@dataclass
class Counts:
    passed: int = 0
    failed: int = 0

    def __str__(self) -> str:
        return f"{self.passed} passed, {self.failed} failed"


def run(command: list, **options) -> subprocess.CompletedProcess:
    return subprocess.run([str(word) for word in command], cwd=ROOT, **options)


def one_step(*command) -> Counts:
    """A command that passes or fails as a whole."""
    return Counts(1, 0) if run(command).returncode == 0 else Counts(0, 1)


def counting_script(*command) -> Counts:
    """A program of ours whose last line is `N passed, N failed`; an exit code that does not fit counts as a failure."""
    done = run(command, stdout=subprocess.PIPE, text=True)
    print(done.stdout, end="", flush=True)
    lines = done.stdout.strip().splitlines()
    match = COUNTS.match(lines[-1]) if lines else None
    if not match:
        print(f"expected the last line 'N passed, N failed', found {lines[-1:]} (exit {done.returncode})")
        return Counts(0, 1)
    counts = Counts(int(match[1]), int(match[2]))
    if counts.passed + counts.failed == 0 or (done.returncode == 0) != (counts.failed == 0):
        print(f"expected some tests and an exit code that fits, found exit {done.returncode} for {counts}")
        counts.failed += 1
    return counts


def unit_tests(build: str) -> Counts:
    """CTest runs the GoogleTest programs; each writes its results as JSON. A program that died counts as one failure."""
    folder = RESULTS / f"unit-{build}"
    folder.mkdir(parents=True, exist_ok=True)
    for stale in folder.iterdir():
        stale.unlink()
    environment = {**os.environ, "GTEST_OUTPUT": f"json:{folder}/", "GTEST_BRIEF": "1"}
    junit = folder / "programs.xml"
    ctest = ["ctest", "--test-dir", build, "--output-on-failure", "--no-tests=error", "-j", str(os.cpu_count()), "--output-junit", junit]
    done = run(ctest, env=environment)
    counts = Counts()
    for path in folder.glob("*.json"):
        for suite in json.loads(path.read_text())["testsuites"]:
            for test in suite["testsuite"]:
                # A test that was skipped or disabled has shown nothing.
                good = test["status"] == "RUN" and test["result"] == "COMPLETED" and not test.get("failures")
                counts.passed, counts.failed = counts.passed + good, counts.failed + (not good)
    cases = list(ElementTree.parse(junit).iter("testcase")) if junit.is_file() else []
    for case in cases:  # programs that are no GoogleTest: their closing line counts, or else the program as a whole
        if (folder / f"{case.get('name')}.json").is_file():
            continue
        good = case.get("status") == "run" and case.find("failure") is None
        lines = [COUNTS.match(line) for line in (case.findtext("system-out") or "").splitlines()]
        own = [Counts(int(match[1]), int(match[2])) for match in lines if match][-1:] or [Counts(int(good), int(not good))]
        counts.passed, counts.failed = counts.passed + own[0].passed, counts.failed + own[0].failed
        if not good and own[0].failed == 0:
            counts.failed += 1
    if not cases or (done.returncode != 0 and counts.failed == 0):
        print(f"expected results of every test program, found those of {len(cases)} (ctest's exit code {done.returncode})")
        counts.failed += 1
    return counts


def ir_tests() -> Counts:
    """lit runs the RUN lines of test/**/*.mlir; every test that did not pass or fail as expected is a failure."""
    output = RESULTS / "lit.json"
    output.unlink(missing_ok=True)
    run([ROOT / ".venv" / "bin" / "lit", "-sv", "--output", output, "test"])
    if not output.is_file():
        return Counts(0, 1)
    codes = [test["code"] for test in json.loads(output.read_text())["tests"]]
    passed = sum(code in ("PASS", "XFAIL") for code in codes)
    return Counts(passed, max(len(codes) - passed, 0 if codes else 1))


@dataclass
class Part:
    name: str
    what: str
    needs: str  # the file or folder without which the part cannot run
    action: object


def script(path: str, *arguments):
    return lambda: counting_script(PYTHON, path, *arguments)


PARTS = [
    Part("lint", "the rules of the house", "scripts/lint", script("scripts/lint")),
    Part("lint-cases", "scripts/lint itself, on small bad trees", "test/lint/run.py", script("test/lint/run.py")),
    Part("docs", "the walk-through of CONTRIBUTING.md", "test/docs/add_an_op.py", script("test/docs/add_an_op.py")),
    Part("build", "everything, optimized", "CMakePresets.json", lambda: one_step("scripts/build")),
    Part("unit", "GoogleTest", "test/unit", lambda: unit_tests("build")),
    Part("ir", "lit and FileCheck", "build/bin/limbeck-opt", ir_tests),
    Part("build-asan", "the folders without LLVM, with sanitizers", "CMakePresets.json", lambda: one_step("scripts/build", "--preset", "asan")),
    Part("unit-asan", "their unit tests", "test/unit", lambda: unit_tests("build-asan")),
    Part("malformed", "bad files: one diagnostic each", "test/malformed/run.py", script("test/malformed/run.py", "--build", "build", "build-asan")),
    Part("fuzz", "recorded inputs of the fuzz targets", "test/fuzz/run.py", script("test/fuzz/run.py", "--build", "build-asan")),
    Part("conformance", "ONNX's own node tests", "test/conformance/run.py", script("test/conformance/run.py")),
    Part("stretches", "int8 model against ONNX Runtime, piece by piece", "build/bin/limbeck", script("test/execute/stretches.py")),
    Part("models", "whole models: compiled equals interpreter", "build/bin/limbeck", script("test/execute/models.py")),
    Part("python", "the Python package and its documents", "build/bin/limbeck", script("test/python/run.py")),
    Part("exported", "whole models: written as ONNX again", "build/bin/limbeck", script("test/execute/exported.py")),
    Part("assembly", "hot loops of real models keep their vectors in registers", "build/bin/limbeck", script("test/assembly/run.py")),
    Part("benchmarks", "the tools of benchmarks/, with Limbeck alone", "build/bin/limbeck", script("test/benchmarks/run.py")),
]

# Folders whose Python files are all parts.
SCRIPT_FOLDERS = ["test/docs", "test/execute", "test/conformance", "test/malformed", "test/fuzz", "test/python", "test/benchmarks", "test/assembly"]


def unlisted_scripts() -> list:
    """Python tests (those with a `__main__`) that no part runs."""
    source = Path(__file__).read_text()
    found = [path for folder in SCRIPT_FOLDERS for path in sorted((ROOT / folder).glob("*.py"))]
    runnable = [path for path in found if '__name__ == "__main__"' in path.read_text()]
    return [str(path.relative_to(ROOT)) for path in runnable if f'"{path.relative_to(ROOT)}"' not in source]


def run_part(part: Part) -> Counts:
    if (ROOT / part.needs).exists():
        return part.action()
    print(f"expected {part.needs}, found nothing")
    return Counts(0, 1)


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/test", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", action="append", metavar="PART", choices=[part.name for part in PARTS], help="only this part; may be repeated")
    parser.add_argument("--list", action="store_true", help="print the parts and stop")
    arguments = parser.parse_args()
    if arguments.list:
        for part in PARTS:
            print(f"{part.name:12} {part.what}")
        return 0
    RESULTS.mkdir(parents=True, exist_ok=True)
    total, report = Counts(), []
    for part in PARTS:
        if arguments.only and part.name not in arguments.only:
            continue
        print(f"== {part.name}: {part.what}", flush=True)
        start = time.monotonic()
        counts = run_part(part)
        seconds = time.monotonic() - start
        print(f"-- {part.name}: {counts}, {seconds:.1f} s", flush=True)
        report.append({"part": part.name, "what": part.what, "passed": counts.passed, "failed": counts.failed, "seconds": round(seconds, 1)})
        total.passed, total.failed = total.passed + counts.passed, total.failed + counts.failed
    if not arguments.only:
        for path in unlisted_scripts():
            print(f"expected every test script to be a part, found {path}, which none runs")
            total.failed += 1
        (RESULTS / "results.json").write_text(json.dumps({"schema": 1, "parts": report}, indent=1) + "\n")
    print("\n" + "\n".join(f"  {row['part']:12} {row['passed']:6} passed {row['failed']:4} failed {row['seconds']:7.1f} s" for row in report))
    print(total)
    return 1 if total.failed or total.passed == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
