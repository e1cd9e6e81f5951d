"""Pictures with known text: lines drawn in Debian's DejaVu fonts, in the layout the PP-OCR models expect."""

import functools
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

FONTS = Path("/usr/share/fonts/truetype/dejavu")
HEIGHT, WIDTH = 48, 320

TEST_LINES = ["Hello, Limbeck 42", "The quick brown fox", "int8 is never slower", "Order no. 20417"]
CALIBRATION_LINES = [
    "distil 1234567890",
    "Tensor compiler",
    "Pack my box with",
    "five dozen jugs",
    "ABCDEFGHIJKLM",
    "NOPQRSTUVWXYZ",
    "price: $12.50",
    "a lazy dog jumps",
    "call 555-0199",
    "Sphinx of quartz",
    "judge my vow",
    "what is real?",
]


@functools.cache
def _font(name: str, size: int):
    path = FONTS / name
    if not path.is_file():
        raise FileNotFoundError(f"expected the font {path}; the Debian package fonts-dejavu-core has it")
    return ImageFont.truetype(str(path), size)


def _as_input(picture: Image.Image) -> np.ndarray:
    """1 x 3 x height x width in [-1, 1], blue first, as the models were trained."""
    pixels = np.asarray(picture, np.float32)[:, :, ::-1]
    return np.ascontiguousarray(((pixels / 255 - 0.5) / 0.5).transpose(2, 0, 1)[np.newaxis])


def line(text: str, font: str = "DejaVuSans.ttf", size: int = 30) -> np.ndarray:
    """One line of text on white, 1x3x48x320."""
    picture = Image.new("RGB", (WIDTH, HEIGHT), "white")
    ImageDraw.Draw(picture).text((8, HEIGHT // 2), text, fill=(20, 20, 20), font=_font(font, size), anchor="lm")
    return _as_input(picture)


def calibration_lines() -> list:
    """The lines to calibrate with: other texts than those of the test, in two fonts."""
    faces = [("DejaVuSans.ttf", 30), ("DejaVuSerif.ttf", 26)]
    return [line(text, font, size) for text in CALIBRATION_LINES for font, size in faces]


def turned(picture: np.ndarray) -> np.ndarray:
    """The input of the angle classifier: 192 columns of the line."""
    return np.ascontiguousarray(picture[:, :, :, :192])


def page(seed: int, height: int = 320, width: int = 320) -> np.ndarray:
    """A page with a line every 60 rows, 1x3xHEIGHTxWIDTH, for the detector."""
    random = np.random.default_rng(seed)
    picture = Image.new("RGB", (width, height), "white")
    draw = ImageDraw.Draw(picture)
    for row in range(height // 60):
        text = CALIBRATION_LINES[random.integers(len(CALIBRATION_LINES))]
        position = (int(random.integers(4, 60)), 30 + 60 * row)
        draw.text(position, text, fill=(20, 20, 20), font=_font("DejaVuSans.ttf", int(random.integers(16, 30))), anchor="lm")
    return _as_input(picture)
