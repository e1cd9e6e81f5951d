#!/usr/bin/env python3
"""Builds the Python package as a wheel, installs it into build/python/site, and runs its tests and the examples of its documents.

The build folder is kept, so that a second run compiles only what changed. Nothing is downloaded.
"""

import argparse
import os
import shutil
import subprocess
import sys
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build" / "python"
MOST_WHEEL_BYTES = 2_000_000


def build_package() -> Path:
    """The folder that the package was installed into, alone."""
    shutil.rmtree(BUILD / "wheel", ignore_errors=True)
    shutil.rmtree(BUILD / "site", ignore_errors=True)
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    offline = ["--no-deps", "--no-index", "--no-build-isolation"]
    subprocess.run([*pip, "wheel", *offline, "-C", f"build-dir={BUILD / 'cmake'}", "-w", BUILD / "wheel", ROOT / "python"], check=True)
    (wheel,) = (BUILD / "wheel").glob("*.whl")
    subprocess.run([*pip, "install", "--no-deps", "--no-index", "--no-compile", "--target", BUILD / "site", wheel], check=True)
    return BUILD / "site"


class TheWheel(unittest.TestCase):
    def test_is_small_and_holds_no_sources(self):
        (wheel,) = (BUILD / "wheel").glob("*.whl")
        self.assertLess(wheel.stat().st_size, MOST_WHEEL_BYTES)
        files = {path.name for path in (BUILD / "site" / "limbeck").rglob("*")}
        self.assertIn("py.typed", files)
        self.assertEqual({name for name in files if name.endswith((".cpp", ".txt", ".exports"))}, set())

    def test_shows_one_symbol_and_needs_no_llvm(self):
        (module,) = (BUILD / "site" / "limbeck").glob("_runtime*.so")
        symbols = subprocess.run(["llvm-nm-22", "-D", "--defined-only", "-j", module], check=True, capture_output=True, text=True).stdout.split()
        self.assertEqual(symbols, ["PyInit__runtime"])
        needed = subprocess.run(["llvm-readelf-22", "--needed-libs", module], check=True, capture_output=True, text=True).stdout.split()
        libraries = [name.split(".so")[0] for name in needed if ".so" in name]
        self.assertLessEqual(set(libraries), {"libc", "libm", "libpthread", "libdl", "ld-linux-x86-64", "ld-linux-aarch64"})


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", metavar="TEXT", help="only tests whose name holds this text")
    parser.add_argument("--installed", action="store_true", help="test what the last run built")
    arguments = parser.parse_args()
    site = BUILD / "site" if arguments.installed else build_package()
    sys.path[:0] = [str(site), str(ROOT / "examples")]
    os.environ["PYTHONPATH"] = str(site)
    import test_data
    import test_documents
    import test_model
    import test_program

    suite = unittest.TestSuite()
    loader = unittest.defaultTestLoader
    for module in (sys.modules[__name__], test_model, test_data, test_program, test_documents):
        suite.addTests(loader.loadTestsFromModule(module))
    chosen = unittest.TestSuite(test for test in flattened(suite) if arguments.only in test.id())
    result = unittest.TextTestRunner(stream=sys.stdout, verbosity=0).run(chosen)
    failed = len({str(test) for test, _ in result.failures + result.errors}) + len(result.skipped)
    print(f"{result.testsRun - failed} passed, {failed} failed")
    return 1 if failed or result.testsRun == 0 else 0


def flattened(suite) -> list:
    return [test for part in suite for test in (flattened(part) if isinstance(part, unittest.TestSuite) else [part])]


if __name__ == "__main__":
    sys.exit(main())
