"""Limbeck through its C interface. The artifact is compiled beforehand, by the program."""

import ctypes
import json
import os
import subprocess
from pathlib import Path

import numpy as np

from .loops import CompiledLoop, call, fill

BUILD = Path(__file__).resolve().parents[2] / "build"
PROGRAM = BUILD / "bin" / "limbeck"
LIBRARY = BUILD / "lib" / "Runtime" / "liblimbeck_runtime.so"
INPUT, OUTPUT = 0, 1
DTYPES = {14: np.float32, 11: np.int64}


class Tensor(ctypes.Structure):
    _fields_ = [
        ("data", ctypes.c_void_p),
        ("dtype", ctypes.c_int32),
        ("rank", ctypes.c_int32),
        ("dims", ctypes.POINTER(ctypes.c_int64)),
        ("byte_size", ctypes.c_uint64),
    ]


class Port(ctypes.Structure):
    _fields_ = [
        ("name", ctypes.c_char_p),
        ("dtype", ctypes.c_int32),
        ("rank", ctypes.c_int32),
        ("dims", ctypes.POINTER(ctypes.c_int64)),
        ("byte_size", ctypes.c_uint64),
    ]


class Options(ctypes.Structure):
    _fields_ = [
        ("struct_size", ctypes.c_uint64),
        ("threads", ctypes.c_int32),
        ("reserved", ctypes.c_int32),
        ("spin_us", ctypes.c_int64),
        ("memory_limit", ctypes.c_uint64),
    ]


class Engine:
    def __init__(self, job: dict):
        self.repeats_bits = True
        self.job, self.target = job, job["options"].get("target", "cpu:native")
        self.precision = job["options"].get("precision", "")
        self.threads = 0 if job["options"].get("pool") == "shared" else job["threads"]  # 0: the pool of the process, one for all contexts
        self.options = {"threads": self.threads or "the pool of the process", "target": self.target, **({"precision": self.precision} if self.precision else {})}

    def prepare(self) -> None:
        """Compiles, unless the model is an artifact, or there is one newer than the model and the program."""
        model = Path(self.job["model"])
        if model.suffix == ".lmb":
            self.artifact = model
            return
        suffix = "-".join(word for word in ["", self.target.replace(":", "-"), self.precision] if word)
        self.artifact = Path(self.job["artifacts"]) / f"{model.name}.{suffix}.lmb"
        if self.artifact.is_file() and self.artifact.stat().st_mtime > max(path.stat().st_mtime for path in (model, PROGRAM)):
            return
        command = [PROGRAM, "compile", model, "-o", self.artifact, "--target", self.target, "--quiet"]
        command += ["--precision", self.precision] if self.precision else []
        done = subprocess.run(command, stderr=subprocess.PIPE, text=True)
        if done.returncode:
            raise RuntimeError((done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[0])

    def load(self) -> None:
        self.library = ctypes.CDLL(str(LIBRARY))
        self.library.limbeck_runtime_version.restype = ctypes.c_char_p
        self.library.limbeck_last_error_message.restype = ctypes.c_char_p
        self.version = self.library.limbeck_runtime_version().decode()
        self.model = ctypes.c_void_p()
        self.call("limbeck_model_load_file", str(self.artifact).encode(), ctypes.byref(self.model))

    def call(self, name, *arguments):
        if getattr(self.library, name)(*arguments):
            raise RuntimeError(f"{name}: {self.library.limbeck_last_error_message().decode()}")

    def ports(self, direction) -> list:
        count = ctypes.c_uint64()
        self.call("limbeck_model_port_count", self.model, ctypes.c_uint64(0), direction, ctypes.byref(count))
        ports = [Port() for _ in range(count.value)]
        for index, port in enumerate(ports):
            self.call("limbeck_model_port", self.model, ctypes.c_uint64(0), direction, ctypes.c_uint64(index), ctypes.byref(port))
        return ports

    def stream(self, inputs: dict) -> list:
        """The calls of one context."""
        context = ctypes.c_void_p()
        options = Options(ctypes.sizeof(Options), self.threads, 0, self.job["options"].get("spin_us", -1), 0)
        self.call("limbeck_context_create", self.model, ctypes.byref(options), ctypes.byref(context))
        runs, written = [], []
        for index in range(len(next(iter(inputs.values())))):
            outputs = [(port, np.zeros([port.dims[axis] for axis in range(port.rank)], DTYPES[port.dtype])) for port in self.ports(OUTPUT)]
            results = self.tensors(outputs)
            given = self.tensors([(port, inputs[port.name.decode()][index]) for port in self.ports(INPUT)])
            runs.append([call(self.library.limbeck_run, context, 0, given, len(given), results, len(results))])
            written.append([array for _, array in outputs])
            self.kept += [given, outputs, results]
        self.kept.append(context)
        self.outputs.append(written)
        return runs

    @staticmethod
    def tensors(pairs: list):
        return (Tensor * len(pairs))(*[Tensor(array.ctypes.data, port.dtype, port.rank, port.dims, array.nbytes) for port, array in pairs])

    def start(self, inputs: dict) -> CompiledLoop:
        self.kept, self.outputs = [inputs], []
        return CompiledLoop([self.stream(inputs) for _ in range(self.job["streams"])])

    def results(self, stream: int, index: int) -> list:
        return self.outputs[stream][index]

    def forget(self, stream: int, index: int) -> None:
        for array in self.outputs[stream][index]:
            fill(array)

    @staticmethod
    def resources(model: Path, artifact: Path) -> dict:
        """Seconds and peak memory of compiling for this machine, everything it starts included."""
        script = (
            "import json, resource, subprocess, sys, time; begin = time.perf_counter(); subprocess.run(sys.argv[1:], check=True);"
            "print(json.dumps([time.perf_counter() - begin, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024]))"
        )
        command = [PROGRAM, "compile", model, "-o", artifact, "--target", "cpu:native", "--quiet"]
        done = subprocess.run([os.sys.executable, "-c", script, *command], check=True, capture_output=True, text=True)
        seconds, peak = json.loads(done.stdout)
        return {"compile_seconds": seconds, "compile_peak_bytes": peak, "artifact_bytes": artifact.stat().st_size}
