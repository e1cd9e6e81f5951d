#!/usr/bin/env python3
"""Writes every malformed model and has the importer read each in a process of its own: one diagnostic, the right one."""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from generate import write_cases

ROOT = Path(__file__).resolve().parents[2]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=Path, default=Path("build"), help="the build folder to take the program from (default: %(default)s)")
    arguments = parser.parse_args()
    program = ROOT / arguments.build / "bin" / "limbeck-check-malformed"
    with tempfile.TemporaryDirectory() as outer:
        folder = Path(outer) / "cases"  # some models point at files beside it
        folder.mkdir()
        write_cases(folder)
        return subprocess.run([program, folder]).returncode


if __name__ == "__main__":
    sys.exit(main())
