"""The inputs of each fuzz target: recorded ones (test/fuzz/corpus/TARGET), those made here, and mutants of the latter.

What is made is the same on every machine, as all that is random is drawn from the names of the inputs.
"""

import json
import random
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "malformed"))

from generate import model_cases  # noqa: E402

LONGEST_SEED = 4096
INTERESTING = [0, 1, 2, 0x7F, 0x80, 0xFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0x7FFFFFFFFFFFFFFF, 0xFFFFFFFFFFFFFFFF]


def mutant(name: str, seed: bytes) -> bytes:
    """One to four edits: a byte, a number, a piece dropped, a piece repeated."""
    draw = random.Random(name)
    data = bytearray(seed)
    for _ in range(draw.randint(1, 4)):
        at = draw.randrange(len(data) + 1)
        length = draw.choice([1, 2, 4, 8, 16])
        edit = draw.randrange(4)
        if edit == 0:
            data[at : at + 1] = bytes([draw.randrange(256)])
        elif edit == 1:
            number = draw.choice(INTERESTING) & ((1 << 8 * min(length, 8)) - 1)
            data[at : at + min(length, 8)] = number.to_bytes(min(length, 8), "little")
        elif edit == 2:
            del data[at : at + length]
        else:
            data[at:at] = data[at : at + length]
    return bytes(data)


def with_mutants(seeds: dict, count: int) -> dict:
    names = [(f"{name}-{index}", seed) for name, seed in seeds.items() for index in range(count)]
    return {**seeds, **{name: mutant(name, seed) for name, seed in names}}


def import_inputs(_: Path) -> dict:
    """Every small model of the malformed cases; some of them are right."""
    cases = ((name, data) for name, data, *_ in model_cases())
    return with_mutants({name: data for name, data in cases if len(data) <= LONGEST_SEED}, 2)


def interpret_inputs(_: Path) -> dict:
    """Any bytes are a model."""
    names = [f"bytes-{index}" for index in range(500)]
    return {name: random.Random(name).randbytes(random.Random(name).randint(16, 400)) for name in names}


def artifact_inputs(programs: Path) -> dict:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "seed.lmb"
        subprocess.run([programs / "limbeck-artifact-seeds", path], check=True)
        return with_mutants({"artifact": path.read_bytes()}, 600)


def statistics_inputs(_: Path) -> dict:
    """Documents with one tensor and with several, most of them wrong."""
    counts = [1, *[0] * 1535, 2]
    histogram = {"exponent": -9, "first": -513, "counts": [*counts, 1]}
    known = {"samples": 2, "nan_samples": 0, "infinite_samples": 0, "min": -1.0, "max": 2.0, "sum_of_minima": [-2.0], "sum_of_maxima": [3.5]}
    unknown = {**known, "samples": 0, "nan_samples": 2, "min": None, "max": None, "sum_of_minima": [], "sum_of_maxima": []}
    tensors = {"plain": known, "histogram": {**known, "histogram": histogram}, "none": unknown, "channels": {**known, "channel_absmax": [1.0, 2.0], "sums_of_channel_means": [[0.5], [1.0, 2.0**-60]]}}
    heading = {"schema": 1, "model_sha256": "0" * 64, "collect": "minmax,histogram", "samples": 2, "indices_per_sample": 1}
    documents = {name: {**heading, "tensors": {name: tensor}} for name, tensor in tensors.items()}
    seeds = {name: json.dumps(document).encode() for name, document in {**documents, "all": {**heading, "tensors": tensors}}.items()}
    return with_mutants(seeds, 200)


MADE = {"FuzzImport": import_inputs, "FuzzInterpret": interpret_inputs, "FuzzArtifact": artifact_inputs, "FuzzStatistics": statistics_inputs}


def write_inputs(target: str, programs: Path, folder: Path) -> list:
    """Writes all inputs of a target and returns their paths; `programs` is the bin folder of the build."""
    recorded = {path.name: path.read_bytes() for path in sorted((HERE / "corpus" / target).glob("*"))}
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, data in {**recorded, **MADE[target](programs)}.items():
        paths.append(folder / name)
        paths[-1].write_bytes(data)
    return paths
