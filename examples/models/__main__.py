"""Writes models into a folder, float and int8: NAME.onnx, NAME.FORM.onnx; with --batch also NAME.batchN.FORM.onnx, where every
shape is fixed, and eight inputs to measure them with, NAME.batchN.inputs.npz.

A model that is there already, made by the same sources and packages, is kept. Forms are of ONNX Runtime's quantizer: qdq and
qoperator have u8 activations and s8 weights per channel, default is what it makes when told nothing, adverse is qdq with
weights and parameters that defeat every proof of a cheaper formula. Subnormal weights are written as zeros, and no tensor of any
model holds a NaN, an infinity or a subnormal while it runs on those inputs (plain.py).
"""

import argparse
import hashlib
import importlib.metadata
import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime

from . import catalogue, encoder, plain, quantize, saturation

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


def write_float(name: str, path: Path) -> None:
    catalogue.ENTRIES[name].write(path)
    model = onnx.load(path)
    if plain.flush(model):
        onnx.save(model, path)
    plain.check_constants(name, model)


def write_quantized(name: str, source: Path, path: Path, form: str) -> None:
    entry = catalogue.ENTRIES[name]
    feeds = entry.calibration()
    quantize.quantize(source, path, form, feeds, entry.excluded)
    if form != "qoperator" and not entry.trained:
        saturation.check(path, feeds)


def ensure(folder: Path, name: str, forms: list) -> dict:
    """Paths of the float model and of the forms asked for, by form; makes what is missing or stale."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = {form: folder / (f"{name}.onnx" if form == "float" else f"{name}.{form}.onnx") for form in ["float", *forms]}
    stamp = folder / f"{name}.fingerprint"
    current = fingerprint()
    if not stamp.is_file() or stamp.read_text() != current:
        for stale in [*folder.glob(f"{name}.onnx"), *folder.glob(f"{name}.*.onnx"), *folder.glob(f"{name}.batch*")]:  # of all forms
            stale.unlink(missing_ok=True)
    if not paths["float"].is_file():
        write_float(name, paths["float"])
    for form in forms:
        if not paths[form].is_file():
            write_quantized(name, paths["float"], paths[form], form)
    stamp.write_text(current)
    return paths


def ensure_fixed(folder: Path, name: str, forms: list, batch: int) -> dict:
    """The models for `batch` samples of fixed shapes, NAME.batchN.FORM.onnx, and the inputs to measure them with."""
    sources = ensure(folder, name, forms)
    prefix = f"{name}.batch{batch}"
    paths = {"inputs": folder / f"{prefix}.inputs.npz"}
    if not paths["inputs"].is_file():
        np.savez(paths["inputs"], **catalogue.stacked(name, batch))
    for form, source in sources.items():
        paths[form] = folder / source.name.replace(name, prefix, 1)
        if not paths[form].is_file():
            with np.load(paths["inputs"]) as inputs:
                feeds = [dict(zip(inputs, rows)) for rows in zip(*inputs.values())]
            partial = paths[form].with_suffix(".partial")
            catalogue.write_fixed(source, partial, feeds[0])
            if batch == 1:  # samples of a batch are these
                plain.check_activations(f"{name}, {form}", partial, feeds, form)
            partial.rename(paths[form])
    return paths


def main() -> None:
    names = list(catalogue.ENTRIES)
    parser = argparse.ArgumentParser(prog="python -m models", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"any of {', '.join(names)}; all when none is given")
    parser.add_argument("--output", type=Path, default=Path("build/models"), help="folder to write into (default: %(default)s)")
    parser.add_argument("--forms", default="qdq,qoperator,default", help="int8 forms beside the float model (default: %(default)s)")
    parser.add_argument("--batch", type=int, metavar="N", help="also the models for N samples at once, and inputs")
    arguments = parser.parse_args()
    for name in arguments.names:
        if name not in names:
            parser.error(f"expected one of {', '.join(names)}, found '{name}'")
    onnxruntime.set_default_logger_severity(3)
    for name in arguments.names or names:
        if not arguments.names and name == "minilm" and not encoder.is_installed():
            print(f"minilm: left out, the Python package {encoder.PACKAGE} is not installed", file=sys.stderr)
            continue
        forms = [form for form in arguments.forms.split(",") if form]
        paths = list(ensure(arguments.output, name, forms).values())
        if arguments.batch:
            paths += ensure_fixed(arguments.output, name, forms, arguments.batch).values()
        for path in paths:
            print(f"{path}  {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
