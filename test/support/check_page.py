#!/usr/bin/env python3
"""Shows a page of explain in headless Chromium and checks what a reader would see: that nothing is fetched, nothing sticks out, every
bar, point and label has its place inside its plot, and the layers that are named are on the page. Light and dark, wide and narrow."""

import argparse
import html
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

BROWSER = "chromium-headless-shell"
# Runs in the page, which has no script of its own, and leaves what it found where --dump-dom shows it.
PROBE = """<script>addEventListener("load", () => {
  const box = element => { const r = element.getBoundingClientRect(); return [r.left, r.top, r.right, r.bottom]; };
  const inside = (a, b) => a[0] >= b[0] - 1 && a[1] >= b[1] - 1 && a[2] <= b[2] + 1 && a[3] <= b[3] + 1;
  const style = element => getComputedStyle(element);
  const found = {
    fetched: performance.getEntriesByType("resource").map(entry => entry.name),
    overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    page: style(document.body).backgroundColor, text: style(document.body).color,
    plots: [...document.querySelectorAll("svg")].map(plot => ({
      label: plot.getAttribute("aria-label"), box: box(plot),
      bars: plot.querySelectorAll(".bar").length, dots: plot.querySelectorAll(".dot").length,
      outside: [...plot.querySelectorAll("rect, circle, text, path, line")].filter(e => !inside(box(e), box(plot))).map(e => e.outerHTML),
      hidden: [...plot.querySelectorAll(".bar, .dot")].filter(e => box(e)[2] <= box(e)[0] || style(e).fill === style(document.body).backgroundColor).length,
    })),
    rows: [...document.querySelectorAll("tbody tr")].map(row => row.cells[0].title),
    cells: [...document.querySelectorAll("tr")].map(row => row.cells.length),
  };
  const result = document.createElement("pre");
  result.id = "probe";
  result.textContent = JSON.stringify(found);
  document.body.append(result);
});</script>"""


def show(page: Path, width: int, dark: bool) -> dict:
    command = [BROWSER, "--no-sandbox", "--disable-gpu", f"--window-size={width},900", "--virtual-time-budget=2000", "--dump-dom"]
    command += ["--blink-settings=preferredColorScheme=0"] if dark else ["--blink-settings=preferredColorScheme=1"]
    done = subprocess.run([*command, page.as_uri()], capture_output=True, text=True, timeout=120)
    found = re.search(r'<pre id="probe">(.*?)</pre>', done.stdout, re.DOTALL)
    if not found:
        raise SystemExit(f"expected {BROWSER} to show the page, found\n{done.stderr}\n{done.stdout[-500:]}")
    return json.loads(html.unescape(found[1]))


def faults(seen: dict, layers: list) -> list:
    """What is wrong with the page, in words."""
    wrong = []

    def expect(good: bool, what: str) -> None:
        if not good:
            wrong.append(what)

    expect(not seen["fetched"], f"expected a page that fetches nothing, found {seen['fetched']}")
    expect(seen["overflow"] <= 0, f"expected a page as wide as the window, found {seen['overflow']} pixels more")
    expect(seen["page"] != seen["text"], f"expected text that can be read, found {seen['text']} on {seen['page']}")
    expect(len(seen["plots"]) == 2, f"expected two plots, found {len(seen['plots'])}")
    expect(len(set(seen["cells"])) == 1, f"expected as many cells in each row, found {sorted(set(seen['cells']))}")
    for plot in seen["plots"]:
        expect(plot["bars"] + plot["dots"] > 0, f"{plot['label']}: expected bars or points, found none")
        expect(not plot["outside"], f"{plot['label']}: expected all of it inside, found {plot['outside'][:3]}")
        expect(plot["hidden"] == 0, f"{plot['label']}: expected marks that can be seen, found {plot['hidden']} that cannot")
    for layer in layers:
        expect(layer in seen["rows"], f"expected the layer '{layer}' in the table, found {seen['rows']}")
    return wrong


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("page", type=Path)
    parser.add_argument("layers", nargs="*", help="names that the table must have")
    arguments = parser.parse_args()
    failed = 0
    pages = {}
    with tempfile.TemporaryDirectory() as folder:
        probed = Path(folder) / "page.html"
        probed.write_text(arguments.page.read_text().replace("</body>", PROBE + "</body>"))
        for dark in (False, True):
            for width in (1400, 500):
                seen = show(probed, width, dark)
                pages[dark] = seen["page"]
                for fault in faults(seen, arguments.layers):
                    print(f"{'dark' if dark else 'light'}, {width} wide: {fault}")
                    failed += 1
    if pages[False] == pages[True]:
        print(f"expected another page in the dark, found {pages[True]} in both")
        failed += 1
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
