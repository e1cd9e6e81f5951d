"""Ctrl-C while ``python -m limbeck.data`` imports its modules ends it as it does later: in one line. Imported before all others."""

from __future__ import annotations

import os
import signal
import sys


def _end(*_: object) -> None:
    os.write(2, b"interrupted: nothing was written\n")
    os._exit(130)


def starts_program() -> bool:
    """Whether the interpreter looks for that module now; only then is what Ctrl-C does ours to say."""
    return sys.argv[:1] == ["-m"] and not {"limbeck.data", "-mlimbeck.data"}.isdisjoint(sys.orig_argv)


def started() -> None:
    """All is imported: from here on, Ctrl-C is an exception again."""
    if signal.getsignal(signal.SIGINT) is _end:
        signal.signal(signal.SIGINT, signal.default_int_handler)


# One that is ignored, as in the background of a shell, stays so.
if starts_program() and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, _end)
