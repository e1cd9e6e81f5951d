"""ResNet-50 and MobileNetV2 written with onnx.helper, so that tests and benchmarks need no download.

Weights are He-initialised from a fixed seed. Random weights alone would give activations that vanish or saturate after
quantization, so the batch norms get the statistics of a real forward pass: the network is first written with each batch
norm spelled out (mean, variance, normalise) and its statistics as outputs; ONNX Runtime runs that once.
"""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

OPSET = 17
EPSILON = 1e-5
# The shift of every batch norm: with 0.5 about 31 % of the values in front of a Relu are negative, not half of them.
SHIFT = 0.5
CLASSES = 1000


def pictures(count: int, seed: int = 0) -> np.ndarray:
    """Smooth random pictures of unit variance, NCHW: noise of several grains, as in photographs, rather than white."""
    random = np.random.default_rng(seed)
    total = np.zeros((count, 3, 224, 224), np.float32)
    for cells in (7, 14, 28, 56, 112, 224):
        noise = random.standard_normal((count, 3, cells, cells)).astype(np.float32)
        total += noise.repeat(224 // cells, axis=2).repeat(224 // cells, axis=3)
    return total / total.std()


@dataclass
class Network:
    """Collects nodes and initializers. With `statistics` given, batch norms are real ones; else they are spelled out."""

    statistics: dict = None
    nodes: list = field(default_factory=list)
    initializers: list = field(default_factory=list)
    measured: list = field(default_factory=list)
    random: np.random.Generator = field(default_factory=lambda: np.random.default_rng(1))

    def constant(self, name, values):
        self.initializers.append(numpy_helper.from_array(np.asarray(values), name))
        return name

    def node(self, op, name, inputs, **attributes):
        self.nodes.append(helper.make_node(op, inputs, [name], name=name, **attributes))
        return name

    def normalise(self, name, x, channels):
        if self.statistics is not None:
            scale = self.constant(f"{name}.scale", np.ones(channels, np.float32))
            shift = self.constant(f"{name}.shift", np.full(channels, SHIFT, np.float32))
            mean = self.constant(f"{name}.mean", self.statistics[f"{name}.mean"].reshape(-1))
            variance = self.constant(f"{name}.variance", self.statistics[f"{name}.variance"].reshape(-1))
            return self.node("BatchNormalization", name, [x, scale, shift, mean, variance], epsilon=EPSILON)
        mean = self.node("ReduceMean", f"{name}.mean", [x], axes=[0, 2, 3])
        centred = self.node("Sub", f"{name}.centred", [x, mean])
        squares = self.node("Mul", f"{name}.squares", [centred, centred])
        variance = self.node("ReduceMean", f"{name}.variance", [squares], axes=[0, 2, 3])
        self.measured += [mean, variance]
        deviation = self.node("Sqrt", f"{name}.deviation", [variance])
        normalised = self.node("Div", f"{name}.normalised", [centred, deviation])
        return self.node("Add", name, [normalised, self.constant(f"{name}.shift", np.float32(SHIFT))])

    def convolution(self, name, x, inputs, outputs, kernel, stride=1, groups=1, activation=""):
        """Convolution, batch norm, and the activation: "relu", "relu6" or none."""
        fan_in = inputs // groups * kernel * kernel
        weights = self.random.standard_normal((outputs, inputs // groups, kernel, kernel)) * np.sqrt(2 / fan_in)
        pad = kernel // 2
        y = self.node(
            "Conv",
            f"{name}.conv",
            [x, self.constant(f"{name}.weight", weights.astype(np.float32))],
            kernel_shape=[kernel, kernel],
            strides=[stride, stride],
            pads=[pad] * 4,
            group=groups,
        )
        y = self.normalise(f"{name}.norm", y, outputs)
        if activation == "relu":
            return self.node("Relu", f"{name}.relu", [y])
        if activation == "relu6":
            low, high = self.constant(f"{name}.low", np.float32(0)), self.constant(f"{name}.high", np.float32(6))
            return self.node("Clip", f"{name}.relu6", [y, low, high])
        return y

    def head(self, x, channels):
        y = self.node("GlobalAveragePool", "pool", [x])
        y = self.node("Flatten", "flat", [y])
        weights = self.random.standard_normal((CLASSES, channels)) * np.sqrt(2 / channels)
        weight = self.constant("classes.weight", weights.astype(np.float32))
        return self.node("Gemm", "logits", [y, weight, self.constant("classes.bias", np.zeros(CLASSES, np.float32))], transB=1)

    def model(self, batch, name):
        """The finished model; of the spelled-out form, the statistics are the outputs."""
        outputs = self.measured or ["logits"]
        values = [helper.make_tensor_value_info(output, TensorProto.FLOAT, None) for output in outputs]
        if not self.measured:
            values = [helper.make_tensor_value_info("logits", TensorProto.FLOAT, [batch, CLASSES])]
        graph_input = helper.make_tensor_value_info("x", TensorProto.FLOAT, [batch, 3, 224, 224])
        graph = helper.make_graph(self.nodes, name, [graph_input], values, self.initializers)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8)


def resnet50(network: Network) -> None:
    """He et al. 2015, with the stride on the 3x3 convolution as most implementations have it."""
    x = network.convolution("stem", "x", 3, 64, kernel=7, stride=2, activation="relu")
    x = network.node("MaxPool", "stem.pool", [x], kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
    channels = 64
    for stage, (width, blocks) in enumerate([(64, 3), (128, 4), (256, 6), (512, 3)]):
        for block in range(blocks):
            name = f"stage{stage}.block{block}"
            stride = 2 if stage > 0 and block == 0 else 1
            y = network.convolution(f"{name}.reduce", x, channels, width, kernel=1, activation="relu")
            y = network.convolution(f"{name}.spatial", y, width, width, kernel=3, stride=stride, activation="relu")
            y = network.convolution(f"{name}.expand", y, width, 4 * width, kernel=1)
            if block == 0:
                x = network.convolution(f"{name}.shortcut", x, channels, 4 * width, kernel=1, stride=stride)
            channels = 4 * width
            x = network.node("Relu", f"{name}.relu", [network.node("Add", f"{name}.add", [x, y])])
    network.head(x, channels)


def mobilenetv2(network: Network) -> None:
    """Sandler et al. 2018, width 1.0: rows of (expansion, output channels, blocks, stride of the first)."""
    x = network.convolution("stem", "x", 3, 32, kernel=3, stride=2, activation="relu6")
    channels = 32
    rows = [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)]
    for row, (expansion, outputs, blocks, first_stride) in enumerate(rows):
        for block in range(blocks):
            name = f"row{row}.block{block}"
            stride = first_stride if block == 0 else 1
            wide = channels * expansion
            y = x
            if expansion > 1:
                y = network.convolution(f"{name}.expand", y, channels, wide, kernel=1, activation="relu6")
            y = network.convolution(
                f"{name}.depthwise", y, wide, wide, kernel=3, stride=stride, groups=wide, activation="relu6"
            )
            y = network.convolution(f"{name}.project", y, wide, outputs, kernel=1)
            x = network.node("Add", f"{name}.add", [x, y]) if stride == 1 and channels == outputs else y
            channels = outputs
    x = network.convolution("last", x, channels, 1280, kernel=1, activation="relu6")
    network.head(x, 1280)


ARCHITECTURES = {"resnet50": resnet50, "mobilenetv2": mobilenetv2}


def write(name: str, target: Path, batch: int = 1) -> None:
    """Writes the float model of one architecture."""
    architecture = ARCHITECTURES[name]
    spelled_out = Network()
    architecture(spelled_out)
    samples = 4
    session = onnxruntime.InferenceSession(
        spelled_out.model(samples, name).SerializeToString(), providers=["CPUExecutionProvider"]
    )
    statistics = dict(zip(spelled_out.measured, session.run(spelled_out.measured, {"x": pictures(samples)})))
    network = Network(statistics=statistics)
    architecture(network)
    model = network.model(batch, name)
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, target)
