"""One engine on one model, as a process that measures when told to.

Reads lines of JSON: {"seconds": S} runs for S seconds over eight inputs in turn and answers {"times": [..]} in seconds. The first
line it writes is {"engine": .., "version": .., "options": {..}, "load_ms": ..}, after warm-up. Buffers are allocated once.
"""

import ctypes
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

INPUTS = 8
ROOT = Path(__file__).parent.parent


def random_inputs(shape) -> list:
    """Numbers in [0.01, 1): no subnormals, no NaN."""
    made = [np.random.default_rng(seed).uniform(0.01, 1, shape).astype(np.float32) for seed in range(INPUTS)]
    assert all(np.isfinite(x).all() and (np.abs(x) >= np.finfo(np.float32).tiny).all() for x in made)
    return made


class Onnxruntime:
    """IO binding to preallocated tensors; all optimizations on."""

    def __init__(self, model, shape, threads, hint):
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
        self.session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        self.version, self.options = onnxruntime.__version__, {"intra_op_num_threads": threads, "io_binding": True}
        name = self.session.get_inputs()[0].name
        self.bindings, self.kept = [], []
        for x in random_inputs(shape):
            binding = self.session.io_binding()
            value = onnxruntime.OrtValue.ortvalue_from_numpy(x)
            self.kept.append(value)
            binding.bind_ortvalue_input(name, value)
            for output, known in zip(self.session.get_outputs(), self.session.run(None, {name: x})):
                place = onnxruntime.OrtValue.ortvalue_from_numpy(known)
                self.kept.append(place)
                binding.bind_ortvalue_output(output.name, place)
            self.bindings.append(binding)

    def run(self, i):
        self.session.run_with_iobinding(self.bindings[i])

    def first_output(self):
        return self.bindings[0].copy_outputs_to_cpu()[0]


class Openvino:
    """One stream, latency hint, tensors set once."""

    def __init__(self, model, shape, threads, hint):
        import openvino

        core = openvino.Core()
        network = core.read_model(model)
        network.reshape({network.inputs[0]: list(shape)})
        self.options = {
            "PERFORMANCE_HINT": "LATENCY",
            "NUM_STREAMS": "1",
            "INFERENCE_NUM_THREADS": threads,
            "INFERENCE_PRECISION_HINT": hint,
        }
        self.version = openvino.__version__
        self.request = core.compile_model(network, "CPU", self.options).create_infer_request()
        self.inputs = [openvino.Tensor(np.ascontiguousarray(x), shared_memory=True) for x in random_inputs(shape)]

    def run(self, i):
        self.request.set_input_tensor(self.inputs[i])
        self.request.infer()

    def first_output(self):
        self.run(0)
        return self.request.get_output_tensor(0).data


class CTensor(ctypes.Structure):
    _fields_ = [
        ("data", ctypes.c_void_p),
        ("dtype", ctypes.c_int32),
        ("rank", ctypes.c_int32),
        ("dims", ctypes.POINTER(ctypes.c_int64)),
        ("byte_size", ctypes.c_uint64),
    ]


class CPort(ctypes.Structure):
    _fields_ = [
        ("name", ctypes.c_char_p),
        ("dtype", ctypes.c_int32),
        ("rank", ctypes.c_int32),
        ("dims", ctypes.POINTER(ctypes.c_int64)),
        ("byte_size", ctypes.c_uint64),
    ]


class COptions(ctypes.Structure):
    _fields_ = [
        ("struct_size", ctypes.c_uint64),
        ("threads", ctypes.c_int32),
        ("reserved", ctypes.c_int32),
        ("spin_us", ctypes.c_int64),
        ("memory_limit", ctypes.c_uint64),
    ]


class Limbeck:
    """The C interface, called from here."""

    def __init__(self, model, shape, threads, hint):
        artifact = Path(model).with_suffix(".bench.lmb")
        text = "x".join(str(dim) for dim in shape)
        tool = ROOT / "build" / "bin" / "limbeck"
        target = f"cpu:{hint}" if hint else "cpu:native"
        subprocess.run([tool, "compile", model, "-o", artifact, "--shape", f"x={text}", "--target", target, "--quiet"], check=True)
        self.library = library = ctypes.CDLL(str(ROOT / "build" / "lib" / "Runtime" / "liblimbeck_runtime.so"))
        library.limbeck_runtime_version.restype = ctypes.c_char_p
        library.limbeck_last_error_message.restype = ctypes.c_char_p
        self.version, self.options = library.limbeck_runtime_version().decode(), {"threads": threads, "target": target}
        handle, self.context = ctypes.c_void_p(), ctypes.c_void_p()
        begin = time.perf_counter()
        self.call("limbeck_model_load_file", str(artifact).encode(), ctypes.byref(handle))
        options = COptions(ctypes.sizeof(COptions), threads, 0, -1, 0)
        self.call("limbeck_context_create", handle, ctypes.byref(options), ctypes.byref(self.context))
        self.load_ms = (time.perf_counter() - begin) * 1e3
        self.inputs = []
        for x in random_inputs(shape):
            self.inputs.append((self.tensor(x), x))
        self.outputs = []
        count = ctypes.c_uint64()
        self.call("limbeck_model_port_count", handle, 0, 1, ctypes.byref(count))
        for index in range(count.value):
            port = CPort()
            self.call("limbeck_model_port", handle, 0, 1, index, ctypes.byref(port))
            self.outputs.append((port, np.zeros(port.byte_size // 4, np.float32)))
        self.results = (CTensor * len(self.outputs))(*[CTensor(y.ctypes.data, p.dtype, p.rank, p.dims, p.byte_size) for p, y in self.outputs])

    def call(self, name, *arguments):
        if getattr(self.library, name)(*arguments):
            raise RuntimeError(f"{name}: {self.library.limbeck_last_error_message().decode()}")

    def tensor(self, x):
        dims = (ctypes.c_int64 * x.ndim)(*x.shape)
        return CTensor(x.ctypes.data, 14, x.ndim, dims, x.nbytes)

    def run(self, i):
        self.call("limbeck_run", self.context, None, ctypes.byref(self.inputs[i][0]), ctypes.c_uint64(1), self.results, ctypes.c_uint64(len(self.outputs)))

    def first_output(self):
        self.run(0)
        return self.outputs[0][1]


ENGINES = {"limbeck": Limbeck, "onnxruntime": Onnxruntime, "openvino": Openvino}


def measure(engine, seconds: float) -> list:
    times, end = [], time.perf_counter() + seconds
    while True:
        for i in range(INPUTS):
            begin = time.perf_counter()
            engine.run(i)
            times.append(time.perf_counter() - begin)
        if time.perf_counter() >= end:
            return times


def main() -> None:
    job = json.loads(sys.argv[1])
    os.sched_setaffinity(0, job["cores"])
    begin = time.perf_counter()
    engine = ENGINES[job["engine"]](job["model"], job["shape"], job["threads"], job["hint"])
    load_ms = getattr(engine, "load_ms", (time.perf_counter() - begin) * 1e3)
    measure(engine, 0.5)
    # Consumed, so that no engine can leave work out.
    checksum = float(np.nansum(np.abs(np.asarray(engine.first_output(), np.float64))))
    print(json.dumps({"version": engine.version, "options": engine.options, "load_ms": load_ms, "checksum": checksum}), flush=True)
    for line in sys.stdin:
        print(json.dumps({"times": measure(engine, json.loads(line)["seconds"])}), flush=True)


if __name__ == "__main__":
    main()
