"""Cold starts of every engine, by the program of coldstart.c."""

import json
import os
import random
import statistics
import subprocess
from pathlib import Path

import numpy as np

BUILD = Path(__file__).resolve().parents[1] / "build"
# Compiled by benchmarks/run, and by the test of the benchmarks elsewhere.
PROGRAM = Path(os.environ.get("LIMBECK_COLDSTART", BUILD / "benchmarks" / "coldstart"))
STARTS, THREADS = 15, 2


def optimized_by_onnxruntime(model: Path, path: Path) -> Path:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.optimized_model_filepath = str(path)
    options.log_severity_level = 3  # that the file is for this machine is what is wanted
    onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    return path


def contestants(engines: list, model: Path, artifact: Path, folder: Path) -> dict:
    """By label: engine of the program, library, file and cache."""
    from engines import limbeck, onnxruntime, openvino

    job, jobs = {"threads": THREADS, "streams": 1, "options": {"hint": "f32"}}, {}
    if "limbeck" in engines:
        jobs["limbeck int8"] = ("limbeck", limbeck.LIBRARY, artifact, "")
        jobs["limbeck int8, mapped"] = ("limbeck-mapped", limbeck.LIBRARY, artifact, "")
    if "onnxruntime" in engines:
        peer = onnxruntime.Engine(job)
        peer.prepare()
        jobs["onnxruntime int8"] = ("onnxruntime", peer.path, model, "")
        optimized = optimized_by_onnxruntime(model, folder / "optimized.onnx")
        jobs["onnxruntime int8, optimized before"] = ("onnxruntime-optimized", peer.path, optimized, "")
    if "openvino" in engines:
        peer = openvino.Engine(job)
        peer.prepare()
        jobs["openvino int8"] = ("openvino", peer.path, model, "")
        jobs["openvino int8, cached"] = ("openvino", peer.path, model, folder / "openvino-cache")
    return jobs


def start(engine: str, library: Path, model: Path, cache, data: Path, shape: tuple) -> dict:
    cores = sorted(os.sched_getaffinity(0))[:THREADS]
    command = [PROGRAM, engine, library, model, str(THREADS), cache, data, *map(str, shape)]
    done = subprocess.run(command, preexec_fn=lambda: os.sched_setaffinity(0, cores), check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def measure(engines: list, paths: dict, artifact: Path) -> dict:
    """Times by label and part, in milliseconds; the first start of each, which fills caches of files, does not count."""
    with np.load(paths["inputs"]) as stored:
        values = np.ascontiguousarray(stored[stored.files[0]][0], np.float32)
    data = artifact.with_suffix(".input")
    values.tofile(data)
    jobs = contestants(engines, paths["qdq"], artifact, artifact.parent)
    order, times = random.Random(0), {label: [] for label in jobs}
    for label, job in jobs.items():
        start(*job, data, values.shape)
    for _ in range(STARTS):
        for label, job in order.sample(sorted(jobs.items()), len(jobs)):
            times[label].append(start(*job, data, values.shape))
    return {label: summary(starts) for label, starts in times.items()}


def summary(starts: list) -> dict:
    parts = {part: [start[f"{part}_ms"] for start in starts] for part in ("first", "start", "load", "run")}
    return {"starts": len(starts), **{part: {"median_ms": statistics.median(ms), "least_ms": min(ms)} for part, ms in parts.items()}}
