"""How runs are timed: in C where the engine has a C interface (timer.c), else in Python, whose share is then named."""

import ctypes
import os
import time
from pathlib import Path

import numpy as np

CAPACITY = 200_000
# The library that benchmarks/run and the test of the benchmarks compile from timer.c.
TIMER = Path(os.environ.get("LIMBECK_TIMER", Path(__file__).resolve().parents[2] / "build" / "benchmarks" / "libtimer.so"))


class Call(ctypes.Structure):
    _fields_ = [("function", ctypes.c_void_p), ("arguments", ctypes.c_uint64 * 8)]


class Stream(ctypes.Structure):
    _fields_ = [
        ("calls", ctypes.POINTER(Call)),
        ("inputs", ctypes.c_int64),
        ("calls_per_run", ctypes.c_int64),
        ("next", ctypes.c_int64),
        ("seconds", ctypes.c_double),
        ("times", ctypes.POINTER(ctypes.c_double)),
        ("capacity", ctypes.c_int64),
        ("count", ctypes.c_int64),
        ("failed", ctypes.c_int64),
    ]


def call(function, *arguments) -> Call:
    """A call to be made later: a function of a loaded library, and pointers or numbers."""
    words = [ctypes.cast(word, ctypes.c_void_p).value or 0 if not isinstance(word, int) else word for word in arguments]
    return Call(ctypes.cast(function, ctypes.c_void_p).value, (ctypes.c_uint64 * 8)(*words))


def last_of(following: int, count: int, inputs: int) -> list:
    """The inputs of the last `count` runs, when `following` is the next."""
    return [(following - 1 - i) % inputs for i in range(min(count, inputs))]


def fill(array: np.ndarray) -> None:
    """Makes what an engine writes to no number."""
    array.view(np.uint8).fill(0xFF)


class CompiledLoop:
    """Streams of inputs of calls, run by timer.c."""

    timed_in = "C"

    def __init__(self, streams: list):
        self.library = ctypes.CDLL(str(TIMER))
        self.library.limbeckTimeStreams.restype = ctypes.c_double
        self.times = [np.zeros(CAPACITY) for _ in streams]
        self.calls = [(Call * (len(inputs) * len(inputs[0])))(*[call for run in inputs for call in run]) for inputs in streams]
        self.streams = (Stream * len(streams))()
        for stream, calls, times, inputs in zip(self.streams, self.calls, self.times, streams):
            stream.calls, stream.inputs, stream.calls_per_run = calls, len(inputs), len(inputs[0])
            stream.times, stream.capacity = times.ctypes.data_as(ctypes.POINTER(ctypes.c_double)), CAPACITY

    def measure(self, seconds: float) -> tuple:
        """The seconds of each run, and of all runs of all streams together."""
        for stream in self.streams:
            stream.seconds, stream.count, stream.failed = seconds, 0, 0
        elapsed = self.library.limbeckTimeStreams(self.streams, ctypes.c_int64(len(self.streams)))
        if elapsed < 0 or any(stream.failed for stream in self.streams):
            raise RuntimeError(f"expected every call to answer 0, found that call {max(stream.failed for stream in self.streams)} of a run did not")
        return np.concatenate([times[: stream.count] for times, stream in zip(self.times, self.streams)]).tolist(), elapsed

    def ran(self) -> list:
        """The inputs that each stream has run since it was told to."""
        return [last_of(stream.next, stream.count, stream.inputs) for stream in self.streams]


class PythonLoop:
    """One stream of a function that takes the index of an input. What the loop itself takes is measured and said."""

    def __init__(self, run, inputs: int):
        self.run, self.inputs, self.next = run, inputs, 0
        self.times = []
        own = PythonLoop.cost()
        self.timed_in = f"Python, whose loop takes {own * 1e6:.1f} us a run"

    @staticmethod
    def cost() -> float:
        """The median time of a call of nothing."""
        empty = PythonLoop.__new__(PythonLoop)
        empty.run, empty.inputs, empty.next = lambda index: None, 8, 0
        return float(np.median(empty.measure(0.01)[0]))

    def ran(self) -> list:
        return [last_of(self.next, len(self.times), self.inputs)]

    def measure(self, seconds: float) -> tuple:
        times, begin = [], time.perf_counter()
        while not times or time.perf_counter() - begin < seconds:
            start = time.perf_counter()
            self.run(self.next)
            times.append(time.perf_counter() - start)
            self.next = (self.next + 1) % self.inputs
        self.times = times
        return times, time.perf_counter() - begin
