"""What came out of an engine: kept from a first pass over all inputs, and compared with what the timed runs leave.

So no engine can leave work out, and all are compared. Before a block, outputs are filled with ones in all bits, a NaN; a block that does not write
them is found out.
"""

import numpy as np

SAMPLES = 256
# The sigmoid behind the text detector leaves 0.6 to 2 % of its map that small where it is computed exactly; nothing reads it any more.
MOST_VANISHED = 5e-2
NEAR = 1e-3  # of the largest output, where an engine does not promise the same bits twice


def check_plain(what: str, array: np.ndarray) -> None:
    tiny = np.finfo(array.dtype).tiny if array.dtype.kind == "f" else 0
    small = (array != 0) & (np.abs(array) < tiny)
    odd = ~np.isfinite(array) | (small & (np.count_nonzero(small) > MOST_VANISHED * array.size))
    if odd.any():
        raise RuntimeError(f"{what}: expected no NaN, infinity or subnormal, found {np.count_nonzero(odd)} of {array.size}")


class Outputs:
    """Those of every stream and input, as the first runs left them; each stream has made one run of each input."""

    def __init__(self, engine, streams: int, inputs: int):
        self.engine = engine
        self.first = [[[np.array(one) for one in engine.results(stream, index)] for index in range(inputs)] for stream in range(streams)]
        for stream, index, array in [(s, i, one) for s, of in enumerate(self.first) for i, arrays in enumerate(of) for one in arrays]:
            check_plain(f"output of input {index}, caller {stream}", array)
        for stream, of in enumerate(self.first):
            for index, arrays in enumerate(of):
                self._compare(stream, index, arrays, self.first[0][index])

    def forget(self) -> None:
        for stream, of in enumerate(self.first):
            for index in range(len(of)):
                self.engine.forget(stream, index)

    def check(self, ran: list) -> int:
        """Compares what the runs of each stream, `ran`: their inputs, left behind; returns how many outputs there were."""
        for stream, indices in enumerate(ran):
            for index in indices:
                self._compare(stream, index, self.engine.results(stream, index), self.first[stream][index])
        return sum(len(self.first[stream][index]) for stream, indices in enumerate(ran) for index in indices)

    def _compare(self, stream: int, index: int, found: list, wanted: list) -> None:
        for ours, first in zip(found, wanted, strict=True):
            if self.engine.repeats_bits:
                same = ours.tobytes() == first.tobytes()
            else:
                same = np.abs(ours.astype(np.float64) - first).max() <= NEAR * max(1e-30, np.abs(first).max())
            if not same:
                wanted_text = "the bits" if self.engine.repeats_bits else f"{NEAR:g} of the largest at most from those"
                raise RuntimeError(f"output of input {index}, caller {stream}: expected {wanted_text} of the first run, found others")

    def facts(self) -> dict:
        """Of the first input: a number that depends on all, and a sample of the first output."""
        arrays = [one.astype(np.float64).reshape(-1) for one in self.first[0][0]]
        step = max(1, len(arrays[0]) // SAMPLES)
        return {"checksum": float(sum(np.abs(array).sum() for array in arrays)), "sample": arrays[0][::step][:SAMPLES].tolist()}
