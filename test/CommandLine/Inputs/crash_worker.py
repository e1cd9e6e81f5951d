#!/usr/bin/env python3
"""Runs a command of limbeck and crashes the compiler's process as soon as that compiles; ends with the command's exit code."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path


def compiling_child(parent: int) -> int:
    """The child that has loaded the compiler, or 0."""
    for child in Path(f"/proc/{parent}/task/{parent}/children").read_text().split():
        arguments = Path(f"/proc/{child}/cmdline").read_bytes().split(b"\0")
        if arguments[1:2] == [b"worker"] and "libMLIR" in Path(f"/proc/{child}/maps").read_text():
            return int(child)
    return 0


process = subprocess.Popen(sys.argv[1:])
deadline = time.monotonic() + 30
while not (child := compiling_child(process.pid)):
    if time.monotonic() > deadline or process.poll() is not None:
        sys.exit("crash_worker: error: expected a process that compiles, found none")
    time.sleep(0.01)
os.kill(child, signal.SIGSEGV)
sys.exit(process.wait())
