#!/usr/bin/env python3
"""Runs a command that first compiles in a child and then works by itself; ends with its exit code.

--interrupt SECONDS sends it SIGINT so long after that child has ended, or the last of --children N. --peak FILE writes how many KiB of memory the process itself,
without its children, had at most."""

import argparse
import signal
import subprocess
import sys
import time
from pathlib import Path


def read(path: str) -> str:
    try:
        return Path(path).read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def peak_of(process: int) -> int:
    lines = [line for line in read(f"/proc/{process}/status").splitlines() if line.startswith("VmHWM:")]
    return int(lines[0].split()[1]) if lines else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--interrupt", type=float, metavar="SECONDS")
    parser.add_argument("--children", type=int, default=1, metavar="N")
    parser.add_argument("--peak", type=Path, metavar="FILE")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    arguments = parser.parse_args()
    # What runs the tests may ignore Ctrl-C, which a child would inherit.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    process = subprocess.Popen(arguments.command)
    compiled, had_child, ended, peak = None, False, 0, 0
    while process.poll() is None:
        has_child = bool(read(f"/proc/{process.pid}/task/{process.pid}/children").strip())
        ended += had_child and not has_child
        if ended == arguments.children and compiled is None:
            compiled = time.monotonic()
        had_child = has_child
        peak = max(peak, peak_of(process.pid))
        if arguments.interrupt is not None and compiled is not None and time.monotonic() > compiled + arguments.interrupt:
            process.send_signal(signal.SIGINT)
            return process.wait(timeout=60)
        time.sleep(0.002)
    if arguments.peak:
        arguments.peak.write_text(str(peak))
    return process.returncode


if __name__ == "__main__":
    sys.exit(main())
