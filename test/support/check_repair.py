#!/usr/bin/env python3
"""Checks a document of explain on the network of make_outlier.py: who is to blame, and whether the repair helps."""

import json
import sys

WORST, LEAST_RECOVERED, MOST_APART_DB = "conv_3", 0.9, 1.0


def noise(decibels: float) -> float:
    return 10 ** (-decibels / 10)


def main():
    report = json.load(open(sys.argv[1], encoding="utf-8"))
    worst = report["layers"][0]
    assert worst["node"] == WORST, f"expected {WORST} to be the worst layer, found {worst['node']}"
    assert worst["repair"] is not None, "expected a repair of the worst layer, found none"
    # The loss is what the layer adds to the noise of the model: how much of it does the repair take away?
    before, after = noise(report["quantized_db"]), noise(report["quantized_db"] + worst["repair"]["gain_db"])
    others = noise(worst["without_db"])
    recovered = (before - after) / (before - others)
    assert recovered >= LEAST_RECOVERED, f"expected {LEAST_RECOVERED} of the loss back, found {recovered}"
    # What the simulation says holds of integers, too.
    for simulated, compiled in [("quantized_db", "compiled_db"), ("repaired_db", "compiled_repaired_db")]:
        apart = abs(report[simulated] - report[compiled])
        assert apart < MOST_APART_DB, f"expected {compiled} near {report[simulated]}, found {report[compiled]}"
    gain = worst["repair"]["compiled_gain_db"]
    assert gain > 5, f"expected the compiled repair to gain 5 dB, found {gain}"


if __name__ == "__main__":
    main()
