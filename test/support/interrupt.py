#!/usr/bin/env python3
"""Starts a command, waits for a moment or until a file is there, sends its process (or a child of it) a signal, ends with its exit code."""

import argparse
import glob
import os
import signal
import subprocess
import sys
import time
from pathlib import Path


def wait_for(pattern: str, process: subprocess.Popen) -> None:
    deadline = time.monotonic() + 15
    while not glob.glob(pattern) and process.poll() is None:
        if time.monotonic() > deadline:
            process.kill()
            sys.exit(f"expected a file {pattern} soon, found none")
        time.sleep(0.005)


def child_of(process: int) -> int:
    return int(Path(f"/proc/{process}/task/{process}/children").read_text().split()[0])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--after", metavar="FILE", help="wait for this file, which may be a pattern, in place of a moment")
    parser.add_argument("--seconds", type=float, default=0.7, help="the moment, 0.7 when not given")
    parser.add_argument("--signal", default="INT", help="its name, INT when not given")
    parser.add_argument("--child", action="store_true", help="the signal is for the command's own child")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    arguments = parser.parse_args()
    # What runs the tests may ignore Ctrl-C, which a child would inherit.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    process = subprocess.Popen(arguments.command)
    if arguments.after:
        wait_for(arguments.after, process)
    else:
        time.sleep(arguments.seconds)
    number = signal.Signals["SIG" + arguments.signal]
    if arguments.child:
        os.kill(child_of(process.pid), number)
    else:
        process.send_signal(number)
    return process.wait(timeout=20)


if __name__ == "__main__":
    sys.exit(main())
