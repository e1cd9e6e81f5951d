#!/usr/bin/env python3
"""Writes a small seed corpus for FuzzImport: makeSeeds.py FOLDER. FuzzInterpret starts from nothing, any bytes are a model."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "malformed"))

import cases_file
import cases_op
import cases_quantized
import cases_tensor

LARGEST = 4096


def main(folder):
    os.makedirs(folder, exist_ok=True)
    count = 0
    for module in (cases_file, cases_tensor, cases_op, cases_quantized):
        for group in module.ALL:
            for name, content, _ in group():
                data = content if isinstance(content, bytes) else content.SerializeToString()
                if len(data) > LARGEST:
                    continue
                with open(os.path.join(folder, name), "wb") as stream:
                    stream.write(data)
                count += 1
    print(count, "seeds")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
