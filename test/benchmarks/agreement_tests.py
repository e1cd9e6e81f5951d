"""Tests of benchmarks/agreement: the arithmetic against values worked out by hand, the data sets, and the table. run.py runs them."""

import tempfile
import types
from pathlib import Path

import numpy as np
import onnx
from agreement import evaluate, measures, quantizers, tables, tasks, timing
from agreement.candidates import FIRST, candidates


def expect(condition, what: str) -> None:
    if not condition:
        raise AssertionError(f"expected {what}")


def test_signal_to_noise():
    expect(measures.signal_to_noise(100.0, 1.0) == 20, "20 dB of a hundredth")
    expect(measures.signal_to_noise(100.0, 0.0) is None, "null without a difference")


def test_text_similarity():
    expect(measures.edit_distance("kitten", "sitting") == 3, "3 edits")
    expect(measures.text_similarity("", "") == 1 and measures.text_similarity("ab", "") == 0, "1 of equal texts, 0 of nothing in common")
    expect(measures.text_similarity("abcd", "abxd") == 0.75, "a letter in four")


def test_masks_and_boxes():
    mask = np.array([[1, 0, 1, 0], [1, 1, 1, 0], [0, 0, 0, 1]], bool)
    expect(measures.boxes(mask) == [(0, 0, 2, 3), (2, 3, 3, 4)], f"a U and a corner of their own, found {measures.boxes(mask)}")
    expect(measures.boxes(np.zeros((2, 2), bool)) == [], "no box")
    expect(measures.box_overlap((0, 0, 2, 2), (0, 1, 2, 3)) == 1 / 3, "a third")
    expect(measures.box_agreement([(0, 0, 2, 2), (5, 5, 6, 6)], [(0, 0, 2, 2)]) == 2 / 3, "F1 of one found of two")
    expect(measures.box_agreement([], []) == 1 and measures.box_agreement([], [(0, 0, 1, 1)]) == 0, "1 of none on both sides, else 0")
    expect(measures.intersection_over_union(mask, ~mask) == 0 and measures.intersection_over_union(mask, mask) == 1, "0 and 1")


def test_ranks_share_ties():
    expect(measures.ranks(np.array([5.0, 1.0, 5.0, 7.0])).tolist() == [1.5, 0, 1.5, 3], "the mean of tied ranks")
    expect(abs(measures.rank_correlation(np.array([1.0, 2, 3]), np.array([1.0, 10, 100])) - 1) < 1e-12, "1 of the same order")


def test_interval_is_paired():
    left = [1.0, 0.0] * 50
    mean, low, high = measures.paired_interval([value + 0.25 for value in left], left)
    expect((mean, low, high) == (0.25, 0.25, 0.25), f"no spread of a constant difference, found {(mean, low, high)}")
    mean, low, high = measures.paired_interval(left, [0.5] * 100)
    expect(mean == 0 and abs(high - 0.098) < 0.015 and abs(low + 0.098) < 0.015, f"1.96 * 0.5 / 10 on both sides, found {(low, high)}")


def test_data_sets_share_no_text():
    sets = [set(tasks._lines(seed, 60)[1]) for seed in (tasks.TEST, tasks.VALIDATION, tasks.CALIBRATION)]
    expect(all(len(one) == 60 for one in sets), "60 texts each")
    whole = set(tasks.words.lines(tasks.TEST, 1000)[1])
    expect(not sets[1] & whole and not sets[2] & whole and not sets[1] & sets[2], "no text in two sets")
    parts = [set(tasks._portion(list(range(80)), seed, count)) for seed, count in [(100, 40), (101, 10), (200, 10), (201, 10), (202, 10)]]
    expect(sum(map(len, parts)) == len(set.union(*parts)) == 80, "parts that share nothing")


def test_magika_features():
    features = tasks.magika_features(b"  ab \n")
    expect(features.shape == (1, 2048) and features[0, :3].tolist() == [97, 98, 256], "the begin, padded behind")
    expect(features[0, -3:].tolist() == [256, 97, 98], "the end, padded in front")


def test_integer_share_counts_multiply_adds():
    """Two products, 2x3x4 in float and 2x4x5 between dequantized factors: 40 of 64."""
    helper, array = onnx.helper, onnx.numpy_helper.from_array
    nodes = [
        helper.make_node("MatMul", ["x", "v"], ["h"]),
        helper.make_node("QuantizeLinear", ["h", "s", "z"], ["q"]),
        helper.make_node("DequantizeLinear", ["q", "s", "z"], ["d"]),
        helper.make_node("DequantizeLinear", ["w", "s", "y"], ["e"]),
        helper.make_node("MatMul", ["d", "e"], ["r"]),
    ]
    constants = [
        array(np.ones((3, 4), np.float32), "v"), array(np.float32(1), "s"), array(np.uint8(0), "z"), array(np.int8(0), "y"), array(np.ones((4, 5), np.int8), "w"),
    ]  # fmt: skip
    ports = [helper.make_tensor_value_info(name, 1, shape) for name, shape in [("x", [2, 3]), ("r", [2, 5])]]
    model = helper.make_model(helper.make_graph(nodes, "net", ports[:1], ports[1:], constants), opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "net.onnx"
        onnx.save(model, path)
        share = quantizers.integer_share(path, {"x": np.ones((2, 3), np.float32)})
        expect(share == 40 / 64, f"40 of 64, found {share}")
        nodes[4:] = [helper.make_node("Transpose", ["e"], ["f"], perm=[0, 1]), helper.make_node("MatMul", ["d", "f"], ["r"])]
        onnx.save(helper.make_model(helper.make_graph(nodes, "net", ports[:1], ports[1:], constants), opset_imports=[helper.make_opsetid("", 17)], ir_version=9), path)
        expect(quantizers.integer_share(path, {"x": np.ones((2, 3), np.float32)}) == 40 / 64, "the same behind an op that moves elements")


def test_peers_are_compared_with_our_best():
    """Of two peers ahead of our best row on validation samples, the one that is so by chance is not called better, nor one with more in integers."""
    ours = {"label": "limbeck best", "validation": 0.9, "integer_share": 0.9, "agreements": [1.0, 0.0] * 50}
    first = {"label": "limbeck static", "validation": 0.5, "integer_share": 1.0, "agreements": [0.5] * 100}
    ahead = {"label": "nncf", "integer_share": 0.9, "agreements": [1.0] * 90 + [0.0] * 10}
    chance = {"label": "onnxruntime static", "integer_share": 0.9, "agreements": [1.0, 0.0] * 49 + [1.0, 1.0]}
    other = {"label": "onnxruntime dynamic", "integer_share": 1.0, "agreements": [1.0] * 100}
    rows = [first, ours, ahead, chance, other]
    evaluate.compare_rows(rows)
    expect("beside_best" not in ours and "difference" not in first and "difference" in ours, "our rows beside our default alone")
    expect(ahead["beside_best"]["label"] == "limbeck best", "the row of ours that is best on validation samples")
    found = evaluate.better_peers({"rows": rows})
    expect(found == ["nncf"], f"the one that is better, found {found}")


def test_best_is_chosen_on_validation_samples():
    found = [{"validation": {"agreement": a, "sqnr_db": b}} for a, b in [(0.5, 30.0), (0.9, 10.0), (0.9, 12.0)]]
    expect(evaluate.best([{"fault": "no"}, *found]) is found[2], "the greatest agreement, then the least noise")
    expect(evaluate.best([{"fault": "no"}])["fault"] == "no", "the fault where none works")


def test_file_is_judged_by_the_runtime_that_computes_it_rightly():
    """OpenVINO's low precision makes nothing of NNCF's detector, of which ONNX Runtime finds 93 %."""
    of = {"onnxruntime": {"agreement": 0.93, "sqnr_db": 13.0}, "openvino": {"agreement": 0.0, "sqnr_db": 0.0}}
    names = {run: name for name, run in evaluate.RUNTIMES.items()}
    found = evaluate.by_runtimes(("openvino", "onnxruntime"), lambda run: of[names[run]])
    expect(found == {"validation": of["onnxruntime"], "runtime": "onnxruntime", "other_runtimes": {"openvino": {"validation": 0.0}}}, f"the better one, found {found}")
    row = {"label": "nncf", "setting": "defaults", "runtimes": ("openvino", "onnxruntime"), **found, "validation": 0.93}
    expect(timing.timed_runtimes(row) == ["onnxruntime"], "no time of outputs that are not the row's")
    text = tables._other_runtimes(row)
    expect(text == ["- nncf (defaults), OpenVINO in place of ONNX Runtime: 0.0 % in place of 93.0 % on validation samples"], f"the other one, found {text}")
    row["other_runtimes"] = {"openvino": {"validation": 0.925}}
    expect(timing.timed_runtimes(row) == ["openvino", "onnxruntime"] and tables._other_runtimes(row) == [], "both where they agree")
    row["other_runtimes"] = {"openvino": {"fault": "no kernel"}}
    expect(timing.timed_runtimes(row) == ["onnxruntime"] and "`no kernel`" in tables._other_runtimes(row)[0], "the fault of the other one")

    def fail(run):
        raise RuntimeError(f"{names[run]} fails\nsomewhere")

    expect(evaluate.by_runtimes(("openvino", "onnxruntime"), fail) == {"fault": "openvino fails"}, "the first one's fault where none works")


def test_fastest_runtime_counts():
    results = [{"label": "nncf by openvino", "engine": "openvino", "ms": 2.0}, {"label": "nncf by onnxruntime", "engine": "onnxruntime", "ms": 1.0}]
    expect(timing.fastest(results, "nncf") == {"ms": 1.0, "runtime": "onnxruntime"}, "the least time")
    expect(timing.fastest(results, "float") is None, "null of what did not run")


def test_table_shows_difference_faults_and_times():
    row = {"label": "peer", "setting": "defaults", "agreement": 0.5, "difference": (-0.1, -0.2, -0.05), "sqnr_db": 20.0, "integer_share": 1.0, "bytes": 2e6, "tried": []}
    broken = {"label": "other", "setting": "best", "fault": "no kernel", "tried": [{"setting": "mse", "validation": 0.25, "fault": None}]}
    model = {
        "model": "net", "what": "the same", "seed": 200, "counts": {"test": 10, "calibration": 5}, "float_exact": None, "float_bytes": 8e6,
        "rows": [row, broken], "times": {"2": {"peer": {"ms": 1.5, "runtime": "openvino"}, "float": None}},
    }  # fmt: skip
    text = tables.markdown({"processor": "Some CPU", "models": {"net": model}})
    for wanted in [
        "| peer | defaults | 50.0 % | -10.0 [-20.0, -5.0] | - | 20.0 | 100.0 % | 2.00 | 1.50 (openvino) |",
        "| float |  |  |  |  |  | 0.0 % | 8.00 | - |",
        "- other (best) does not work: `no kernel`",
        "- other, also tried: mse: 25.0 %",
    ]:
        expect(wanted in text, f"'{wanted}', found\n{text}")


def test_every_candidate_has_a_quantizer():
    for task in tasks.TASKS:
        found = candidates(task)
        expect(all(one.kind in quantizers.KINDS for one in found), f"known quantizers for {task}")
        expect([one.setting for one in found if one.label == FIRST] == ["defaults"], "our defaults as the row to compare with")


def test_defaults_alone():
    one = types.SimpleNamespace(quantizers=["limbeck", "nncf"], defaults=True)
    found = [candidate.label for _, candidate in evaluate.wanted("angle", one)]
    expect(found == ["limbeck float", FIRST, "limbeck dynamic", "nncf"], f"no best settings and no other quantizer, found {found}")
