#!/usr/bin/env python3
"""Checks documents of explain on the network of make_outlier.py: who is to blame, and whether repairs bring back what the outlier costs.

The loss is the noise that the network has over the same one without an outlier (--factor 1), both compiled to integers."""

import argparse
import json

WORST, LEAST_RECOVERED, MOST_APART_DB, LEAST_LOSS = "conv_3", 0.9, 1.0, 5


def noise(decibels: float) -> float:
    return 10 ** (-decibels / 10)


def reached(report: dict) -> float:
    """What the recipe that was written makes, compiled."""
    if report["biases"] and report["biases"]["applied"]:
        return report["biases"]["after_db"]
    return report["compiled_db"] if report["compiled_repaired_db"] is None else report["compiled_repaired_db"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, about in [("report", "of the network"), ("applied", "the same with --apply"), ("plain", "of the network without an outlier")]:
        parser.add_argument(name, help=about)
    arguments = parser.parse_args()
    report, applied, plain = (json.load(open(path, encoding="utf-8")) for path in (arguments.report, arguments.applied, arguments.plain))
    worst = report["layers"][0]
    assert worst["node"] == WORST, f"expected {WORST} to be the worst layer, found {worst['node']}"
    assert worst["repair"] is not None, "expected a repair of the worst layer, found none"
    before, without = noise(report["compiled_db"]), noise(plain["compiled_db"])
    assert before > LEAST_LOSS * without, f"expected an outlier that costs something, found {report['compiled_db']} dB and {plain['compiled_db']} without"
    for what, after in [("the worst layer's repair", report["compiled_db"] + worst["repair"]["compiled_gain_db"]), ("the recipe", reached(applied))]:
        recovered = (before - noise(after)) / (before - without)
        assert recovered >= LEAST_RECOVERED, f"expected {LEAST_RECOVERED} of the loss back by {what}, found {recovered}"
    # What the simulation says holds of integers, too.
    for document, simulated, compiled in [(report, "quantized_db", "compiled_db"), (applied, "repaired_db", "compiled_repaired_db")]:
        apart = abs(document[simulated] - document[compiled])
        assert apart < MOST_APART_DB, f"expected {compiled} near {document[simulated]}, found {document[compiled]}"
    # No repair that is kept makes the model worse beside those before it, unless the layer alone makes more noise than there is.
    for document in (report, applied):
        now = document["quantized_db"]
        for layer in document["layers"]:
            if repair := layer["repair"]:
                harm = repair["together_db"] < now < layer["isolated_db"]
                assert repair["left_out"] == harm, f"expected the repair of {layer['node']} to be left out where it does harm: {now}, {layer}"
                now = now if harm else repair["together_db"]
    assert any(layer["repair"]["left_out"] for layer in report["layers"] if layer["repair"]), "expected a repair that is left out, found none"


if __name__ == "__main__":
    main()
