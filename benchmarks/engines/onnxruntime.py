"""ONNX Runtime through its C interface: IO binding to preallocated tensors, all optimizations on.

The wheel has no header. The interface is a table of functions whose places never change once released; those used here were
released with version 5 at the latest.
"""

import ctypes
import importlib.metadata
import importlib.util
from pathlib import Path

import numpy as np

from . import hold
from .loops import CompiledLoop, call, fill

VERSION = 5
PLACES = {
    "GetErrorMessage": 2,
    "CreateEnv": 3,
    "CreateSession": 7,
    "Run": 9,
    "CreateSessionOptions": 10,
    "SetIntraOpNumThreads": 24,
    "SetInterOpNumThreads": 25,
    "SessionGetOutputCount": 31,
    "SessionGetOutputName": 37,
    "CreateTensorWithDataAsOrtValue": 49,
    "GetTensorMutableData": 51,
    "GetTensorShapeElementCount": 64,
    "GetTensorTypeAndShape": 65,
    "CreateCpuMemoryInfo": 69,
    "GetAllocatorWithDefaultOptions": 78,
    "RunWithBinding": 133,
    "CreateIoBinding": 134,
    "BindInput": 136,
    "BindOutput": 137,
}
FATAL, DEVICE_ALLOCATOR, DEFAULT_MEMORY = 4, 0, 0
DTYPES = {np.dtype(np.float32): 1, np.dtype(np.int32): 6, np.dtype(np.int64): 7}


class Base(ctypes.Structure):
    _fields_ = [("get_api", ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_uint32)), ("get_version", ctypes.CFUNCTYPE(ctypes.c_char_p))]


class Engine:
    def __init__(self, job: dict):
        self.job, self.version = job, importlib.metadata.version("onnxruntime")
        self.threads, self.repeats_bits = job["threads"], False
        self.options = {"intra_op_num_threads": self.threads, "inter_op_num_threads": 1, "io_binding": True}
        self.held = job["options"].get("held")
        if self.held:
            self.options["held_to"] = f"{self.held}, by answers to CPUID"

    def prepare(self) -> None:
        folder = Path(importlib.util.find_spec("onnxruntime").submodule_search_locations[0]) / "capi"
        self.path = next(folder.glob("libonnxruntime.so.*"))
        if self.held:
            self.path = hold.trapping_copy(self.path, Path(self.job["artifacts"]))

    def function(self, name):
        return ctypes.CFUNCTYPE(ctypes.c_void_p)(self.table[PLACES[name]])

    def call(self, name, *arguments):
        """Calls a function that answers null or a status."""
        status = self.function(name)(*arguments)
        if status:
            message = ctypes.CFUNCTYPE(ctypes.c_char_p, ctypes.c_void_p)(self.table[PLACES["GetErrorMessage"]])
            raise RuntimeError(f"{name}: {message(status).decode()}")

    def make(self, name, *arguments) -> ctypes.c_void_p:
        """Calls a function whose last parameter is where the result goes."""
        result = ctypes.c_void_p()
        self.call(name, *arguments, ctypes.byref(result))
        return result

    def load(self) -> None:
        holder = hold.begin() if self.held else None
        library = ctypes.CDLL(str(self.path))
        library.OrtGetApiBase.restype = ctypes.POINTER(Base)
        self.table = ctypes.cast(library.OrtGetApiBase().contents.get_api(VERSION), ctypes.POINTER(ctypes.c_void_p))
        environment = self.make("CreateEnv", FATAL, b"benchmark")
        options = self.make("CreateSessionOptions")
        self.call("SetIntraOpNumThreads", options, self.threads)
        self.call("SetInterOpNumThreads", options, 1)
        self.session = self.make("CreateSession", environment, str(self.job["model"]).encode(), options)
        self.kept = [environment, options]
        if holder and not holder.limbeckAnswered():
            raise RuntimeError("expected the library to ask for the processor, found that it did not")

    def tensor(self, array) -> ctypes.c_void_p:
        memory = self.make("CreateCpuMemoryInfo", DEVICE_ALLOCATOR, DEFAULT_MEMORY)
        dims = (ctypes.c_int64 * array.ndim)(*array.shape)
        data, size = ctypes.c_void_p(array.ctypes.data), ctypes.c_size_t(array.nbytes)
        return self.make("CreateTensorWithDataAsOrtValue", memory, data, size, dims, ctypes.c_size_t(array.ndim), DTYPES[array.dtype])

    def output_names(self) -> list:
        count, allocator = ctypes.c_size_t(), self.make("GetAllocatorWithDefaultOptions")
        self.call("SessionGetOutputCount", self.session, ctypes.byref(count))
        names = [self.make("SessionGetOutputName", self.session, ctypes.c_size_t(index), allocator) for index in range(count.value)]
        return [ctypes.cast(name, ctypes.c_char_p).value for name in names]

    def stream(self, inputs: dict) -> list:
        """Bindings of one caller, one per input. The tensors that a first run of each input returned are the preallocated ones of all others."""
        names, outputs = [name.encode() for name in inputs], self.output_names()
        tensors = [[self.tensor(array) for array in run] for run in zip(*inputs.values())]
        sizes = ctypes.c_size_t(len(names)), ctypes.c_size_t(len(outputs))
        given_names, output_names = (ctypes.c_char_p * len(names))(*names), (ctypes.c_char_p * len(outputs))(*outputs)
        runs, written = [], []
        for given in tensors:
            results = (ctypes.c_void_p * len(outputs))()
            self.call("Run", self.session, None, given_names, (ctypes.c_void_p * len(names))(*given), sizes[0], output_names, sizes[1], results)
            produced = [ctypes.c_void_p(result) for result in results]
            written.append([self.array(value) for value in produced])
            binding = self.make("CreateIoBinding", self.session)
            for name, tensor in zip(names, given):
                self.call("BindInput", binding, name, tensor)
            for name, tensor in zip(outputs, produced):
                self.call("BindOutput", binding, name, tensor)
            runs.append([call(self.table[PLACES["RunWithBinding"]], self.session, 0, binding)])
            self.kept.append(produced)
        self.kept += [tensors, runs]
        self.written.append(written)
        return runs

    def start(self, inputs: dict) -> CompiledLoop:
        self.kept.append(inputs)
        self.written = []
        return CompiledLoop([self.stream(inputs) for _ in range(self.job["streams"])])

    def array(self, value) -> np.ndarray:
        """The memory of a tensor."""
        count = ctypes.c_size_t()
        self.call("GetTensorShapeElementCount", self.make("GetTensorTypeAndShape", value), ctypes.byref(count))
        data = self.make("GetTensorMutableData", value)
        return np.ctypeslib.as_array(ctypes.cast(data, ctypes.POINTER(ctypes.c_float)), (count.value,))

    def results(self, stream: int, index: int) -> list:
        return self.written[stream][index]

    def forget(self, stream: int, index: int) -> None:
        for array in self.written[stream][index]:
            fill(array)
