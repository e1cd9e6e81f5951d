"""limbeck.compile and the other calls of the program."""

import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import limbeck
import numpy as np
from artifacts import LIMBECK, MAKE_MODEL


class Program(unittest.TestCase):
    def setUp(self):
        self.folder = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)
        self.addCleanup(os.environ.pop, "LIMBECK", None)
        os.environ["LIMBECK"] = str(LIMBECK)

    def model(self, kind: str) -> Path:
        path = self.folder / f"{kind}.onnx"
        subprocess.run([sys.executable, MAKE_MODEL, kind, path], check=True)
        return path

    def test_compiles_what_the_package_runs(self):
        document = limbeck.compile(self.model("symbolic"), self.folder / "m.lmb", target="cpu:native", dim={"N": [1, 2]})
        self.assertEqual(document["bytes"], (self.folder / "m.lmb").stat().st_size)
        self.assertEqual([entry.name for entry in limbeck.Model(self.folder / "m.lmb").entries], ["N=1", "N=2"])
        limbeck.compile(self.model("symbolic"), self.folder / "s.lmb", target="cpu:native", shape={"x": (3, 3, 7, 9)})
        self.assertEqual(limbeck.Model(self.folder / "s.lmb").run(np.zeros((3, 3, 7, 9)))["y"].shape, (3, 4))

    def test_errors_are_the_programs(self):
        for kind, code, text in [
            ("malformed", "E-SHAPE", "malformed.onnx: node 'broken' (Conv): "),
            ("unsupported", "E-UNSUPPORTED-OP", "node 'strange' (org.example.Frobnicate): "),
            ("symbolic", "E-SHAPE-MISSING", "choose sizes, as in --dim N=1"),
        ]:
            with self.assertRaises(limbeck.Error) as raised:
                limbeck.compile(self.model(kind), self.folder / "m.lmb")
            self.assertEqual(raised.exception.code, code)
            self.assertIn(text, str(raised.exception))
        self.assertFalse((self.folder / "m.lmb").exists())
        with self.assertRaises(limbeck.Error) as raised:
            limbeck.command("check", self.model("faults"))
        self.assertGreater(len(raised.exception.details), 50)
        with self.assertRaisesRegex(limbeck.Error, "E-FLAG.*bogus"):
            limbeck.compile("m.onnx", "m.lmb", bogus=1)

    def test_a_gate_that_fails_is_one(self):
        samples = self.folder / "samples.npz"
        np.savez(samples, x=np.random.default_rng(1).standard_normal((16, 3, 7, 9), dtype=np.float32))
        with self.assertRaises(limbeck.Error) as raised:
            limbeck.quantize(self.model("float"), self.folder / "q.lmb", data=samples, target="cpu:native", min_sqnr=200, no_bench=True)
        self.assertEqual(raised.exception.code, "E-GATE")
        self.assertRegex(raised.exception.message, r"^expected at least 200 dB, found [0-9.]+ dB$")
        self.assertLess(raised.exception.document["accuracy"][0]["sqnr_db"], 200)
        self.assertFalse((self.folder / "q.lmb").exists())
        # Exit code 4 of a program that says nothing of a gate is no gate.
        silent = self.folder / "silent"
        silent.write_text("#!/bin/sh\necho '{\"schema\":1}'\necho something broke >&2\nexit 4\n")
        silent.chmod(0o755)
        with self.assertRaisesRegex(limbeck.Error, "E-RUN.*limbeck quantize, found exit code 4: something broke"):
            limbeck.quantize("m.onnx", "m.lmb", program=silent)

    def test_a_program_that_is_none(self):
        os.environ["LIMBECK"] = str(self.folder / "nothing")
        with self.assertRaisesRegex(limbeck.Error, "E-FILE-KIND.*expected the program .*nothing', found none; set LIMBECK"):
            limbeck.compile("m.onnx", "m.lmb")
        silent = self.folder / "silent"
        silent.write_text("#!/bin/sh\necho something broke >&2\nexit 5\n")
        silent.chmod(0o755)
        with self.assertRaisesRegex(limbeck.Error, "E-RUN.*limbeck compile, found exit code 5: something broke"):
            limbeck.compile("m.onnx", "m.lmb", program=silent)

    def test_flags_become_words(self):
        shows = self.folder / "shows"
        shows.write_text(f'#!{sys.executable}\nimport json, sys\nprint(json.dumps({{"words": sys.argv[1:]}}))\n')
        shows.chmod(0o755)
        flags = {"data": Path("set.npz"), "per_tensor": True, "dynamic": False, "samples": 8, "exclude": ["a", "b"], "recipe": None}
        words = limbeck.quantize("m.onnx", Path("q.lmb"), program=shows, **flags)["words"]
        wanted = "quantize m.onnx -o q.lmb --json --data set.npz --per-tensor --samples 8 --exclude a --exclude b"
        self.assertEqual(words, wanted.split())
