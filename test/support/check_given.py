#!/usr/bin/env python3
"""Checks what explain says of a quantized file that another tool made of the network of make_outlier.py.

The arguments behind the document: the worst layer (- for any name), and the node of the float model that its weights are of.
"""

import json
import sys

MOST_APART_DB, LEAST_UNROUNDED_DB = 0.5, 60


def main():
    report = json.load(open(sys.argv[1], encoding="utf-8"))
    worst, node, float_node = report["layers"][0], sys.argv[2], sys.argv[3]
    assert node in ("-", worst["node"]), f"expected {node} to be the worst layer, found {worst['node']}"
    assert worst["float_node"] == float_node, f"expected weights of {float_node}, found {worst['float_node']}"
    found = {layer["float_node"] for layer in report["layers"]} - {None}
    assert len(found) == 7, f"expected the weights of 7 layers to be found, found {found}"
    unrounded = report["unrounded_db"]
    assert unrounded is None or unrounded > LEAST_UNROUNDED_DB, f"expected the float model with nothing rounded, found {unrounded} dB"
    apart = abs(report["quantized_db"] - report["compiled_db"])
    assert apart < MOST_APART_DB, f"expected all roundings to make the compiled file, found them {apart} dB apart"
    # It spoils the model, alone as among the others.
    assert worst["without_db"] > report["quantized_db"] + 5, f"expected 5 dB without {node}, found {worst['without_db']}"
    assert all(layer["repair"] is None for layer in report["layers"]), "expected no repairs of a file that is given"


if __name__ == "__main__":
    main()
