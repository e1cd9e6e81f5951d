"""Writes models into a folder, float and int8: NAME.onnx, NAME.qdq.onnx, NAME.qoperator.onnx.

A model that is there already, made by the same sources and packages, is kept.
"""

import argparse
import hashlib
import importlib.metadata
from pathlib import Path

import numpy as np
import onnxruntime

from . import classifiers, ppocr, quantize, saturation

PACKAGES = ["onnx", "onnxruntime", "rapidocr-onnxruntime", "numpy", "pillow"]


def fingerprint() -> str:
    """Changes whenever the models would: the sources beside this file, the pinned packages, the pictures."""
    digest = hashlib.sha256()
    examples = Path(__file__).parent.parent
    for source in sorted([*examples.glob("models/*.py"), examples / "recognize_text" / "pictures.py"]):
        digest.update(source.read_bytes())
    for package in PACKAGES:
        digest.update(f"{package}=={importlib.metadata.version(package)}\n".encode())
    return digest.hexdigest()


def calibration_feeds(name: str) -> list:
    """What each model is calibrated with: pictures of the kind it was made for."""
    from recognize_text import pictures

    if name == "recognizer":
        return [{"x": line} for line in pictures.calibration_lines()]
    if name == "detector":
        return [{"x": pictures.page(seed)} for seed in range(4)]
    if name == "angle":
        return [{"x": pictures.turned(line)} for line in pictures.calibration_lines()]
    return [{"x": picture[np.newaxis]} for picture in classifiers.pictures(8, seed=2)]


def write_float(name: str, target: Path) -> None:
    if name in ppocr.PATTERNS:
        ppocr.convert(name, target)
    else:
        classifiers.write(name, target)


def ensure(folder: Path, name: str, forms: list) -> dict:
    """Paths of the float model and of the forms asked for, by form; makes what is missing or stale."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = {form: folder / (f"{name}.onnx" if form == "float" else f"{name}.{form}.onnx") for form in ["float", *forms]}
    stamp = folder / f"{name}.fingerprint"
    current = fingerprint()
    if not stamp.is_file() or stamp.read_text() != current:
        for path in paths.values():
            path.unlink(missing_ok=True)
    if not paths["float"].is_file():
        write_float(name, paths["float"])
    for form in forms:
        if paths[form].is_file():
            continue
        feeds = calibration_feeds(name)
        quantize.quantize(paths["float"], paths[form], form, feeds)
        if form == "qdq" and name in classifiers.ARCHITECTURES:
            saturation.check(paths[form], feeds[0])
    stamp.write_text(current)
    return paths


def main() -> None:
    names = [*ppocr.PATTERNS, *classifiers.ARCHITECTURES]
    parser = argparse.ArgumentParser(prog="python -m models", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"any of {', '.join(names)}; all when none is given")
    parser.add_argument("--output", type=Path, default=Path("build/models"), help="folder to write into (default: %(default)s)")
    parser.add_argument("--forms", default="qdq,qoperator", help="int8 forms beside the float model (default: %(default)s)")
    arguments = parser.parse_args()
    onnxruntime.set_default_logger_severity(3)
    for name in arguments.names or names:
        if name not in names:
            parser.error(f"expected one of {', '.join(names)}, found '{name}'")
        for path in ensure(arguments.output, name, [form for form in arguments.forms.split(",") if form]).values():
            print(f"{path}  {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
