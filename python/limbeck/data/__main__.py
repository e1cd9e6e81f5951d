"""python -m limbeck.data: flags in, a set of samples out."""

from __future__ import annotations

import argparse
import math
import re
import sys
import warnings
from pathlib import Path

import numpy as np

from .._interrupted import started
from ..errors import Error, printable
from ..types import Port
from .images import FILTERS, Images, Preparation, channels
from .inputs import check_dtype, check_sample, only_port, parse_layout, read_ports
from .interrupts import Interrupts
from .samples import Source
from .split import assign, parse_split
from .stored import Arrays
from .table import Column, Table
from .writing import SetWriter

# Exit codes of docs/contract.md; what is not here is the user's input.
EXIT_CODES = {"E-FILE": 1, "E-MEMORY": 1, "E-RUN": 1, "E-INTERNAL": 1, "E-UNSUPPORTED": 3, "E-UNSUPPORTED-TYPE": 3, "E-ARTIFACT-TARGET": 3}
EXAMPLES = """examples:
  python -m limbeck.data images photos -o samples.npz --model model.onnx --resize 256 --crop 224x224 \\
      --mean 0.485,0.456,0.406 --std 0.229,0.224,0.225
  python -m limbeck.data images photos -o sets --input-name x --resize 224x224 --classes --split calibration=500,test=rest
  python -m limbeck.data csv table.csv -o samples.npz --input x=age,height..weight --label sick
  python -m limbeck.data numpy images.npy -o shards --input-name x --layout NHWC:NCHW --dtype f32 --shard-size 1000
"""


class Parser(argparse.ArgumentParser):
    """One line for a mistake, as everywhere."""

    def error(self, message: str):
        raise Error("E-FLAG", message, f"{self.prog} --help lists the flags")


def sizes(text: str) -> tuple[int, ...]:
    """`224x224`: height and width, or the dimensions of a sample."""
    if not re.fullmatch(r"[1-9]\d*(x[1-9]\d*)*", text):
        raise argparse.ArgumentTypeError(f"expected sizes such as 224x224, found '{text}'")
    return tuple(map(int, text.split("x")))


def number(text: str) -> float:
    """`0.5` or `1/255`."""
    try:
        above, slash, below = text.partition("/")
        value = float(above) / float(below) if slash else float(text)
    except (ValueError, ZeroDivisionError):
        value = math.nan
    if not math.isfinite(value):
        raise argparse.ArgumentTypeError(f"expected a number such as 0.5 or 1/255, found '{text}'")
    return value


def numbers(text: str) -> tuple[float, ...]:
    return tuple(number(item) for item in text.split(","))


def positive(text: str) -> int:
    if not re.fullmatch(r"[1-9]\d*", text):
        raise argparse.ArgumentTypeError(f"expected a number of at least 1, found '{text}'")
    return int(text)


def named(text: str) -> tuple[str, str]:
    """`NAME=VALUE`; a name may hold `=` itself."""
    name, mark, value = text.rpartition("=")
    if not mark or not name or not value:
        raise argparse.ArgumentTypeError(f"expected NAME=VALUE, found '{text}'")
    return name, value


def named_sizes(text: str) -> tuple[str, tuple[int, ...]]:
    name, value = named(text)
    return name, sizes(value)


def parser() -> Parser:
    common = Parser(add_help=False)
    common.add_argument("source", type=Path, metavar="SOURCE")
    common.add_argument("-o", "--output", type=Path, required=True, metavar="FILE.npz|FOLDER", help="a folder with --shard-size or --split")
    common.add_argument("--input-name", metavar="NAME", help="the input that the samples are for")
    common.add_argument("--model", type=Path, metavar="MODEL", help="an artifact, or a model where onnx is installed: names, types and shapes are its")
    common.add_argument("--samples", type=positive, metavar="N", help="only N samples, drawn by the seed")
    common.add_argument("--split", metavar="NAME=SIZE,..", help="parts drawn by the seed; a share (0.8), a number of samples, or rest")
    common.add_argument("--seed", type=int, default=0, metavar="N", help="of --samples and --split (default 0)")
    common.add_argument("--shard-size", type=positive, metavar="N", help="files of N samples")
    common.add_argument("--quiet", action="store_true", help="no progress and no notes")
    result = Parser(prog="python -m limbeck.data", description=__doc__, epilog=EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter)
    kinds = result.add_subparsers(dest="kind", required=True, metavar="images|csv|numpy", parser_class=Parser)

    images = kinds.add_parser("images", parents=[common], help="pictures of a folder, or of a list of paths", epilog="SOURCE: a folder, or lines PATH or PATH,LABEL")
    images.add_argument("--classes", action="store_true", help="the folders in SOURCE are classes; labels are written to labels.csv")
    images.add_argument("--resize", type=sizes, metavar="S|HxW", help="the shorter side, or height and width")
    images.add_argument("--filter", choices=FILTERS, default="bilinear", help="of --resize (default bilinear)")
    images.add_argument("--crop", type=sizes, metavar="HxW", help="the middle of the picture, after --resize")
    images.add_argument("--upright", action="store_true", help="turn pictures as the camera noted (EXIF)")
    images.add_argument("--color", choices=["rgb", "bgr", "gray"], default="rgb", help="the order of channels (default rgb)")
    images.add_argument("--scale", type=number, metavar="X", help="of pixels, before --mean (default 1/255 for floats)")
    images.add_argument("--mean", type=numbers, metavar="X,..", help="subtracted: one number, or one per channel")
    images.add_argument("--std", type=numbers, metavar="X,..", help="divided by, after --mean")
    images.add_argument("--layout", choices=["NCHW", "NHWC"], default="NCHW", help="(default NCHW)")
    images.add_argument("--dtype", metavar="TYPE", help="f32, f16, bf16 or u8 (default: the model's, or f32)")

    table = kinds.add_parser("csv", parents=[common], help="rows of a table")
    table.add_argument("--input", type=named, action="append", metavar="NAME=COL,COL..COL", help="the columns of an input; default: all but the label")
    table.add_argument("--label", metavar="COL", help="a column that is written to labels.csv")
    table.add_argument("--no-header", dest="header", action="store_false", help="the first row is a sample; columns are called 0, 1, ..")
    table.add_argument("--delimiter", default=",", metavar="C", help="(default ,)")
    table.add_argument("--shape", type=named_sizes, action="append", default=[], metavar="NAME=HxW", help="the shape of a sample (default: the model's, or flat)")
    table.add_argument("--dtype", action="append", default=[], metavar="[NAME=]TYPE", help="(default: the model's, or f32)")

    stored = kinds.add_parser("numpy", parents=[common], help="an .npy or .npz file")
    stored.add_argument("--input", type=named, action="append", metavar="NAME=KEY", help="the array of an .npz for an input; default: all, by their names")
    stored.add_argument("--slice", metavar="START:STOP[:STEP]", default="", help="of the samples")
    stored.add_argument("--layout", type=parse_layout, metavar="FROM:TO", help="such as NHWC:NCHW")
    stored.add_argument("--dtype", action="append", default=[], metavar="[NAME=]TYPE", help="floats are rounded, all else must fit (default: the model's, or as it is)")
    return result


def dtypes_of(given: list[str], names: list[str], ports: tuple[Port, ...]) -> dict[str, str]:
    """The element types asked for, else those of the model."""
    dtypes = {port.name: port.dtype for port in ports}
    for text in given:
        name, _, dtype = text.rpartition("=")
        if name and name not in names:
            raise Error("E-FLAG", f"expected one of the inputs {', '.join(map(repr, names))} in --dtype, found '{name}'")
        dtypes.update({one: check_dtype(dtype) for one in ([name] if name else names)})
    return dtypes


def named_once(given: list[tuple[str, str]] | None) -> dict[str, str]:
    """The values of --input by the names of the inputs."""
    names = [name for name, _ in given or []]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise Error("E-FLAG", f"expected each input once in --input, found '{twice}' twice")
    return dict(given or [])


def own_name(arguments, ports: tuple[Port, ...]) -> str:
    """The one input that the samples are for."""
    if arguments.input_name is not None:
        return arguments.input_name
    if not ports:
        raise Error("E-FLAG", "expected --input-name NAME or --model MODEL, found neither")
    return only_port(ports, f"{arguments.kind} without --input").name


def open_images(arguments, ports: tuple[Port, ...]) -> tuple[Source, dict[str, str]]:
    name = own_name(arguments, ports)
    dtype = arguments.dtype or dtypes_of([], [name], ports).get(name, "f32")
    if dtype not in ("f32", "f16", "bf16", "u8"):
        raise Error("E-FLAG", f"expected pictures as f32, f16, bf16 or u8, found '{dtype}'")
    if dtype == "u8" and (arguments.scale is not None or arguments.mean or arguments.std):
        raise Error("E-FLAG", "expected --scale, --mean and --std with floats, found them with u8", "--dtype f32")
    for flag, values in (("--mean", arguments.mean), ("--std", arguments.std)):
        if values and len(values) not in (1, channels(arguments.color)):
            raise Error("E-FLAG", f"expected 1 or {channels(arguments.color)} numbers in {flag}, found {len(values)}")
    if arguments.std and not all(arguments.std):
        raise Error("E-FLAG", "expected numbers other than 0 in --std, found 0")
    for flag, found, most in (("--resize", arguments.resize, (1, 2)), ("--crop", arguments.crop, (2,))):
        if found and len(found) not in most:
            raise Error("E-FLAG", f"expected {'one size or two' if 1 in most else 'HxW'} in {flag}, found {len(found)} sizes")
    preparation = Preparation(
        upright=arguments.upright, color=arguments.color, resize=arguments.resize, filter=arguments.filter, crop=arguments.crop,
        scale=1 / 255 if arguments.scale is None else arguments.scale, mean=arguments.mean or (), std=arguments.std or (),
        layout=arguments.layout, dtype=dtype,
    )  # fmt: skip
    return Images(arguments.source, name, preparation, arguments.classes), {name: dtype}


def open_table(arguments, ports: tuple[Port, ...]) -> tuple[Source, dict[str, str]]:
    if len(arguments.delimiter) != 1:
        raise Error("E-FLAG", f"expected one character as --delimiter, found '{arguments.delimiter}'")
    columns = {name: tuple(text.split(",")) for name, text in named_once(arguments.input).items()} or {own_name(arguments, ports): ()}
    shapes = {port.name: port.shape[1:] for port in ports if None not in port.shape[1:]}
    for name, shape in arguments.shape:
        if name not in columns:
            raise Error("E-FLAG", f"expected one of the inputs {', '.join(map(repr, columns))} in --shape, found '{name}'")
        shapes[name] = shape
    dtypes = {**{name: "f32" for name in columns}, **dtypes_of(arguments.dtype, list(columns), ports)}
    inputs = [Column(name, found, dtypes[name], shapes.get(name)) for name, found in columns.items()]
    return Table(arguments.source, inputs, arguments.label, arguments.header, arguments.delimiter), dtypes


def open_stored(arguments, ports: tuple[Port, ...]) -> tuple[Source, dict[str, str]]:
    if arguments.slice and not re.fullmatch(r"(-?\d+)?:(-?\d+)?(:[1-9]\d*)?", arguments.slice):
        raise Error("E-FLAG", f"expected START:STOP or START:STOP:STEP in --slice, found '{arguments.slice}'")
    chosen = slice(*(int(item) if item else None for item in arguments.slice.split(":"))) if arguments.slice else slice(None)
    only = arguments.input_name or (ports[0].name if len(ports) == 1 and not arguments.input else None)
    names = named_once(arguments.input)
    known = list(names) or ([only] if only else [port.name for port in ports])
    source = Arrays(arguments.source, names, only, arguments.layout, chosen)
    source.dtypes = dtypes_of(arguments.dtype, known or list(source.arrays), ports)
    found = source.arrays[only].key if only and not names else None
    if found not in (None, only) and not arguments.quiet:
        print(printable(f"note: array '{found}' becomes input '{only}'"), file=sys.stderr)
    return source, source.dtypes


OPEN = {"images": open_images, "csv": open_table, "numpy": open_stored}


def show_progress(done: int, total: int) -> None:
    print(f"\r{done} of {total} samples", end="" if done < total else "\r\033[K", file=sys.stderr, flush=True)


def prepare(arguments) -> list[str]:
    """What was written, in words."""
    if arguments.input_name is not None and (not arguments.input_name or getattr(arguments, "input", None)):
        found = "an empty one" if not arguments.input_name else "--input as well"
        raise Error("E-FLAG", f"expected --input-name with a name and without --input, found {found}")
    ports = read_ports(arguments.model) if arguments.model else ()
    split = parse_split(arguments.split) if arguments.split else None
    source, dtypes = OPEN[arguments.kind](arguments, ports)
    part_of = assign(source.keys, arguments.seed, arguments.samples, split)
    sizes_of_parts = {name: part_of.count(name) for name in split or [""]}
    total, done = sum(sizes_of_parts.values()), 0
    inputs = [path for path in (arguments.source, arguments.model) if path is not None]
    progress = sys.stderr.isatty() and not arguments.quiet
    with Interrupts() as interrupts, SetWriter(arguments.output, sizes_of_parts, arguments.shard_size, inputs) as writer:
        for index, arrays in source.read([name is not None for name in part_of]):
            where = f"{arguments.source}: sample '{source.keys[index]}'"
            if done == 0:
                check_sample(arrays, dtypes, ports, where)
            part = writer.parts[part_of[index]]
            part.add(arrays, where)
            if source.labels is not None:
                part.labels.append((source.labels[index], source.keys[index]))
            done += 1
            interrupts.check()
            if progress and (done % 16 == 0 or done == total):
                show_progress(done, total)
        return writer.commit()


def main(given: list[str] | None = None) -> int:
    try:
        started()
        arguments = parser().parse_args(given)
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")  # of Pillow, about pictures that it reads all the same
            notes = prepare(arguments)
    except Error as error:
        print(f"error: {error}", file=sys.stderr)
        return EXIT_CODES.get(error.code, 2)
    except OSError as failure:
        print(printable(f"error: [E-FILE] {failure.filename or arguments.output}: {failure.strerror}"), file=sys.stderr)
        return 1
    except MemoryError:
        print("error: [E-MEMORY] no memory left", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted: nothing was written", file=sys.stderr)
        return 130
    if not arguments.quiet:
        print("\n".join(printable(f"wrote {note}") for note in notes), file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
