"""Ctrl-C and SIGTERM, seen between two samples only: so none comes between the making of a file and the note to remove it."""

from __future__ import annotations

import signal
import sys


class Interrupts:
    """While it is entered, signals are noted, and `check` raises what they ask for.

    >>> with Interrupts() as interrupts:
    ...     interrupts.check()
    """

    def __enter__(self) -> Interrupts:
        self.noted = 0
        self.before = {number: signal.signal(number, self._note) for number in (signal.SIGINT, signal.SIGTERM)}
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self.before.items():
            signal.signal(number, handler)

    def _note(self, number: int, _: object) -> None:
        self.noted = number

    def check(self) -> None:
        if self.noted == signal.SIGINT:
            raise KeyboardInterrupt
        if self.noted:
            sys.exit(128 + self.noted)
