"""Which samples are taken, and for which part: by the seed and the key of each sample alone, so that it is the same on every
machine and with every version of NumPy."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

from ..errors import Error

NAME = re.compile(r"[A-Za-z0-9_-]+")


def drawn(keys: Sequence[str], seed: int) -> list[int]:
    """All indices in the order of the draw.

    >>> drawn(["a", "b", "c", "d"], 0) == drawn(["a", "b", "c", "d"], 0), sorted(drawn(["a", "b", "c"], 1))
    (True, [0, 1, 2])
    """

    def rank(index: int) -> tuple[bytes, int]:
        return hashlib.blake2b(f"{seed}\0{keys[index]}".encode("utf-8", "surrogateescape"), digest_size=16).digest(), index

    return sorted(range(len(keys)), key=rank)


def parse_split(text: str) -> dict[str, str]:
    """Names and sizes: a share (0.8), a number of samples (500), or what is left (rest).

    >>> parse_split("train=0.8,test=rest")
    {'train': '0.8', 'test': 'rest'}
    """
    parts: dict[str, str] = {}
    for item in text.split(","):
        name, _, size = item.partition("=")
        if not NAME.fullmatch(name) or not re.fullmatch(r"0?\.\d+|[1-9]\d*|rest", size) or name in parts or "rest" in parts.values():
            hint = "write --split train=0.8,validation=0.1,test=rest; a size is a share below 1, a number of samples, or, last, rest"
            raise Error("E-FLAG", f"expected NAME=SIZE with a name of its own in --split, found '{item}'", hint)
        parts[name] = size
    return parts


def assign(keys: Sequence[str], seed: int, most: int | None, split: dict[str, str] | None) -> list[str | None]:
    """The part that each sample belongs to, None for no part. Without a split there is one part, named "".

    >>> sorted(assign(["a", "b", "c"], 0, None, {"train": "2", "test": "rest"}))
    ['test', 'train', 'train']
    """
    if most is not None and most > len(keys):
        raise Error("E-INPUT-DATA", f"expected at least {most} samples, found {len(keys)}")
    order = drawn(keys, seed)[:most]
    part_of: list[str | None] = [None] * len(keys)
    begin, share = 0, 0.0
    for name, size in (split or {"": "rest"}).items():
        share += float(size) if "." in size else 0
        whole = size == "rest" or ("." in size and abs(share - 1) < 1e-9)  # shares that add up to all leave nothing out
        end = len(order) if whole else begin + (round(float(size) * len(order)) if "." in size else int(size))
        if not begin < end <= len(order):
            raise Error("E-INPUT-DATA", f"expected samples for part '{name}' ({size}), found {len(order) - begin} left of {len(order)}")
        for index in order[begin:end]:
            part_of[index] = name
        begin = end
    return part_of
