#!/usr/bin/env python3
"""Replays inputs of the fuzz targets: recorded ones and ones that are made the same every time.

The targets are built with the sanitizers, but without libFuzzer, so this finds again what was found once; scripts/fuzz looks
for what is new.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import inputs

ROOT = Path(__file__).resolve().parents[2]
LIMITS = {"ASAN_OPTIONS": "allocator_may_return_null=1:detect_leaks=1", "UBSAN_OPTIONS": "print_stacktrace=1"}
MOST_SECONDS = 300


def replay(program: Path, paths: list) -> list:
    """The inputs that are bad. A program dies at one; another goes on behind it."""
    bad = []
    while paths:
        try:
            done = subprocess.run(
                [program, *paths], capture_output=True, text=True, errors="replace", timeout=MOST_SECONDS, env={**os.environ, **LIMITS}
            )
            if done.returncode == 0:
                return bad
            fault, begun = done.stderr, done.stdout
        except subprocess.TimeoutExpired as late:
            fault, begun = f"took more than {MOST_SECONDS} s", (late.stdout or b"").decode()
        count = len(begun.splitlines())
        culprit = paths[max(count - 1, 0)]
        print(f"FAIL {program.name} {culprit.name}: {fault[-3000:]}", flush=True)
        bad.append(culprit)
        paths = paths[max(count, 1) :]
    return bad


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Path, default=Path("build-asan"), help="the build folder to take the programs from (default: %(default)s)")
    parser.add_argument("--write", type=Path, metavar="FOLDER", help="only write the inputs, into FOLDER/TARGET/: a corpus to start from")
    arguments = parser.parse_args()
    programs = ROOT / arguments.build / "bin"
    passed = failed = 0
    for target in inputs.MADE:
        if arguments.write:
            inputs.write_inputs(target, programs, arguments.write / target)
            continue
        with tempfile.TemporaryDirectory() as folder:
            paths = inputs.write_inputs(target, programs, Path(folder))
            bad = len(replay(programs / target, paths))
            print(f"{target}: {len(paths)} inputs, {bad} bad", flush=True)
            passed, failed = passed + len(paths) - bad, failed + bad
    if not arguments.write:
        print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
