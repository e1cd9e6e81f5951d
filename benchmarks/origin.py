"""Which build a row was measured with: the commit, and a number that changes with the sources of the compiler and of the models."""

import hashlib
import subprocess
from datetime import datetime, timezone
from pathlib import Path

ROOT = Path(__file__).parent.parent
# What times depend on. A change of documents or of this harness leaves rows comparable.
SOURCES = ["CMakeLists.txt", "cmake", "include", "lib", "tools", "examples/models"]


def _git(*arguments) -> str:
    try:
        done = subprocess.run(["git", "-C", ROOT, *arguments], capture_output=True, text=True)
    except FileNotFoundError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def of_now() -> dict:
    """Commit ("unknown" outside of a checkout), whether sources differ from it, their fingerprint, and the time."""
    digest = hashlib.sha256()
    for source in SOURCES:
        path = ROOT / source
        for file in sorted(path.rglob("*") if path.is_dir() else [path]):
            if file.is_file() and "__pycache__" not in file.parts:
                digest.update(str(file.relative_to(ROOT)).encode() + b"\0" + file.read_bytes())
    return {
        "commit": _git("describe", "--always", "--abbrev=12", "--exclude=*") or "unknown",
        "dirty": bool(_git("status", "--porcelain", "--", *SOURCES)),
        "sources": digest.hexdigest()[:16],
        "date": datetime.now(timezone.utc).isoformat(timespec="seconds"),
    }


# Of rows from before builds were recorded.
UNRECORDED = {"commit": "", "dirty": False, "sources": "", "date": ""}


def newest(rows: list) -> str:
    """The sources of the row that was measured last; empty where no row has them recorded."""
    return max((row["origin"] for row in rows), key=lambda origin: origin["date"], default=UNRECORDED)["sources"]


def is_of(row: dict, sources: str) -> bool:
    return bool(row["origin"]["sources"]) and row["origin"]["sources"] == sources


def text(origin: dict) -> str:
    if not origin["sources"]:
        return "a build that was not recorded, before outputs were compared"
    changed = " with changes" if origin["dirty"] else ""
    return f"commit {origin['commit']}{changed}, {origin['date'][:10]}"
