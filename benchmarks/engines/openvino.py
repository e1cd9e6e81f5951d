"""OpenVINO through its C interface: tensors set beforehand; one stream with the latency hint, or several with that of throughput."""

import ctypes
import importlib.metadata
import importlib.util
from pathlib import Path

import numpy as np

from .loops import CompiledLoop, call, fill


class Shape(ctypes.Structure):
    _fields_ = [("rank", ctypes.c_int64), ("dims", ctypes.POINTER(ctypes.c_int64))]


class Engine:
    def __init__(self, job: dict):
        self.job, self.version, self.repeats_bits = job, importlib.metadata.version("openvino"), False
        self.options = {
            "PERFORMANCE_HINT": "LATENCY" if job["streams"] == 1 else "THROUGHPUT",
            "NUM_STREAMS": str(job["streams"]),
            "INFERENCE_NUM_THREADS": str(job["threads"] * job["streams"]),
            "INFERENCE_PRECISION_HINT": job["options"]["hint"],
        }

    def prepare(self) -> None:
        folder = Path(importlib.util.find_spec("openvino").submodule_search_locations[0]) / "libs"
        self.path = next(folder.glob("libopenvino_c.so*"))

    def call(self, name, *arguments):
        if getattr(self.library, name)(*arguments):
            raise RuntimeError(f"{name}: {' '.join(self.library.ov_get_last_err_msg().decode().split())}")

    def make(self, name, *arguments) -> ctypes.c_void_p:
        result = ctypes.c_void_p()
        self.call(name, *arguments, ctypes.byref(result))
        return result

    def load(self) -> None:
        self.library = ctypes.CDLL(str(self.path))
        self.library.ov_get_last_err_msg.restype = ctypes.c_char_p
        core = self.make("ov_core_create")
        model = self.make("ov_core_read_model", core, str(self.job["model"]).encode(), None)
        words = [ctypes.c_char_p(word.encode()) for option in self.options.items() for word in option]
        self.compiled = ctypes.c_void_p()
        self.call("ov_core_compile_model", core, model, b"CPU", ctypes.c_size_t(len(words)), ctypes.byref(self.compiled), *words)
        self.kept = [core, model]

    def tensor(self, request, name: bytes, array) -> ctypes.c_void_p:
        kind = ctypes.c_int()
        self.call("ov_tensor_get_element_type", self.make("ov_infer_request_get_tensor", request, name), ctypes.byref(kind))
        dims = (ctypes.c_int64 * array.ndim)(*array.shape)
        self.kept.append(dims)
        return self.make("ov_tensor_create_from_host_ptr", kind, Shape(array.ndim, dims), ctypes.c_void_p(array.ctypes.data))

    def stream(self, inputs: dict) -> list:
        """A request for each input, its tensors set: a run is nothing but `infer`. Requests of a stream share its buffers."""
        runs, requests = [], []
        for arrays in zip(*inputs.values()):
            request = self.make("ov_compiled_model_create_infer_request", self.compiled)
            for text, array in zip(inputs, arrays):
                name = ctypes.c_char_p(text.encode())
                tensor = self.tensor(request, name, array)
                self.call("ov_infer_request_set_tensor", request, name, tensor)
                self.kept.append(tensor)
            runs.append([call(self.library.ov_infer_request_infer, request)])
            requests.append(request)
        self.requests.append(requests)
        return runs

    def start(self, inputs: dict) -> CompiledLoop:
        self.kept.append(inputs)
        self.requests = []
        return CompiledLoop([self.stream(inputs) for _ in range(self.job["streams"])])

    def results(self, stream: int, index: int) -> list:
        size, arrays = ctypes.c_size_t(), []
        self.call("ov_compiled_model_outputs_size", self.compiled, ctypes.byref(size))
        for output in range(size.value):
            tensor = self.make("ov_infer_request_get_output_tensor_by_index", self.requests[stream][index], ctypes.c_size_t(output))
            count = ctypes.c_size_t()
            self.call("ov_tensor_get_size", tensor, ctypes.byref(count))
            data = self.make("ov_tensor_data", tensor)
            arrays.append(np.ctypeslib.as_array(ctypes.cast(data, ctypes.POINTER(ctypes.c_float)), (count.value,)))
        return arrays

    def forget(self, stream: int, index: int) -> None:
        for array in self.results(stream, index):
            fill(array)
