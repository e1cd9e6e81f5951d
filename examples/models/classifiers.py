"""Classifiers of public architectures with random weights: ResNet-50, MobileNetV2, EfficientNet-Lite0, and a perceptron."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import onnxruntime

from .network import FLOAT, Network, same_padding

CLASSES = 1000
# Two inputs must not get the same answer: a network whose activations died would agree with anything.
MOST_CORRELATION = 0.9


def pictures(count: int, seed: int = 0) -> np.ndarray:
    """Smooth random pictures of unit variance, NCHW: noise of several grains, as in photographs, rather than white."""
    random = np.random.default_rng(seed)
    total = np.zeros((count, 3, 224, 224), np.float32)
    for cells in (7, 14, 28, 56, 112, 224):
        noise = random.standard_normal((count, 3, cells, cells)).astype(np.float32)
        total += noise.repeat(224 // cells, axis=2).repeat(224 // cells, axis=3)
    return total / total.std()


def features(count: int, seed: int = 0) -> np.ndarray:
    """Rows of 784 numbers, as many as a small picture has."""
    return np.random.default_rng(seed).standard_normal((count, 784)).astype(np.float32)


def head(network: Network, x, channels) -> None:
    y = network.node("GlobalAveragePool", "pool", [x])
    network.dense("logits", network.node("Flatten", "flat", [y]), channels, CLASSES, centred=True)


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
    head(network, x, channels)


def inverted_residual(network: Network, name, x, channels, outputs, expansion, kernel, stride, pads=None):
    """Expand, filter each channel, project; the sum with the input where the shapes allow it."""
    wide = channels * expansion
    y = x
    if expansion > 1:
        y = network.convolution(f"{name}.expand", y, channels, wide, kernel=1, activation="relu6")
    y = network.convolution(
        f"{name}.depthwise", y, wide, wide, kernel=kernel, stride=stride, groups=wide, activation="relu6", pads=pads
    )
    y = network.convolution(f"{name}.project", y, wide, outputs, kernel=1)
    return network.node("Add", f"{name}.add", [x, y]) if stride == 1 and channels == outputs else y


def mobilenetv2(network: Network) -> None:
    """Sandler et al. 2018, width 1.0: rows of (expansion, output channels, blocks, stride of the first)."""
    x = network.convolution("stem", "x", 3, 32, kernel=3, stride=2, activation="relu6")
    channels = 32
    rows = [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)]
    for row, (expansion, outputs, blocks, first_stride) in enumerate(rows):
        for block in range(blocks):
            stride = first_stride if block == 0 else 1
            x = inverted_residual(network, f"row{row}.block{block}", x, channels, outputs, expansion, 3, stride)
            channels = outputs
    x = network.convolution("last", x, channels, 1280, kernel=1, activation="relu6")
    head(network, x, 1280)


def efficientnet_lite0(network: Network) -> None:
    """Tan and Le 2019 in its Lite form: no squeeze-and-excite, Relu6 for swish, padding as TensorFlow's SAME.

    Rows of (expansion, kernel, output channels, blocks, stride of the first)."""
    x = network.convolution("stem", "x", 3, 32, kernel=3, stride=2, activation="relu6", pads=same_padding(224, 3, 2))
    channels, size = 32, 112
    rows = [(1, 3, 16, 1, 1), (6, 3, 24, 2, 2), (6, 5, 40, 2, 2), (6, 3, 80, 3, 2), (6, 5, 112, 3, 1), (6, 5, 192, 4, 2), (6, 3, 320, 1, 1)]
    for row, (expansion, kernel, outputs, blocks, first_stride) in enumerate(rows):
        for block in range(blocks):
            stride = first_stride if block == 0 else 1
            pads = same_padding(size, kernel, stride)
            x = inverted_residual(network, f"row{row}.block{block}", x, channels, outputs, expansion, kernel, stride, pads)
            channels, size = outputs, size // stride
    x = network.convolution("last", x, channels, 1280, kernel=1, activation="relu6")
    head(network, x, 1280)


def perceptron(network: Network) -> None:
    """Three dense layers."""
    x = network.node("Relu", "first.relu", [network.dense("first", "x", 784, 1024)])
    x = network.node("Relu", "second.relu", [network.dense("second", x, 1024, 1024)])
    network.dense("logits", x, 1024, CLASSES)


@dataclass
class Architecture:
    build: object
    data: object  # (count, seed) -> samples


ARCHITECTURES = {
    "resnet50": Architecture(resnet50, pictures),
    "mobilenetv2": Architecture(mobilenetv2, pictures),
    "efficientnet_lite0": Architecture(efficientnet_lite0, pictures),
    "perceptron": Architecture(perceptron, features),
}


def _model(architecture: Architecture, network: Network, name: str, batch: int):
    architecture.build(network)
    shape = architecture.data(1).shape[1:]
    return network.model(name, {"x": (FLOAT, [batch, *shape])}, {"logits": (FLOAT, [batch, CLASSES])})


def write(name: str, target: Path) -> None:
    """Writes the float model of one architecture."""
    architecture = ARCHITECTURES[name]
    samples = architecture.data(4)
    spelled_out = Network()
    measuring = _model(architecture, spelled_out, name, len(samples)).SerializeToString()
    statistics = {}
    if spelled_out.measured:
        session = onnxruntime.InferenceSession(measuring, providers=["CPUExecutionProvider"])
        statistics = dict(zip(spelled_out.measured, session.run(spelled_out.measured, {"x": samples})))
    model = _model(architecture, Network(statistics=statistics), name, 1)
    onnx.checker.check_model(model, full_check=True)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    first, second = (session.run(None, {"x": sample[np.newaxis]})[0] for sample in architecture.data(2, seed=3))
    correlation = np.corrcoef(first.reshape(-1), second.reshape(-1))[0, 1]
    if not correlation < MOST_CORRELATION:
        raise ValueError(f"{name}: expected the logits of two inputs to correlate below {MOST_CORRELATION}, found {correlation:.3f}")
    onnx.save(model, target)
