"""From the recognizer's output to text: greedy CTC decoding."""

import numpy as np


def decode(scores: np.ndarray, alphabet: list) -> str:
    """The best class of each step, repeats merged, blanks dropped. `scores` is 1 x steps x classes."""
    best = scores[0].argmax(axis=1)
    kept = [index for step, index in enumerate(best) if index != 0 and (step == 0 or best[step - 1] != index)]
    return "".join(alphabet[index] for index in kept).strip()


def same_choices(ours: np.ndarray, theirs: np.ndarray) -> float:
    """The share of steps at which both outputs prefer the same class."""
    return float(np.mean(ours.argmax(axis=-1) == theirs.argmax(axis=-1)))
