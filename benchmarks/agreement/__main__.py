"""Quantizes every model with every quantizer and measures. Called by benchmarks/accuracy."""

import argparse
import json
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "examples"))

import origin  # noqa: E402
import records  # noqa: E402
from measure import LEAST_BLOCKS, QUICK_BLOCKS, RESULTS, processor  # noqa: E402

from . import collapse, evaluate, exported, tables, timing  # noqa: E402
from .tasks import TASKS  # noqa: E402

FOLDER = ROOT / "build" / "benchmarks" / "accuracy"
PAGE = ROOT / "docs" / "accuracy.md"


def parse_arguments():
    parser = argparse.ArgumentParser(prog="benchmarks/accuracy", description=__doc__)
    parser.add_argument("--models", default=",".join(TASKS))
    parser.add_argument("--engines", default="")
    parser.add_argument("--defaults", action="store_true")
    parser.add_argument("--only", choices=["agreement", "timing", "seeds", "collapse", "exported"])
    parser.add_argument("--threads", default="1,2")
    parser.add_argument("--seed", type=int, default=0, choices=range(3))
    parser.add_argument("--share", type=float, default=1.0)
    parser.add_argument("--limit-seconds", type=float, default=600)
    parser.add_argument("--blocks", type=int, default=LEAST_BLOCKS)
    parser.add_argument("--ready-seconds", type=float, default=240)
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    for name in arguments.models.split(","):
        if name not in TASKS:
            parser.error(f"expected one of {', '.join(TASKS)}, found '{name}'")
    arguments.models = arguments.models.split(",")
    arguments.threads = [int(text) for text in arguments.threads.split(",")]
    arguments.quantizers = [name for name in arguments.engines.split(",") if name]
    arguments.engines = ["limbeck", "onnxruntime", "openvino"]
    if arguments.quick:
        arguments.blocks = QUICK_BLOCKS
    elif arguments.blocks < LEAST_BLOCKS:
        parser.error(f"expected at least {LEAST_BLOCKS} blocks for times that are recorded, found {arguments.blocks}; --quick records nothing")
    return arguments


def written(path: Path, text: str) -> None:
    """Whole or not at all."""
    part = path.with_name(path.name + ".part")
    part.write_text(text)
    os.replace(part, path)


def save(document: dict, name: str, folder: Path) -> None:
    """After each model, so that an interrupted run keeps what it has."""
    folder.mkdir(parents=True, exist_ok=True)
    written(folder / f"{name}.json", json.dumps(document, indent=1) + "\n")
    written(folder / f"{name}.md", tables.markdown(document))
    if folder == RESULTS:
        written(PAGE, tables.markdown(document))


def main() -> int:
    arguments = parse_arguments()
    FOLDER.mkdir(parents=True, exist_ok=True)
    if arguments.only == "exported":
        return 0 if all([exported.check(name, FOLDER) for name in arguments.models]) else 1
    label, flags = processor()
    name = f"accuracy-{records.file_name(label)}"
    folder = FOLDER / "quick" if arguments.quick else RESULTS  # a first look is no result
    path = folder / f"{name}.json"
    document = json.loads(path.read_text()) if path.is_file() else {"schema": 1, "models": {}}
    document["processor"] = label
    build = origin.of_now()
    for model in arguments.models:
        if arguments.only == "seeds":
            document.setdefault("calibration_sets", {})[model] = evaluate.calibration_sets(model, FOLDER, arguments) | {"origin": build}
            save(document, name, folder)
            continue
        if arguments.only == "collapse":
            document.setdefault("collapses", {})[model] = collapse.collapse(model, FOLDER, arguments) | {"origin": build}
            save(document, name, folder)
            continue
        if arguments.only != "timing":
            document["models"][model] = evaluate.evaluate(model, FOLDER, arguments) | {"origin": build}
        elif model not in document["models"]:
            print(f"{model}: expected it in {path}, found no row; run without --only timing first", file=sys.stderr)
            return 2
        if arguments.only != "agreement":
            timing.time_model(document["models"][model], FOLDER, arguments, flags)
        save(document, name, folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
