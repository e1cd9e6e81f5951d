"""Writing of sets: .npz files that grow on disk sample by sample and appear, all of them, when the last one is whole."""

from __future__ import annotations

import csv
import io
import os
import shutil
import tempfile
import zipfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from ..errors import Error
from .samples import Label

# What the archive format, as NumPy writes and Limbeck reads it, holds.
MOST_BYTES = 2**31 - 2**20
FIRST_DAY = (1980, 1, 1, 0, 0, 0)  # the same archive every time


class Shard:
    """One .npz file: its arrays lie in a file each until their number is known."""

    def __init__(self, folder: str, kinds: dict[str, tuple] | None = None):
        self.folder, self.count = folder, 0
        self.kinds = kinds or {}  # dtype and shape of a sample of each input, from the first one on
        self.spools: dict[str, io.BufferedIOBase] = {}

    def add(self, arrays: dict[str, np.ndarray], key: str) -> None:
        for name, array in arrays.items():
            kind = (array.dtype, array.shape)
            if self.count == 0:
                self.spools[name] = tempfile.TemporaryFile(dir=self.folder)
            if self.kinds.setdefault(name, kind) != kind:
                expected, found = (f"{dtype} {list(shape)}" for dtype, shape in (self.kinds[name], kind))
                raise Error("E-SHAPE", f"{key}: expected input '{name}' as in the samples before, {expected}, found {found}")
            self.spools[name].write(array.tobytes())
        self.count += 1

    def finish(self, path: Path) -> None:
        with open(path, "wb") as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
                for name, spool in self.spools.items():
                    dtype, shape = self.kinds[name]
                    member = zipfile.ZipInfo(f"{name}.npy", FIRST_DAY)
                    member.create_system = 3
                    with archive.open(member, "w") as entry:
                        header = {"descr": np.lib.format.dtype_to_descr(dtype), "fortran_order": False, "shape": (self.count, *shape)}
                        np.lib.format.write_array_header_1_0(entry, header)
                        spool.seek(0)
                        shutil.copyfileobj(spool, entry, 1 << 20)
                    spool.close()
            file.flush()
            os.fsync(file.fileno())


class Part:
    """The samples of one part: a file, or a folder of shards, and their labels."""

    def __init__(self, folder: str, path: Path, shard_size: int | None, total: int):
        self.folder, self.path, self.shard_size, self.total = folder, path, shard_size, total
        self.count = self.shards = 0
        self.shard = Shard(folder)
        self.labels: list[tuple[Label, str]] = []

    def add(self, arrays: dict[str, np.ndarray], key: str) -> None:
        if self.count == 0:
            self._check_size(sum(array.nbytes for array in arrays.values()))
        self.shard.add(arrays, key)
        self.count += 1
        if self.shard_size and self.shard.count == self.shard_size:
            self._finish_shard()

    def _check_size(self, sample_bytes: int) -> None:
        """Now, not when all has been computed."""
        if sample_bytes > MOST_BYTES:
            raise Error("E-FLAG", f"expected samples of less than 2 GiB, found {sample_bytes} bytes")
        together = min(self.total, self.shard_size or self.total) * sample_bytes
        if together > MOST_BYTES:
            fitting = max(1, MOST_BYTES // max(sample_bytes, 1))
            raise Error("E-FLAG", f"expected less than 2 GiB in one .npz, found {together} bytes", f"--shard-size {fitting} or less makes several")

    def _finish_shard(self) -> None:
        self.shard.finish(self.path / f"{self.shards:05}.npz" if self.shard_size else self.path)
        self.shards += 1
        # The next one must hold the same.
        self.shard = Shard(self.folder, self.shard.kinds)

    def finish(self) -> str:
        """What was written, in words."""
        if self.shard.count:
            self._finish_shard()
        inputs = ", ".join(f"{name} {dtype} {[self.count, *shape]}" for name, (dtype, shape) in self.shard.kinds.items())
        return f"{self.count} samples{f' in {self.shards} files' if self.shard_size else ''}: {inputs}"

    def write_labels(self, path: Path) -> None:
        with open(path, "w", encoding="utf-8", errors="surrogateescape", newline="") as file:
            table = csv.writer(file, lineterminator="\n")
            table.writerow(["sample", "label", "class", "source"])
            table.writerows([index, label.value, label.name, key] for index, (label, key) in enumerate(self.labels))


class SetWriter:
    """All parts. Nothing is at its place before ``commit``; what was begun is removed in the end, whatever happens.

    Without a split or shards the output is one file. Otherwise it is a folder: PART.npz or PART/00000.npz, .., or, without a
    split, 00000.npz, ..; labels are in labels.csv beside them.
    """

    def __init__(self, output: Path, parts: dict[str, int], shard_size: int | None, inputs: Iterable[Path] = ()):
        self.output = output
        self.single = list(parts) == [""] and not shard_size
        self._check_output(list(parts) != [""])
        self._check_inputs(inputs)
        self.temporary = tempfile.mkdtemp(prefix=".limbeck-", suffix=".tmp", dir=output.parent)
        self.root = Path(self.temporary) / "set"
        if not self.single:
            self.root.mkdir()
        self.parts = {}
        for name, total in parts.items():
            path = self.root / (f"{name}.npz" if name and not shard_size else name)
            if shard_size:
                path.mkdir(exist_ok=True)
            self.parts[name] = Part(self.temporary, path, shard_size, total)

    def _check_output(self, split: bool) -> None:
        if self.single and self.output.suffix != ".npz":
            raise Error("E-FLAG", f"expected -o FILE.npz, found '{self.output}'", "a folder is written with --shard-size or --split")
        if not self.single and self.output.suffix == ".npz":
            raise Error("E-FLAG", f"expected -o FOLDER with {'--split' if split else '--shard-size'}, found '{self.output}'")
        if not self.output.parent.is_dir():
            raise Error("E-FILE", f"{self.output}: expected a folder '{self.output.parent}' to write into, found none")
        if self.single and self.output.exists() and not self.output.is_file():
            raise Error("E-FILE-KIND", f"{self.output}: expected to write a regular file, found another kind")
        if not self.single and self.output.exists() and (not self.output.is_dir() or any(self.output.iterdir())):
            raise Error("E-FLAG", f"{self.output}: expected a new or empty folder, found one that holds something", "remove it, or name another")

    def _check_inputs(self, inputs: Iterable[Path]) -> None:
        """A folder is new or empty: only files could take the place of what is read."""
        for output in (self.output, self._own_labels()) if self.single else ():
            for path in inputs:
                if output.exists() and path.exists() and output.samefile(path):
                    raise Error("E-FLAG", f"{output}: expected an output other than the input '{path}'")

    def _own_labels(self) -> Path:
        """Beside a single file."""
        return Path(f"{self.output.with_suffix('')}.labels.csv")

    def commit(self) -> list[str]:
        """Puts all at its place; returns what was written."""
        notes = [(name, part.finish()) for name, part in self.parts.items()]
        places = []
        for name, part in self.parts.items():
            if part.labels:
                own = Path(self.temporary) / "labels.csv" if self.single else self.root / f"{name + '.' if name else ''}labels.csv"
                part.write_labels(own)
                if self.single:
                    places.append((own, self._own_labels()))
        for source, target in [*places, (self.root, self.output)]:
            os.replace(source, target)
        return [f"{self.output}{f' ({name})' if name else ''}: {note}" for name, note in notes]

    def __enter__(self) -> SetWriter:
        return self

    def __exit__(self, *_) -> None:
        shutil.rmtree(self.temporary, ignore_errors=True)

