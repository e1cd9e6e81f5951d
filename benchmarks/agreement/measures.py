"""The arithmetic: from what two models say to numbers."""

import math

import numpy as np


def signal_to_noise(signal: float, noise: float) -> float | None:
    """SQNR in dB of sums of squares: of the float outputs, and of the differences. Null where there is no difference."""
    return 10 * math.log10(signal / noise) if signal > 0 and noise > 0 else None


def edit_distance(left: str, right: str) -> int:
    """Insertions, deletions and replacements between two texts (Levenshtein)."""
    row = list(range(len(right) + 1))
    for i, letter in enumerate(left, 1):
        diagonal, row[0] = row[0], i
        for j, other in enumerate(right, 1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (letter != other))
    return row[-1]


def text_similarity(left: str, right: str) -> float:
    longest = max(len(left), len(right))
    return 1 - edit_distance(left, right) / longest if longest else 1.0


def cosine(left: np.ndarray, right: np.ndarray) -> float:
    return float(left @ right / (np.linalg.norm(left) * np.linalg.norm(right)))


def intersection_over_union(left: np.ndarray, right: np.ndarray) -> float:
    """Of two masks; 1 where both are empty."""
    union = np.count_nonzero(left | right)
    return np.count_nonzero(left & right) / union if union else 1.0


def boxes(mask: np.ndarray) -> list:
    """Bounding boxes (top, left, bottom, right; ends exclusive) of the 4-connected parts of a mask, in order of their first rows."""
    parents: list = []

    def root(index):
        while parents[index] != index:
            index = parents[index]
        return index

    runs, above = [], []
    for y, row in enumerate(mask):
        edges = np.flatnonzero(np.diff(np.concatenate([[False], row, [False]])))
        here = []
        for begin, end in zip(edges[::2].tolist(), edges[1::2].tolist()):
            index = len(parents)
            parents.append(index)
            for other_begin, other_end, other in above:
                if begin < other_end and other_begin < end:
                    first, second = sorted((root(other), root(index)))
                    parents[second] = first
            here.append((begin, end, index))
            runs.append((y, begin, end, index))
        above = here
    found: dict = {}
    for y, begin, end, index in runs:
        top, left, bottom, right = found.get(root(index), (y, begin, y, end))
        found[root(index)] = (top, min(left, begin), y + 1, max(right, end))
    return list(found.values())


def box_overlap(left: tuple, right: tuple) -> float:
    height = min(left[2], right[2]) - max(left[0], right[0])
    width = min(left[3], right[3]) - max(left[1], right[1])
    if height <= 0 or width <= 0:
        return 0.0
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (left, right)]
    return height * width / (sum(areas) - height * width)


def box_agreement(left: list, right: list, enough: float = 0.5) -> float:
    """F1 of two lists of boxes: a pair is one whose overlap is `enough`, each box in one pair at most, the best pairs first."""
    pairs = sorted(((box_overlap(a, b), i, j) for i, a in enumerate(left) for j, b in enumerate(right)), reverse=True)
    taken_left, taken_right = set(), set()
    for overlap, i, j in pairs:
        if overlap >= enough and i not in taken_left and j not in taken_right:
            taken_left.add(i)
            taken_right.add(j)
    return 2 * len(taken_left) / (len(left) + len(right)) if left or right else 1.0


def ranks(values: np.ndarray) -> np.ndarray:
    """Ranks from 0; equal values share the mean of theirs."""
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return ((ends - counts + ends - 1) / 2)[places]


def rank_correlation(left: np.ndarray, right: np.ndarray) -> float:
    """Spearman's: the correlation of ranks."""
    return float(np.corrcoef(ranks(left), ranks(right))[0, 1])


def similarities(vectors: list) -> np.ndarray:
    """The cosine of every pair of vectors."""
    rows = np.stack([vector / np.linalg.norm(vector) for vector in vectors])
    return (rows @ rows.T)[np.triu_indices(len(rows), 1)]


def paired_interval(left: list, right: list, rounds: int = 10_000) -> tuple:
    """The mean of left - right over samples, and its 95 % interval by the percentile bootstrap over samples (a fixed seed)."""
    differences = np.asarray(left, float) - np.asarray(right, float)
    random = np.random.default_rng(0)
    # Batches bound the memory: a round draws every sample anew.
    means = [differences[random.integers(0, len(differences), (100, len(differences)))].mean(axis=1) for _ in range(rounds // 100)]
    low, high = np.percentile(np.concatenate(means), [2.5, 97.5])
    return float(differences.mean()), float(low), float(high)
