"""What was measured so far: one file per processor, of which a run replaces the rows that it measured."""

import json
import re
from pathlib import Path

from origin import UNRECORDED

SCHEMA = 3


def file_name(processor: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", processor.lower()).strip("-")


def load(folder: Path, processor: str) -> dict:
    """What is known of this processor."""
    path = folder / f"{file_name(processor)}.json"
    known = json.loads(path.read_text()) if path.is_file() else {}
    if known.get("schema") == 2:
        return migrated(known)
    return known if known.get("schema") == SCHEMA else {"schema": SCHEMA, "contests": {}}


def migrated(document: dict) -> dict:
    """A document of schema 2. It did not record builds, and its peaks were those of one core: arithmetic is that times the threads, and of
    reading it knew only one rate from memory, which is left out. Its adverse models had other sums, but the weights of the first set."""
    document["contests"].pop("adverse", None)
    for measured in document["contests"].values():
        shared = measured.pop("peaks", None)
        for row in measured["rows"]:
            old = row.get("peaks") or shared
            rates = {key: rate * row["threads"] for key, rate in old.items() if key != "read_bytes"}
            row |= {"origin": UNRECORDED, "peaks": {"cores": row["threads"], **rates, "read": []}}
            for result in row["results"]:
                result["blocks"] = len(result["ms_of_blocks"])
                result["idle_share"] = None  # it was asked for while the process was stopped
    if "around" in document:
        document["around"]["origin"] = UNRECORDED
    return document | {"schema": SCHEMA}


def rows_of(document: dict) -> list:
    return [row for measured in document["contests"].values() for row in measured["rows"]]


def joined(before: dict | None, measured: dict) -> dict:
    """What a run measured, with the rows of earlier runs that it did not measure again; each row says of which build it is."""
    old = before["rows"] if before else []
    rows = {(row["threads"], row["model"]): row for row in [*old, *measured["rows"]]}
    return measured | {"rows": [rows[key] for key in sorted(rows, key=lambda key: key[0])]}
