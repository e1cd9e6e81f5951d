"""IREE: the ONNX file imported by torch-mlir's importer, compiled by llvm-cpu for this processor, run from Python."""

import importlib.metadata
import subprocess
import sys
from pathlib import Path

import numpy as np

from .loops import PythonLoop


class Engine:
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
        self.tool("iree-compile", imported, "-o", self.module, *self.flags)

    def load(self) -> None:
        import iree.runtime as runtime

        runtime.flags.parse_flags(f"--task_topology_group_count={self.job['threads']}")
        self.configuration = runtime.Config("local-task")
        module = runtime.VmModule.mmap(self.configuration.vm_instance, str(self.module))
        context = runtime.SystemContext(vm_modules=[runtime.create_hal_module(self.configuration.vm_instance, self.configuration.device), module], config=self.configuration)
        names = [name for name in module.function_names if not name.startswith("__") and not name.endswith("$async")]
        self.function = context.modules[module.name][names[0]]

    def start(self, inputs: dict) -> PythonLoop:
        import iree.runtime as runtime

        # Arrays on the device, made once; their order is that of the model's inputs.
        given = [[runtime.asdevicearray(self.configuration.device, array) for array in run] for run in zip(*inputs.values())]

        def run(index):
            self.last = self.function(*given[index])

        return PythonLoop(run, len(given))

    def results(self) -> list:
        last = self.last if isinstance(self.last, (tuple, list)) else [self.last]
        return [np.asarray(result.to_host() if hasattr(result, "to_host") else result) for result in last]
