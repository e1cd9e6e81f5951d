#!/usr/bin/env python3
"""Starts a command, interrupts it after a moment as Ctrl-C does, and ends with its exit code."""

import signal
import subprocess
import sys
import time


def main() -> int:
    process = subprocess.Popen(sys.argv[1:])
    time.sleep(0.7)
    process.send_signal(signal.SIGINT)
    return process.wait(timeout=20)


if __name__ == "__main__":
    sys.exit(main())
