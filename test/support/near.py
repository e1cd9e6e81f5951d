#!/usr/bin/env python3
"""Passes when two .npy files hold floats of one shape that differ by at most BOUND times the greatest: near.py A B BOUND"""

import sys

import numpy as np


def main() -> int:
    found, expected, bound = np.load(sys.argv[1]), np.load(sys.argv[2]), float(sys.argv[3])
    if found.shape != expected.shape or found.dtype != expected.dtype:
        print(f"expected {expected.dtype}{expected.shape}, found {found.dtype}{found.shape}", file=sys.stderr)
        return 1
    distance = np.abs(found - expected).max() / np.abs(expected).max()
    if not distance <= bound:
        print(f"expected a distance of at most {bound}, found {distance}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
