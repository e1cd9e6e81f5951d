"""The three PP-OCR models that the Python package rapidocr-onnxruntime carries: text detector, angle classifier, recognizer."""

import importlib.util
from pathlib import Path

import onnx
from onnx import version_converter

# Quantization per output channel needs opset 13; the files come with 11 and 12.
OPSET = 13
PATTERNS = {
    "recognizer": "ch_PP-OCRv*_rec*.onnx",
    "detector": "ch_PP-OCRv*_det*.onnx",
    "angle": "ch_ppocr_mobile_v*_cls*.onnx",
}


def find(name: str) -> Path:
    """The file of one model inside the installed package."""
    package = importlib.util.find_spec("rapidocr_onnxruntime")
    if package is None:
        raise FileNotFoundError("the Python package rapidocr-onnxruntime is missing; scripts/setup installs it")
    folder = Path(package.submodule_search_locations[0]) / "models"
    found = sorted(folder.glob(PATTERNS[name]))
    if len(found) != 1:
        raise FileNotFoundError(f"expected one file {PATTERNS[name]} in {folder}, found {len(found)}")
    return found[0]


def convert(name: str, target: Path) -> None:
    """Writes the model with opset 13 and with symbols where the file says -1 for an unknown dimension."""
    model = version_converter.convert_version(onnx.load(find(name)), OPSET)
    for value in [*model.graph.input, *model.graph.output]:
        for axis, dim in enumerate(value.type.tensor_type.shape.dim):
            if not dim.dim_param and dim.dim_value < 1:
                dim.dim_param = f"{value.name}_{axis}"
    onnx.checker.check_model(model)
    onnx.save(model, target)


def alphabet(path: Path) -> list:
    """What each class of the recognizer stands for: the blank of CTC, the characters in the file, the space."""
    model = onnx.load(path, load_external_data=False)
    for entry in model.metadata_props:
        if entry.key == "character":
            return ["", *entry.value.splitlines(), " "]
    raise ValueError(f"{path}: expected the metadata entry 'character', found none")
