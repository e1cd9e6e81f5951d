"""ONNX Runtime as the peer: the same model, the same threads, the same way of measuring."""

import time
from pathlib import Path

import numpy as np
import onnxruntime

LEVELS = {
    "off": onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL,
    "default": onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL,
}


def session(model, threads: int = 0, optimizations: str = "default") -> onnxruntime.InferenceSession:
    """A session over a path or over serialized bytes."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.graph_optimization_level = LEVELS[optimizations]
    options.log_severity_level = 3
    source = str(model) if isinstance(model, Path) else model
    return onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"])


def load_milliseconds(model: Path, threads: int) -> float:
    """The best of three session creations."""
    spent = []
    for _ in range(3):
        start = time.perf_counter()
        session(model, threads)
        spent.append(time.perf_counter() - start)
    return 1000 * min(spent)


def latency_milliseconds(peer: onnxruntime.InferenceSession, feeds: dict, seconds: float) -> float:
    """The median of one run, after at least ten runs and half a second of warm-up (as `limbeck bench`)."""

    def repeat(least: int, long: float) -> list:
        spent, start = [], time.perf_counter()
        while len(spent) < least or time.perf_counter() - start < long:
            before = time.perf_counter()
            peer.run(None, feeds)
            spent.append(time.perf_counter() - before)
        return spent

    repeat(10, 0.5)
    return 1000 * float(np.median(repeat(10, seconds)))
