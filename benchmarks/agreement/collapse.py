"""One scale for all weights of a layer: how far agreement falls, which layers `explain` names, and how far its repairs bring it back."""

import json
import subprocess
import sys
from pathlib import Path

from . import measures
from .evaluate import Exact, measured, sizes, stored
from .quantizers import PROGRAM, make
from .runtimes import RUNTIMES
from .tasks import CALIBRATION, TASKS, TEST, write_model

FLAG = "--per-tensor"
REPAIRS = 20
NAMED = 5  # layers that the table shows
EXPLAINED = 16  # samples that explain compares with


def explain(model: Path, data: Path, recipe: Path) -> dict:
    """The worst layers of the model that FLAG makes, and a recipe with the repairs of REPAIRS of them."""
    statistics = recipe.with_suffix(".json")
    subprocess.run([PROGRAM, "calibrate", model, "--data", data, "--collect", "histogram", "-o", statistics, "--quiet"], check=True)
    command = [PROGRAM, "explain", model, statistics, "--data", data, "--samples", EXPLAINED, FLAG, "--json", "--quiet"]
    command += ["--worst", REPAIRS, "--time", 0, "--apply", REPAIRS, "-o", recipe]
    document = json.loads(subprocess.run([str(word) for word in command], check=True, capture_output=True, text=True).stdout)
    return {"quantized_db": document["quantized_db"], "layers": [{"name": one["name"], "isolated_db": one["isolated_db"]} for one in document["layers"][:NAMED]]}


def collapse(name: str, folder: Path, arguments) -> dict:
    """The rows of one model: with FLAG, with the repairs of explain, at our defaults and at our most accurate setting."""
    task, threads = TASKS[name], arguments.threads[-1]
    model = folder / f"{name}.onnx"
    write_model(name, model)
    counts = sizes(task, arguments.share)
    test = Exact(model, folder / f"{name}.collapse.npy", task.data(TEST, counts["test"]), task.decide(model), threads)
    data = stored(folder / f"{name}.calibration.npz", task.data(CALIBRATION + arguments.seed, counts["calibration"]))
    recipe = folder / f"{name}.repairs.yaml"
    found = explain(model, data, recipe)
    rows = []
    for setting, flags in [(FLAG, [FLAG]), (f"{FLAG}, repairs of {REPAIRS} layers", ["--recipe", str(recipe)]), ("defaults", [])]:
        target = folder / f"{name}.collapse{len(rows)}.lmb"
        job = {"kind": "limbeck", "source": str(model), "target": str(target), "data": str(data), "options": {"flags": flags}}
        row = {"setting": setting, **make(job, arguments.limit_seconds)}
        if "fault" not in row:
            row |= measured(task, test, RUNTIMES["limbeck"](target, test.samples.feeds, threads))
            row["interval"] = measures.paired_interval(row.pop("agreements"), [0] * len(test.said))[1:]
        print(f"{name}: {setting}: {row.get('fault') or row['agreement']}", file=sys.stderr, flush=True)
        rows.append(row)
    return {"model": name, "what": task.what, "counts": counts, "rows": rows, **found}
