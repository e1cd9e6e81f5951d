#!/usr/bin/env python3
"""Tests the walk-through of CONTRIBUTING.md: its blocks are one patch, which must fit this checkout and do what it says.

Always: the patch applies to a copy of the sources, mlir-tblgen accepts the new record, and its constraints have tests. With
--build also: the folders without LLVM are built from that copy, and the unit tests that the patch adds run and pass. That takes
minutes from nothing; the copy stays in build/add-an-op, so that a second time is quick.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COPIED = ["CMakeLists.txt", "cmake", "docs", "include", "lib", "scripts", "test", "tools"]
KEPT = ROOT / "build" / "add-an-op"
BLOCK = re.compile(r"^```diff\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ADDED_TEST = re.compile(r"^\+TEST\((\w+), (\w+)\)", re.MULTILINE)
ADDED_RECORD = re.compile(r'^\+def \w+ : \w+<"(\w+)"', re.MULTILINE)
TEST_PROGRAMS = ["ReferenceTests", "ImportTests"]


def patch() -> str:
    return "".join(BLOCK.findall((ROOT / "CONTRIBUTING.md").read_text()))


def run(*command, cwd: Path, text: str = "") -> subprocess.CompletedProcess:
    # Outside of any repository git takes paths relative to the folder it runs in.
    environment = {**os.environ, "GIT_CEILING_DIRECTORIES": str(cwd.parent)}
    options = {"cwd": cwd, "env": environment, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    return subprocess.run([str(word) for word in command], input=text, **options)


def fault(what: str, done: subprocess.CompletedProcess) -> str:
    return f"expected {what}, found exit {done.returncode}:\n{done.stdout.strip()}"


def copy_sources(target: Path) -> None:
    for name in COPIED:
        source = ROOT / name
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(source, target / name, ignore=ignored) if source.is_dir() else shutil.copy2(source, target / name)


def refresh(source: Path, target: Path) -> None:
    """Makes `target` equal to `source`; what is equal keeps its time, so that it is not compiled again."""
    fresh = {path.relative_to(source) for path in source.rglob("*") if path.is_file()}
    for path in [path for path in target.rglob("*") if path.is_file()]:
        if path.relative_to(target) not in fresh:
            path.unlink()
    for name in sorted(fresh):
        bytes_now = (source / name).read_bytes()
        if (target / name).is_file() and (target / name).read_bytes() == bytes_now:
            continue
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        (target / name).write_bytes(bytes_now)
        (target / name).chmod((source / name).stat().st_mode)


def check_patch(tree: Path) -> str:
    text = patch()
    if not text:
        return "expected blocks marked diff in CONTRIBUTING.md, found none"
    done = run("git", "apply", "--whitespace=error-all", "-", cwd=tree, text=text)
    return "" if done.returncode == 0 else fault("the walk-through of CONTRIBUTING.md to apply; write its blocks anew", done)


def check_record(tree: Path) -> str:
    done = run(sys.executable, "scripts/support/generate_docs.py", "ops", cwd=tree)
    missing = [name for name in ADDED_RECORD.findall(patch()) if f"### limbeck.{name}\n" not in done.stdout]
    if done.returncode != 0 or missing or not ADDED_RECORD.search(patch()):
        return fault(f"a page of ops with {missing or 'a new record'}", done)
    (tree / "docs" / "ops.md").write_text(done.stdout)
    done = run(sys.executable, "scripts/lint", tree, "--rule", "constraint", cwd=tree)
    return "" if done.returncode == 0 else fault("a test for each constraint of the new record", done)


def check_unit_tests(tree: Path) -> str:
    sources, build = KEPT / "tree", KEPT / "build"
    refresh(tree, sources)
    proto = next(ROOT.glob(".venv/lib/python*/site-packages/onnx/onnx.proto"), "")
    compilers = ["-DCMAKE_C_COMPILER=clang-22", "-DCMAKE_CXX_COMPILER=clang++-22"]
    options = ["-G", "Ninja", "-DLIMBECK_COMPILER=OFF", "-DLIMBECK_UNITY=ON", f"-DLIMBECK_ONNX_PROTO={proto}", *compilers]
    for command in (["cmake", "-S", sources, "-B", build, *options], ["cmake", "--build", build, "--target", *TEST_PROGRAMS]):
        done = run(*command, cwd=KEPT)
        if done.returncode != 0:
            return fault(" ".join(map(str, command)), done)
    names = [".".join(pair) for pair in ADDED_TEST.findall(patch())]
    passed = set()
    for program in TEST_PROGRAMS:
        done = run(build / "bin" / program, f"--gtest_filter={':'.join(names)}", cwd=KEPT)
        if done.returncode != 0:
            return fault(f"the new tests of {program} to pass", done)
        passed.update(re.findall(r"^\[ +OK \] (\S+)", done.stdout, re.MULTILINE))
    return "" if names and passed == set(names) else f"expected the tests {names} to run, found {sorted(passed)}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", action="store_true", help="also build, and run the unit tests that the patch adds")
    arguments = parser.parse_args()
    passed = failed = 0
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "tree"
        tree.mkdir()
        copy_sources(tree)
        for check in [check_patch, check_record, *([check_unit_tests] if arguments.build else [])]:
            text = check(tree)
            passed, failed = passed + (not text), failed + bool(text)
            if text:
                print(f"FAIL {check.__name__}: {text}")
                break  # the others stand on it
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
