"""Finds vectors on the stack in the innermost loops of contractions, in x86-64 assembly as `limbeck compile -o x.s` writes it."""

import re
from dataclasses import dataclass

FUNCTION = re.compile(r"^(task_kernel_\d+):")
LABEL = re.compile(r"^(\.L\w+):")
JUMP = re.compile(r"^\tj\w+\t(\.L\w+)")
# What multiplies and adds: bytes, by 16-bit pairs and in tiles, too; floats; bf16, in tiles, too.
PRODUCT = re.compile(r"^\t(vpdp\w+|vpmaddwd|tdp\w+)\t")
PRODUCT_OF_F32 = re.compile(r"^\t(vfmadd\w+ps)\t")
PRODUCT_OF_BF16 = re.compile(r"^\t(vdpbf16ps|tdpbf16ps)\t")
# A place of its own on the stack; arrays there are reached by an index, and tiles store to them.
SLOT = re.compile(r"(-?\d*\(%r[sb]p\))")
VECTOR = re.compile(r"%[xyz]mm\d+")
# The vector that an instruction writes, if it does; and those that do no more than read it from memory.
WRITTEN = re.compile(r"%[xyz]mm(\d+)(?: \{[^}]*\})*\s*(?:#.*)?$")
LOAD = re.compile(r"^\tv(?:mov|broadcast)\w+\t[^%,]*\(")
STORE = re.compile(r"^\tvmov\w+\t%[xyz]mm\d+, (-?\d*\(%r[sb]p\))(\s|$)")
FRAME_POINTER = "\tmovq\t%rsp, %rbp"


@dataclass
class Loop:
    function: str
    label: str
    body: list  # lines of code
    slots: set  # of its function: places on the stack that vectors are moved to


def innermost_loops(assembly: str) -> list:
    """Stretches of a function between a label and the jump back to it, with no such stretch inside."""
    loops = []
    for function, lines in functions(assembly):
        labels = {match[1]: index for index, line in enumerate(lines) if (match := LABEL.match(line))}
        slots = {match[1] for line in lines if (match := STORE.match(line)) and (FRAME_POINTER in lines or "%rbp" not in match[1])}
        spans = []
        for index, line in enumerate(lines):
            jump = JUMP.match(line)
            if jump and labels.get(jump[1], index) < index:
                spans.append((labels[jump[1]], index))
        for begin, end in sorted(set(spans)):
            if not any(begin <= other[0] and other[1] <= end and other != (begin, end) for other in spans):
                loops.append(Loop(function, LABEL.match(lines[begin])[1], [line for line in lines[begin + 1 : end + 1] if line.startswith("\t")], slots))
    return loops


def functions(assembly: str):
    name, lines = None, []
    for line in assembly.splitlines():
        if match := FUNCTION.match(line):
            name, lines = match[1], []
        elif line.startswith(".Lfunc_end"):
            if name:
                yield name, lines
            name = None
        elif name:
            lines.append(line)


def is_contraction(loop: Loop, product: re.Pattern = PRODUCT) -> bool:
    return any(product.match(line) for line in loop.body)


def spilled(loop: Loop) -> list:
    """Lines that move a vector between a register and such a place, or compute with one there."""
    return [line.strip() for line in loop.body if VECTOR.search(line) and (slot := SLOT.search(line)) and slot[1] in loop.slots]


def moved(loop: Loop) -> list:
    """Those of them that move a vector to the stack: it changes in the loop."""
    return [line for line in spilled(loop) if STORE.match("\t" + line)]


def moved_sums(loop: Loop) -> list:
    """Those of them whose vector was computed, in this iteration or before: inputs that the loop reads twice may wait on the stack, where
    reading them again costs what reading them from their buffer does."""
    read, lines = set(), []
    for line in loop.body:
        store = STORE.match(line)
        if store:
            if store[1] in loop.slots and re.search(r"mm(\d+),", line)[1] not in read:
                lines.append(line.strip())
        elif written := WRITTEN.search(line):
            (read.add if LOAD.match(line) else read.discard)(written[1])
    return lines
