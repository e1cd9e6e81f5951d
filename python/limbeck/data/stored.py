"""Arrays that NumPy stored (.npy, .npz): a part of the samples, other types, other layouts; read row by row."""

from __future__ import annotations

import math
import os
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from ..errors import Error
from .inputs import cast
from .table import range_of_texts

HEADERS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}


class Stored:
    """One array of a file, its first dimension the samples."""

    def __init__(self, path: Path, member: str | None):
        self.path, self.member = path, member
        self.key = member.removesuffix(".npy") if member else None
        self.where = f"{path}: array '{self.key}'" if member else str(path)
        with self._open() as file:
            self.shape, self.by_columns, self.dtype = self._header(file)
        if self.dtype.kind not in "biuf" or not self.dtype.isnative:
            raise Error("E-NPY", f"{self.where}: expected little-endian numbers, found {self.dtype}")
        if not self.shape:
            raise Error("E-RANK", f"{self.where}: expected samples along the first dimension, found a scalar")
        self._check_size()

    def _open(self):
        try:
            return zipfile.ZipFile(self.path).open(self.member) if self.member else open(self.path, "rb")
        except OSError as failure:
            raise Error("E-FILE-KIND", f"{self.path}: expected an .npy or .npz file, found: {failure.strerror}") from None
        except zipfile.BadZipFile as failure:
            raise Error("E-NPY", f"{self.path}: expected an .npz archive, found: {failure}") from None

    def _check_size(self) -> None:
        """That the file holds what its header says: a header alone may ask for any memory."""
        count, *inner = self.shape
        if min(self.shape) < 0:
            raise Error("E-NPY", f"{self.where}: expected dimensions of at least 0, found {list(self.shape)}")
        size = math.prod(inner) * self.dtype.itemsize
        if size == 0:
            raise Error("E-INPUT-DATA", f"{self.where}: expected samples of at least one element, found shape {list(self.shape)}")
        there = self._bytes() // size
        if there < count:
            raise Error("E-NPY", f"{self.where}: expected {count} samples, found the end of the file in sample {there}")

    def _bytes(self) -> int:
        """Of the elements."""
        with self._open() as file:
            self._header(file)
            begin = file.tell()
        if not self.member:
            return os.path.getsize(self.path) - begin
        with zipfile.ZipFile(self.path) as archive:
            return archive.getinfo(self.member).file_size - begin

    def _header(self, file) -> tuple:
        try:
            return HEADERS[np.lib.format.read_magic(file)](file)
        except (KeyError, ValueError, EOFError, zipfile.BadZipFile) as failure:
            raise Error("E-NPY", f"{self.where}: expected an array of NumPy, found: {failure}") from None

    def rows(self) -> Iterator[np.ndarray]:
        count, *inner = self.shape
        if self.by_columns:  # its rows lie in pieces
            whole = np.load(self.path, mmap_mode="r") if not self.member else np.load(self.path)[self.member.removesuffix(".npy")]
            yield from whole
            return
        size = math.prod(inner) * self.dtype.itemsize
        with self._open() as file:
            self._header(file)
            for index in range(count):
                try:
                    row = file.read(size)
                except (zipfile.BadZipFile, EOFError, OSError) as failure:
                    raise Error("E-NPY", f"{self.where}: expected {count} samples, found damage at {index}: {failure}") from None
                if len(row) != size:
                    raise Error("E-NPY", f"{self.where}: expected {count} samples, found the end of the file in sample {index}")
                yield np.frombuffer(row, self.dtype).reshape(inner)


class Arrays:
    """The arrays of a file, renamed to inputs; `chosen` cuts a range out of the samples."""

    dtypes: Mapping[str, str] = {}
    """What inputs are converted to; others stay as they are."""

    def __init__(self, source: Path, names: Mapping[str, str], only_name: str | None, axes: tuple[int, ...] | None, chosen: slice):
        self.axes = axes
        self.arrays = self._arrays(source, names, only_name)
        counts = {name: array.shape[0] for name, array in self.arrays.items()}
        if len(set(counts.values())) != 1:
            raise Error("E-INPUT-DATA", f"{source}: expected as many samples of every input, found {counts}")
        self.indices = range(next(iter(counts.values())))[chosen]
        if len(self.indices) == 0:
            raise Error("E-INPUT-DATA", f"{source}: expected at least one sample, found none in the slice of {next(iter(counts.values()))}")
        self.keys = range_of_texts(len(self.indices))
        self.labels = None
        for name, array in self.arrays.items():
            if axes is not None and len(axes) != len(array.shape) - 1:
                raise Error("E-RANK", f"{array.where}: expected {len(axes) + 1} dimensions for --layout, found {len(array.shape)}")

    @staticmethod
    def _arrays(source: Path, names: Mapping[str, str], only_name: str | None) -> dict[str, Stored]:
        if source.suffix == ".npy":
            if names or only_name is None:
                raise Error("E-FLAG", f"{source}: expected --input-name or --model for an .npy file, found neither")
            return {only_name: Stored(source, None)}
        try:
            with zipfile.ZipFile(source) as archive:
                members = {member.removesuffix(".npy"): member for member in archive.namelist()}
        except OSError as failure:
            raise Error("E-FILE-KIND", f"{source}: expected an .npy or .npz file, found: {failure.strerror}") from None
        except zipfile.BadZipFile as failure:
            raise Error("E-NPY", f"{source}: expected an .npz archive, found: {failure}") from None
        if not members:
            raise Error("E-INPUT-DATA", f"{source}: expected arrays, found an empty archive")
        wanted = names or {name: name for name in members}
        if missing := [key for key in wanted.values() if key not in members]:
            raise Error("E-FLAG", f"{source}: expected one of the arrays {', '.join(repr(name) for name in members)}, found '{missing[0]}'")
        if only_name is not None and not names:
            if len(members) != 1:
                raise Error("E-FLAG", f"{source}: expected one array for '{only_name}', found {len(members)}", "--input NAME=KEY chooses")
            wanted = {only_name: next(iter(members))}
        return {name: Stored(source, members[key]) for name, key in wanted.items()}

    def read(self, wanted: Sequence[bool]) -> Iterator[tuple[int, dict[str, np.ndarray]]]:
        places = {row: index for index, row in enumerate(self.indices)}
        for row, values in enumerate(zip(*(array.rows() for array in self.arrays.values()))):
            index = places.get(row)
            if index is None or not wanted[index]:
                continue
            arrays = {}
            for (name, array), value in zip(self.arrays.items(), values):
                if value.dtype.kind == "f" and not np.isfinite(value).all():
                    raise Error("E-INPUT-DATA", f"{array.where}: sample {row}: expected finite numbers, found {value[~np.isfinite(value)].flat[0]}")
                value = cast(np.asarray(value), self.dtypes[name], f"{array.where}: sample {row}") if name in self.dtypes else np.asarray(value)
                arrays[name] = np.ascontiguousarray(value.transpose(self.axes)) if self.axes is not None else value
            yield index, arrays
