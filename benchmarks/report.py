"""Tables of what measure.py found."""

import json
from pathlib import Path

import origin
import plot
from contest import CONTESTS, Contest
from records import file_name, rows_of
from shares import fractions

ODD_AGREEMENT = 0.99
SHORT_MS = 1.0  # below, what a call from Python costs matters
OTHER_BUILD, FROM_PYTHON, TOO_SHORT = "&dagger;", "p", "p!"


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


def table(header: list, rows: list) -> list:
    return ["| " + " | ".join(header) + " |", "|" + "---|" * len(header), *("| " + " | ".join(row) + " |" for row in rows), ""]


def model_text(row: dict, newest: str) -> str:
    return row["model"] if origin.is_of(row, newest) else f"{row['model']} {OTHER_BUILD}"


def time_text(result: dict) -> str:
    """Milliseconds, marked where they are not those of a loop in C."""
    if not result["timed_in"].startswith("Python"):
        return f"{result['ms']:.3f}"
    return f"{result['ms']:.3f} {TOO_SHORT if result['ms'] < SHORT_MS else FROM_PYTHON}"


def beside_text(row: dict, contest: Contest) -> str:
    ours, other = labelled(row, contest.first), labelled(row, contest.beside)
    return f"{ours['ms'] / other['ms']:.3f}" if ours and other else "-"


def times_table(measured: dict, contest: Contest, newest: str) -> list:
    labels = [one.label for one in contest.contestants if any(labelled(row, one.label) for row in measured["rows"])]
    rows = []
    for row in measured["rows"]:
        cells = []
        for label in labels:
            result = labelled(row, label)
            text = time_text(result) if result else "-"
            cells.append(f"**{text}**" if result is row["results"][0] else text)
        beside = [beside_text(row, contest)] if contest.beside else []
        rows.append([model_text(row, newest), str(row["threads"]), *cells, ratio_text(row, contest), *beside])
    header = ["model", "threads", *labels, f"best peer / {contest.first}"]
    return table(header + ([f"{contest.first} / {contest.beside}"] if contest.beside else []), rows)


def fractions_table(measured: dict, contest: Contest) -> list:
    def percent(share):
        return "-" if share is None else f"{share:.0%}"

    labels = [one.label for one in contest.contestants if any(labelled(row, one.label) for row in measured["rows"])]
    rows = []
    for row in measured["rows"]:
        cells = []
        for label in labels:
            result = labelled(row, label)
            cells.append(" / ".join(percent(share) for share in fractions(row, result)) if result else "-")
        rows.append([row["model"], str(row["threads"]), f"{row['products'] / 1e6:.0f}", f"{row['parameters'] / 1e6:.1f}", *cells])
    return ["Shares of the peak: of arithmetic, of that ISA / of reading each weight once a run, at the rate of a buffer as large as all weights.", ""] + table(
        ["model", "threads", "million products", "million parameters", *labels], rows
    )


def callers_table(measured: dict) -> list:
    """Of rows where several callers run at once."""
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


def peaks_text(rows: list) -> list:
    """For each number of threads, those of the row that was measured last."""
    last = {row["threads"]: row["peaks"] for row in sorted(rows, key=lambda row: row["origin"]["date"])}
    return [f"- {'one core' if threads == 1 else f'{threads} cores together'}: {peak_text(peaks)}" for threads, peaks in sorted(last.items())]


def peak_text(peaks: dict) -> str:
    names = {"int8": "int8", "bf16": "bf16", "f32": "f32", "vnni_int8": "int8 in vectors", "avx2_int8": "int8 of AVX2", "avx2_f32": "f32 of AVX2"}
    rates = [f"{name} {peaks[f'{key}_ops'] / 1e9:.0f}" for key, name in names.items() if peaks.get(f"{key}_ops")]
    sizes = [f"{rate / 1e9:.0f} over {size / 2**20:g} MiB" for size, rate in peaks["read"] if size in (2**18, 2**20, 2**22, 2**24, 2**26, 2**28)]
    return f"{', '.join(rates)} billion operations a second" + (f"; reading, GB/s: {', '.join(sizes)}" if sizes else "")


def origins_text(measured: dict, newest: str) -> list:
    """Which builds the rows are of, and how many blocks they are medians of."""
    groups = {}
    for row in measured["rows"]:
        groups.setdefault(origin.text(row["origin"]), []).append(row)
    lines = []
    for text, rows in groups.items():
        blocks = sorted({result["blocks"] for row in rows for result in row["results"]})
        mark = "" if origin.is_of(rows[0], newest) else f"{OTHER_BUILD} another build than the newest here: "
        counts = f"{blocks[0]} to {blocks[-1]}" if len(blocks) > 1 else f"{blocks[0]}"
        lines.append(f"- {mark}{text}; {counts} blocks: " + ", ".join(f"{row['model']} ({row['threads']})" for row in rows))
    return lines


def around_text(facts: dict) -> list:
    count = max(of["starts"] for of in facts["cold_start"].values())
    starts = [
        [label, *(f"{of[key]['median_ms']:.1f}" for key in ("first", "start", "load", "run")), f"{of['first']['least_ms']:.1f}"]
        for label, of in facts["cold_start"].items()
    ]
    return [
        "## Around the kernels",
        "",
        f"ResNet-50 in int8, two threads; `benchmarks/run --contests around`; {origin.text(facts['origin'])}.",
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
                if result["idle_share"] is not None:
                    shares[result["engine"]] = max(shares.get(result["engine"], 0), result["idle_share"])
    text = ", ".join(f"{engine} {share:.1%}" for engine, share in sorted(shares.items()))
    return [f"Share of a core that an engine uses in the 1.2 s behind its last block, while nothing runs, the most of any row: {text}.", ""] if shares else []


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
        "Engines with a C interface are timed by a loop in C. Times marked p are of calls from Python, their cost included; p! where such a time",
        "is under 1 ms, so that the cost matters. After each block, outputs of every input are compared with those of a first pass. The number",
        "behind a model is that of threads.",
        "",
    ]
    newest = origin.newest(rows_of(document))
    for name, contest in CONTESTS.items():
        measured = document["contests"].get(name)
        if not measured:
            continue
        lines += [f"## {contest.what}", "", f"`benchmarks/run --contests {name}`.", ""]
        if measured["rows"]:
            lines += [*origins_text(measured, newest), *peaks_text(measured["rows"]), ""] + times_table(measured, contest, newest)
            lines += callers_table(measured) if any(one.streams > 1 for one in contest.contestants) else []
            lines += fractions_table(measured, contest)
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
