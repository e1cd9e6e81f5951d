"""What all kinds of sources have in common."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np


@dataclass(frozen=True)
class Label:
    """What a sample shows."""

    value: str
    """The number of its class, or what the label column holds."""
    name: str
    """The name of its class; empty where there is none."""


class Source(Protocol):
    """Samples that are read in order, one at a time."""

    @property
    def keys(self) -> Sequence[str]:
        """A text for each sample, the same whenever it is read again: what the seed draws by, and what messages name."""

    @property
    def labels(self) -> Sequence[Label] | None:
        """What each sample shows, where that is known; complete once the samples were read."""

    def read(self, wanted: Sequence[bool]) -> Iterator[tuple[int, dict[str, np.ndarray]]]:
        """Index and arrays, by input, of the samples that are wanted."""
