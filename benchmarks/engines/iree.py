"""IREE: the ONNX file imported by torch-mlir's importer, compiled by llvm-cpu for this processor, run from Python.

What takes less than a millisecond is timed by its own program in C++, since a call from Python costs a tenth of one: a block is then one
start of that program, on the next input. Its outputs are those of the first pass, made from Python.
"""

import importlib.metadata
import json
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from .loops import PythonLoop

SHORT_SECONDS = 1e-3


class ProgramLoop:
    """Times by iree-benchmark-module: one number a block, the mean over its runs of one input."""

    timed_in = "C++, by iree-benchmark-module"

    def __init__(self, command: list, inputs: list):
        self.command, self.inputs, self.next = command, inputs, 0

    def measure(self, seconds: float) -> tuple:
        begin = time.perf_counter()
        flags = [f"--benchmark_min_time={max(seconds, 0.01)}s", "--benchmark_min_warmup_time=0.1", "--benchmark_format=json"]
        given = [f"--input=@{path}" for path in self.inputs[self.next]]
        said = subprocess.run([*self.command, *given, *flags], check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout
        (found,) = json.loads(said)["benchmarks"]
        self.next = (self.next + 1) % len(self.inputs)
        return [found["real_time"] * {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1}[found["time_unit"]]], time.perf_counter() - begin

    def ran(self) -> list:
        return [[]]


class Engine:
    repeats_bits = False

    def __init__(self, job: dict):
        if job["streams"] != 1:
            raise RuntimeError("measured with one stream only")
        self.job, self.version = job, importlib.metadata.version("iree-base-runtime")
        self.flags = [
            "--iree-hal-target-device=local",
            "--iree-hal-local-target-device-backends=llvm-cpu",
            "--iree-llvmcpu-target-cpu=host",
            "--iree-opt-level=O3",
            # Its default refuses some attention layers.
            "--iree-llvmcpu-stack-allocation-limit=131072",
        ]
        self.options = {"compile": " ".join(self.flags), "driver": "local-task", "task_topology_group_count": job["threads"]}

    def tool(self, name: str, *arguments) -> None:
        done = subprocess.run([Path(sys.executable).parent / name, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        if done.returncode:
            lines = [line for line in done.stderr.splitlines() if "error" in line.lower()] or done.stderr.strip().splitlines()
            raise RuntimeError(f"{name}: {(lines or ['no message'])[0]}")

    def prepare(self) -> None:
        model = Path(self.job["model"])
        imported, self.module = (Path(self.job["artifacts"]) / f"{model.name}{suffix}" for suffix in (".mlir", ".vmfb"))
        if self.module.is_file() and self.module.stat().st_mtime > model.stat().st_mtime:
            return
        self.tool("iree-import-onnx", model, "-o", imported, "--opset-version", "17")
        partial = self.module.with_suffix(".partial")  # whoever is interrupted leaves no module
        self.tool("iree-compile", imported, "-o", partial, *self.flags)
        partial.rename(self.module)

    def load(self) -> None:
        import iree.runtime as runtime

        runtime.flags.parse_flags(f"--task_topology_group_count={self.job['threads']}")
        self.configuration = runtime.Config("local-task")
        module = runtime.VmModule.mmap(self.configuration.vm_instance, str(self.module))
        context = runtime.SystemContext(vm_modules=[runtime.create_hal_module(self.configuration.vm_instance, self.configuration.device), module], config=self.configuration)
        names = [name for name in module.function_names if not name.startswith("__") and not name.endswith("$async")]
        self.name = names[0]
        self.function = context.modules[module.name][self.name]

    def start(self, inputs: dict):
        import iree.runtime as runtime

        # Arrays on the device, made once; their order is that of the model's inputs.
        given = [[runtime.asdevicearray(self.configuration.device, array) for array in run] for run in zip(*inputs.values())]

        self.last = [None] * len(given)

        def run(index):
            self.last[index] = self.function(*given[index])

        loop = PythonLoop(run, len(given))
        loop.measure(0.2)
        return self.program(inputs) if min(loop.measure(0.05)[0]) < SHORT_SECONDS else loop

    def program(self, inputs: dict) -> ProgramLoop:
        for index in range(len(self.last)):  # the program keeps its outputs for itself
            self.last[index] = self.last[index] or self.function(*(array[index] for array in inputs.values()))
        files = []
        for index, run in enumerate(zip(*inputs.values())):
            files.append([Path(self.job["artifacts"]) / f"{Path(self.job['model']).name}.{index}.{place}.npy" for place in range(len(run))])
            for path, array in zip(files[-1], run):
                np.save(path, array)
        tool = Path(sys.executable).parent / "iree-benchmark-module"
        command = [tool, f"--module={self.module}", f"--function={self.name}", "--device=local-task", f"--task_topology_group_count={self.job['threads']}"]
        return ProgramLoop(command, files)

    def results(self, stream: int, index: int) -> list:
        last = self.last[index] if isinstance(self.last[index], (tuple, list)) else [self.last[index]]
        return [np.asarray(result.to_host() if hasattr(result, "to_host") else result) for result in last]

    def forget(self, stream: int, index: int) -> None:
        self.last[index] = None
