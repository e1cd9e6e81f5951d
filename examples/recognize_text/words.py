"""Texts at random, and pictures of them: letters, prices and words in six faces of DejaVu, the same for the same seed."""

import string

import numpy as np
from PIL import Image, ImageDraw

from . import pictures

FACES = [f"DejaVu{family}{weight}.ttf" for family in ("Sans", "SansMono", "Serif") for weight in ("", "-Bold")]
WORDS = (
    "the of and to in is you that it he was for on are as with his they at be this from have or by one had not but what all were "
    "when we there can an your which their said if do will each about how up out them then she many some so these would other into "
    "has more her two like him see time could no make than first been its who now people my made over did down only way find use may "
    "water long little very after words called just where most know"
).split()
LONGEST = 16  # letters that fit into a line at the largest size


def text(random: np.random.Generator) -> str:
    """A name of letters and digits, an amount with its unit, or two or three words."""
    kind = random.integers(4)
    if kind == 0:
        return "".join(random.choice(list(string.ascii_letters + string.digits), random.integers(4, 12)))
    if kind == 1:
        return f"{random.integers(1, 9999)}.{random.integers(10, 99)} {random.choice(['USD', 'EUR', 'kg', 'm', '%'])}"
    words = " ".join(random.choice(WORDS, random.integers(2, 4)))
    return words.title() if kind == 2 else words


def lines(seed: int, count: int, without: frozenset = frozenset()) -> tuple:
    """Pictures, 1x3x48x320 each, and their texts, no text twice and none of `without`."""
    random = np.random.default_rng(seed)
    images, texts = [], []
    while len(texts) < count:
        one, face, size = text(random), str(random.choice(FACES)), int(random.integers(22, 32))
        if len(one) <= LONGEST and one not in without and one not in texts:
            images.append(pictures.line(one, face, size))
            texts.append(one)
    return images, texts


def page(random: np.random.Generator, side: int = 320) -> np.ndarray:
    """A page of texts, 1x3xSIDExSIDE, for the detector."""
    picture = Image.new("RGB", (side, side), "white")
    draw = ImageDraw.Draw(picture)
    for row in range(side // 60):
        position = (int(random.integers(4, 60)), 30 + 60 * row)
        font = pictures._font(str(random.choice(FACES)), int(random.integers(16, 30)))
        draw.text(position, text(random), fill=(20, 20, 20), font=font, anchor="lm")
    return pictures._as_input(picture)
