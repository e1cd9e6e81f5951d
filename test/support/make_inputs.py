#!/usr/bin/env python3
"""Writes values for the input `x: f32[1x3x7x9]` of the tiny models: PREFIX.good.*, and PREFIX.* that are wrong."""

import sys
from pathlib import Path

import numpy as np
from onnx import numpy_helper


def main() -> int:
    prefix = sys.argv[1]
    good = np.random.default_rng(3).uniform(-1, 1, (1, 3, 7, 9)).astype(np.float32)
    np.save(f"{prefix}.good.npy", good)
    np.savez(f"{prefix}.good.npz", x=good)
    Path(f"{prefix}.good.pb").write_bytes(numpy_helper.from_array(good, "x").SerializeToString())
    Path(f"{prefix}.good.bin").write_bytes(good.tobytes())
    np.save(f"{prefix}.rank.npy", good[0])
    np.save(f"{prefix}.shape.npy", good[:, :, :, :8])
    np.save(f"{prefix}.type.npy", good.astype(np.int32))
    np.savez(f"{prefix}.keys.npz", x=good, extra=good)
    Path(f"{prefix}.broken.npy").write_bytes(Path(f"{prefix}.good.npy").read_bytes()[:-5])
    samples = np.random.default_rng(4).uniform(-1, 1, (5, 3, 7, 9)).astype(np.float32)
    np.save(f"{prefix}.samples.npy", samples)
    np.savez(f"{prefix}.samples.npz", x=samples)
    folder = Path(f"{prefix}.folder")
    folder.mkdir(exist_ok=True)
    for index, sample in enumerate(samples):
        np.save(folder / f"{index}.npy", sample)
    Path(f"{prefix}.list.txt").write_text("\n".join(f"{folder.name}/{index}.npy" for index in range(5)) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
