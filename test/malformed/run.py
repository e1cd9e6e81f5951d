#!/usr/bin/env python3
"""Writes every malformed model and has the importer read each in a process of its own: one diagnostic, the right one."""

import argparse
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from generate import write_cases

ROOT = Path(__file__).resolve().parents[2]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=Path, nargs="+", default=[Path("build")],
                        help="the build folders to take the program from; memory is limited in those without sanitizers (default: build)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as outer:
        folder = Path(outer) / "cases"  # some models point at files beside it
        folder.mkdir()
        write_cases(folder)
        totals, codes = [0, 0], []
        for build in arguments.build:
            done = subprocess.run([ROOT / build / "bin" / "limbeck-check-malformed", folder], stdout=subprocess.PIPE, text=True)
            *lines, last = done.stdout.splitlines() or [""]
            print("\n".join([f"{build}: {last}", *lines]))
            found = re.fullmatch(r"(\d+) passed, (\d+) failed", last)
            codes.append(done.returncode or not found)
            totals = [total + int(count) for total, count in zip(totals, found.groups() if found else (0, 1))]
    print(f"{totals[0]} passed, {totals[1]} failed")
    return int(any(codes))


if __name__ == "__main__":
    sys.exit(main())
