"""A bar for each result of one sample at a time as SVG: one group per row, time relative to Limbeck in int8."""

COLOURS = {"limbeck": "#1b6ca8", "onnxruntime": "#999999", "openvino": "#c98b2b", "iree": "#5b8c5a", "torch": "#b4553f"}
WIDTH, BAR, GAP, LEFT, MOST = 760, 14, 26, 190, 8


def svg(document: dict) -> str:
    parts, y = [], 30
    for row in [row for name in ("core", "compilers") for row in document["contests"].get(name, {"rows": []})["rows"]]:
        unit = next((result["ms"] for result in row["results"] if result["label"] == "limbeck int8"), row["results"][0]["ms"])
        parts.append(f'<text x="8" y="{y}" font-weight="bold">{row["model"]}, {row["threads"]} threads</text>')
        y += 8
        for result in row["results"]:
            times = result["ms"] / unit
            length = min(times, MOST) / MOST * (WIDTH - LEFT - 90)
            parts.append(f'<text x="{LEFT - 8}" y="{y + BAR - 3}" text-anchor="end">{result["label"]}</text>')
            parts.append(f'<rect x="{LEFT}" y="{y}" width="{length:.1f}" height="{BAR - 2}" fill="{COLOURS[result["engine"]]}"/>')
            parts.append(f'<text x="{LEFT + length + 6:.1f}" y="{y + BAR - 3}">{result["ms"]:.2f} ms ({times:.2f})</text>')
            y += BAR
        y += GAP
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{y}" font-family="sans-serif" font-size="11">'
        f'<rect width="100%" height="100%" fill="white"/>{"".join(parts)}</svg>\n'
    )
