"""What there is: each model's float file, the data it is calibrated with, and the inputs it is measured on."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import onnxruntime

from . import classifiers, encoder, plain, ppocr

# Seeds of data that share no sample.
CALIBRATION, MEASURING = 2, 5


@dataclass
class Entry:
    write: object  # (path): the float model
    calibration: object  # () -> [{input: array}]
    inputs: object  # (count) -> [{input: array}], others than those of the calibration
    trained: bool = True  # weights that mean something
    convolutional: bool = True  # also measured with a batch
    excluded: str = ""  # nodes whose names hold this stay float


def _lines(seed: int = 0) -> list:
    from recognize_text import pictures

    if seed != MEASURING:
        return pictures.calibration_lines()
    return [pictures.line(text, font) for font in ("DejaVuSans.ttf", "DejaVuSansMono.ttf") for text in pictures.TEST_LINES]


def _pages(seeds, *size) -> list:
    from recognize_text import pictures

    return [pictures.page(seed, *size) for seed in seeds]


def _turned(lines: list) -> list:
    from recognize_text import pictures

    return [pictures.turned(line) for line in lines]


def _named(arrays) -> list:
    return [{"x": array} for array in arrays]


def _classifier(name: str, architecture) -> Entry:
    def feeds(count, seed):
        return _named(sample[np.newaxis] for sample in architecture.data(count, seed=seed))

    return Entry(
        lambda path: classifiers.write(name, path),
        lambda: feeds(8, CALIBRATION),
        lambda count: feeds(count, MEASURING),
        trained=False,
        convolutional=architecture.data is classifiers.pictures,
    )


def _encoder(name: str, form) -> Entry:
    return Entry(
        lambda path: encoder.write(name, path),
        lambda: form.feeds(16)[8:],
        lambda count: form.feeds(count),
        trained=name == "minilm",
        convolutional=False,
        # The mask holds the least float: a range of it would leave one step to all scores.
        excluded="mask",
    )


def _ppocr(name: str, calibration, inputs) -> Entry:
    return Entry(lambda path: ppocr.convert(name, path), lambda: _named(calibration()), lambda count: _named(inputs()[:count]))


ENTRIES = {
    **{name: _classifier(name, architecture) for name, architecture in classifiers.ARCHITECTURES.items()},
    "recognizer": _ppocr("recognizer", _lines, lambda: _lines(MEASURING)),
    "detector": _ppocr("detector", lambda: _pages(range(4)), lambda: _pages(range(10, 18), 480, 640)),
    "angle": _ppocr("angle", lambda: _turned(_lines()), lambda: _turned(_lines(MEASURING))),
    **{name: _encoder(name, form) for name, form in encoder.ENCODERS.items()},
}


def stacked(name: str, batch: int, count: int = 8) -> dict:
    """`count` inputs of `batch` samples each as one array per input, its first dimension the count; checked to be plain numbers."""
    feeds = ENTRIES[name].inputs(count)
    arrays = {port: [feed[port] for feed in feeds] for port in feeds[0]}
    rolled = {port: [np.concatenate([rows[(first + i) % count] for i in range(batch)]) for first in range(count)] for port, rows in arrays.items()}
    for port, rows in rolled.items():
        for array in rows:
            plain.check(f"{name}, input '{port}'", array)
    return {port: np.stack(rows) for port, rows in rolled.items()}


def write_fixed(source: Path, target: Path, feeds: dict) -> None:
    """The same model for inputs of the shapes of `feeds` alone, with every shape inside worked out: what each engine can compile."""
    model = onnx.load(source)
    del model.graph.value_info[:]
    _fix(model.graph.input, {port: array.shape for port, array in feeds.items()})
    # Of shapes that are themselves computed, running the model tells more than inference.
    _fix(model.graph.output, {value.name: None for value in model.graph.output})
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    _fix(model.graph.output, {value.name: result.shape for value, result in zip(model.graph.output, session.run(None, feeds))})
    onnx.save(onnx.shape_inference.infer_shapes(model, data_prop=True), target)


def _fix(values, shapes: dict) -> None:
    for value in values:
        if value.name in shapes:
            value.CopyFrom(onnx.helper.make_tensor_value_info(value.name, value.type.tensor_type.elem_type, shapes[value.name]))
