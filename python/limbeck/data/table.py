"""Tables (.csv): columns become inputs, rows samples."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..errors import Error
from ..types import STORAGE
from .inputs import cast
from .samples import Label

BOOLEANS = {"0": 0, "1": 1, "false": 0, "true": 1}


@dataclass(frozen=True)
class Column:
    """An input: its columns, in order, in the shape of a sample."""

    name: str
    columns: tuple[str, ...]
    dtype: str
    shape: tuple[int, ...] | None = None


class Table:
    def __init__(self, source: Path, inputs: Sequence[Column], label: str | None, header: bool, delimiter: str):
        self.source, self.header, self.delimiter = source, header, delimiter
        self.names, count = self._scan()
        self.places = {name: place for place, name in enumerate(self.names)}
        if len(self.places) != len(self.names):
            twice = next(name for name in self.names if self.names.count(name) > 1)
            raise Error("E-INPUT-DATA", f"{source}: expected each column once, found '{twice}' twice", "--no-header numbers them")
        self.label = self._place(label) if label is not None else None
        self.inputs = [(column, [self._place(name) for name in self._named(column.columns)]) for column in inputs]
        for column, places in self.inputs:
            if not places:
                raise Error("E-FLAG", f"{source}: expected columns for input '{column.name}', found none{self._asked(column.columns)}")
            if column.shape is not None and np.prod(column.shape, dtype=np.int64) != len(places):
                shape = "x".join(map(str, column.shape)) or "scalar"
                text = f"expected {np.prod(column.shape, dtype=np.int64)} columns, as many as {shape} has elements, found {len(places)}"
                raise Error("E-SHAPE", f"{source}: input '{column.name}': {text}", "columns and shape of an input go together")
        self.keys = range_of_texts(count)
        self.labels: list[Label] | None = [Label("", "")] * count if label is not None else None

    def _rows(self) -> Iterator[tuple[int, list[str]]]:
        """Number of the line and cells; empty lines are none."""
        try:
            with open(self.source, encoding="utf-8-sig", newline="") as file:
                reader = csv.reader(file, delimiter=self.delimiter)
                for row in reader:
                    if row:
                        yield reader.line_num, row
        except OSError as failure:
            raise Error("E-FILE-KIND", f"{self.source}: expected a table to read, found: {failure.strerror}") from None
        except (csv.Error, UnicodeDecodeError) as failure:
            raise Error("E-INPUT-DATA", f"{self.source}: expected a table in UTF-8, found: {failure}") from None

    def _scan(self) -> tuple[list[str], int]:
        """The names of the columns and the number of samples."""
        names: list[str] = []
        count = 0
        for line, row in self._rows():
            if not names:
                names = [cell.strip() for cell in row] if self.header else [str(place) for place in range(len(row))]
                count -= self.header
            if len(row) != len(names):
                raise Error("E-INPUT-DATA", f"{self.source}:{line}: expected {len(names)} cells, found {len(row)}")
            count += 1
        if count < 1:
            raise Error("E-INPUT-DATA", f"{self.source}: expected rows of numbers, found none")
        return names, count

    def _place(self, name: str) -> int:
        if name not in self.places:
            shown = ", ".join(f"'{known}'" for known in self.names[:10]) + (", .." if len(self.names) > 10 else "")
            raise Error("E-FLAG", f"{self.source}: expected one of the columns {shown}, found '{name}'")
        return self.places[name]

    @staticmethod
    def _asked(columns: Sequence[str]) -> str:
        return f" in '{','.join(columns)}'" if columns else " but the label"

    def _named(self, columns: Sequence[str]) -> list[str]:
        """FIRST..LAST written out; no columns at all: all but the label."""
        if not columns:
            return [name for place, name in enumerate(self.names) if place != self.label]
        names = []
        for column in columns:
            first, dots, last = column.partition("..")
            if column in self.places or not dots:
                names.append(column)
            else:
                names += self.names[self._place(first) : self._place(last) + 1]
        return names

    def read(self, wanted: Sequence[bool]) -> Iterator[tuple[int, dict[str, np.ndarray]]]:
        index = -1 - self.header
        for line, row in self._rows():
            index += 1
            if index < 0 or not wanted[index]:
                continue
            if self.labels is not None:
                self.labels[index] = Label(row[self.label].strip(), "")
            arrays = {}
            for column, places in self.inputs:
                cells = [self._number(row[place], column, place, line) for place in places]
                array = cast(np.array(cells, np.float64 if _is_float(column.dtype) else object), column.dtype, f"{self.source}:{line}")
                arrays[column.name] = array.reshape(column.shape if column.shape is not None else (len(places),))
            yield index, arrays

    def _number(self, cell: str, column: Column, place: int, line: int):
        text = cell.strip()
        try:
            if not text.isascii() or "_" in text:  # numbers to Python alone
                raise ValueError(text)
            if column.dtype == "bool":
                return BOOLEANS[text.lower()]
            value = float(text) if _is_float(column.dtype) else int(text)
            if value - value == 0:  # neither infinite nor NaN
                return value
        except (KeyError, ValueError):
            pass
        separator = next((mark for mark in ";\t|" if mark in text and len(self.names) == 1), None)
        hint = f"--delimiter {separator!r}" if separator else ""
        raise Error("E-INPUT-DATA", f"{self.source}:{line}: expected a number of type {column.dtype} in column '{self.names[place]}', found '{text}'", hint)


def _is_float(dtype: str) -> bool:
    return STORAGE[dtype].kind == "f" or dtype == "bf16"


def range_of_texts(count: int) -> list[str]:
    return [str(index) for index in range(count)]
