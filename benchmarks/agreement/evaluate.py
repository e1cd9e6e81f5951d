"""One model: makes the files of all candidates, runs them on the same samples, and measures their agreement with the float model."""

import sys
from pathlib import Path

import numpy as np

from . import measures
from .candidates import ACCURATE, FIRST, QUANTIZED_BY_US, candidates
from .quantizers import make
from .runtimes import RUNTIMES, onnxruntime
from .tasks import CALIBRATION, TASKS, TEST, VALIDATION, Samples, write_model


def stored(path: Path, samples: Samples) -> Path:
    np.savez(path, **{name: np.concatenate([feed[name] for feed in samples.feeds]) for name in samples.feeds[0]})
    return path


class Exact:
    """The float model's outputs on a set of samples, kept in a file, and what they say."""

    def __init__(self, model: Path, kept: Path, samples: Samples, decide, threads: int):
        self.samples, self.decide = samples, decide
        outputs = None
        for index, output in enumerate(onnxruntime(model, samples.feeds, threads)):
            if outputs is None:
                outputs = np.lib.format.open_memmap(kept, "w+", np.float32, (len(samples.feeds), *output.shape))
            outputs[index] = output
        self.outputs = outputs
        self.said = [decide(output, feed) for output, feed in zip(outputs, samples.feeds)]

    def compare(self, outputs) -> tuple:
        """What another model says, and the sums of squares of the float outputs and of the differences."""
        said, signal, noise = [], 0.0, 0.0
        for exact, output, feed in zip(self.outputs, outputs, self.samples.feeds):
            signal += float(np.square(exact, dtype=np.float64).sum())
            noise += float(np.square(exact - output, dtype=np.float64).sum())
            said.append(self.decide(output, feed))
        return said, signal, noise


def right_beside_float(said: list, exact: Exact):
    """How many more answers are right than those of float: mean and 95 % interval of the paired difference; None where no answer is known."""
    truth = exact.samples.truth
    if not truth:
        return None
    return measures.paired_interval([a == b for a, b in zip(said, truth)], [a == b for a, b in zip(exact.said, truth)])


def measured(task, exact: Exact, outputs) -> dict:
    said, signal, noise = exact.compare(outputs)
    agreements = [float(task.agree(ours, theirs)) for ours, theirs in zip(said, exact.said)]
    return {
        "n": len(agreements),
        "agreement": float(np.mean(agreements)),
        "sqnr_db": measures.signal_to_noise(signal, noise),
        **task.more(said, exact.said, exact.samples.truth),
        "right_difference": right_beside_float(said, exact),
        "agreements": agreements,
    }


def rank(validation: dict) -> tuple:
    """Agreement, then less noise."""
    return validation["agreement"], np.inf if validation["sqnr_db"] is None else validation["sqnr_db"]


def by_runtimes(runtimes: tuple, measure) -> dict:
    """What `measure(runtime)` finds with the runtime of which that is best, its name, and the others': a file that one of them
    computes wrongly is not judged by that."""
    found, faults = {}, {}
    for name in runtimes:
        try:
            found[name] = measure(RUNTIMES[name])
        except Exception as error:  # a peer may fail in any way: it is reported, and the others go on
            faults[name] = (str(error).strip().splitlines() or [type(error).__name__])[0][:300]
    if not found:
        return {"fault": faults[runtimes[0]]}
    name = max(found, key=lambda one: rank(found[one]))
    others = {one: {"validation": found[one]["agreement"]} if one in found else {"fault": faults[one]} for one in runtimes if one != name}
    return {"validation": found[name], "runtime": name, "other_runtimes": others}


def best(found: list) -> dict:
    """The candidate that agrees most with float on the validation samples; of equals the one with less noise."""
    works = [one for one in found if "validation" in one]
    return max(works, key=lambda one: rank(one["validation"])) if works else found[0]


def wanted(name: str, arguments) -> list:
    """The candidates that take part, and their places among all of them, which name their files."""
    return [
        (index, candidate)
        for index, candidate in enumerate(candidates(name))
        if (not arguments.quantizers or candidate.kind.split("_")[0] in arguments.quantizers)
        and not (arguments.defaults and candidate.label.endswith(" best"))
    ]


def sizes(task, share: float) -> dict:
    return {kind: max(8, int(count * share)) for kind, count in task.counts.items()}


def calibration_sets(name: str, folder: Path, arguments) -> dict:
    """Our static model, at its defaults and at its most accurate, calibrated with each of the three sets: how much hangs on which
    samples those are."""
    task, threads = TASKS[name], arguments.threads[-1]
    model = folder / f"{name}.onnx"
    write_model(name, model)
    counts = sizes(task, arguments.share)
    test = Exact(model, folder / f"{name}.sets.npy", task.data(TEST, counts["test"]), task.decide(model), threads)
    taking_part = [(index, one) for index, one in enumerate(candidates(name)) if one.label == FIRST or one.setting == ACCURATE]
    rows = []
    for seed in range(3):
        data = stored(folder / f"{name}.set{seed}.npz", task.data(CALIBRATION + seed, counts["calibration"]))
        for index, candidate in taking_part:
            target = folder / f"{name}.set{seed}.{index}{candidate.suffix}"
            job = {"kind": candidate.kind, "source": str(model), "target": str(target), "data": str(data), "options": candidate.options}
            row = {"seed": seed, "setting": candidate.setting, **make(job, arguments.limit_seconds)}
            if "fault" not in row:
                row |= measured(task, test, RUNTIMES[candidate.runtimes[0]](target, test.samples.feeds, threads))
                row["interval"] = measures.paired_interval(row.pop("agreements"), [0] * len(test.said))[1:]
            print(f"{name}: calibration set {seed}, {candidate.setting}: {row.get('fault') or row['agreement']}", file=sys.stderr, flush=True)
            rows.append(row)
    return {"model": name, "what": task.what, "counts": counts, "rows": rows}


def compare_rows(rows: list) -> None:
    """The paired difference of every row to our default and, of the peers' rows, to ours that agrees most on the validation samples."""
    ready = [row for row in rows if "agreements" in row]
    ours = [row for row in ready if row["label"] in QUANTIZED_BY_US]
    first = next((row for row in ours if row["label"] == FIRST), None)
    for row in ready:
        if first and row is not first:
            row["difference"] = measures.paired_interval(row["agreements"], first["agreements"])
        if ours and not row["label"].startswith("limbeck"):
            most = max(ours, key=lambda one: one["validation"])
            row["beside_best"] = {"label": most["label"], "difference": measures.paired_interval(row["agreements"], most["agreements"])}


def better_peers(model: dict) -> list:
    """Peers' rows that agree more than our best, outside of the paired interval, at an equal or smaller share of integers."""
    rows = {row["label"]: row for row in model["rows"]}
    compared = [row for row in model["rows"] if "beside_best" in row]
    return [row["label"] for row in compared if row["beside_best"]["difference"][1] > 0 and row["integer_share"] <= rows[row["beside_best"]["label"]]["integer_share"]]


def evaluate(name: str, folder: Path, arguments) -> dict:
    """The rows of one model. A candidate that cannot be made or run has a `fault` in place of measures."""
    task, threads = TASKS[name], arguments.threads[-1]
    model = folder / f"{name}.onnx"
    write_model(name, model)
    counts = sizes(task, arguments.share)
    seed = CALIBRATION + arguments.seed
    data = stored(folder / f"{name}.calibration.npz", task.data(seed, counts["calibration"]))
    decide = task.decide(model)
    exact = {}
    for kind, at in [("validation", VALIDATION), ("test", TEST)]:
        exact[kind] = Exact(model, folder / f"{name}.{kind}.npy", task.data(at, counts[kind]), decide, threads)
    some = exact["test"].samples.feeds[:8]
    np.savez(folder / f"{name}.timing.npz", **{port: np.stack([feed[port] for feed in some]) for port in some[0]})
    by_label: dict = {}
    for index, candidate in wanted(name, arguments):
        one = {"label": candidate.label, "setting": candidate.setting, "file": f"{name}.{index}{candidate.suffix}", "runtimes": candidate.runtimes}
        target = folder / one["file"]
        job = {"kind": candidate.kind, "source": str(model), "target": str(target), "data": str(data), "options": candidate.options}
        one |= make(job, arguments.limit_seconds)
        if "fault" not in one:
            feeds = exact["validation"].samples.feeds
            one |= by_runtimes(candidate.runtimes, lambda run: measured(task, exact["validation"], run(target, feeds, threads)))
        said = one.get("fault") or f"{one['validation']['agreement']:.4f} on validation samples, by {one['runtime']}"
        print(f"{name}: {one['label']} ({one['setting']}): {said}", file=sys.stderr, flush=True)
        by_label.setdefault(candidate.label, []).append(one)
    rows = []
    for found in by_label.values():
        row = best(found)
        others = [one for one in found if one is not row]
        if "validation" in row:
            run = RUNTIMES[row["runtime"]]
            row |= measured(task, exact["test"], run(folder / row["file"], exact["test"].samples.feeds, threads))
            row["validation"] = row["validation"]["agreement"]
        row["tried"] = [
            {"setting": one["setting"], "validation": one["validation"]["agreement"] if "validation" in one else None, "fault": one.get("fault")}
            for one in others
        ]
        rows.append(row)
    compare_rows(rows)
    for row in rows:
        row.pop("agreements", None)
    exact_share = task.more(exact["test"].said, exact["test"].said, exact["test"].samples.truth).get("exact")
    return {"model": name, "what": task.what, "seed": seed, "counts": counts, "float_exact": exact_share, "float_bytes": model.stat().st_size, "rows": rows}
