"""Pictures: found in folders or lists, decoded by Pillow, resized, cropped, normalised."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..errors import Error
from .inputs import cast
from .samples import Label

try:
    from PIL import Image, ImageOps, UnidentifiedImageError
except ImportError:  # said when it is needed
    Image = None

FILTERS = ["nearest", "box", "bilinear", "hamming", "bicubic", "lanczos"]
# Pillow's modes of 8 bits a channel; it would clip those with more.
MODES = {"1", "L", "LA", "P", "PA", "RGB", "RGBA", "RGBX", "CMYK", "YCbCr", "LAB", "HSV"}


@dataclass(frozen=True)
class Preparation:
    """From a file to an array: the steps in their order."""

    upright: bool = False
    """Turned as the camera noted (EXIF)."""
    color: str = "rgb"
    resize: tuple[int, ...] | None = None
    """(shorter side,) or (height, width)."""
    filter: str = "bilinear"
    crop: tuple[int, int] | None = None
    """Height and width, from the middle."""
    scale: float = 1 / 255
    mean: tuple[float, ...] = ()
    std: tuple[float, ...] = ()
    """For floats, (pixel * scale - mean) / std, in f32; one number, or one per channel."""
    layout: str = "NCHW"
    dtype: str = "f32"

    def apply(self, path: Path) -> np.ndarray:
        picture = self._decoded(path)
        if self.resize:
            picture = picture.resize(self._size(picture.size), getattr(Image.Resampling, self.filter.upper()))
        if self.crop:
            picture = self._cropped(picture, path)
        pixels = np.asarray(picture)
        pixels = pixels[:, :, None] if pixels.ndim == 2 else pixels
        pixels = pixels[:, :, ::-1] if self.color == "bgr" else pixels
        if self.dtype != "u8":
            values = pixels.astype(np.float32) * np.float32(self.scale)
            values = values - np.array(self.mean, np.float32) if self.mean else values
            values = values / np.array(self.std, np.float32) if self.std else values
            if not np.isfinite(values).all():
                raise Error("E-FLAG", f"{path}: expected finite numbers behind --scale, --mean and --std, found {values[~np.isfinite(values)].flat[0]}")
            pixels = cast(values, self.dtype, str(path))
        return np.ascontiguousarray(pixels.transpose(2, 0, 1) if self.layout == "NCHW" else pixels)

    def _decoded(self, path: Path):
        try:
            with Image.open(path) as opened:
                picture = ImageOps.exif_transpose(opened) if self.upright else opened
                if picture.mode not in MODES:
                    raise Error("E-INPUT-DATA", f"{path}: expected 8 bits a channel, found Pillow's mode '{picture.mode}'", "convert the picture before")
                return picture.convert("L" if self.color == "gray" else "RGB")
        except FileNotFoundError:
            raise Error("E-FILE-KIND", f"{path}: expected a picture, found nothing of this name") from None
        except IsADirectoryError:
            raise Error("E-FILE-KIND", f"{path}: expected a picture, found a folder") from None
        except Image.DecompressionBombError:
            most = 2 * Image.MAX_IMAGE_PIXELS
            raise Error("E-INPUT-DATA", f"{path}: expected a picture of at most {most} pixels, found more", "make it smaller before") from None
        except UnidentifiedImageError:
            raise Error("E-INPUT-DATA", f"{path}: expected a picture, found other data") from None
        except (OSError, SyntaxError, ValueError) as failure:  # what Pillow says of damaged files
            raise Error("E-INPUT-DATA", f"{path}: expected a whole picture, found: {failure}") from None

    def _size(self, size: tuple[int, int]) -> tuple[int, int]:
        """Width and height, as Pillow has them; of the longer side, the nearest integer below, as torchvision."""
        if len(self.resize) == 2:
            return self.resize[1], self.resize[0]
        (side,), shorter = self.resize, min(size)
        return tuple(max(1, side * length // shorter) for length in size)

    def _cropped(self, picture, path: Path):
        (width, height), (rows, columns) = picture.size, self.crop
        if rows > height or columns > width:
            raise Error("E-INPUT-DATA", f"{path}: expected at least {rows}x{columns} pixels to crop, found {height}x{width}", "--resize before it")
        left, top = (width - columns) // 2, (height - rows) // 2
        return picture.crop((left, top, left + columns, top + rows))


def endings() -> set[str]:
    """Of the names of files that Pillow reads."""
    return {ending for ending, kind in Image.registered_extensions().items() if kind in Image.OPEN}


def channels(color: str) -> int:
    return 1 if color == "gray" else 3


class Images:
    """The pictures below a folder in byte order of their paths, or those of a list; the folders may be classes."""

    def __init__(self, source: Path, name: str, preparation: Preparation, classes: bool):
        if Image is None:
            raise Error("E-FLAG", "expected the package pillow, found none", "pip install pillow")
        self.name, self.preparation = name, preparation
        self.labels: Sequence[Label] | None = None
        if source.is_dir():
            self.root = source
            self.keys = self._below(source)
        else:
            self.root = source.parent
            self.keys = self._listed(source)
        if not self.keys:
            raise Error("E-INPUT-DATA", f"{source}: expected pictures, found none")
        if classes:
            self._take_classes()

    @staticmethod
    def _below(folder: Path) -> list[str]:
        known = endings()
        found = [
            os.path.relpath(os.path.join(place, name), folder)
            for place, _, names in os.walk(folder)
            for name in names
            if os.path.splitext(name)[1].lower() in known
        ]
        return sorted(found, key=os.fsencode)

    def _listed(self, source: Path) -> list[str]:
        """Lines of a path, or a path and a label, separated by a comma."""
        if source.suffix.lower() in endings() and source.is_file():
            raise Error("E-FILE-KIND", f"{source}: expected a folder of pictures or a list of paths, found a picture", "a list is a text file with a path in each line")
        try:
            with open(source, encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
                rows = [row for row in csv.reader(file) if any(cell.strip() for cell in row)]
        except OSError as failure:
            raise Error("E-FILE-KIND", f"{source}: expected a folder of pictures or a list of paths, found: {failure.strerror}") from None
        except csv.Error as failure:
            raise Error("E-INPUT-DATA", f"{source}: expected a folder of pictures or a list of paths, found: {failure}") from None
        if any(len(row) > 2 or len(row) != len(rows[0]) for row in rows):
            raise Error("E-INPUT-DATA", f"{source}: expected lines PATH, or all of them PATH,LABEL, found others")
        if rows and len(rows[0]) == 2:
            self.labels = [Label(row[1].strip(), "") for row in rows]
        return [row[0].strip() for row in rows]

    def _take_classes(self) -> None:
        if self.labels is not None:
            raise Error("E-FLAG", "expected --classes or labels in the list, found both")
        if loose := next((key for key in self.keys if os.sep not in key), None):
            raise Error("E-INPUT-DATA", f"{self.root / loose}: expected every picture in the folder of its class, found one that is not")
        names = sorted({key.split(os.sep)[0] for key in self.keys}, key=os.fsencode)
        # A class that is left out would give its number to the next one.
        folders = (entry.name for entry in os.scandir(self.root) if entry.is_dir() and not entry.name.startswith("."))
        if empty := sorted(set(folders) - set(names), key=os.fsencode):
            raise Error("E-INPUT-DATA", f"{self.root / empty[0]}: expected pictures in the folder of every class, found none", "remove the folder")
        self.labels = [Label(str(names.index(key.split(os.sep)[0])), key.split(os.sep)[0]) for key in self.keys]

    def read(self, wanted: Sequence[bool]) -> Iterator[tuple[int, dict[str, np.ndarray]]]:
        for index, key in enumerate(self.keys):
            if wanted[index]:
                yield index, {self.name: self.preparation.apply(self.root / key)}
