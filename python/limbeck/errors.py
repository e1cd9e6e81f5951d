"""What the package raises."""

from typing import Any


def printable(text: str) -> str:
    """Names come from files: what would move a terminal's cursor is escaped.

    >>> printable("caf\\u00e9 \\x1b[2J")
    'café \\\\x1b[2J'
    """
    return "".join(character if character.isprintable() else ascii(character)[1:-1] for character in text)


class Error(Exception):
    """A failure with a stable code, as the command line and the C API have them (docs/contract.md).

    >>> try:
    ...     Model("missing.lmb")
    ... except Error as error:
    ...     print(error.code)
    ...     print(error)
    E-FILE-KIND
    [E-FILE-KIND] missing.lmb: expected a file to read, found nothing of this name
    """

    code: str
    """Stable, such as ``"E-SHAPE"``."""
    message: str
    """What was expected, and what was found."""
    hint: str
    """How to mend it; empty when there is nothing to say."""
    details: list[dict[str, str]]
    """Of the program ``limbeck``: all its errors, as its JSON has them. Else empty."""
    document: dict[str, Any]
    """Of the program ``limbeck``, where a gate that was asked for failed: what it found. Else empty."""

    def __init__(self, code: str, message: str, hint: str = "") -> None:
        # The C API's messages end in their hints.
        self.code, self.message, self.hint = code, message.removesuffix(f"; {hint}") if hint else message, hint
        self.details = []
        self.document = {}
        super().__init__(code, self.message, hint)

    def __str__(self) -> str:
        return printable(f"[{self.code}] {self.message}" + (f"; {self.hint}" if self.hint else ""))
