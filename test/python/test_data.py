"""python -m limbeck.data: what it writes, that it writes the same again, all or nothing, and what it says of bad data."""

import csv
import io
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import unittest.mock
import zipfile
from contextlib import redirect_stderr
from pathlib import Path

import limbeck
import numpy as np
from artifacts import LIMBECK, artifact
from limbeck.data import split
from limbeck.data.__main__ import main
from PIL import Image

COLORS = {"cats": (250, 10, 20), "dogs": (30, 40, 240)}


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)
        before = os.getcwd()
        self.addCleanup(os.chdir, before)
        os.chdir(self.folder)

    def data(self, *arguments) -> tuple[int, str]:
        said = io.StringIO()
        with redirect_stderr(said):
            code = main([str(argument) for argument in arguments])
        return code, said.getvalue()

    def good(self, *arguments) -> str:
        code, said = self.data(*arguments)
        self.assertEqual(code, 0, said)
        return said

    def bad(self, text: str, *arguments, code: int = 2):
        """One line, the right code, and nothing new in the folder."""
        before = sorted(self.folder.rglob("*"))
        found, said = self.data(*arguments)
        self.assertEqual(found, code, said)
        self.assertIn(text, said)
        self.assertEqual(said.count("\n"), 1, said)
        self.assertTrue(said.startswith("error: [E-"), said)
        self.assertEqual(sorted(self.folder.rglob("*")), before)

    def photos(self, count=3, size=(12, 8)):
        """Pictures of a color each, in folders of their class; the second of each is darker, and so on."""
        for name, color in COLORS.items():
            for index in range(count):
                path = self.folder / "photos" / name / f"{index}.png"
                path.parent.mkdir(parents=True, exist_ok=True)
                Image.new("RGB", size, tuple(part // (index + 1) for part in color)).save(path)


def rows(path) -> list:
    with open(path, newline="") as file:
        return list(csv.reader(file))


class Images(Case):
    def test_become_normalised_floats(self):
        self.photos()
        said = self.good("images", "photos", "-o", "set.npz", "--input-name", "x", "--mean", "0.5,0.25,0", "--std", "0.5")
        self.assertEqual(said, "wrote set.npz: 6 samples: x float32 [6, 3, 8, 12]\n")
        found = np.load("set.npz")["x"]
        pixels = np.array(COLORS["cats"], np.float32)
        wanted = (pixels * np.float32(1 / 255) - np.array([0.5, 0.25, 0], np.float32)) / np.float32(0.5)
        self.assertEqual(found[0, :, 3, 4].tolist(), wanted.tolist())
        self.assertEqual(found.shape, (6, 3, 8, 12))

    def test_come_in_layouts_colors_and_types(self):
        self.photos(1)
        self.good("images", "photos", "-o", "u8.npz", "--input-name", "x", "--dtype", "u8", "--layout", "NHWC", "--color", "bgr")
        self.assertEqual(np.load("u8.npz")["x"][1, 0, 0].tolist(), [240, 40, 30])
        self.good("images", "photos", "-o", "bf16.npz", "--input-name", "x", "--dtype", "bf16", "--scale", "1")
        self.assertEqual(np.load("bf16.npz")["x"].view(np.uint16)[0, :, 0, 0].tolist(), [0x437A, 0x4120, 0x41A0])
        self.good("images", "photos", "-o", "gray.npz", "--input-name", "x", "--color", "gray", "--scale", "1", "--dtype", "f16")
        gray = np.load("gray.npz")["x"]
        self.assertEqual((gray.dtype, gray.shape), (np.float16, (2, 1, 8, 12)))
        self.assertEqual(gray[0, 0, 0, 0], Image.new("RGB", (1, 1), COLORS["cats"]).convert("L").getpixel((0, 0)))

    def test_are_resized_and_cropped_as_pillow_does(self):
        pixels = np.random.default_rng(0).integers(0, 256, (40, 60, 3), np.uint8)
        Image.fromarray(pixels).save("one.png")
        Path("list.txt").write_text("one.png\n")
        self.good("images", "list.txt", "-o", "a.npz", "--input-name", "x", "--dtype", "u8", "--resize", "20", "--crop", "16x18", "--filter", "bicubic")
        wanted = Image.fromarray(pixels).resize((30, 20), Image.Resampling.BICUBIC).crop((6, 2, 24, 18))
        self.assertEqual(np.load("a.npz")["x"][0].transpose(1, 2, 0).tolist(), np.asarray(wanted).tolist())
        self.good("images", "list.txt", "-o", "b.npz", "--input-name", "x", "--dtype", "u8", "--resize", "10x14")
        self.assertEqual(np.load("b.npz")["x"].shape, (1, 3, 10, 14))

    def test_are_turned_when_asked(self):
        exif = Image.Exif()
        exif[0x0112] = 6
        Image.new("RGB", (5, 3)).save("one.jpg", exif=exif)
        Path("list.txt").write_text("one.jpg\n")
        self.good("images", "list.txt", "-o", "a.npz", "--input-name", "x")
        self.good("images", "list.txt", "-o", "b.npz", "--input-name", "x", "--upright")
        self.assertEqual([np.load(name)["x"].shape for name in ("a.npz", "b.npz")], [(1, 3, 3, 5), (1, 3, 5, 3)])

    def test_have_labels(self):
        self.photos(2)
        self.good("images", "photos", "-o", "set.npz", "--input-name", "x", "--classes")
        wanted = [["sample", "label", "class", "source"], ["0", "0", "cats", "cats/0.png"], ["1", "0", "cats", "cats/1.png"]]
        self.assertEqual(rows("set.labels.csv"), [*wanted, ["2", "1", "dogs", "dogs/0.png"], ["3", "1", "dogs", "dogs/1.png"]])
        Path("list.csv").write_text("photos/dogs/0.png,7\nphotos/cats/1.png,3\n")
        self.good("images", "list.csv", "-o", "listed.npz", "--input-name", "x")
        self.assertEqual([row[1] for row in rows("listed.labels.csv")], ["label", "7", "3"])

    def test_that_are_bad_are_named(self):
        self.photos(2)
        common = ["-o", "x.npz", "--input-name", "x"]
        self.bad("nothing: expected a folder of pictures or a list of paths", "images", "nothing", *common)
        Path("empty").mkdir()
        self.bad("empty: expected pictures, found none", "images", "empty", *common)
        self.bad("cats/0.png: expected at least 9x9 pixels to crop, found 8x12", "images", "photos", *common, "--crop", "9x9")
        self.bad("expected 1 or 3 numbers in --mean, found 2", "images", "photos", *common, "--mean", "1,2")
        self.bad("expected numbers other than 0 in --std", "images", "photos", *common, "--std", "0")
        self.bad("found them with u8", "images", "photos", *common, "--dtype", "u8", "--mean", "1")
        self.bad("expected pictures as f32, f16, bf16 or u8, found 's8'", "images", "photos", *common, "--dtype", "s8")
        self.bad("expected one size or two in --resize", "images", "photos", *common, "--resize", "1x2x3")
        self.bad("expected a number such as 0.5 or 1/255, found '1/0'", "images", "photos", *common, "--scale", "1/0")
        Image.new("RGB", (3, 3)).save("photos/loose.png")
        self.bad("loose.png: expected every picture in the folder of its class", "images", "photos", *common, "--classes")
        self.bad("sample 'loose.png': expected input 'x' as in the samples before, float32 [3, 8, 12], found float32 [3, 3, 3]", "images", "photos", *common)
        os.remove("photos/loose.png")
        Image.effect_noise((64, 64), 50).save("photos/dogs/1.png")
        Path("photos/dogs/1.png").write_bytes(Path("photos/dogs/1.png").read_bytes()[:-500])
        self.bad("photos/dogs/1.png: expected a whole picture", "images", "photos", *common)
        Path("photos/dogs/1.png").write_bytes(b"text")
        self.bad("photos/dogs/1.png: expected a picture, found other data", "images", "photos", *common)
        Image.new("I;16", (12, 8)).save("photos/dogs/1.png")
        self.bad("expected 8 bits a channel, found Pillow's mode 'I;16'", "images", "photos", *common)

    def test_of_all_kinds_are_read_without_a_word(self):
        """Palettes with transparent colors make Pillow warn."""
        Path("kinds").mkdir()
        noise = Image.effect_noise((12, 8), 50)
        for mode in ("1", "L", "LA", "P", "RGB", "RGBA"):
            noise.convert(mode).save(f"kinds/bücher 猫 {mode}.png")
        noise.convert("P").save("kinds/see_through.png", transparency=bytes([0, 128, 255]))
        noise.convert("CMYK").save("kinds/print.jpg")
        Path("kinds/folder.png").mkdir()
        said = self.good("images", "kinds", "-o", "set.npz", "--input-name", "x")
        self.assertEqual(said, "wrote set.npz: 8 samples: x float32 [8, 3, 8, 12]\n")

    def test_of_a_class_that_has_none_are_missed(self):
        self.photos(2)
        Path("photos/bird").mkdir()
        Path("photos/.cache").mkdir()
        self.bad("photos/bird: expected pictures in the folder of every class, found none; remove the folder", "images", "photos", "-o", "x.npz", "--input-name", "x", "--classes")
        self.good("images", "photos", "-o", "x.npz", "--input-name", "x")

    def test_are_listed_by_any_editor(self):
        self.photos(1)
        common = ["--input-name", "x"]
        Path("list.txt").write_bytes(b"\xef\xbb\xbfphotos/cats/0.png\r\n  \r\n\r\nphotos/dogs/0.png\r\n")
        self.good("images", "list.txt", "-o", "set.npz", *common)
        self.assertEqual(len(np.load("set.npz")["x"]), 2)
        Path("list.txt").write_text("photos/cats\n")
        self.bad("photos/cats: expected a picture, found a folder", "images", "list.txt", "-o", "x.npz", *common)
        self.bad("0.png: expected a folder of pictures or a list of paths, found a picture", "images", "photos/cats/0.png", "-o", "x.npz", *common)

    def test_of_any_size_are_bounded(self):
        Path("giant").mkdir()
        Image.new("1", (20000, 10000)).save("giant/a.png")
        self.bad("giant/a.png: expected a picture of at most 178956970 pixels, found more", "images", "giant", "-o", "x.npz", "--input-name", "x")

    def test_become_finite_numbers(self):
        self.photos(1)
        for flags in (["--scale", "1e39"], ["--std", "1e-50"]):
            self.bad("0.png: expected finite numbers behind --scale, --mean and --std, found", "images", "photos", "-o", "x.npz", "--input-name", "x", *flags)

    def test_are_for_an_input_with_a_name(self):
        self.photos(1)
        self.bad("expected --input-name with a name and without --input, found an empty one", "images", "photos", "-o", "x.npz", "--input-name", "")


class Tables(Case):
    TEXT = "age,height,weight,sick\n20,1.5,50,no\n\n30,1.75,60.5,yes\n40,2,70,no\n"

    def setUp(self):
        super().setUp()
        Path("t.csv").write_text(self.TEXT)

    def test_columns_become_inputs(self):
        self.good("csv", "t.csv", "-o", "set.npz", "--input", "x=height..weight", "--input", "n=age", "--dtype", "n=s64", "--label", "sick")
        found = np.load("set.npz")
        self.assertEqual(found["x"].tolist(), [[1.5, 50], [1.75, 60.5], [2, 70]])
        self.assertEqual((found["x"].dtype, found["n"].dtype, found["n"].tolist()), (np.float32, np.int64, [[20], [30], [40]]))
        self.assertEqual([row[1] for row in rows("set.labels.csv")], ["label", "no", "yes", "no"])

    def test_of_other_programs_are_read(self):
        """A mark in front of all, quoted commas, lines that end in two characters, spaces."""
        Path("o.csv").write_bytes(b'\xef\xbb\xbfa, b,label\r\n 1 ,2,"one, two"\r\n\r\n3,"4",x\r\n')
        self.good("csv", "o.csv", "-o", "set.npz", "--input-name", "x", "--label", "label")
        self.assertEqual(np.load("set.npz")["x"].tolist(), [[1, 2], [3, 4]])
        self.assertEqual([row[1] for row in rows("set.labels.csv")], ["label", "one, two", "x"])

    def test_all_but_the_label_are_the_default(self):
        self.good("csv", "t.csv", "-o", "a.npz", "--input-name", "x", "--label", "sick", "--shape", "x=1x3")
        self.assertEqual(np.load("a.npz")["x"].shape, (3, 1, 3))
        Path("n.csv").write_text("1;0;true\n2;1;false\n")
        self.good("csv", "n.csv", "-o", "b.npz", "--no-header", "--delimiter", ";", "--input", "a=0", "--input", "b=1,2", "--dtype", "b=bool", "--dtype", "a=u4")
        found = np.load("b.npz")
        self.assertEqual((found["a"].dtype, found["b"].tolist()), (np.uint8, [[False, True], [True, False]]))

    def test_that_are_bad_are_named(self):
        common = ["-o", "x.npz", "--input-name", "x"]
        self.bad("t.csv:2: expected a number of type f32 in column 'sick', found 'no'", "csv", "t.csv", *common)
        self.bad("expected one of the columns 'age', 'height', 'weight', 'sick', found 'size'", "csv", "t.csv", "-o", "x.npz", "--input", "x=size")
        self.bad("t.csv: input 'x': expected 4 columns, as many as 2x2 has elements, found 3", "csv", "t.csv", *common, "--label", "sick", "--shape", "x=2x2")
        self.bad("expected one of the inputs 'x' in --dtype, found 'y'", "csv", "t.csv", *common, "--dtype", "y=u8")
        self.bad("expected a number of type u8 in column 'height', found '1.5'", "csv", "t.csv", "-o", "x.npz", "--input", "x=height", "--dtype", "u8")
        self.bad("t.csv:2: expected values of s4, found 20", "csv", "t.csv", "-o", "x.npz", "--input", "x=age", "--dtype", "s4")
        for cell in ("nan", "inf", "", "1e999"):
            Path("u.csv").write_text(f"a,b\n1,2\n3,{cell}\n")
            self.bad(f"u.csv:3: expected a number of type f32 in column 'b', found '{cell}'", "csv", "u.csv", *common)
        for text, said in [("a,b\n1\n", "u.csv:2: expected 2 cells, found 1"), ("a,a\n1,2\n", "found 'a' twice"), ("a,b\n", "expected rows of numbers"), ("", "expected rows")]:
            Path("u.csv").write_text(text)
            self.bad(said, "csv", "u.csv", *common)
        for cell in ("1_000", "\u0661"):
            Path("u.csv").write_text(f"a,b\n1,2\n3,{cell}\n", encoding="utf-8")
            self.bad(f"u.csv:3: expected a number of type f32 in column 'b', found '{cell}'", "csv", "u.csv", *common)
        Path("u.csv").write_text("a;b\n1;2\n")
        self.bad("found '1;2'; --delimiter ';'", "csv", "u.csv", *common)
        Path("u.csv").write_text("sick\nno\n")
        self.bad("u.csv: expected columns for input 'x', found none but the label", "csv", "u.csv", *common, "--label", "sick")
        self.bad("expected columns for input 'x', found none in 'weight..age'", "csv", "t.csv", "-o", "x.npz", "--input", "x=weight..age")
        self.bad("expected each input once in --input, found 'x' twice", "csv", "t.csv", "-o", "x.npz", "--input", "x=age", "--input", "x=weight")
        self.bad("without --input, found --input as well", "csv", "t.csv", *common, "--input", "x=age")
        Path("u.csv").write_bytes(b"a\n\xff\n")
        self.bad("expected a table in UTF-8", "csv", "u.csv", *common)
        self.bad("nothing.csv: expected a table to read", "csv", "nothing.csv", *common)


class StoredArrays(Case):
    def setUp(self):
        super().setUp()
        self.array = np.random.default_rng(0).uniform(-1, 1, (10, 4, 5, 3))
        np.save("a.npy", self.array)

    def test_are_cut_converted_and_transposed(self):
        self.good("numpy", "a.npy", "-o", "s.npz", "--input-name", "x", "--slice", "2:9:3", "--layout", "NHWC:NCHW", "--dtype", "f32")
        found = np.load("s.npz")["x"]
        wanted = self.array[2:9:3].transpose(0, 3, 1, 2).astype(np.float32)
        self.assertEqual((found.dtype, found.tolist()), (np.float32, wanted.tolist()))

    def test_of_archives_are_taken_by_name(self):
        np.savez_compressed("many.npz", a=self.array, b=np.arange(10), c=np.asfortranarray(self.array[:, :, 0, 0]))
        self.good("numpy", "many.npz", "-o", "s.npz", "--input", "y=b", "--input", "z=c", "--dtype", "y=s32")
        found = np.load("s.npz")
        self.assertEqual(sorted(found), ["y", "z"])
        self.assertEqual((found["y"].dtype, found["y"].tolist()), (np.int32, list(range(10))))
        self.assertEqual(found["z"].tolist(), self.array[:, :, 0, 0].tolist())
        self.good("numpy", "many.npz", "-o", "all.npz")
        self.assertEqual(sorted(np.load("all.npz")), ["a", "b", "c"])

    def test_that_are_bad_are_named(self):
        common = ["-o", "x.npz", "--input-name", "x"]
        self.bad("expected --input-name or --model for an .npy file", "numpy", "a.npy", "-o", "x.npz")
        self.bad("expected 3 dimensions for --layout, found 4", "numpy", "a.npy", *common, "--layout", "NAB:NBA")
        self.bad("expected a layout such as NHWC:NCHW, found 'NHWC:NCH'", "numpy", "a.npy", *common, "--layout", "NHWC:NCH")
        self.bad("expected START:STOP", "numpy", "a.npy", *common, "--slice", "3")
        self.bad("found none in the slice of 10", "numpy", "a.npy", *common, "--slice", "10:")
        self.bad("sample 0: expected values of s8, found", "numpy", "a.npy", *common, "--dtype", "s8")
        self.bad("expected an element type (bool, u4,", "numpy", "a.npy", *common, "--dtype", "float")
        np.save("big.npy", np.array([[1e300]]))
        self.bad("expected values of f32, found 1e+300", "numpy", "big.npy", *common, "--dtype", "f32")
        np.save("object.npy", np.array([None]), allow_pickle=True)
        self.bad("expected little-endian numbers, found object", "numpy", "object.npy", *common)
        Path("cut.npy").write_bytes(Path("a.npy").read_bytes()[:-100])
        self.bad("cut.npy: expected 10 samples, found the end of the file in sample 9", "numpy", "cut.npy", *common)
        np.save("columns.npy", np.asfortranarray(np.ones((10, 4), np.float32)))
        Path("cut.npy").write_bytes(Path("columns.npy").read_bytes()[:-3])
        self.bad("cut.npy: expected 10 samples, found the end of the file in sample 9", "numpy", "cut.npy", *common)
        for shape, said in [("(9223372036854775807, 4)", "found the end of the file in sample 1"), ("(3, 9223372036854775807)", "found the end of the file in sample 0"),
                            ("(-3, 4)", "expected dimensions of at least 0, found [-3, 4]"), ("(3, 0)", "expected samples of at least one element, found shape [3, 0]")]:  # fmt: skip
            header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}".ljust(117).encode() + b"\n"
            Path("header.npy").write_bytes(b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + bytes(16))
            self.bad(said, "numpy", "header.npy", *common)
        np.savez("nothing.npz")
        self.bad("nothing.npz: expected arrays, found an empty archive", "numpy", "nothing.npz", *common)
        self.bad("expected each input once in --input, found 'x' twice", "numpy", "a.npy", "-o", "x.npz", "--input", "x=a", "--input", "x=b")
        Path("cut.npz").write_bytes(b"PK")
        self.bad("cut.npz: expected an .npz archive", "numpy", "cut.npz", *common)
        np.savez("two.npz", a=self.array, b=self.array[:3])
        self.bad("expected as many samples of every input, found {'a': 10, 'b': 3}", "numpy", "two.npz", "-o", "x.npz")
        self.bad("expected one array for 'x', found 2", "numpy", "two.npz", *common)
        self.bad("expected one of the arrays 'a', 'b', found 'c'", "numpy", "two.npz", "-o", "x.npz", "--input", "x=c")
        damaged = bytearray(Path("two.npz").read_bytes())
        with zipfile.ZipFile("two.npz") as archive:
            damaged[archive.getinfo("b.npy").header_offset - 1] ^= 255  # the last byte of array a
        Path("damaged.npz").write_bytes(damaged)
        self.bad("array 'a': expected 10 samples, found damage", "numpy", "damaged.npz", "-o", "x.npz", "--input", "x=a")


class Sets(Case):
    def test_of_the_same_seed_are_the_same_bytes(self):
        self.photos(10)
        flags = ["--input-name", "x", "--classes", "--split", "train=0.5,validation=4,test=rest", "--shard-size", "3"]
        for output, seed in (("a", 5), ("b", 5), ("c", 6)):
            self.good("images", "photos", "-o", output, *flags, "--seed", seed)
        files = {name: {path.relative_to(name): path.read_bytes() for path in Path(name).rglob("*.*")} for name in "abc"}
        self.assertEqual(files["a"], files["b"])
        self.assertNotEqual(files["a"], files["c"])
        names = sorted(map(str, files["a"]))
        self.assertEqual(names, ["test.labels.csv", "test/00000.npz", "test/00001.npz", "train.labels.csv", "train/00000.npz", "train/00001.npz",
                                 "train/00002.npz", "train/00003.npz", "validation.labels.csv", "validation/00000.npz", "validation/00001.npz"])  # fmt: skip
        sources = [row[3] for part in ("train", "validation", "test") for row in rows(f"a/{part}.labels.csv")[1:]]
        self.assertEqual(len(sources), 20)
        self.assertEqual(len(set(sources)), 20)

    def test_do_not_depend_on_when_they_were_made(self):
        self.photos(1)
        self.good("images", "photos", "-o", "a.npz", "--input-name", "x")
        with zipfile.ZipFile("a.npz") as archive:
            self.assertEqual([(item.date_time, item.create_system, item.extra) for item in archive.infolist()], [((1980, 1, 1, 0, 0, 0), 3, b"")])

    def test_draws_are_fair_and_fixed(self):
        keys = [str(index) for index in range(1000)]
        part_of = split.assign(keys, 0, 900, split.parse_split("a=0.25,b=0.75"))
        self.assertEqual([part_of.count(name) for name in ("a", "b", None)], [225, 675, 100])
        self.assertLess(abs(sum(index for index in range(1000) if part_of[index] == "a") / 225 - 500), 60)
        # Written down once: no other machine or version may draw differently.
        self.assertEqual(split.drawn(keys, 7)[:5], [900, 772, 854, 988, 421])
        more = split.drawn([*keys, "new"], 7)
        self.assertEqual([index for index in more if index != 1000], split.drawn(keys, 7))

    def test_split_sizes_are_checked(self):
        np.save("a.npy", np.zeros((4, 2), np.float32))
        common = ["numpy", "a.npy", "-o", "out", "--input-name", "x"]
        self.bad("expected samples for part 'b' (3), found 2 left of 4", *common, "--split", "a=2,b=3")
        self.bad("expected samples for part 'b' (rest), found 0 left of 4", *common, "--split", "a=4,b=rest")
        self.bad("expected samples for part 'a' (0.1), found 4 left of 4", *common, "--split", "a=0.1,b=rest")
        for wrong in ("a", "a=0", "a=1.5", "../a=1", "a=1,a=2", "a=rest,b=1"):
            self.bad("expected NAME=SIZE with a name of its own in --split", *common, "--split", wrong)
        self.bad("expected at least 5 samples, found 4", "numpy", "a.npy", "-o", "x.npz", "--input-name", "x", "--samples", "5")

    def test_appear_whole_or_not_at_all(self):
        np.save("a.npy", np.zeros((4, 2), np.float32))
        common = ["numpy", "a.npy", "--input-name", "x", "-o"]
        self.bad("expected -o FILE.npz, found 'out'", *common, "out")
        self.bad("expected -o FOLDER with --split, found 'out.npz'", *common, "out.npz", "--split", "a=2,b=2")
        self.bad("expected a folder 'none' to write into, found none", *common, "none/out.npz", code=1)
        Path("full").mkdir()
        Path("full/file").touch()
        self.bad("full: expected a new or empty folder", *common, "full", "--shard-size", "2")
        Path("kept.npz").write_text("old")
        np.save("threes.npy", np.full((2, 2), 3))
        self.bad("sample 0: expected values of bool, found 3", "numpy", "threes.npy", "--input-name", "x", "-o", "kept.npz", "--dtype", "bool")
        self.assertEqual(Path("kept.npz").read_text(), "old")
        self.good(*common, "kept.npz")
        self.assertEqual(np.load("kept.npz")["x"].shape, (4, 2))
        self.assertEqual([path.name for path in Path().iterdir() if path.name.startswith(".")], [])

    def test_leave_nothing_behind_when_interrupted(self):
        Image.effect_noise((1500, 1500), 50).save("noise.png")
        Path("list.txt").write_text("noise.png\n" * 3000)
        for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
            command = [sys.executable, "-m", "limbeck.data", "images", "list.txt", "-o", "x.npz", "--input-name", "x", "--resize", "32x32"]
            process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
            limit = time.monotonic() + 60
            while not list(Path().glob(".limbeck-*")) and time.monotonic() < limit:
                time.sleep(0.01)
            process.send_signal(number)
            self.assertEqual(process.wait(60), code)
            self.assertEqual(sorted(path.name for path in Path().iterdir()), ["list.txt", "noise.png"])

    def test_end_in_one_line_when_interrupted_while_modules_load(self):
        Path("slow/numpy").mkdir(parents=True)
        Path("slow/numpy/__init__.py").write_text("import os, signal\nos.kill(os.getpid(), signal.SIGINT)\nfor i in range(10**9): pass\n")
        path = os.pathsep.join([str(Path("slow").resolve()), *filter(None, sys.path)])
        command = [sys.executable, "-m", "limbeck.data", "numpy", "a.npy", "-o", "x.npz", "--input-name", "x"]
        # What a shell runs in the background ignores Ctrl-C, and so would its children.
        options = {"env": {**os.environ, "PYTHONPATH": path}, "preexec_fn": lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)}
        run = subprocess.run(command, **options, capture_output=True, text=True, timeout=60)
        self.assertEqual((run.returncode, run.stderr), (130, "interrupted: nothing was written\n"))
        # Whoever imports the package for other ends has the exception.
        run = subprocess.run([sys.executable, "-c", "import limbeck"], **options, capture_output=True, text=True, timeout=60)
        self.assertIn("KeyboardInterrupt", run.stderr)

    def test_leave_nothing_behind_when_interrupted_at_once(self):
        """The signal comes when the temporary folder was just made, before anything could remember it."""
        np.save("a.npy", np.zeros((4, 2), np.float32))
        make = tempfile.mkdtemp

        def interrupted(*arguments, **options):
            folder = make(*arguments, **options)
            os.kill(os.getpid(), number)
            return folder

        for number in (signal.SIGINT, signal.SIGTERM):
            with unittest.mock.patch("limbeck.data.writing.tempfile.mkdtemp", interrupted):
                try:
                    code = self.data("numpy", "a.npy", "-o", "x.npz", "--input-name", "x")[0]
                except SystemExit as end:
                    code = end.code
            self.assertEqual(code, {signal.SIGINT: 130, signal.SIGTERM: 143}[number])
            self.assertEqual([path.name for path in Path().iterdir()], ["a.npy"])

    def test_of_any_length_take_the_same_memory(self):
        peaks = []
        for count in (20, 2000):
            np.save("a.npy", np.zeros((count, 128 * 1024), np.uint8))
            script = "import resource, sys; from limbeck.data.__main__ import main; code = main(sys.argv[1:]); "
            script += "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024); sys.exit(code)"
            command = [sys.executable, "-c", script, "numpy", "a.npy", "-o", f"{count}.npz", "--input-name", "x"]
            peaks.append(int(subprocess.run(command, check=True, capture_output=True, text=True).stdout))
        self.assertLess(peaks[1] - peaks[0], 16 << 20, f"of {2000 * 128 * 1024} bytes")

    def test_too_large_for_an_archive_are_refused_at_once(self):
        whole = np.lib.format.open_memmap("huge.npy", "w+", np.uint8, (3000, 1 << 20))
        del whole
        self.bad("expected less than 2 GiB in one .npz, found 3145728000 bytes; --shard-size 2047 or less makes several", "numpy", "huge.npy", "-o", "x.npz", "--input-name", "x")
        whole = np.lib.format.open_memmap("wide.npy", "w+", np.uint8, (1, 1 << 31))
        del whole
        self.bad("expected samples of less than 2 GiB, found 2147483648 bytes", "numpy", "wide.npy", "-o", "x.npz", "--input-name", "x")


    def test_never_take_the_place_of_what_is_read(self):
        np.savez("a.npz", x=np.ones((2, 3), np.float32))
        Path("table.labels.csv").write_text("x,label\n1,a\n")
        os.link("a.npz", "b.npz")
        kept = [Path(name).read_bytes() for name in ("a.npz", "table.labels.csv")]
        self.bad("a.npz: expected an output other than the input 'a.npz'", "numpy", "a.npz", "-o", "a.npz")
        self.bad("b.npz: expected an output other than the input 'a.npz'", "numpy", "a.npz", "-o", "b.npz")
        self.bad("expected an output other than the input 'table.labels.csv'", "csv", "table.labels.csv", "-o", "table.npz", "--input", "x=x", "--label", "label")
        self.assertEqual([Path(name).read_bytes() for name in ("a.npz", "table.labels.csv")], kept)

    def test_hold_finite_numbers(self):
        for value in (np.nan, -np.inf):
            np.save("a.npy", np.array([[1, 2], [3, value]], np.float32))
            self.bad(f"a.npy: sample 1: expected finite numbers, found {value}", "numpy", "a.npy", "-o", "o.npz", "--input-name", "x")
        self.good("numpy", "a.npy", "-o", "o.npz", "--input-name", "x", "--slice", "0:1")


class ForModels(Case):
    def test_that_are_not_there_are_named(self):
        np.save("a.npy", np.ones((2, 3), np.float32))
        self.bad("[E-FILE-KIND] none.onnx: expected a file to read, found nothing of this name", "numpy", "a.npy", "-o", "o.npz", "--model", "none.onnx")

    def test_names_types_and_shapes_are_the_models(self):
        path = artifact("model")
        shutil.copy(path.with_suffix(".onnx"), "m.onnx")
        rng = np.random.default_rng(0)
        Path("photos").mkdir()
        for index in range(5):
            Image.fromarray(rng.integers(0, 256, (14, 18, 3), np.uint8)).save(f"photos/{index}.png")
        for index, model in enumerate((path, "m.onnx")):
            self.good("images", "photos", "-o", f"{index}.npz", "--model", model, "--resize", "7x9")
        self.assertEqual(Path("0.npz").read_bytes(), Path("1.npz").read_bytes())
        self.bad("sample '0.png': expected samples 3x7x9 for input 'x', found 3x14x18", "images", "photos", "-o", "x.npz", "--model", path)
        self.bad("expected f32 for input 'x' of the model, found u8", "images", "photos", "-o", "x.npz", "--model", path, "--resize", "7x9", "--dtype", "u8")
        self.bad("expected exactly the inputs of the model, 'x', found 'y'", "images", "photos", "-o", "x.npz", "--model", path, "--input-name", "y")
        self.bad("expected a model with one input for images without --input, found 'a', 's'", "images", "photos", "-o", "x.npz", "--model", artifact("scalar"))
        Path("bad.onnx").write_bytes(b"no model")
        self.bad("bad.onnx: expected an ONNX model", "images", "photos", "-o", "x.npz", "--model", "bad.onnx")
        self.bad("nothing.lmb: expected a file to read", "images", "photos", "-o", "x.npz", "--model", "nothing.lmb")

    def test_an_array_of_another_name_is_said(self):
        np.savez("a.npz", X=np.ones((2, 3, 7, 9), np.float32))
        flags = ["numpy", "a.npz", "-o", "o.npz", "--model", artifact("model")]
        self.assertIn("note: array 'X' becomes input 'x'", self.good(*flags))
        self.assertNotIn("note", self.good(*flags, "--input", "x=X"))
        self.assertEqual(self.good(*flags, "--quiet"), "")
        np.savez("a.npz", x=np.ones((2, 3, 7, 9), np.float32))
        self.assertNotIn("note", self.good(*flags))

    def test_sets_are_what_the_program_reads(self):
        """Single file and shards, each through `limbeck run --data`, equal limbeck.Model row by row."""
        path = artifact("model")
        np.save("a.npy", np.random.default_rng(0).uniform(-1, 1, (7, 7, 9, 3)))
        flags = ["numpy", "a.npy", "--model", path, "--layout", "NHWC:NCHW"]
        self.good(*flags, "-o", "one.npz")
        self.good(*flags, "-o", "shards", "--shard-size", "3")
        model = limbeck.Model(path)
        wanted = np.concatenate([model.run(x[None])["y"] for x in np.load("one.npz")["x"]])
        for name in ("one.npz", "shards"):
            subprocess.run([LIMBECK, "run", path, "--data", name, "-o", "out.npz", "--quiet"], check=True)
            self.assertEqual(np.load("out.npz")["y"].tobytes(), wanted.tobytes())
