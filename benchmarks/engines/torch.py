"""torch.compile: the ONNX file as a module by onnx2torch, compiled by Inductor with frozen weights, run from Python."""

import importlib.metadata
import os
from pathlib import Path

from .loops import PythonLoop


def use_fixed_shapes() -> None:
    """Reshape by onnx2torch takes its sizes from a tensor, which Inductor cannot follow; ours takes them as numbers."""
    import torch
    from onnx2torch.node_converters import registry
    from onnx2torch.utils.common import OnnxMapping, OperationConverterResult

    class FixedReshape(torch.nn.Module):
        def __init__(self, sizes):
            super().__init__()
            self.sizes = sizes

        def forward(self, x):
            return x.reshape([x.shape[axis] if size == 0 else size for axis, size in enumerate(self.sizes)])

    def convert(node, graph):
        sizes = graph.initializers[node.input_values[1]].to_torch().tolist()
        mapping = OnnxMapping(inputs=(node.input_values[0],), outputs=node.output_values)
        return OperationConverterResult(torch_module=FixedReshape(sizes), onnx_mapping=mapping)

    for description in list(registry._CONVERTER_REGISTRY):
        if description.operation_type == "Reshape":
            registry._CONVERTER_REGISTRY[description] = convert


class Engine:
    repeats_bits = False

    def __init__(self, job: dict):
        if job["streams"] != 1:
            raise RuntimeError("measured with one stream only")
        self.job, self.version = job, importlib.metadata.version("torch")
        self.options = {"backend": "inductor", "freezing": True, "onnx2torch": importlib.metadata.version("onnx2torch"), "threads": job["threads"]}

    def prepare(self) -> None:
        os.environ.setdefault("TORCHINDUCTOR_CACHE_DIR", str(Path(self.job["artifacts"]).resolve() / "torch"))
        import onnx2torch
        import onnxruntime
        import torch
        import torch._inductor.config

        torch.set_num_threads(self.job["threads"])
        torch._inductor.config.freezing = True
        use_fixed_shapes()
        # onnx2torch wants weights and sizes among the initializers, where some exporters write nodes that compute them.
        folded = Path(self.job["artifacts"]) / f"{Path(self.job['model']).name}.folded.onnx"
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
        options.optimized_model_filepath = str(folded)
        onnxruntime.InferenceSession(self.job["model"], options, providers=["CPUExecutionProvider"])
        self.module = onnx2torch.convert(str(folded)).eval()

    def load(self) -> None:
        import torch

        self.compiled = torch.compile(self.module, dynamic=False)

    def start(self, inputs: dict) -> PythonLoop:
        import torch

        given = [[torch.from_numpy(array) for array in run] for run in zip(*inputs.values())]

        self.last = [None] * len(given)
        self.mode = torch.inference_mode()
        self.mode.__enter__()  # for good: entering it for each run costs as much as a small layer

        def run(index):
            self.last[index] = self.compiled(*given[index])

        return PythonLoop(run, len(given))

    def results(self, stream: int, index: int) -> list:
        last = self.last[index] if isinstance(self.last[index], (tuple, list)) else [self.last[index]]
        return [result.detach().float().numpy() for result in last]

    def forget(self, stream: int, index: int) -> None:
        self.last[index] = None
