#!/usr/bin/env python3
"""Runs a command and passes when it ends with exactly the exit code that is expected: exits.py CODE COMMAND.."""

import subprocess
import sys


def main() -> int:
    expected, command = int(sys.argv[1]), sys.argv[2:]
    code = subprocess.run(command).returncode
    if code != expected:
        print(f"expected exit code {expected}, found {code}", file=sys.stderr)
    return int(code != expected)


if __name__ == "__main__":
    sys.exit(main())
