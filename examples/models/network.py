"""A network under construction: nodes and weights, collected for onnx.helper, so that tests and benchmarks need no download.

Weights are He-initialised from a fixed seed. Random weights alone would give activations that vanish or saturate after
quantization, so the batch norms get the statistics of a real forward pass: the network is first written with each batch
norm spelled out (mean, variance, normalise) and its statistics as outputs; ONNX Runtime runs that once. What all inputs have in
common is most of a random network's logits; the last bias takes it away, as training would, or all inputs would look alike.
"""

from dataclasses import dataclass, field

import numpy as np
from onnx import TensorProto, helper, numpy_helper

OPSET = 17
EPSILON = 1e-5
# The shift of every batch norm: with 0.5 about 31 % of the values in front of a Relu are negative, not half of them.
SHIFT = 0.5
FLOAT, INT64 = TensorProto.FLOAT, TensorProto.INT64


def same_padding(size: int, kernel: int, stride: int) -> tuple:
    """Padding before and after that makes ceil(size / stride) results, more of it after, as TensorFlow's SAME."""
    total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
    return total // 2, total - total // 2


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

    def he(self, shape, fan_in):
        """Weights that keep the variance through a Relu."""
        return (self.random.standard_normal(shape) * np.sqrt(2 / fan_in)).astype(np.float32)

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

    def convolution(self, name, x, inputs, outputs, kernel, stride=1, groups=1, activation="", pads=None):
        """Convolution, batch norm, and the activation: "relu", "relu6" or none. Padding is half the kernel, or (before, after)."""
        weights = self.he((outputs, inputs // groups, kernel, kernel), inputs // groups * kernel * kernel)
        before, after = pads or (kernel // 2, kernel // 2)
        y = self.node(
            "Conv",
            f"{name}.conv",
            [x, self.constant(f"{name}.weight", weights)],
            kernel_shape=[kernel, kernel],
            strides=[stride, stride],
            pads=[before, before, after, after],
            group=groups,
        )
        y = self.normalise(f"{name}.norm", y, outputs)
        if activation == "relu":
            return self.node("Relu", f"{name}.relu", [y])
        if activation == "relu6":
            low, high = self.constant(f"{name}.low", np.float32(0)), self.constant(f"{name}.high", np.float32(6))
            return self.node("Clip", f"{name}.relu6", [y, low, high])
        return y

    def dense(self, name, x, inputs, outputs, centred=False):
        """A layer of all with all. Its bias is zero; of a centred one, what makes the mean of each result over the samples zero."""
        bias = np.zeros(outputs, np.float32)
        if centred and self.statistics is None:
            self.measured.append(name)
        elif centred:
            bias -= self.statistics[name].mean(axis=0)
        weight = self.constant(f"{name}.weight", self.he((outputs, inputs), inputs))
        return self.node("Gemm", name, [x, weight, self.constant(f"{name}.bias", bias)], transB=1)

    def model(self, name, inputs: dict, outputs: dict):
        """The finished model. Inputs and outputs are name -> (element type, dimensions); of the spelled-out form, the statistics
        are the outputs."""
        if self.measured:
            outputs = {statistic: (FLOAT, None) for statistic in self.measured}
        ports = [[helper.make_tensor_value_info(name, *type) for name, type in side.items()] for side in (inputs, outputs)]
        graph = helper.make_graph(self.nodes, name, *ports, self.initializers)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8)
