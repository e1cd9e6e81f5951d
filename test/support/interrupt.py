#!/usr/bin/env python3
"""Starts a command, waits for a moment, until a file is there or until its progress bar shows something, sends its process (or a child
of it) a signal, ends with its exit code."""

import argparse
import glob
import os
import pty
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


def wait_for_shown(text: str, terminal: int, process: subprocess.Popen) -> str:
    """Reads what the command shows on its terminal until the text is there."""
    shown, deadline = "", time.monotonic() + 60
    while text not in shown:
        if time.monotonic() > deadline or process.poll() is not None:
            process.kill()
            sys.exit(f"expected '{text}' to be shown, found {shown!r}")
        shown += os.read(terminal, 4096).decode(errors="replace")
    return shown


def rest_of(terminal: int) -> str:
    text = b""
    try:
        while part := os.read(terminal, 4096):
            text += part
    except OSError:  # how a terminal ends
        pass
    return text.decode(errors="replace")


def child_of(process: int) -> int:
    return int(Path(f"/proc/{process}/task/{process}/children").read_text().split()[0])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--after", metavar="FILE", help="wait for this file, which may be a pattern, in place of a moment")
    parser.add_argument("--shown", metavar="TEXT", help="wait for this on stderr, which is a terminal then; what follows is printed")
    parser.add_argument("--seconds", type=float, default=0.7, help="the moment, 0.7 when not given")
    parser.add_argument("--signal", default="INT", help="its name, INT when not given")
    parser.add_argument("--child", action="store_true", help="the signal is for the command's own child")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    arguments = parser.parse_args()
    # What runs the tests may ignore Ctrl-C, which a child would inherit.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    terminal, inside = pty.openpty() if arguments.shown else (None, None)
    process = subprocess.Popen(arguments.command, stderr=inside)
    if arguments.shown:
        os.close(inside)
        wait_for_shown(arguments.shown, terminal, process)
    elif arguments.after:
        wait_for(arguments.after, process)
    else:
        time.sleep(arguments.seconds)
    number = signal.Signals["SIG" + arguments.signal]
    if arguments.child:
        os.kill(child_of(process.pid), number)
    else:
        process.send_signal(number)
    if arguments.shown:
        print(rest_of(terminal))
    return process.wait(timeout=20)


if __name__ == "__main__":
    sys.exit(main())
