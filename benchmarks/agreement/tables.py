"""The tables of what was measured, as Markdown."""

import origin
from report import table

from .candidates import QUANTIZED_BY_US
from .evaluate import better_peers

COLUMNS = {"exact": "right", "letters": "letters", "boxes": "boxes", "rank_correlation": "rank correlation"}
MEANING = {
    "exact": "right: share of samples with the right answer; for float in the line above the table",
    "letters": "letters: 1 - edit distance / length, between the text and that of float",
    "boxes": "boxes: F1 of bounding boxes that overlap by half with those of float",
    "rank_correlation": "rank correlation: Spearman's, of the similarities of all pairs of texts",
}


def deviates(best: float, other: float) -> bool:
    """Whether a runtime agrees less with float than the best one by more than a point."""
    return best - other > 0.01


def _build(found: dict) -> str:
    return f"Files made by {origin.text(found.get('origin', origin.UNRECORDED))}."


def _percent(value) -> str:
    return "-" if value is None else f"{100 * value:.1f} %"


def _time(model: dict, threads: str, label: str) -> str:
    found = model.get("times", {}).get(threads, {}).get(label)
    return f"{found['ms']:.2f} ({found['runtime']})" if found else "-"


def _points(interval) -> str:
    mean, low, high = (100 * value for value in interval)
    return f"{mean:+.1f} [{low:+.1f}, {high:+.1f}]"


def _difference(row: dict) -> str:
    return _points(row["difference"]) if "difference" in row else "-"


def _beside_best(row: dict) -> str:
    return _points(row["beside_best"]["difference"]) if "beside_best" in row else "-"


def _other_runtimes(row: dict) -> list:
    """Runtimes whose outputs for the file are not those of the row, on validation samples."""
    names = {"onnxruntime": "ONNX Runtime", "openvino": "OpenVINO"}
    said = []
    for name, other in row.get("other_runtimes", {}).items():
        beside = f"{names[name]} in place of {names[row['runtime']]}"
        if "fault" in other:
            said.append(f"- {row['label']} ({row['setting']}), {beside}: `{other['fault']}`")
        elif deviates(row["validation"], other["validation"]):
            validation = f"{_percent(other['validation'])} in place of {_percent(row['validation'])} on validation samples"
            said.append(f"- {row['label']} ({row['setting']}), {beside}: {validation}")
    return said


def model_text(model: dict) -> list:
    ready = [row for row in model["rows"] if "agreement" in row]
    extra = [key for key in COLUMNS if any(key in row for row in ready)]
    threads = sorted(model.get("times", {}), key=int)
    header = ["", "setting", "agreement", "difference to our defaults, points", "to our best, points", *(COLUMNS[key] for key in extra), "SQNR, dB", "MACs in integers", "MB"]
    header += [f"ms, {count} thread{'s' if count != '1' else ''}" for count in threads]
    rows = [["float", "", "", "", "", *([""] * len(extra)), "", "0.0 %", f"{model['float_bytes'] / 1e6:.2f}", *(_time(model, count, "float") for count in threads)]]
    for row in ready:
        cells = [row["label"], row["setting"], _percent(row["agreement"]), _difference(row), _beside_best(row), *(_percent(row.get(key)) for key in extra)]
        cells += ["-" if row["sqnr_db"] is None else f"{row['sqnr_db']:.1f}", _percent(row["integer_share"]), f"{row['bytes'] / 1e6:.2f}"]
        rows.append([*cells, *(_time(model, count, row["label"]) for count in threads)])
    counts = model["counts"]
    right = f" Float itself is right on {_percent(model['float_exact'])}." if model["float_exact"] is not None else ""
    lines = [f"## {model['model']}", "", f"Agreement: {model['what']}. n = {counts['test']}; {counts['calibration']} samples to calibrate with.{right} {_build(model)}", ""]
    lines += table(header, rows)
    lines += verdict(model)
    lines += [f"- {MEANING[key]}" for key in extra]
    for row in model["rows"]:
        tried = [f"{one['setting']}: {one['fault'] or _percent(one['validation'])}" for one in row["tried"]]
        if "fault" in row:
            lines.append(f"- {row['label']} ({row['setting']}) does not work: `{row['fault']}`")
        lines += _other_runtimes(row)
        if tried:
            lines.append(f"- {row['label']}, also tried: {'; '.join(tried)}")
    return [*lines, ""]


def sets_text(found: dict) -> list:
    """How our static model depends on the samples it is calibrated with."""
    ready = [row for row in found["rows"] if "agreement" in row]
    extra = [key for key in COLUMNS if any(key in row for row in ready)]
    beside = any(row["right_difference"] for row in ready)
    header = ["calibration set", "setting", "agreement", "95 % interval", *(COLUMNS[key] for key in extra)]
    header += [*(["right, difference to float, points"] if beside else []), "SQNR, dB"]
    rows = []
    for row in ready:
        low, high = (100 * value for value in row["interval"])
        noise = "-" if row["sqnr_db"] is None else f"{row['sqnr_db']:.1f}"
        cells = [str(row["seed"]), row["setting"], _percent(row["agreement"]), f"[{low:.1f}, {high:.1f}]", *(_percent(row[key]) for key in extra)]
        rows.append([*cells, *([_points(row["right_difference"])] if beside else []), noise])
    counts = found["counts"]
    title = f"### {found['model']}: three calibration sets"
    text = f"`limbeck static`. Agreement: {found['what']}. n = {counts['test']}; {counts['calibration']} samples in each set. {_build(found)}"
    faults = [f"- set {row['seed']}, {row['setting']} does not work: `{row['fault']}`" for row in found["rows"] if "fault" in row]
    return [title, "", text, "", *table(header, rows), "", *faults]


def collapse_text(found: dict) -> list:
    ready = [row for row in found["rows"] if "agreement" in row]
    extra = [key for key in COLUMNS if any(key in row for row in ready)]
    header = ["setting", "agreement", "95 % interval", *(COLUMNS[key] for key in extra), "SQNR, dB", "MACs in integers"]
    rows = []
    for row in ready:
        low, high = (100 * value for value in row["interval"])
        noise = "-" if row["sqnr_db"] is None else f"{row['sqnr_db']:.1f}"
        rows.append([row["setting"], _percent(row["agreement"]), f"[{low:.1f}, {high:.1f}]", *(_percent(row[key]) for key in extra), noise, _percent(row["integer_share"])])
    counts = found["counts"]
    named = ", ".join(f"{layer['name']} ({layer['isolated_db']:.1f} dB)" for layer in found["layers"])
    text = f"Agreement: {found['what']}. n = {counts['test']}; {counts['calibration']} samples to calibrate with. `explain` names, the worst first: {named}. {_build(found)}"
    faults = [f"- {row['setting']} does not work: `{row['fault']}`" for row in found["rows"] if "fault" in row]
    return [f"### {found['model']}: one scale for all weights of a layer", "", text, "", *table(header, rows), "", *faults]


def verdict(model: dict) -> list:
    """Whether a peer is better, as the page defines it, and how its time stands to ours."""
    better = better_peers(model)
    lines = ["- better than our best outside of the interval, at an equal or smaller share of integers: " + (", ".join(better) or "no peer")]
    for threads, times in sorted(model.get("times", {}).items(), key=lambda pair: int(pair[0])):
        quantized = {label: found["ms"] for label, found in times.items() if found and label not in ("float", "limbeck float")}
        ours = {label: ms for label, ms in quantized.items() if label in QUANTIZED_BY_US}
        peers = {label: ms for label, ms in quantized.items() if label not in QUANTIZED_BY_US}
        if ours and peers:
            best, peer = min(ours, key=ours.get), min(peers, key=peers.get)
            lines.append(f"- {threads} thread{'s' if threads != '1' else ''}: the fastest peer, {peer}, takes {peers[peer] / ours[best]:.2f} times as long as {best}")
    return lines


def markdown(document: dict) -> str:
    lines = [
        "# Accuracy: quantized models beside their float ones",
        "",
        "Made by `benchmarks/accuracy`; do not edit. Processor: " + document["processor"] + ".",
        "",
        "All quantizers read the same calibration samples. No sample is in two of the sets for calibration, validation and test. Of",
        "several settings of one quantizer, the row is the one that agrees most with float on the validation samples. The difference is",
        "that of the agreement to `limbeck static`, and to the row of ours that agrees most with float on the validation samples, with its",
        "paired 95 % interval (bootstrap over samples). A quantizer gets 16 GiB of memory and ten minutes for a file. Outputs of ours come from",
        "`limbeck run`, those of a peer's file from ONNX Runtime or OpenVINO, whichever agrees more with float on the validation samples;",
        "where the other one agrees less by more than a point, a line below the table says so. Times are medians of the fastest runtime",
        "of each file that agrees as far, of OpenVINO's two hints (f32 and bf16) the faster; where no time stands, none was measured.",
        "",
    ]
    for name, model in sorted(document["models"].items()):
        lines += model_text(model)
    for _, found in sorted(document.get("calibration_sets", {}).items()):
        lines += sets_text(found)
    for _, found in sorted(document.get("collapses", {}).items()):
        lines += collapse_text(found)
    return "\n".join(lines)
