"""Holds a library to AVX2 that reads CPUID by itself: a copy of it traps where it asks, and hold.c answers.

The instructions are found by disassembly, as their two bytes also occur inside others.
"""

import ctypes
import os
import re
import subprocess
from pathlib import Path

HOLD = Path(os.environ.get("LIMBECK_HOLD", Path(__file__).resolve().parents[2] / "build" / "benchmarks" / "libhold.so"))
CPUID, TRAP = b"\x0f\xa2", b"\xcc\x90"


def places_of(library: Path) -> list:
    """The offsets in the file of all `cpuid`."""
    said = subprocess.run(["objdump", "--section-headers", library], check=True, capture_output=True, text=True).stdout
    sections = [(int(address, 16), int(size, 16), int(offset, 16)) for size, address, offset in re.findall(r"^\s*\d+ \S+\s+([0-9a-f]+)  ([0-9a-f]+)  [0-9a-f]+  ([0-9a-f]+)", said, re.M)]
    places = []
    with subprocess.Popen(["objdump", "--disassemble", "--no-show-raw-insn", library], stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout:
            if line.endswith("\tcpuid\n"):
                address = int(line.split(":")[0], 16)
                places += [address - first + offset for first, size, offset in sections if first <= address < first + size]
    if process.returncode:
        raise RuntimeError(f"objdump failed on {library}")
    return places


def trapping_copy(library: Path, folder: Path) -> Path:
    """The copy, made anew when the library is newer."""
    copy = folder / f"held-{library.name}"
    if copy.exists() and copy.stat().st_mtime > library.stat().st_mtime:
        return copy
    code, places = bytearray(library.read_bytes()), places_of(library)
    if not places or any(code[place : place + 2] != CPUID for place in places):
        raise RuntimeError(f"expected to find cpuid in {library.name}, found it at {len(places)} places")
    for place in places:
        code[place : place + 2] = TRAP
    partial = copy.with_suffix(f".{os.getpid()}")
    partial.write_bytes(code)
    partial.rename(copy)
    return copy


def begin() -> ctypes.CDLL:
    """Answers traps from here on; before the copy is loaded."""
    library = ctypes.CDLL(str(HOLD))
    if library.limbeckHold():
        raise RuntimeError("expected an x86-64 processor that can be held to AVX2")
    return library
