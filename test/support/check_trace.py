#!/usr/bin/env python3
"""Checks a trace of bench beside its document: one process per model, one track per worker, the slices of a track in order and
apart, every layer on the track of worker 0, by the names of its nodes. With --samples a worker takes samples through several
layers, and so comes back to them: at least so many times."""

import argparse
import json
import sys
from pathlib import Path


def faults(events: list, process: int, measurement: dict, samples: int):
    own = [event for event in events if event["pid"] == process]
    names = {(event["name"], event["tid"]): event["args"]["name"] for event in own if event["ph"] == "M"}
    if names.get(("process_name", 0)) != measurement["name"]:
        yield f"expected process {process} to be {measurement['name']}, found {names}"
    for worker in range(measurement["threads"]):
        if names.get(("thread_name", worker)) != f"worker {worker}":
            yield f"expected a track for worker {worker}, found {names}"
        slices = [event for event in own if event["ph"] == "X" and event["tid"] == worker]
        for before, after in zip(slices, slices[1:]):
            back = not samples and before["args"]["layer"] >= after["args"]["layer"]
            if before["ts"] + before["dur"] > after["ts"] + 1e-3 or back:
                yield f"expected slices in order and apart, found {before} and {after}"
        if worker == 0:
            found = [(event["args"]["layer"], event["name"]) for event in slices]
            if samples and max(found.count(slice) for slice in found) < samples:
                yield f"expected layers to come {samples} times, found {found}"
            found = sorted(set(found)) if samples else found
            expected = [(index, ", ".join(layer["nodes"])) for index, layer in enumerate(measurement["layers"])]
            if found != expected:
                yield f"expected the slices {expected}, found {found}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("trace", type=Path)
    parser.add_argument("document", type=Path)
    parser.add_argument("--samples", type=int, default=0)
    arguments = parser.parse_args()
    events = json.loads(arguments.trace.read_text(encoding="utf-8"))["traceEvents"]
    document = json.loads(arguments.document.read_text(encoding="utf-8"))
    measurements = [document, *document["baselines"]]
    found = [fault for number, one in enumerate(measurements, 1) for fault in faults(events, number, one, arguments.samples)]
    if {event["pid"] for event in events} != set(range(1, len(measurements) + 1)):
        found.append(f"expected {len(measurements)} processes, found others")
    print("\n".join(found) or f"a trace of {len(events)} events")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
