#!/usr/bin/env python3
"""Prints docs/ops.md or docs/passes.md, made by mlir-tblgen from the records in include/limbeck.

What mlir-tblgen prints is shortened for readers: an index comes first, passes stand in the order of the pipeline, one table
holds operands, attributes and results, and what only MLIR cares about (effects, its own traits) is left out. scripts/lint
compares the committed pages with what this prints (docs/generated.txt).
"""

import argparse
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LLVM = Path("/usr/lib/llvm-22")
DIALECTS = ["limbeck", "calib", "distill"]
# In the order of the data flow.
PASS_FILES = ["Graph/Transforms", "Quantize", "Layout", "Fuse", "Lower"]

NOTE = "<!-- Made by scripts/support/generate_docs.py {page}; change the records in include/limbeck instead. -->\n"
# What an op says about itself beyond its operands; the rest of its traits and interfaces is MLIR's business.
PROPERTIES = {
    "Limbeck_Elementwise": "element by element",
    "Limbeck_KeptUnfolded": "not folded when constant",
    "AnchorOpInterface": "anchor of a kernel",
    "LayoutOpInterface": "has a layout",
    "MovementOpInterface": "only moves elements",
}
LABELS = re.compile(r"\b(What|Why a pass|Input contract|Output guarantee|Example): ")
ATTRIBUTE = re.compile(r"<td><code>(.+?)</code></td><td>.+?</td><td>(.+?)</td>")
ROW = re.compile(r"^\| `(.+?)` \| (.+?) \|$")


def run_tblgen(record: str, *generator: str) -> str:
    """What mlir-tblgen prints for a .td file below include/limbeck."""
    program = shutil.which("mlir-tblgen-22") or str(LLVM / "bin" / "mlir-tblgen")
    include = ROOT / "include"
    command = [program, *generator, "-I", include, "-I", LLVM / "include", include / "limbeck" / record]
    try:
        return subprocess.run([str(word) for word in command], check=True, stdout=subprocess.PIPE, text=True).stdout
    except FileNotFoundError:
        sys.exit(f"generate_docs: error: expected the program {program} of the package mlir-22-tools, found none")
    except subprocess.CalledProcessError as failure:
        sys.exit(failure.returncode)


def sections(text: str) -> list:
    """Pairs of title and body of each `### ` section."""
    parts = re.split(r"^### (.+)$", text, flags=re.MULTILINE)[1:]
    return list(zip(parts[::2], parts[1::2]))


@dataclass
class Op:
    name: str
    summary: str = ""
    text: list = field(default_factory=list)  # lines of the description
    rows: list = field(default_factory=list)  # of the table: kind, name, type
    properties: list = field(default_factory=list)

    def __str__(self) -> str:
        parts = [f"### {self.name}", f"_{self.summary}_", re.sub(r"\n{3,}", "\n\n", "\n".join(self.text).strip())]
        if self.properties:
            parts.append(f"Properties: {', '.join(self.properties)}.")
        if self.rows:
            parts.append("\n".join(["| | name | type |", "|---|---|---|", *(f"| {' | '.join(row)} |" for row in self.rows)]))
        return "\n\n".join(part for part in parts if part)


def parse_op(title: str, body: str) -> Op:
    """One op as mlir-tblgen documents it."""
    op = Op(title.split("`")[1])
    body = re.sub(r"^Syntax:\n\n```\n.*?\n```\n", "", body, count=1, flags=re.MULTILINE | re.DOTALL)
    table = ""
    for line in body.strip().splitlines():
        if line.startswith("#### "):
            table = line.removeprefix("#### ").removesuffix("s:").lower()
        elif match := table and (ATTRIBUTE.search(line) or ROW.match(line)):
            op.rows.append((table, f"`{match[1]}`", match[2]))
        elif line.startswith(("Traits: ", "Interfaces: ")):
            op.properties += [PROPERTIES[name] for name in re.findall(r"`(\w+)`", line) if name in PROPERTIES]
        elif not op.summary and (match := re.match(r"_(.+)_$", line)):
            op.summary = match[1]
        elif not table and not line.startswith("Effects: "):
            op.text.append(line)
    kinds = ["operand", "attribute", "result"]
    op.rows.sort(key=lambda row: kinds.index(row[0]) if row[0] in kinds else len(kinds))
    return op


def dialect_page(dialect: str) -> str:
    text = run_tblgen(f"Graph/IR/{dialect.capitalize()}.td", "-gen-dialect-doc", f"-dialect={dialect}")
    head = text.split("[TOC]")[0].split("\n", 3)[3].strip()
    ops = [parse_op(title, body) for title, body in sections(text)]
    index = [f"| [{op.name}](#{op.name.replace('.', '')}) | {op.summary} |" for op in ops]
    return "\n\n".join([f"## Dialect `{dialect}`", head, "\n".join(["| op | does |", "|---|---|", *index]), *map(str, ops)])


def ops_page() -> str:
    intro = (
        "# Ops\n\nEvery op with its formula, its constraints and an example. A constraint's label stands at the end of the message with "
        "which the verifier refuses an op that breaks it, and in the test that breaks it (`test/Graph/IR/invalid-*.mlir`). What the "
        "formulas mean bit by bit is in [semantics.md](semantics.md)."
    )
    return "\n\n".join([intro, *(dialect_page(dialect) for dialect in DIALECTS)])


def pass_text(body: str) -> str:
    """The description with its labels set off and its example linked."""
    body = re.sub(r"^#### (.+)$", r"**\1:**", body.strip(), flags=re.MULTILINE)
    body = re.sub(r"^Example: (\S+)$", r"Example: [\1](../\1)", body, flags=re.MULTILINE)
    return LABELS.sub(r"**\1:** ", body)


def passes_page() -> str:
    parts = ["# Passes\n\nEvery pass in the order in which the pipeline runs it; each works alone in `limbeck-opt` under the name given here."]
    for folder in PASS_FILES:
        record = f"{folder}/Passes.td"
        order = re.findall(r'Pass<"([\w-]+)"', (ROOT / "include" / "limbeck" / record).read_text())
        found = {title.strip("`-"): body for title, body in sections(run_tblgen(record, "-gen-pass-doc"))}
        parts.append(f"## Stage {folder.split('/')[0]}")
        parts += [f"### `{name}`\n\n{pass_text(found[name])}" for name in order]
    return "\n\n".join(parts)


PAGES = {"ops": ops_page, "passes": passes_page}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("page", choices=PAGES)
    parser.add_argument("--write", action="store_true", help="write docs/PAGE.md instead of printing")
    arguments = parser.parse_args()
    text = NOTE.format(page=arguments.page) + PAGES[arguments.page]() + "\n"
    if arguments.write:
        (ROOT / "docs" / f"{arguments.page}.md").write_text(text)
    else:
        print(text, end="")


if __name__ == "__main__":
    main()
