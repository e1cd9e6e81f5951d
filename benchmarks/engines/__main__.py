"""One engine on one model, as a process that measures when told to: python -m engines JOB, JOB as JSON.

Writes a line of JSON once it is warm: version, options, load_ms (from the file to the first run), how runs are timed, and what the first
input gave. Then reads lines: {"seconds": S} runs for S seconds over the inputs in turn and answers with the times of the runs and
of all together; with "idle": I it then does nothing for I seconds and answers how busy the process was meanwhile.
"""

import importlib
import json
import os
import sys
import time

import numpy as np

from .outputs import Outputs

WARM_UP_SECONDS = 0.5


def block(engine, loop, outputs: Outputs, order: dict) -> dict:
    """Runs; what comes out is compared with the first pass, outside of the measured time."""
    outputs.forget()
    times, elapsed = loop.measure(order["seconds"])
    answer = {"times": times, "elapsed": elapsed}
    if "idle" in order:
        busy, begin = time.process_time(), time.perf_counter()
        time.sleep(order["idle"])
        answer["idle_share"] = (time.process_time() - busy) / (time.perf_counter() - begin)
    return answer | {"checked": outputs.check(loop.ran())}


def main() -> None:
    job = json.loads(sys.argv[1])
    os.sched_setaffinity(0, job["cores"])
    engine = importlib.import_module(f"engines.{job['engine']}").Engine(job)
    engine.prepare()
    with np.load(job["inputs"]) as stored:
        inputs = {name: list(np.ascontiguousarray(stored[name])) for name in stored}
    begin = time.perf_counter()
    engine.load()
    loop = engine.start(inputs)
    loaded = time.perf_counter()
    count = len(next(iter(inputs.values())))
    for _ in range(count):
        loop.measure(0)
    outputs = Outputs(engine, job["streams"], count)
    loop.measure(WARM_UP_SECONDS)
    facts = {
        "version": engine.version,
        "options": engine.options,
        "timed_in": loop.timed_in,
        "load_ms": (loaded - begin) * 1e3,
        **outputs.facts(),
    }
    print(json.dumps(facts), flush=True)
    for line in sys.stdin:
        print(json.dumps(block(engine, loop, outputs, json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
