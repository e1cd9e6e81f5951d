"""limbeck.Model: results as of the program, arrays in every form, errors, threads."""

import multiprocessing
import sys
import threading
import time
import tracemalloc
import unittest

import limbeck
import ml_dtypes
import numpy as np
from artifacts import LIMBECK, TYPES, artifact
from limbeck.types import RANGES, STORAGE
from limbeck_command import Limbeck

SHAPE = (1, 3, 7, 9)


def picture(seed: int = 0, shape=SHAPE) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-1, 1, shape).astype(np.float32)


def values_of(dtype: str) -> np.ndarray:
    """Six values of a type as they are stored, the ends of its range among them."""
    storage = STORAGE[dtype]
    if dtype in RANGES:
        return np.array([[RANGES[dtype][0], 1, 2], [3, 4, RANGES[dtype][1]]], storage)
    if dtype == "bf16":
        return np.array([[1.5, -2, np.inf], [0, 3e38, 1e-38]], ml_dtypes.bfloat16).view(np.uint16)
    if storage.kind in "iu":
        return np.array([[np.iinfo(storage).min, 1, 2], [3, 4, np.iinfo(storage).max]], storage)
    return np.array([[0, 1, 1], [1, 0, 0]], storage) if dtype == "bool" else np.array([[1.5, -2, np.inf], [0, np.nan, 6e4]], storage)


class Case(unittest.TestCase):
    def error(self, code: str, text: str, call, *arguments, **options) -> limbeck.Error:
        with self.assertRaises(limbeck.Error) as raised:
            call(*arguments, **options)
        self.assertEqual(raised.exception.code, code, raised.exception)
        self.assertIn(text, str(raised.exception))
        return raised.exception

    def assertSameBits(self, found, wanted):
        self.assertEqual((found.dtype, found.shape), (wanted.dtype, wanted.shape))
        self.assertEqual(found.tobytes(), wanted.tobytes())


class Results(Case):
    def test_are_those_of_the_program(self):
        program = Limbeck(LIMBECK)
        for name in ("model", "quantized"):
            for threads in (1, 2):
                x = picture(threads)
                wanted = program.run(artifact(name), {"x": x}, ["y"])["y"]
                self.assertSameBits(limbeck.Model(artifact(name), threads=threads).run({"x": x})["y"], wanted)

    def test_come_in_every_element_type(self):
        model = limbeck.Model(artifact("types"))
        self.assertEqual([port.dtype for port in model.inputs], list(TYPES))
        given = {f"in_{dtype}": values_of(dtype) for dtype in TYPES}
        found = model.run(given)
        for dtype in TYPES:
            self.assertSameBits(found[f"out_{dtype}"], np.ascontiguousarray(values_of(dtype).T))

    def test_entry_is_chosen_by_shape_or_name(self):
        model = limbeck.Model(artifact("batches"))
        four = picture(1, (4, 3, 7, 9))
        together = model.run(four)["y"]
        self.assertEqual(together.shape, (4, 4))
        single = np.concatenate([model.run(four[i : i + 1], entry="N=1")["y"] for i in range(4)])
        self.assertSameBits(together, single)
        self.error("E-SHAPE", "compiled are N=1(f32[1x3x7x9]), N=4(f32[4x3x7x9])", model.run, picture(1, (2, 3, 7, 9)))
        self.error("E-NAME", "expected the name of an entry, found 'N=2'", model.run, four, entry="N=2")
        self.error("E-SHAPE", "expected shape 1x3x7x9, found 4x3x7x9", model.run, four, entry="N=1")

    def test_scalars_keep_their_rank(self):
        model = limbeck.Model(artifact("scalar"))
        self.assertEqual([port.shape for port in model.inputs], [(3,), ()])
        for scalar in (np.float32(2), np.array(2, np.float32), 2.0):
            self.assertEqual(model.run([1, 2, 3.5], scalar)["y"].tolist(), [3, 4, 5.5])

    def test_loads_from_bytes_and_maps(self):
        path, x = artifact("model"), picture()
        wanted = limbeck.Model(path).run(x)["y"]
        self.assertSameBits(limbeck.Model.from_bytes(path.read_bytes()).run(x)["y"], wanted)
        self.assertSameBits(limbeck.Model(str(path), mmap=True).run(x)["y"], wanted)
        self.assertSameBits(limbeck.Model(bytes(path), spin_us=0).run(x)["y"], wanted)


class Arrays(Case):
    def setUp(self):
        self.model = limbeck.Model(artifact("model"))
        self.wanted = self.model.run(picture())["y"]

    def test_in_any_layout_give_the_same(self):
        x = picture()
        bytes_between = np.zeros(x.nbytes + 1, np.uint8)
        unaligned = bytes_between[1:].view(np.float32).reshape(SHAPE)
        unaligned[:] = x
        read_only = x.copy()
        read_only.flags.writeable = False
        wide = np.zeros((1, 3, 7, 18), np.float32)
        wide[..., ::2] = x
        forms = [np.asfortranarray(x), unaligned, read_only, wide[..., ::2], x[:, :, ::-1][:, :, ::-1], x.tolist(), x.astype(np.float64)]
        self.assertFalse(unaligned.flags.aligned)
        for form in forms:
            self.assertSameBits(self.model.run(form)["y"], self.wanted)

    def test_are_not_copied(self):
        model = limbeck.Model(artifact("slow"))
        x, y = np.zeros((1024, 1024), np.float32), np.empty((1024, 1024), np.float32)
        model.run(x, out={"x40": y})
        tracemalloc.start()
        model.run(x, out={"x40": y})
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        self.assertLess(peak, x.nbytes // 8)

    def test_change_no_value(self):
        x = picture().astype(np.float64)
        x.flat[:2] = np.nan, np.inf
        self.model.run(x)
        for value in (0.1, 1e300, 1e-300):
            x.flat[2] = value
            self.error("E-INPUT-DATA", f"expected f32, found float64 with the value {value}", self.model.run, x)
        error = self.error("E-DTYPE", "input 'x': expected f32, found int32", self.model.run, picture().astype(np.int32))
        self.assertEqual(error.hint, "convert with x.astype(np.float32)")
        self.assertEqual(self.error("E-DTYPE", "input 'x': expected f32, found NoneType", self.model.run, None).hint, "")
        self.error("E-DTYPE", "input 'x': expected f32, found NoneType", self.model.run, [1, None])
        types = limbeck.Model(artifact("types"))
        given = {f"in_{dtype}": values_of(dtype) for dtype in TYPES}
        self.assertEqual(types.run({**given, "in_s32": given["in_s32"].astype(np.int64)})["out_s32"][2, 1], 2**31 - 1)
        self.error("E-INPUT-DATA", "2147483648", types.run, {**given, "in_s32": given["in_s32"].astype(np.int64) + 1})
        self.error("E-DTYPE", "input 'in_u8'", types.run, {**given, "in_u8": given["in_u8"].astype(np.int64)})

    def test_of_ml_dtypes_are_taken(self):
        model = limbeck.Model(artifact("types"))
        given = {f"in_{dtype}": values_of(dtype) for dtype in TYPES}
        wanted = model.run(given)
        given["in_bf16"] = given["in_bf16"].view(ml_dtypes.bfloat16)
        given["in_u4"], given["in_s4"] = given["in_u4"].astype(ml_dtypes.uint4), given["in_s4"].astype(ml_dtypes.int4)
        for name, value in model.run(given).items():
            self.assertSameBits(value, wanted[name])
        self.error("E-DTYPE", "give x.astype(ml_dtypes.bfloat16)", model.run, {**given, "in_bf16": np.zeros((2, 3), np.float32)})

    def test_of_four_bits_are_checked(self):
        model = limbeck.Model(artifact("types"))
        given = {f"in_{dtype}": values_of(dtype) for dtype in TYPES}
        self.error("E-INPUT-DATA", "from 0 to 15, found 0 to 16", model.run, {**given, "in_u4": np.array([[0, 1, 2], [3, 4, 16]], np.uint8)})
        self.error("E-INPUT-DATA", "from -8 to 7, found -9 to 4", model.run, {**given, "in_s4": np.array([[-9, 1, 2], [3, 4, 4]], np.int8)})

    def test_that_are_none_are_refused(self):
        self.error("E-INPUT-DATA", "found list", self.model.run, [[1.0], [2.0, 3.0]])
        self.error("E-DTYPE", "expected f32, found <U4", self.model.run, "text")
        self.error("E-RANK", "found (f32[3x7x9]), compiled are main(f32[1x3x7x9])", self.model.run, picture()[0])
        self.error("E-NAME", "expected exactly the inputs 'x', found 'z'", self.model.run, {"z": picture()})
        self.error("E-NAME", "found 'x', 'z'", self.model.run, {"x": picture(), "z": picture()})
        self.error("E-ARITY", "expected 1 inputs, found 0; the inputs are 'x'", self.model.run)

    def test_for_outputs_are_written(self):
        y = np.empty((1, 4), np.float32)
        self.assertIs(self.model.run(picture(), out={"y": y})["y"], y)
        self.assertSameBits(y, self.wanted)
        locked = y.copy()
        locked.flags.writeable = False
        for bad, text in [
            (np.empty((1, 4)), "expected an array float32 [1, 4], found float64 [1, 4]"), (np.empty(4, np.float32), "found float32 [4]"),
            ([0] * 4, "found list"), (locked, "memory that may be written"), (np.empty((1, 8), np.float32)[:, ::2], "expected contiguous"),
        ]:  # fmt: skip
            self.error("E-ARGUMENT", text, self.model.run, picture(), out={"y": bad})
        self.error("E-NAME", "expected outputs among 'y', found 'z'", self.model.run, picture(), out={"z": y})
        shared = np.zeros(1024 * 1024, np.float32).reshape(1024, 1024)
        self.error("E-ARGUMENT", "shares memory with input", limbeck.Model(artifact("slow")).run, shared, out={"x40": shared})


class Handles(Case):
    def test_files_that_are_none(self):
        self.error("E-FILE-KIND", "found nothing of this name", limbeck.Model, "nothing.lmb")
        self.error("E-ARTIFACT", "expected a Limbeck artifact", limbeck.Model, __file__)
        self.error("E-FILE-KIND", "expected a regular file, found a directory", limbeck.Model, artifact("model").parent)
        whole = artifact("model").read_bytes()
        self.error("E-ARTIFACT", "", limbeck.Model.from_bytes, whole[: len(whole) // 2])
        flipped = bytearray(whole)
        flipped[len(whole) // 2] ^= 1
        self.error("E-ARTIFACT-HASH", "", limbeck.Model.from_bytes, flipped)

    def test_options_are_checked(self):
        self.error("E-FLAG", "expected a number of threads in [1, 1024], found -1", limbeck.Model, artifact("model"), threads=-1)
        self.error("E-ARGUMENT", "expected spin_us from 0 to 1000, found 1001", limbeck.Model, artifact("model"), spin_us=1001)
        self.error("E-ARGUMENT", "expected spin_us from 0 to 1000, found -1", limbeck.Model, artifact("model"), spin_us=-1)
        self.error("E-ARGUMENT", "expected memory_limit from 0 to", limbeck.Model, artifact("model"), memory_limit=-10)
        self.error("E-ARGUMENT", "expected threads to be a whole number, found str", limbeck.Model, artifact("model"), threads="2")
        self.error("E-LIMIT-MEM", "allowed are 1", limbeck.Model, artifact("model"), memory_limit=1)

    def test_close(self):
        with limbeck.Model(artifact("model")) as model:
            y = model.run(picture())["y"]
        self.assertEqual(y.shape, (1, 4))
        self.error("E-ARGUMENT", "expected an open model, found one that was closed", model.run, picture())
        model.close()
        self.assertEqual(model.inputs[0].name, "x")

    def test_names_of_files_move_no_cursor(self):
        self.assertIn("\\x1b[2J", str(self.error("E-FILE-KIND", "", limbeck.Model, "\x1b[2J.lmb")))

    def test_version_is_the_projects(self):
        self.assertEqual(limbeck.__version__, limbeck.Model(artifact("model")).info["provenance"]["compiler_version"])


class Threads(Case):
    def test_share_a_model(self):
        model = limbeck.Model(artifact("quantized"), threads=1)
        pictures = [picture(seed) for seed in range(8)]
        wanted = [model.run(x)["y"].tobytes() for x in pictures]
        wrong = []

        def work(index: int):
            for _ in range(200):
                if model.run(pictures[index])["y"].tobytes() != wanted[index]:
                    wrong.append(index)

        interval = sys.getswitchinterval()
        sys.setswitchinterval(1e-5)
        threads = [threading.Thread(target=work, args=(index,)) for index in range(8)]
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]
        sys.setswitchinterval(interval)
        self.assertEqual(wrong, [])
        self.assertLessEqual(len(model._idle), 8)

    def test_go_on_while_a_model_computes(self):
        model, x = limbeck.Model(artifact("slow"), threads=1), np.zeros((1024, 1024), np.float32)
        times, done = [], threading.Event()

        def watch():
            while not done.is_set():
                times.append(time.perf_counter())

        watcher = threading.Thread(target=watch)
        watcher.start()
        begin = time.perf_counter()
        model.run(x)
        length = time.perf_counter() - begin
        done.set()
        watcher.join()
        # The lock is handed over when the call returns as well, hence only what lies well inside counts.
        inside = [moment for moment in times if 0.1 * length < moment - begin < 0.6 * length]
        self.assertGreater(len(inside), 10, f"in a call of {length:.3f} s")

    def test_close_waits_for_a_call(self):
        model, x = limbeck.Model(artifact("slow"), threads=1), picture(2, (1024, 1024))
        wanted, found = model.run(x)["x40"], []
        caller = threading.Thread(target=lambda: found.append(model.run(x)["x40"]))
        caller.start()
        limit = time.perf_counter() + 60
        while model._idle and time.perf_counter() < limit:
            time.sleep(0)
        self.assertEqual(model._idle, [], "the call took the context")
        model.close()
        caller.join()
        self.assertSameBits(found[0], wanted)
        self.assertEqual(model._idle, [], "it was not kept")

    def test_a_forked_process_computes_too(self):
        model = limbeck.Model(artifact("quantized"), threads=2)
        wanted = model.run(picture())["y"].tobytes()
        with multiprocessing.get_context("fork").Pool(1) as pool:
            self.assertEqual(pool.apply_async(run_bytes, (model._source,)).get(60), wanted)
        reader, writer = multiprocessing.get_context("fork").Pipe(duplex=False)
        child = multiprocessing.get_context("fork").Process(target=lambda: writer.send(model.run(picture())["y"].tobytes()))
        child.start()
        self.assertTrue(reader.poll(60))
        self.assertEqual(reader.recv(), wanted)
        child.join()
        self.assertEqual(child.exitcode, 0)


def run_bytes(path: str) -> bytes:
    return limbeck.Model(path).run(picture())["y"].tobytes()
