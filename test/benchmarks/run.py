#!/usr/bin/env python3
"""Tests benchmarks/ itself in seconds: the counts of work, the report of recorded results, the loop in C, an engine's process.

Only Limbeck runs; the peers need the environment of benchmarks/run.
"""

import ctypes
import json
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

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
import report  # noqa: E402
import work  # noqa: E402
from agreement_tests import *  # noqa: E402, F403
from contest import CONTESTS, Contestant, models_of  # noqa: E402
from engines import NAMES, hold  # noqa: E402
from engines.loops import CompiledLoop, PythonLoop, call  # noqa: E402
from limbeck_command import Limbeck  # noqa: E402
from models import catalogue, plain  # noqa: E402
from models.__main__ import ensure_fixed  # noqa: E402


def expect(condition, what: str) -> None:
    if not condition:
        raise AssertionError(f"expected {what}")


def result(label: str, ms: float, **more) -> dict:
    engine = label.split()[0]
    facts = {"engine": engine, "latency_ms": ms, "streams": 1, "idle_share": 0.0, "version": "1", "options": {"kind": engine}, "environment": {}, "timed_in": "C", "agreement": 1.0}
    return {"label": label, "ms": ms, **facts, **more}


def document(*results, contest: str = "core", left_out=()) -> dict:
    peaks = {"int8_ops": 4e11, "bf16_ops": 2e11, "f32_ops": 1e11, "read_bytes": 1e10}
    ordered = sorted(results, key=lambda one: one["ms"])
    row = {"model": "net", "products": 10**9, "parameters": 10**7, "threads": 2, "batch": 8, "peaks": peaks, "results": ordered, "left_out": list(left_out)}
    return {"schema": 2, "processor": "Some CPU", "contests": {contest: {"peaks": peaks, "rows": [row], "not_measured": []}}}


def test_ratio_takes_the_best_peer_of_any_precision():
    text = report.markdown(document(result("limbeck int8", 5.0), result("onnxruntime int8", 9.0), result("openvino bf16", 7.5), result("limbeck f32", 4.0)))
    expect("| net | 2 | 5.000 | **4.000** | 9.000 | 7.500 | 1.50 |" in text, f"the row with its ratio, found\n{text}")


def test_rows_measured_again_replace_their_old_ones():
    first = document(result("limbeck int8", 5.0))["contests"]["core"]
    other = json.loads(json.dumps(first))
    other["rows"][0] |= {"model": "other", "threads": 1}
    again = document(result("limbeck int8", 4.0))["contests"]["core"]
    again["rows"][0]["peaks"] = again["peaks"] | {"int8_ops": 8e11}
    rows = report.joined({**first, "rows": first["rows"] + other["rows"]}, again)["rows"]
    found = [(row["threads"], row["model"], row["results"][0]["ms"], row["peaks"]["int8_ops"]) for row in rows]
    expect(found == [(1, "other", 5.0, 4e11), (2, "net", 4.0, 8e11)], f"the new row and the kept one, each with its peaks, found {found}")


def test_ratio_without_a_peer_is_a_dash():
    text = report.markdown(document(result("limbeck int8", 5.0)))
    expect("| net | 2 | **5.000** | - |" in text, f"a dash, found\n{text}")


def test_shares_of_the_peak():
    # 2e9 operations in 5 ms are half of two cores' 8e11 a second; 1e7 bytes in 5 ms a fifth of 1e10.
    text = report.markdown(document(result("limbeck int8", 5.0), result("limbeck f32", 20.0)))
    expect("| net | 2 | 1000 | 10.0 | 50% / 20% | 50% / 20% |" in text, f"the shares, found\n{text}")


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
        expect("core" in report.load(Path(folder), "Some CPU")["contests"], "the contest that was written")
        expect(report.load(Path(folder), "Other CPU")["contests"] == {}, "nothing of another processor")


def test_plot_has_a_bar_for_each_result():
    bars = plot.svg(document(result("limbeck int8", 5.0), result("openvino int8", 6.0))).count('fill="#')
    expect(bars == 2, f"two bars, found {bars}")


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


def test_loop_in_c_reports_a_call_that_failed():
    answer = ctypes.CFUNCTYPE(ctypes.c_uint64, ctypes.c_uint64)
    seen = []
    good, bad = answer(lambda word: seen.append(word) or 0), answer(lambda word: 1)
    times, elapsed = CompiledLoop([[[call(good, 7)], [call(good, 8)]]]).measure(0.01)
    expect(seen[:4] == [7, 8, 7, 8] and len(times) == len(seen) and elapsed >= 0.01, "the inputs in rotation")
    try:
        CompiledLoop([[[call(good, 7), call(bad, 8)]]]).measure(0)
    except RuntimeError as error:
        expect("call 2" in str(error), f"the second call, found '{error}'")
        return
    raise AssertionError("expected the failed call to be reported")


def test_loop_in_python_rotates():
    seen = []
    PythonLoop(seen.append, 3).measure(0.001)
    expect(seen[:4] == [0, 1, 2, 0], f"the inputs in rotation, found {seen[:4]}")


def test_process_of_an_engine():
    paths = ensure_fixed(MODELS, "perceptron", [], 1)
    measure.ARTIFACTS.mkdir(parents=True, exist_ok=True)
    cores = sorted(os.sched_getaffinity(0))[:1]
    feeds = {"x": np.load(paths["inputs"])["x"][0]}
    wanted = Limbeck(ROOT / "build" / "bin" / "limbeck").run(paths["float"], feeds, ["logits"], reference=True)["logits"].reshape(-1)
    for streams in (1, 2):
        engine = measure.Engine(Contestant("limbeck f32", "limbeck", "float", streams=streams), paths, 1, cores, 60)
        try:
            expect(engine.facts, f"an engine that runs, found: {engine.fault}")
            step = wanted.size // 256
            expect(engine.facts["sample"] == wanted[::step][:256].astype(np.float64).tolist(), "the interpreter's results")
            engine.block()
            engine.block()
            found = engine.result()
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
    facts = {"compile_seconds": 1.0, "compile_peak_bytes": 2**20, "artifact_bytes": 2**20, "cold_start": measured}
    text = "\n".join(report.around_text(facts))
    expect(f"| limbeck int8 | {measured['limbeck int8']['first']['median_ms']:.1f} |" in text, f"a row of the table, found\n{text}")


def test_process_that_fails_says_why():
    paths = {"inputs": MODELS / "none.npz", "float": MODELS / "none.onnx"}
    engine = measure.Engine(Contestant("limbeck f32", "limbeck", "float"), paths, 1, [0], 60)
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
    engine = measure.Engine(first, paths, 1, [0], 60)
    engine.close()
    expect(not measure.takes_part(second, [engine], {"limbeck"}, set()), "it to stay out beside the other")


def main() -> int:
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
