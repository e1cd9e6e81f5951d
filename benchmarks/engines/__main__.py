"""One engine on one model, as a process that measures when told to: python -m engines JOB, JOB as JSON.

Writes a line of JSON once it is warm: version, options, load_ms (from the file to the first run), and what the first input gave. Then reads lines: {"seconds": S} runs for S seconds over the inputs in turn and answers with the times
of the runs and of all together; {"idle": S} sleeps and answers how busy the process was meanwhile.
"""

import importlib
import json
import os
import sys
import time

import numpy as np

WARM_UP_SECONDS = 0.5
SAMPLES = 256


def consumed(results: list) -> dict:
    """What came out, so that no engine can leave work out, and so that the engines can be compared."""
    arrays = [np.asarray(result, np.float64).reshape(-1) for result in results]
    if not all(np.isfinite(array).all() for array in arrays):
        raise RuntimeError("expected finite results, found NaN or infinity")
    step = max(1, len(arrays[0]) // SAMPLES)
    return {"checksum": float(sum(np.abs(array).sum() for array in arrays)), "sample": arrays[0][::step][:SAMPLES].tolist()}


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
    loop.measure(0)
    outputs = consumed(engine.results())
    loop.measure(WARM_UP_SECONDS)
    facts = {
        "version": engine.version,
        "options": engine.options,
        "timed_in": loop.timed_in,
        "load_ms": (loaded - begin) * 1e3,
        **outputs,
    }
    print(json.dumps(facts), flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        if "idle" in order:
            busy = time.process_time()
            time.sleep(order["idle"])
            print(json.dumps({"idle_share": (time.process_time() - busy) / order["idle"]}), flush=True)
            continue
        times, elapsed = loop.measure(order["seconds"])
        print(json.dumps({"times": times, "elapsed": elapsed}), flush=True)


if __name__ == "__main__":
    main()
