"""The models, their data, and what it means that two of them agree."""

import ast
import importlib.util
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from models import catalogue, encoder, ppocr
from recognize_text import pictures, words
from recognize_text.decode import decode

from . import measures

# Data sets that share no sample: to report on, to choose a best setting with; calibration seeds begin behind them.
TEST, VALIDATION, CALIBRATION = 100, 101, 200
BINARY = 0.3  # the threshold of PP-OCR's detector
TOKENS = 64


@dataclass
class Samples:
    feeds: list  # {input: array}, the first dimension 1
    truth: list  # what is right, for models whose data says it; else empty


@dataclass
class Task:
    write: object  # (path): the float model
    data: object  # (seed, count) -> Samples
    decide: object  # (path of the float model) -> (output, feed) -> what the model says
    agree: object  # (ours, float's) -> agreement, 0 to 1
    counts: dict  # samples of each kind of data
    what: str
    more: object = lambda ours, exact, truth: {}  # other measures over all samples


def _lines(seed: int, count: int) -> tuple:
    """Calibration and validation share no text with the test either."""
    known = frozenset(words.lines(TEST, 1000)[1]) if seed != TEST else frozenset()
    if seed >= CALIBRATION:
        known |= frozenset(words.lines(VALIDATION, 100, known)[1])
    return words.lines(seed, count, known)


def recognizer_data(seed: int, count: int) -> Samples:
    images, texts = _lines(seed, count)
    return Samples([{"x": image} for image in images], texts)


def recognizer_decide(path: Path):
    letters = ppocr.alphabet(path)
    return lambda output, feed: decode(output, letters)


def recognizer_more(ours: list, exact: list, truth: list) -> dict:
    return {
        "exact": float(np.mean([a == b for a, b in zip(ours, truth)])),
        "letters": float(np.mean([measures.text_similarity(a, b) for a, b in zip(ours, exact)])),
    }


def angle_data(seed: int, count: int) -> Samples:
    """Lines, every other one upside down."""
    images = [pictures.turned(image) for image in _lines(seed, count)[0]]
    images = [np.ascontiguousarray(image[:, :, ::-1, ::-1]) if index % 2 else image for index, image in enumerate(images)]
    return Samples([{"x": image} for image in images], [index % 2 for index in range(count)])


def right_share(ours: list, exact: list, truth: list) -> dict:
    return {"exact": float(np.mean([a == b for a, b in zip(ours, truth)]))}


def detector_data(seed: int, count: int) -> Samples:
    random = np.random.default_rng(seed)
    return Samples([{"x": words.page(random)} for _ in range(count)], [])


def detector_more(ours: list, exact: list, truth: list) -> dict:
    found = [[measures.boxes(mask) for mask in masks] for masks in (ours, exact)]
    return {"boxes": float(np.mean([measures.box_agreement(a, b) for a, b in zip(*found)]))}


def _magika_folder() -> Path:
    package = importlib.util.find_spec("magika")
    if package is None:
        raise FileNotFoundError("the Python package magika is missing; benchmarks/accuracy installs it")
    return sorted((Path(package.submodule_search_locations[0]) / "models").iterdir())[-1]


def magika_features(content: bytes, edge: int = 1024, block: int = 4096, padding: int = 256) -> np.ndarray:
    """The model's input as its package prepares it: the first and the last bytes, white space at the ends cut, padded."""
    begin = content[:block].lstrip() if len(content) > block else content.strip()
    end = content[-block:].rstrip() if len(content) > block else content.strip()
    first = list(begin[:edge])
    last = list(end[-edge:])
    return np.array([first + [padding] * (edge - len(first)) + [padding] * (edge - len(last)) + last], np.int32)


def magika_data(seed: int, count: int) -> Samples:
    """Files that come with Python, spread evenly over the endings there are, in an order drawn by a fixed seed."""
    by_ending: dict = {}
    folders = [Path(sys.base_prefix) / "lib", Path(sys.base_prefix) / "include", Path("/usr/share"), Path("/usr/include")]
    for folder in folders:
        for path in sorted(folder.glob("**/*.*")) if folder.is_dir() else []:
            if path.suffix[1:].isalpha() and len(path.suffix) <= 6 and len(by_ending.setdefault(path.suffix, [])) < 400:
                by_ending[path.suffix].append(path)
    random = np.random.default_rng(7)
    queues = [[paths[i] for i in random.permutation(len(paths))] for _, paths in sorted(by_ending.items())]
    taken, seen, wanted = [], set(), 1600
    while len(taken) < wanted and any(queues):
        for queue in queues:
            if queue and len(taken) < wanted:
                path = queue.pop()
                if path.is_file() and not path.is_symlink() and 16 <= path.stat().st_size <= 2**20:
                    features = magika_features(path.read_bytes())
                    if features.tobytes() not in seen:
                        seen.add(features.tobytes())
                        taken.append(features)
    return Samples([{"bytes": features} for features in _portion([taken[i] for i in random.permutation(len(taken))], seed, count)], [])


def _portion(items: list, seed: int, count: int) -> list:
    """A part of `items` of its own for each data set: half for the test, an eighth for validation, the rest in three for calibration."""
    eighth = len(items) // 8
    begins = {TEST: 0, VALIDATION: 4 * eighth} | {CALIBRATION + index: (5 + index) * eighth for index in range(3)}
    size = 4 * eighth if seed == TEST else eighth
    if count > size:
        raise ValueError(f"expected at most {size} samples of this kind of data, found {count} asked for")
    return items[begins[seed] : begins[seed] + count]


def minilm_data(seed: int, count: int) -> Samples:
    """Sentences of Python's own documentation, each once, in an order drawn by a fixed seed."""
    tree = ast.parse((Path(sys.base_prefix) / "lib" / f"python3.{sys.version_info.minor}" / "pydoc_data" / "topics.py").read_text())
    texts = " ".join(node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str))
    pieces = [" ".join(piece.split()) for piece in texts.replace(".\n", ". ").split(". ")]
    sentences = sorted({piece for piece in pieces if 30 <= len(piece) <= 200 and piece[0].isupper()})
    order = np.random.default_rng(7).permutation(len(sentences))[:1600]
    rows = [encoder.tokens(sentences[i])[:TOKENS] for i in _portion(list(order), seed, count)]
    return Samples(encoder._padded(rows, TOKENS), [])


def pooled(output: np.ndarray, feed: dict) -> np.ndarray:
    """The mean over the tokens of a text: how this model makes one vector of it."""
    mask = feed["attention_mask"][0]
    return output[0][mask == 1].mean(axis=0)


def minilm_more(ours: list, exact: list, truth: list) -> dict:
    return {"rank_correlation": measures.rank_correlation(measures.similarities(ours), measures.similarities(exact))}


def same(left, right) -> float:
    return float(left == right)


def _choice(path: Path):
    return lambda output, feed: int(output[0].argmax())


TASKS = {
    "recognizer": Task(
        lambda path: ppocr.convert("recognizer", path), recognizer_data, recognizer_decide, same,
        {"calibration": 100, "validation": 100, "test": 1000}, "the same text", recognizer_more,
    ),
    "angle": Task(
        lambda path: ppocr.convert("angle", path), angle_data, _choice, same,
        {"calibration": 100, "validation": 100, "test": 500}, "the same class", right_share,
    ),
    "detector": Task(
        lambda path: ppocr.convert("detector", path), detector_data, lambda path: lambda output, feed: output[0, 0] > BINARY,
        measures.intersection_over_union, {"calibration": 32, "validation": 32, "test": 100}, "intersection over union of the maps", detector_more,
    ),
    "magika": Task(
        lambda path: onnx.save(onnx.load(_magika_folder() / "model.onnx"), path), magika_data, _choice, same,
        {"calibration": 100, "validation": 100, "test": 500}, "the same label",
    ),
    "minilm": Task(
        lambda path: encoder.write("minilm", path), minilm_data, lambda path: pooled, measures.cosine,
        {"calibration": 64, "validation": 64, "test": 300}, "cosine of the pooled vectors", minilm_more,
    ),
}  # fmt: skip


def write_model(name: str, path: Path) -> None:
    """The float model for one sample of fixed shapes."""
    task = TASKS[name]
    whole = path.with_suffix(".open.onnx")
    task.write(whole)
    catalogue.write_fixed(whole, path, task.data(CALIBRATION, 1).feeds[0])
    whole.unlink()
