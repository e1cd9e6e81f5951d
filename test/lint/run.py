#!/usr/bin/env python3
"""Tests scripts/lint: every rule has a folder here with a small tree that breaks it and the lines it must then print.

A tree also holds files that keep the rule, so that a rule which fires too often fails as well.
"""

import argparse
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
LINT = HERE.parents[1] / "scripts" / "lint"


def rules() -> list:
    """The rules that scripts/lint knows."""
    sys.dont_write_bytecode = True
    from importlib.machinery import SourceFileLoader
    from importlib.util import module_from_spec, spec_from_loader

    loader = SourceFileLoader("lint", str(LINT))
    module = module_from_spec(spec_from_loader("lint", loader))
    sys.modules["lint"] = module
    loader.exec_module(module)
    return list(module.RULES)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--update", action="store_true", help="write what is printed now as expected; read the difference before keeping it")
    arguments = parser.parse_args()
    passed = failed = 0
    for rule in rules():
        case = HERE / rule
        done = subprocess.run([sys.executable, LINT, case / "tree", "--rule", rule], capture_output=True, text=True)
        expected = case / "expected"
        if arguments.update:
            expected.write_text(done.stdout)
        good = case.is_dir() and expected.is_file() and done.stdout == expected.read_text() and done.returncode == 1
        passed, failed = passed + good, failed + (not good)
        if not good:
            print(f"FAIL {rule}: expected the text of {expected} and exit 1, found exit {done.returncode} and\n{done.stdout}{done.stderr}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
