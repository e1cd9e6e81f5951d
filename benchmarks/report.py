"""Tables and a plot of what measure.py found."""

import json
import re
from pathlib import Path


def best(row: dict, ours: bool) -> dict:
    """The fastest result of Limbeck in int8, or of any peer at any precision."""
    if ours:
        return next(result for result in row["results"] if result["label"] == "limbeck int8")
    return next(result for result in row["results"] if not result["label"].startswith("limbeck"))


def ratio(row: dict) -> float:
    return best(row, ours=False)["ms"] / best(row, ours=True)["ms"]


def row_text(row: dict) -> str:
    times = "  ".join(f"{result['label']} {result['ms']:.3f}" for result in row["results"])
    return f"{row['model']}, {row['threads']} threads, ms: {times}  | best peer / ours {ratio(row):.2f}"


def markdown(document: dict) -> str:
    labels = sorted({result["label"] for row in document["rows"] for result in row["results"]})
    peaks = document["peaks"]
    versions = {}
    for row in document["rows"]:
        for result in row["results"]:
            versions[result["label"].split()[0]] = result["version"]
    lines = [
        f"# {document['processor']}",
        "",
        "Milliseconds for one run, batch 1, medians over all blocks; written by `benchmarks/run`. Versions: "
        + ", ".join(f"{name} {version}" for name, version in sorted(versions.items()))
        + ".",
        f"One core, measured in the same run: int8 {peaks['int8_ops'] / 1e9:.0f} GOPS, f32 {peaks['f32_ops'] / 1e9:.0f} GFLOPS, "
        f"reading {peaks['read_bytes'] / 1e9:.1f} GB/s.",
        "",
        "| model | threads | " + " | ".join(labels) + " | best peer / Limbeck int8 |",
        "|---|---|" + "---|" * (len(labels) + 1),
    ]
    for row in document["rows"]:
        times = {result["label"]: f"{result['ms']:.3f}" for result in row["results"]}
        fastest = min(row["results"], key=lambda result: result["ms"])["label"]
        cells = [f"**{times[label]}**" if label == fastest else times.get(label, "-") for label in labels]
        lines.append(f"| {row['model']} | {row['threads']} | " + " | ".join(cells) + f" | {ratio(row):.2f} |")
    return "\n".join(lines) + "\n"


def plot(document: dict) -> str:
    """A bar for each result as SVG: one group per row, time relative to Limbeck in int8."""
    colours = {"limbeck": "#1b6ca8", "onnxruntime": "#999999", "openvino": "#c98b2b"}
    width, bar, gap, left = 760, 14, 26, 190
    parts, y = [], 30
    for row in document["rows"]:
        unit = best(row, ours=True)["ms"]
        parts.append(f'<text x="8" y="{y}" font-weight="bold">{row["model"]}, {row["threads"]} threads</text>')
        y += 8
        for result in row["results"]:
            times = result["ms"] / unit
            length = min(times, 8) / 8 * (width - left - 90)
            colour = colours[result["label"].split()[0]]
            parts.append(f'<text x="{left - 8}" y="{y + bar - 3}" text-anchor="end">{result["label"]}</text>')
            parts.append(f'<rect x="{left}" y="{y}" width="{length:.1f}" height="{bar - 2}" fill="{colour}"/>')
            parts.append(f'<text x="{left + length + 6:.1f}" y="{y + bar - 3}">{result["ms"]:.2f} ms ({times:.2f})</text>')
            y += bar
        y += gap
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{y}" font-family="sans-serif" font-size="11">'
        f'<rect width="100%" height="100%" fill="white"/>{"".join(parts)}</svg>\n'
    )


def write(document: dict, folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    name = re.sub(r"[^a-z0-9]+", "-", document["processor"].lower()).strip("-")
    (folder / f"{name}.json").write_text(json.dumps(document, indent=1) + "\n")
    (folder / f"{name}.svg").write_text(plot(document))
    path = folder / f"{name}.md"
    path.write_text(markdown(document))
    return path
