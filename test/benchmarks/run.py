#!/usr/bin/env python3
"""Tests benchmarks/ itself in seconds: the counts of work, the report of recorded results, the loop in C, an engine's process.

Only Limbeck runs; the peers need the environment of benchmarks/run.
"""

import ctypes
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import onnx

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "benchmarks"), str(ROOT / "examples")]
MODELS = ROOT / "build" / "demo" / "models"
FOLDER = tempfile.TemporaryDirectory()
os.environ["LIMBECK_TIMER"] = str(Path(FOLDER.name) / "libtimer.so")
os.environ["LIMBECK_HOLD"] = str(Path(FOLDER.name) / "libhold.so")
os.environ["LIMBECK_COLDSTART"] = str(Path(FOLDER.name) / "coldstart")

import coldstart  # noqa: E402
import measure  # noqa: E402
import plot  # noqa: E402
import records  # noqa: E402
import report  # noqa: E402
import shares  # noqa: E402
import work  # noqa: E402
from adverse_tests import *  # noqa: E402, F403
from agreement_tests import *  # noqa: E402, F403
from contest import CONTESTS, Contestant, models_of  # noqa: E402
from engines import NAMES, hold  # noqa: E402
from engines.loops import CompiledLoop, PythonLoop, call, fill  # noqa: E402
from engines.outputs import Outputs  # noqa: E402
from limbeck_command import Limbeck  # noqa: E402
from models import catalogue, plain  # noqa: E402
from models.__main__ import ensure_fixed  # noqa: E402


def expect(condition, what: str) -> None:
    if not condition:
        raise AssertionError(f"expected {what}")


def result(label: str, ms: float, **more) -> dict:
    engine = label.split()[0]
    facts = {"engine": engine, "latency_ms": ms, "ms_of_blocks": [ms] * 7, "blocks": 7, "streams": 1, "idle_share": 0.0, "version": "1", "options": {"kind": engine}, "environment": {}, "timed_in": "C", "agreement": 1.0}
    return {"label": label, "ms": ms, **facts, **more}


def built(sources: str = "a", date: str = "2026-01-01T00:00:00+00:00", **more) -> dict:
    return {"commit": f"c{sources}", "dirty": False, "sources": sources, "date": date, **more}


def document(*results, contest: str = "core", left_out=(), **more) -> dict:
    peaks = {"cores": 2, "int8_ops": 8e11, "bf16_ops": 4e11, "f32_ops": 2e11, "avx2_int8_ops": 2e11, "read": [[2**20, 4e10], [2**30, 1e10]]}
    ordered = sorted(results, key=lambda one: one["ms"])
    row = {"model": "net", "products": 10**9, "parameters": 10**7, "threads": 2, "batch": 8, "origin": built(), "peaks": peaks, "results": ordered, "left_out": list(left_out), **more}
    return {"schema": records.SCHEMA, "processor": "Some CPU", "contests": {contest: {"rows": [row], "not_measured": []}}}


def test_ratio_takes_the_best_peer_of_any_precision():
    text = report.markdown(document(result("limbeck int8", 5.0), result("onnxruntime int8", 9.0), result("openvino bf16", 7.5), result("limbeck f32", 4.0)))
    expect("| net | 2 | 5.000 | **4.000** | 9.000 | 7.500 | 1.50 |" in text, f"the row with its ratio, found\n{text}")


def test_rows_measured_again_replace_their_old_ones():
    first = document(result("limbeck int8", 5.0))["contests"]["core"]
    other = json.loads(json.dumps(first))
    other["rows"][0] |= {"model": "other", "threads": 1}
    again = document(result("limbeck int8", 4.0))["contests"]["core"]
    again["rows"][0]["peaks"] |= {"int8_ops": 9e11}
    rows = records.joined({**first, "rows": first["rows"] + other["rows"]}, again)["rows"]
    found = [(row["threads"], row["model"], row["results"][0]["ms"], row["peaks"]["int8_ops"]) for row in rows]
    expect(found == [(1, "other", 5.0, 8e11), (2, "net", 4.0, 9e11)], f"the new row and the kept one, each with its peaks, found {found}")


def test_ratio_without_a_peer_is_a_dash():
    text = report.markdown(document(result("limbeck int8", 5.0)))
    expect("| net | 2 | **5.000** | - |" in text, f"a dash, found\n{text}")


def test_shares_of_the_peak():
    # 2e9 operations in 5 ms are half of 8e11 a second; 2^25 bytes lie halfway between 2^20 and 2^30, where 2e10 a second are read.
    row = {"products": 10**9, "parameters": 2**25, "peaks": document(result("limbeck int8", 1.0))["contests"]["core"]["rows"][0]["peaks"]}
    arithmetic, memory = shares.fractions(row, result("limbeck int8", 5.0))
    expect(abs(arithmetic - 0.5) < 1e-9 and abs(memory - 2**25 / 5e-3 / 2e10) < 1e-9, f"half and a third, found {arithmetic}, {memory}")
    for label, held, wanted in [("limbeck int8", {"target": "cpu:avx2"}, 2e11), ("limbeck f32", {"target": "cpu:avx2"}, None), ("limbeck f32", {}, 2e11)]:
        found = shares.peak_of(result(label, 1.0, options=held), row["peaks"])
        expect(found == wanted, f"a peak of {wanted} for {label} held to {held}, found {found}")
    told = {"held_to": "AVX2, by answers to CPUID"}, {"ONEDNN_MAX_CPU_ISA": "AVX2"}
    found = [shares.peak_of(result("x int8", 1.0, options=told[0]), row["peaks"]), shares.peak_of(result("x int8", 1.0, environment=told[1]), row["peaks"])]
    expect(found == [2e11, 2e11], f"the peaks of AVX2, found {found}")
    expect([shares.read_rate(row["peaks"], size) for size in (1, 2**20, 2**40)] == [4e10, 4e10, 1e10], "the nearest rates outside of what was measured")
    text = report.markdown(document(result("limbeck int8", 5.0), result("limbeck f32", 20.0), contest="batch8"))
    expect("| net | 2 | 1000 | 10.0 | 50% / " in text, f"the shares, found\n{text}")


def test_peaks_of_this_machine():
    for cores in ("0", "0,1") if len(os.sched_getaffinity(0)) > 1 else ("0",):
        found = json.loads(subprocess.run([FOLDER.name + "/peaks", cores], check=True, capture_output=True).stdout)
        expect(found["cores"] == len(cores.split(",")) and found["f32_ops"] > 0, f"peaks of {cores}, found {found}")
        expect(found["int8_ops"] >= found["vnni_int8_ops"] >= found["avx2_int8_ops"], f"no ISA to beat a wider one, found {found}")
        sizes = [size for size, rate in found["read"] if rate > 0]
        expect(sizes == sorted(sizes) and sizes[-1] == 2**28, f"rates up to 256 MiB, found {sizes}")
    done = subprocess.run([FOLDER.name + "/peaks"], capture_output=True, text=True)
    expect(done.returncode == 2 and "usage: peaks CORE" in done.stderr, f"how to call it, found {done.stderr}")


def test_rows_of_another_build_are_marked():
    text = report.markdown(document(result("limbeck int8", 5.0)))
    expect("&dagger;" not in text and "- commit ca, 2026-01-01; 7 blocks: net (2)" in text, f"the build and its blocks, found\n{text}")
    both = document(result("limbeck int8", 5.0))
    newer = document(result("limbeck int8", 4.0), model="other", origin=built("b", "2026-01-02T00:00:00+00:00", dirty=True))
    both["contests"]["core"] = records.joined(both["contests"]["core"], newer["contests"]["core"])
    text = report.markdown(both)
    expect("| net &dagger; | 2 |" in text and "| other | 2 |" in text, f"the older row to be marked, found\n{text}")
    expect("- &dagger; another build than the newest here: commit ca, 2026-01-01; 7 blocks: net (2)" in text, f"its build, found\n{text}")
    expect("- commit cb with changes, 2026-01-02; 7 blocks: other (2)" in text, f"the newer build, found\n{text}")


def test_documents_of_schema_2_are_marked_whole():
    peaks = {"int8_ops": 4e11, "bf16_ops": 2e11, "f32_ops": 1e11, "read_bytes": 1e10}
    old = document(result("limbeck int8", 5.0, idle_share=0.5)) | {"schema": 2, "around": {"compile_seconds": 1.0}}
    (row,) = old["contests"]["core"]["rows"]
    del row["origin"], row["peaks"], row["results"][0]["blocks"]
    old["contests"]["core"]["peaks"] = peaks
    old["contests"]["adverse"] = old["contests"]["core"]
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "some-cpu.json").write_text(json.dumps(old))
        loaded = records.load(Path(folder), "Some CPU")
    del loaded["around"]
    expect(list(loaded["contests"]) == ["core"], "no rows of other adverse models")
    text = report.markdown(loaded)
    expect("| net &dagger; | 2 |" in text and "another build than the newest here: a build that was not recorded, before outputs were compared; 7 blocks" in text, f"a mark, found\n{text}")
    expect("| net | 2 | 1000 | 10.0 | 50% / - |" in text and "Share of a core" not in text, f"no rate of reading and no idle share, found\n{text}")


def test_ratio_to_the_other_form():
    text = report.markdown(document(result("limbeck int8 adverse", 5.5), result("limbeck int8", 5.0), contest="adverse"))
    expect("limbeck int8 adverse / limbeck int8 |" in text and "| - | 1.100 |" in text, f"the ratio, found\n{text}")


def test_times_from_python_are_marked():
    text = report.markdown(document(result("limbeck int8", 0.5), result("iree f32", 0.7, timed_in="Python, whose loop takes 0.2 us a run"), contest="compilers"))
    expect("| **0.500** | 0.700 p! |" in text, f"a mark, found\n{text}")
    text = report.markdown(document(result("limbeck int8", 0.5), result("torch f32", 7.0, timed_in="Python, whose loop takes 0.2 us a run"), contest="compilers"))
    expect("| 7.000 p |" in text and "| torch | 1 | Python, whose loop takes 0.2 us a run |" in text, f"a mark, found\n{text}")


def test_few_blocks_are_refused():
    expect(measure.parse_arguments([]).blocks == 7 and measure.parse_arguments(["--quick"]).blocks == 2, "seven blocks, or two that are not recorded")
    done = subprocess.run([sys.executable, ROOT / "benchmarks" / "measure.py", "--blocks", "6"], capture_output=True, text=True)
    expect(done.returncode == 2 and "expected at least 7 blocks for rows that are recorded, found 6" in done.stderr, f"the reason, found '{done.stderr}'")


def test_callers_are_shown_with_latency_and_throughput():
    text = report.markdown(document(result("limbeck int8", 4.0), result("openvino int8 x2", 5.0, latency_ms=10.0, streams=2), contest="batch8"))
    expect("| net | openvino int8 x2 | 10.000 | 1600 |" in text, f"latency and samples a second, found\n{text}")


def test_who_does_not_run_is_named_with_the_reason():
    text = report.markdown(document(result("limbeck int8", 5.0), left_out=[{"label": "torch int8", "reason": "no converter"}]))
    expect("- torch int8 does not run on net, 2: `no converter`" in text, f"the reason, found\n{text}")


def test_outputs_that_differ_are_shown():
    results = [result("limbeck f32", 5.0, sample=[0, 1, 2]), result("onnxruntime int8", 6.0, sample=[2, 1, 0]), result("iree f32", 6.0, sample=[1, 1, 1])]
    measure.compare_outputs(results)
    expect([one["agreement"] for one in results] == [1, -1, None], f"correlations, found {[one['agreement'] for one in results]}")
    text = report.markdown(document(*results))
    expect("below 0.99: net: onnxruntime int8 -1.000." in text, f"the result that differs, found\n{text}")


def test_results_of_other_contests_are_kept():
    with tempfile.TemporaryDirectory() as folder:
        report.write(document(result("limbeck int8", 5.0)), Path(folder))
        expect("core" in records.load(Path(folder), "Some CPU")["contests"], "the contest that was written")
        expect(records.load(Path(folder), "Other CPU")["contests"] == {}, "nothing of another processor")


def test_plot_has_a_bar_for_each_result():
    bars = plot.svg(document(*(result(f"{engine} int8", 5.0) for engine in NAMES))).count('fill="#')
    expect(bars == len(NAMES), f"a bar for each engine, found {bars}")


def test_contests_name_what_there_is():
    for name, contest in CONTESTS.items():
        expect(models_of(contest, catalogue.ENTRIES), f"models in {name}")
        labels = [one.label for one in contest.contestants]
        expect(len(set(labels)) == len(labels) and contest.first in labels, f"distinct labels and {contest.first} in {name}")
        expect(all(one.engine in NAMES for one in contest.contestants), f"known engines in {name}")


def test_work_of_the_perceptron():
    paths = ensure_fixed(MODELS, "perceptron", [], 1)
    counted = work.of_model(paths["float"], {"x": np.load(paths["inputs"])["x"][0]})
    layers = [(784, 1024), (1024, 1024), (1024, 1000)]
    products, biases = sum(a * b for a, b in layers), sum(b for _, b in layers)
    expect(counted == {"products": products, "parameters": products + biases}, f"{products} products, found {counted}")


def test_inputs_with_subnormals_are_refused():
    plain.check("zeros", np.zeros(3, np.float32))
    for bad in (np.nan, np.inf, 1e-40):
        try:
            plain.check("these", np.array([1, bad], np.float32))
        except ValueError as error:
            expect("these: expected no NaN" in str(error), f"the name of the array, found '{error}'")
            continue
        raise AssertionError(f"expected {bad} to be refused")


def test_weights_next_to_nothing_become_zeros():
    values = onnx.numpy_helper.from_array(np.array([1, 1e-40, -1e-35], np.float32), "w")
    inner = onnx.helper.make_graph([onnx.helper.make_node("Constant", [], ["c"], value=values)], "inner", [], [onnx.ValueInfoProto(name="c")])
    nodes = [onnx.helper.make_node("Constant", [], ["a"], value=values), onnx.helper.make_node("If", ["b"], ["y"], then_branch=inner, else_branch=inner)]
    model = onnx.helper.make_model(onnx.helper.make_graph(nodes, "outer", [], [], [values]))
    try:
        plain.check_constants("net", model)
    except ValueError as error:
        expect("net, weight 'w': expected no NaN, infinity or subnormal, found 1 of 3" in str(error), f"the weight's name, found '{error}'")
    else:
        raise AssertionError("expected subnormal weights to be refused")
    expect(plain.flush(model) == 8 and plain.flush(model) == 0, "two values of each of four tensors to be flushed, those in graphs inside, too")
    expect([onnx.numpy_helper.to_array(tensor).tolist() for tensor in plain.tensors(model.graph)] == [[1, 0, 0]] * 4, "zeros in their places")


def test_activations_that_are_subnormal_are_refused():
    info = [onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [4]) for name in "xz"]
    nodes = [onnx.helper.make_node("Mul", ["x", "x"], ["y"]), onnx.helper.make_node("Mul", ["y", "y"], ["z"])]
    path = Path(FOLDER.name) / "squares.onnx"
    onnx.save(onnx.helper.make_model(onnx.helper.make_graph(nodes, "squares", info[:1], info[1:]), opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=8), path)
    expect(plain.check_activations("squares", path, [{"x": np.full(4, 1e-4, np.float32)}]) == 2, "both tensors to be looked at")
    for value, tensor in [(1e-10, "z"), (1e-20, "y"), (1e15, "z")]:
        try:
            plain.check_activations("squares", path, [{"x": np.ones(4, np.float32)}, {"x": np.array([1, 1, 1, value], np.float32)}])
        except ValueError as error:
            expect(f"squares, input 1, tensor '{tensor}'" in str(error), f"the input and the tensor, found '{error}'")
            continue
        raise AssertionError(f"expected powers of {value} to be refused")


class Stub:
    """An engine whose outputs are at hand."""

    def __init__(self, repeats_bits: bool):
        self.repeats_bits, self.arrays = repeats_bits, [np.array([1.0, 2.0], np.float32) for _ in range(2)]

    def results(self, stream, index):
        return [self.arrays[index]]

    def forget(self, stream, index):
        fill(self.arrays[index])


def test_outputs_of_timed_runs_are_compared():
    for repeats_bits, near in ((True, False), (False, True)):
        engine = Stub(repeats_bits)
        outputs = Outputs(engine, 1, 2)
        outputs.forget()
        expect(np.isnan(engine.arrays[0]).all(), "no numbers before a block")
        engine.arrays[1][:] = [1.0, 2.0]
        expect(outputs.check([[1]]) == 1, "one output to be compared")
        for values, wanted in (([1.0, np.nextafter(np.float32(2), np.float32(3))], near), ([1.0, 2.1], False), ([np.nan, 2.0], False)):
            engine.arrays[1][:] = values
            try:
                outputs.check([[1]])
                expect(wanted, f"{values} to be refused")
            except RuntimeError as error:
                expect(not wanted and "output of input 1, caller 0: expected " in str(error), f"{values} to be taken, found '{error}'")
    for value in (np.nan, np.inf, 1e-40):
        engine = Stub(True)
        engine.arrays[1][0] = value
        try:
            Outputs(engine, 1, 2)
        except RuntimeError as error:
            expect("output of input 1, caller 0: expected no NaN" in str(error), f"the input, found '{error}'")
            continue
        raise AssertionError(f"expected {value} to be refused")


def test_loop_in_c_reports_a_call_that_failed():
    answer = ctypes.CFUNCTYPE(ctypes.c_uint64, ctypes.c_uint64)
    seen = []
    good, bad = answer(lambda word: seen.append(word) or 0), answer(lambda word: 1)
    times, elapsed = CompiledLoop([[[call(good, 7)], [call(good, 8)]]]).measure(0.01)
    loop = CompiledLoop([[[call(good, 7)], [call(good, 8)]]])
    for inputs in ([0], [1], [0]):
        loop.measure(0)
        expect(loop.ran() == [inputs], f"the input that was run, {inputs}, found {loop.ran()}")
    expect(seen[:4] == [7, 8, 7, 8] and len(times) == len(seen) - 3 and elapsed >= 0.01, "the inputs in rotation")
    try:
        CompiledLoop([[[call(good, 7), call(bad, 8)]]]).measure(0)
    except RuntimeError as error:
        expect("call 2" in str(error), f"the second call, found '{error}'")
        return
    raise AssertionError("expected the failed call to be reported")


def test_loop_in_python_rotates():
    seen = []
    loop = PythonLoop(seen.append, 3)
    loop.measure(0)
    expect(loop.ran() == [[0]], f"the first input, found {loop.ran()}")
    loop.measure(0.001)
    expect(seen[:4] == [0, 1, 2, 0] and sorted(loop.ran()[0]) == [0, 1, 2], f"the inputs in rotation, found {seen[:4]}")
    expect(re.fullmatch(r"Python, whose loop takes \d+\.\d us a run", loop.timed_in), f"the cost of the loop, found '{loop.timed_in}'")


def test_process_of_an_engine():
    paths = ensure_fixed(MODELS, "perceptron", [], 1)
    measure.ARTIFACTS.mkdir(parents=True, exist_ok=True)
    cores = sorted(os.sched_getaffinity(0))[:1]
    feeds = {"x": np.load(paths["inputs"])["x"][0]}
    wanted = Limbeck(ROOT / "build" / "bin" / "limbeck").run(paths["float"], feeds, ["logits"], reference=True)["logits"].reshape(-1)
    for streams in (1, 2):
        engine = measure.Engine(Contestant("limbeck f32", "limbeck", "float", streams=streams), paths, 1, cores)
        try:
            expect(engine.begin(60), f"an engine that runs, found: {engine.fault}")
            step = wanted.size // 256
            expect(engine.facts["sample"] == wanted[::step][:256].astype(np.float64).tolist(), "the interpreter's results")
            expect(engine.block() and engine.block(idle=1.2), f"blocks, found: {engine.fault}")
            expect(all(block["checked"] == 8 * streams for block in engine.blocks), f"outputs of eight inputs to be compared, found {engine.blocks[0]['checked']}")
            found = engine.result()
            expect(found["idle_share"] < 0.01 and found["blocks"] == 2, f"a process at rest, found {found['idle_share']}")
            expect(len(found["ms_of_blocks"]) == 2 and min(found["ms_of_blocks"]) > 0, f"two blocks, found {found['ms_of_blocks']}")
            own = found["latency_ms"] if streams == 1 else sum(found["ms_of_blocks"]) / 2
            expect(abs(found["ms"] - own) < 1e-4, f"{own} ms, found {found['ms']}")
        finally:
            engine.close()


def test_cold_starts():
    paths = ensure_fixed(MODELS, "perceptron", [], 1)
    artifact = Path(FOLDER.name) / "perceptron.lmb"
    subprocess.run([ROOT / "build" / "bin" / "limbeck", "compile", paths["float"], "-o", artifact, "--target", "cpu:native", "--quiet"], check=True)
    feeds = {"x": np.load(paths["inputs"])["x"][0]}
    wanted = Limbeck(ROOT / "build" / "bin" / "limbeck").run(paths["float"], feeds, ["logits"], reference=True)["logits"].reshape(-1)
    measured = coldstart.measure(["limbeck"], {**paths, "qdq": None}, artifact)
    expect(list(measured) == ["limbeck int8", "limbeck int8, mapped"], f"both ways to load, found {list(measured)}")
    for label, of in measured.items():
        expect(all(part["least_ms"] > 0 for name, part in of.items() if name != "starts"), f"times of {label}, found {of}")
        expect(of["first"]["least_ms"] >= sum(of[part]["least_ms"] for part in ("start", "load", "run")) - 0.01, "a sum of its parts")
    data, library = artifact.with_suffix(".input"), coldstart.BUILD / "lib" / "Runtime" / "liblimbeck_runtime.so"
    found = coldstart.start("limbeck", library, artifact, "", data, feeds["x"].shape)["sum"]
    weighted = float((wanted.astype(np.float64) * (np.arange(wanted.size) % 7 + 1)).sum())
    expect(abs(found - weighted) < 1e-4 * abs(weighted) + 1e-6, f"the interpreter's results, {weighted}, found {found}")
    facts = {"origin": built(), "compile_seconds": 1.0, "compile_peak_bytes": 2**20, "artifact_bytes": 2**20, "cold_start": measured}
    text = "\n".join(report.around_text(facts))
    expect(f"| limbeck int8 | {measured['limbeck int8']['first']['median_ms']:.1f} |" in text, f"a row of the table, found\n{text}")


def test_process_that_fails_says_why():
    paths = {"inputs": MODELS / "none.npz", "float": MODELS / "none.onnx"}
    engine = measure.Engine(Contestant("limbeck f32", "limbeck", "float"), paths, 1, [0])
    engine.begin(60)
    engine.close()
    expect(engine.facts is None and "none.onnx" in engine.fault, f"the missing file's name, found '{engine.fault}'")


def test_library_is_held_to_avx2():
    if platform.machine() != "x86_64":
        return
    source, library = Path(FOLDER.name) / "asks.c", Path(FOLDER.name) / "libasks.so"
    # The bytes of `cpuid` inside another instruction stay as they are.
    source.write_text("""
unsigned asks(unsigned leaf, unsigned place) {
  unsigned a = leaf, b, c = 0, d;
  __asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
  return place == 1 ? b : place == 2 ? c : d;
}
unsigned constant(void) { return 0xa20f; }
""")
    subprocess.run(["clang-22", "-O1", "-shared", "-fPIC", source, "-o", library], check=True)
    (place,) = hold.places_of(library)
    copy = hold.trapping_copy(library, Path(FOLDER.name))
    before, after = library.read_bytes(), copy.read_bytes()
    expect([at for at in range(len(before)) if before[at] != after[at]] == [place, place + 1], "one instruction to be another")
    holder, held, free = hold.begin(), ctypes.CDLL(str(copy)), ctypes.CDLL(str(library))
    answers = [held.asks(7, register) & 0xFFFFFFFF for register in (1, 2, 3)]
    expect(holder.limbeckAnswered() == 3 and held.constant() == 0xA20F, "three answers")
    hidden = [1 << 16 | 1 << 30 | 1 << 31, 1 << 11, 1 << 24]
    expect(not any(answer & bits for answer, bits in zip(answers, hidden)), f"no AVX-512 and no AMX, found {answers}")
    expect((answers[0] ^ free.asks(7, 1)) & (1 << 5) == 0, "AVX2 as it is")


def test_contestant_stands_in_only_where_the_other_does_not_run():
    paths = {"inputs": MODELS / "none.npz", "float": MODELS / "none.onnx"}
    contest = CONTESTS["avx2"]
    stands_in = {contestant.stands_in_for for contestant in contest.contestants} - {""}
    expect(stands_in <= {contestant.label for contestant in contest.contestants}, f"contestants of their own, found {stands_in}")
    first, second = Contestant("limbeck f32", "limbeck", "float"), Contestant("limbeck f32 again", "limbeck", "float", stands_in_for="limbeck f32")
    expect(measure.takes_part(second, [], {"limbeck"}, set()), "it to take part without the other")
    engine = measure.Engine(first, paths, 1, [0])
    engine.close()
    expect(not measure.takes_part(second, [engine], {"limbeck"}, set()), "it to stay out beside the other")


def test_contexts_share_the_pool_of_the_process():
    paths = ensure_fixed(MODELS, "perceptron", [], 1)
    cores = sorted(os.sched_getaffinity(0))[:2]
    threads = {}
    for label, options in (("own", {}), ("shared", {"pool": "shared"})):
        engine = measure.Engine(Contestant(f"limbeck f32 {label}", "limbeck", "float", options, streams=4), paths, 8, cores)
        try:
            expect(engine.begin(60) and engine.block(), f"an engine that runs, found: {engine.fault}")
            threads[label] = len(os.listdir(f"/proc/{engine.process.pid}/task"))
        finally:
            engine.close()
    expect(threads["own"] - threads["shared"] == 4 - (len(cores) - 1), f"four workers against one pool's, found {threads}")


def main() -> int:
    subprocess.run(["clang-22", "-O2", "-Werror", "-march=native", "-pthread", ROOT / "benchmarks" / "peaks.c", "-o", FOLDER.name + "/peaks"], check=True)
    subprocess.run(["clang-22", "-O2", "-Werror", "-shared", "-fPIC", ROOT / "benchmarks" / "hold.c", "-o", os.environ["LIMBECK_HOLD"]], check=True)
    subprocess.run(["clang-22", "-O2", "-shared", "-fPIC", "-pthread", ROOT / "benchmarks" / "timer.c", "-o", os.environ["LIMBECK_TIMER"]], check=True)
    subprocess.run(["clang-22", "-O2", "-Werror", "-I", ROOT / "include", ROOT / "benchmarks" / "coldstart.c", "-o", os.environ["LIMBECK_COLDSTART"]], check=True)
    passed = failed = 0
    for name, test in list(globals().items()):
        if not name.startswith("test_"):
            continue
        try:
            test()
            passed += 1
        except Exception as error:  # a test that breaks must not hide the others
            failed += 1
            print(f"FAIL {name}: {type(error).__name__}: {error}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
