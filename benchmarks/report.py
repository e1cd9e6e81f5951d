"""Tables of what measure.py found; one file per processor, of which a run replaces the contests that it measured."""

import json
import re
from pathlib import Path

import plot
from contest import CONTESTS, Contest

ODD_AGREEMENT = 0.99


def file_name(processor: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", processor.lower()).strip("-")


def load(folder: Path, processor: str) -> dict:
    """What is known of this processor so far."""
    path = folder / f"{file_name(processor)}.json"
    known = json.loads(path.read_text()) if path.is_file() else {}
    return known if known.get("schema") == 2 else {"schema": 2, "contests": {}}


def is_ours(result: dict) -> bool:
    return result["engine"] == "limbeck"


def labelled(row: dict, label: str):
    return next((result for result in row["results"] if result["label"] == label), None)


def best_peer(row: dict):
    return min((result for result in row["results"] if not is_ours(result)), key=lambda result: result["ms"], default=None)


def ratio(row: dict, contest: Contest):
    """The best peer's time, at any precision, by ours; null where either is missing."""
    peer, ours = best_peer(row), labelled(row, contest.first)
    return peer["ms"] / ours["ms"] if peer and ours else None


def ratio_text(row: dict, contest: Contest) -> str:
    value = ratio(row, contest)
    return "-" if value is None else f"{value:.2f}"


def row_text(row: dict, contest: Contest) -> str:
    times = "  ".join(f"{result['label']} {result['ms']:.3f}" for result in row["results"])
    return f"{row['model']}, {row['threads']} threads, ms: {times}  | best peer / {contest.first} {ratio_text(row, contest)}"


def precision(result: dict) -> str:
    """The widest arithmetic that a result could use: what its peak is."""
    label = result["label"].split()[1]
    return "int8" if label.startswith("int8") else label


def joined(before: dict | None, measured: dict) -> dict:
    """What a run measured, with the rows of earlier runs that it did not measure again; each row has the peaks of its own run."""
    old = before["rows"] if before else []
    for row in old:
        row.setdefault("peaks", before["peaks"])
    rows = {(row["threads"], row["model"]): row for row in [*old, *measured["rows"]]}
    return measured | {"rows": [rows[key] for key in sorted(rows, key=lambda key: key[0])]}


def fractions(row: dict, result: dict, peaks: dict) -> tuple:
    """The shares of the arithmetic peak and of the memory's that a result reaches; null where one is not known."""
    seconds = result["ms"] / 1e3
    kind = precision(result)
    peak = peaks.get(f"{kind}_ops")
    arithmetic = 2 * row["products"] / seconds / (peak * row["threads"]) if peak else None
    width = {"int8": 1, "bf16": 2}.get(kind, 4)
    return arithmetic, row["parameters"] * width / seconds / peaks["read_bytes"]


def table(header: list, rows: list) -> list:
    return ["| " + " | ".join(header) + " |", "|" + "---|" * len(header), *("| " + " | ".join(row) + " |" for row in rows), ""]


def times_table(measured: dict, contest: Contest) -> list:
    labels = [one.label for one in contest.contestants if any(labelled(row, one.label) for row in measured["rows"])]
    rows = []
    for row in measured["rows"]:
        cells = []
        for label in labels:
            result = labelled(row, label)
            text = f"{result['ms']:.3f}" if result else "-"
            cells.append(f"**{text}**" if result is row["results"][0] else text)
        rows.append([row["model"], str(row["threads"]), *cells, ratio_text(row, contest)])
    return table(["model", "threads", *labels, f"best peer / {contest.first}"], rows)


def fractions_table(measured: dict, contest: Contest) -> list:
    def percent(share):
        return "-" if share is None else f"{share:.0%}"

    labels = [one.label for one in contest.contestants if any(labelled(row, one.label) for row in measured["rows"])]
    rows = []
    for row in measured["rows"]:
        cells = []
        for label in labels:
            result = labelled(row, label)
            cells.append(" / ".join(percent(share) for share in fractions(row, result, row["peaks"])) if result else "-")
        rows.append([row["model"], str(row["threads"]), f"{row['products'] / 1e6:.0f}", f"{row['parameters'] / 1e6:.1f}", *cells])
    return ["Shares of the peak: of arithmetic / of memory, if each weight were read once from it.", ""] + table(
        ["model", "threads", "million products", "million parameters", *labels], rows
    )


def callers_table(measured: dict) -> list:
    rows = []
    for row in measured["rows"]:
        for result in row["results"]:
            rows.append([row["model"], result["label"], f"{result['latency_ms']:.3f}", f"{1e3 / result['ms'] * row['batch']:.0f}"])
    return table(["model", "", "median latency, ms", "samples a second"], rows)


def notes(measured: dict) -> list:
    """Who did not run and why, and what each was told."""
    reasons = {}
    for row in measured["rows"]:
        for one in row["left_out"]:
            reasons.setdefault((one["label"], one["reason"][:200]), []).append(f"{row['model']}, {row['threads']}")
    lines = [f"- {label} does not run on {'; '.join(where)}: `{reason}`" for (label, reason), where in reasons.items()]
    lines += [f"- not measured: {what}" for what in measured["not_measured"]]
    return [*lines, ""] if lines else []


def agreement_text(measured: dict) -> list:
    """Who computes something else than the float model: expected of int8 to some degree, of others not."""
    odd = {}
    for row in measured["rows"]:
        for result in row["results"]:
            if result["agreement"] is not None and result["agreement"] < ODD_AGREEMENT:
                odd.setdefault(row["model"], {})[result["label"]] = f"{result['label']} {result['agreement']:.3f}"
    texts = [f"{model}: {', '.join(labels.values())}" for model, labels in odd.items()]
    return [f"Correlation with the float outputs (Limbeck's f32), where below {ODD_AGREEMENT}: {'; '.join(texts)}.", ""] if texts else []


def peaks_text(peaks: dict) -> str:
    half = f", bf16 {peaks['bf16_ops'] / 1e9:.0f} GFLOPS" if peaks.get("bf16_ops") else ""
    return (
        f"One core, measured in the same run: int8 {peaks['int8_ops'] / 1e9:.0f} GOPS, f32 {peaks['f32_ops'] / 1e9:.0f} GFLOPS{half}, "
        f"reading {peaks['read_bytes'] / 1e9:.1f} GB/s."
    )


def around_text(facts: dict) -> list:
    count = max(of["starts"] for of in facts["cold_start"].values())
    starts = [
        [label, *(f"{of[key]['median_ms']:.1f}" for key in ("first", "start", "load", "run")), f"{of['first']['least_ms']:.1f}"]
        for label, of in facts["cold_start"].items()
    ]
    return [
        "## Around the kernels",
        "",
        "ResNet-50 in int8, two threads; `benchmarks/run --contests around`.",
        "",
        f"- Compiling for this processor (`limbeck compile --target cpu:native`): {facts['compile_seconds']:.1f} s, at most "
        f"{facts['compile_peak_bytes'] / 2**20:.0f} MiB in one process; the artifact has {facts['artifact_bytes'] / 2**20:.1f} MiB.",
        "- Cold starts, ms: from the start of a program in C (`benchmarks/coldstart.c`) to its first result, files in the page cache;",
        f"  medians of {count} starts of each engine in turns. Limbeck reads and checks the artifact, or maps it.",
        "  Peers read the ONNX file, or what they made of it beforehand: ONNX Runtime its optimized model, OpenVINO its cache.",
        "",
        *table(["engine", "first result", "of that: process", "loading", "first run", "fastest start"], starts),
    ]


def idle_text(document: dict) -> list:
    shares = {}
    for measured in document["contests"].values():
        for row in measured["rows"]:
            for result in row["results"]:
                shares[result["engine"]] = max(shares.get(result["engine"], 0), result["idle_share"])
    text = ", ".join(f"{engine} {share:.1%}" for engine, share in sorted(shares.items()))
    return [f"Share of a core used while nothing runs, the most of any row: {text}.", ""] if shares else []


def engines_table(document: dict) -> list:
    told = {}
    for measured in document["contests"].values():
        for row in measured["rows"]:
            for result in row["results"]:
                options = {key: value for key, value in {**result["options"], **result["environment"]}.items() if "threads" not in key.lower()}
                text = ", ".join(f"{key}={value}" for key, value in options.items())
                told.setdefault((result["engine"], result["version"], result["timed_in"]), set()).add(text)
    rows = [[*key, "<br>".join(f"`{text}`" for text in sorted(texts) if text)] for key, texts in sorted(told.items())]
    return ["## Engines", ""] + table(["engine", "version", "timed in", "options"], rows)


def markdown(document: dict) -> str:
    lines = [
        f"# {document['processor']}",
        "",
        "Milliseconds for one run, medians over all blocks; written by `benchmarks/run`, which also says how. The fastest of a row is bold.",
        "Rows are timed from C where the engine has a C interface; IREE and torch are called from Python, and their rows hold the cost",
        "of that call.",
        "",
    ]
    for name, contest in CONTESTS.items():
        measured = document["contests"].get(name)
        if not measured:
            continue
        lines += [f"## {contest.what}", "", f"`benchmarks/run --contests {name}`. {peaks_text(measured['peaks'])}", ""]
        if measured["rows"]:
            lines += times_table(measured, contest)
            lines += callers_table(measured) if any(one.streams > 1 for one in contest.contestants) else fractions_table(measured, contest)
        lines += agreement_text(measured) + notes(measured)
    lines += around_text(document["around"]) if "around" in document else []
    lines += idle_text(document) + engines_table(document)
    return "\n".join(lines).rstrip() + "\n"


def write(document: dict, folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    name = file_name(document["processor"])
    (folder / f"{name}.json").write_text(json.dumps(document, indent=1) + "\n")
    (folder / f"{name}.svg").write_text(plot.svg(document))
    path = folder / f"{name}.md"
    path.write_text(markdown(document))
    return path
