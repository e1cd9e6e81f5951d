"""How each runtime computes the outputs of many samples. All of them hand out the first output, sample by sample."""

import subprocess
import tempfile
from pathlib import Path

import numpy as np

from .quantizers import PROGRAM

CHUNK = 100  # samples to a file: outputs of the recognizer take 1 MB each


def limbeck(path: Path, feeds: list, threads: int):
    with tempfile.TemporaryDirectory() as folder:
        given, found = Path(folder) / "given.npz", Path(folder) / "found.npz"
        for begin in range(0, len(feeds), CHUNK):
            part = feeds[begin : begin + CHUNK]
            np.savez(given, **{name: np.concatenate([feed[name] for feed in part]) for name in part[0]})
            command = [PROGRAM, "run", path, "--data", given, "-o", found, "--threads", str(threads), "--quiet"]
            done = subprocess.run(command, stderr=subprocess.PIPE, text=True)
            if done.returncode:
                raise RuntimeError((done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[0])
            with np.load(found) as outputs:
                rows = outputs[outputs.files[0]]
            yield from (rows[index : index + 1] for index in range(len(part)))


def onnxruntime(path: Path, feeds: list, threads: int):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads, options.log_severity_level = threads, 1, 3
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    return (session.run(None, feed)[0] for feed in feeds)


def openvino(path: Path, feeds: list, threads: int):
    """What stays float is computed in f32, so that the difference is that of quantization alone."""
    import openvino

    settings = {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": threads}
    compiled = openvino.Core().compile_model(str(path), "CPU", settings)
    return (compiled(feed)[0] for feed in feeds)


RUNTIMES = {runtime.__name__: runtime for runtime in (limbeck, onnxruntime, openvino)}
