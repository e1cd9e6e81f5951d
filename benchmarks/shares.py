"""What a time is of the machine's peaks: of its arithmetic, and of reading each weight once."""

import math

BYTES = {"int8": 1, "bf16": 2}
HELD = {"avx2": "avx2_", "avx512-vnni": "vnni_", "avx512_core_vnni": "vnni_"}


def precision(result: dict) -> str:
    """The widest arithmetic that a result could use: what its peak is."""
    label = result["label"].split()[1]
    return "int8" if label.startswith("int8") else label


def peak_of(result: dict, peaks: dict):
    """Operations a second of the arithmetic that it may use: of an ISA that it is held to; null where that was not measured."""
    kind = precision(result)
    told = [str(value).lower() for value in [*result["options"].values(), *result["environment"].values()]]
    held = [prefix for name, prefix in HELD.items() if any(word in (name, f"cpu:{name}") or word.startswith(f"{name},") for word in told)]
    names = [f"{prefix}{kind}_ops" for prefix in held] + ([] if "avx2_" in held else [f"{kind}_ops"])
    return next((peaks[name] for name in names if peaks.get(name)), None)


def read_rate(peaks: dict, size: float):
    """Bytes a second of reading a buffer of `size` again and again, between the two sizes measured on either side of it; null without any."""
    rates = peaks["read"]
    if not rates:
        return None
    if size <= rates[0][0]:
        return rates[0][1]
    for (small, fast), (large, slow) in zip(rates, rates[1:]):
        if size <= large:
            place = math.log(size / small) / math.log(large / small)
            return fast ** (1 - place) * slow**place
    return rates[-1][1]


def fractions(row: dict, result: dict) -> tuple:
    """The shares of the arithmetic peak and of the memory's that a result reaches; null where one is not known."""
    seconds, peak = result["ms"] / 1e3, peak_of(result, row["peaks"])
    arithmetic = 2 * row["products"] / seconds / peak if peak else None
    size = row["parameters"] * BYTES.get(precision(result), 4)
    rate = read_rate(row["peaks"], size)
    return arithmetic, size / seconds / rate if rate else None
