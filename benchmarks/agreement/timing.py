"""How long the files take: each with every runtime that computes it rightly, in turns on the same cores, as benchmarks/run measures."""

from pathlib import Path

from contest import BF16, F32, HALF, Contest, Contestant
from measure import measure

from .tables import deviates

def timed_runtimes(row: dict) -> list:
    """Those of a row's runtimes whose outputs are those that the row reports."""
    others = row.get("other_runtimes", {})
    return [name for name in row["runtimes"] if name not in others or ("validation" in others[name] and not deviates(row["validation"], others[name]["validation"]))]


def contestants(rows: list) -> list:
    """Every row with each of these, and the float model with those of the peers; OpenVINO computes what stays float in f32, and once more
    in bf16, its own choice where the processor has it."""
    ready = [(row["label"], timed_runtimes(row)) for row in rows if "agreement" in row]
    found = []
    for label, runtimes in [*ready, ("float", ("onnxruntime", "openvino"))]:
        for runtime in runtimes:
            found.append(Contestant(f"{label} by {runtime}", runtime, label, F32 if runtime == "openvino" else {}))
            if runtime == "openvino":
                found.append(Contestant(f"{label} by {runtime} in bf16", runtime, label, HALF, needs=BF16))
    return found


def fastest(results: list, label: str) -> dict | None:
    """The least median time of a label over its runtimes; null where none ran."""
    times = [(result["ms"], result["engine"]) for result in results if result["label"].rsplit(" by ", 1)[0] == label]
    return dict(zip(("ms", "runtime"), min(times))) if times else None


def time_model(model: dict, folder: Path, arguments, flags: set) -> None:
    """Puts times into the rows of a model and beside them."""
    name = model["model"]
    paths = {row["label"]: folder / row["file"] for row in model["rows"]}
    paths |= {"float": folder / f"{name}.onnx", "inputs": folder / f"{name}.timing.npz"}
    contest = Contest("quantized models", contestants(model["rows"]))
    model["times"] = {}
    for threads in arguments.threads:
        results = measure(contest, paths, threads, arguments, flags)["results"]
        model["times"][str(threads)] = {label: fastest(results, label) for label in [*(row["label"] for row in model["rows"]), "float"]}
