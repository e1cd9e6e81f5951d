#!/usr/bin/env python3
"""Writes samples for calibration into a folder: good ones in every form, and bad ones of every kind."""

import sys
from pathlib import Path

import numpy as np


def main() -> int:
    folder = Path(sys.argv[1])
    (folder / "shapes").mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(7)
    samples = random.standard_normal((20, 3, 7, 9)) * np.exp(2 * random.standard_normal((20, 1, 1, 1)))
    samples = samples.astype(np.float32)
    np.savez(folder / "all.npz", x=samples)
    np.savez_compressed(folder / "packed.npz", x=samples)
    np.save(folder / "columns.npy", np.asfortranarray(samples))
    np.savez(folder / "first.npz", x=samples[:7])
    np.savez(folder / "second.npz", x=samples[7:])
    np.savez(folder / "reversed.npz", x=samples[::-1])
    np.save(folder / "one.npy", samples[0])
    for index, size in enumerate([(7, 9), (5, 5), (7, 9), (8, 6)]):
        np.save(folder / "shapes" / f"{index}.npy", random.standard_normal((3, *size)).astype(np.float32))
    for count in (10, 1000):
        np.savez(folder / f"large{count}.npz", x=random.standard_normal((count, 3, 64, 64), dtype=np.float32))
    (folder / "many.txt").write_text("one.npy\n" * 500000)

    def bad(name: str, change) -> None:
        copy = samples.copy()
        change(copy)
        np.savez(folder / f"{name}.npz", x=copy)

    def put(value):
        def change(copy):
            copy[3, 1, 2, 4] = value

        return change

    bad("nan", put(np.nan))
    bad("infinity", put(-np.inf))
    bad("zeros", lambda copy: copy[:, 1].fill(0))
    bad("huge", lambda copy: copy[5].fill(3e38))
    np.savez(folder / "keys.npz", y=samples)
    np.savez(folder / "shape.npz", x=samples[:, :2])
    np.savez(folder / "type.npz", x=(samples > 0).astype(np.uint8))
    np.savez(folder / "empty.npz", x=samples[:0])
    whole = (folder / "all.npz").read_bytes()
    (folder / "truncated.npz").write_bytes(whole[: len(whole) // 2])
    middle = bytearray(whole)
    middle[len(whole) // 2] ^= 1
    (folder / "damaged.npz").write_bytes(middle)
    return 0


if __name__ == "__main__":
    sys.exit(main())
