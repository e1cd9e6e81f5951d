#!/usr/bin/env python3
"""Compiles real models for the instruction sets of x86-64 and reads the assembly: no loop of a contraction of
integers may keep vectors on the stack, and none of f32 or bf16 its sums.

Inputs of floats may wait there: where windows overlap, as those of stems and of depthwise convolutions do, LLVM reads what several results
need once, and keeps what 16 registers do not hold. Reading it again from its buffer costs the same.

Depthwise convolutions may read there what does not change: a block reads each of its weights once, which costs the same whether it
comes from its table or from a copy on the stack. Where products come in pairs they also move a few vectors of 160 instructions there; and
MobileNetV2's products of 24 inputs, one block and a half, are no loop of their own: that over pixels keeps constants of the epilogue.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import spills

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "examples"))

from models.__main__ import ensure_fixed  # noqa: E402

LIMBECK = ROOT / "build" / "bin" / "limbeck"
MODELS = ROOT / "build" / "demo" / "models"
TARGETS = ["avx2", "avx512", "avx512-vnni", "amx"]
# What 16 registers do not hold, in lines of a loop; elsewhere none.
MOST = {("avx2", "depthwise"): 9, ("avx512", "depthwise"): 3, ("mobilenetv2, avx2", "pair tile"): 4}
FLOAT_MODELS = ["resnet50", "mobilenetv2", "detector", "recognizer"]
# By target: the precision, and what multiplies.
FLOAT_TARGETS = {
    "avx2": ("f32", spills.PRODUCT_OF_F32),
    "avx512": ("f32", spills.PRODUCT_OF_F32),
    "avx512-bf16": ("bf16", spills.PRODUCT_OF_BF16),
    "amx": ("bf16", spills.PRODUCT_OF_BF16),
}
# Other kernels multiply floats as well: exponentials of a softmax.
CONTRACTIONS = ["conv", "conv_transpose", "matmul"]
# One value of the hard swish behind a depthwise convolution, in loops of 250 lines.
# In the recognizer's attention maxima and sums of a row wait while its exponentials are computed, in a loop of 630 lines.
MOST_SUMS = {"avx2": 1, "recognizer, avx2": 6}
LEAST_LOOPS = 20  # of contractions, in any model on any target: fewer were not found

SAMPLE = """\
task_kernel_7:
	vmovdqu	%ymm1, 64(%rsp)
.LBB0_1:
	vpmaddwd	%ymm3, %ymm4, %ymm5
	jne	.LBB0_1
	jmp	.LBB0_3
.LBB0_2:
	vpmaddwd	%ymm3, %ymm4, %ymm5
{inside}
	jne	.LBB0_2
.LBB0_3:
	jne	.LBB0_1
	retq
.Lfunc_end0:
"""


def expect(condition, what: str) -> None:
    if not condition:
        raise AssertionError(f"expected {what}")


def found_in(inside: str) -> list:
    loops = [loop for loop in spills.innermost_loops(SAMPLE.format(inside=inside)) if spills.is_contraction(loop)]
    expect([loop.label for loop in loops] == [".LBB0_1", ".LBB0_2"], f"two loops, found {[loop.label for loop in loops]}")
    return [line for loop in loops for line in spills.spilled(loop)]


def test_finds_vectors_on_the_stack():
    expect(found_in("\tvpaddd\t64(%rsp), %ymm5, %ymm6"), "a sum with a place on the stack")
    expect(found_in("\tvmovdqu\t%ymm5, 96(%rsp)                # 32-byte Spill"), "a move to the stack")
    expect(not found_in("\tvpaddd\t128(%rsp), %ymm5, %ymm6"), "nothing of a place that vectors are not moved to: tiles store there")
    expect(not found_in("\tvpaddd\t64(%rsp,%rcx), %ymm5, %ymm6"), "nothing of an array on the stack")
    expect(not found_in("\tmovq\t64(%rsp), %rax"), "nothing of a number")
    expect(not found_in("\tvpaddd\t64(%rbp), %ymm5, %ymm6"), "nothing of a pointer")


def sums_in(inside: str) -> list:
    sample = SAMPLE.replace("vpmaddwd", "vfmadd231ps").format(inside=inside)
    loops = [loop for loop in spills.innermost_loops(sample) if spills.is_contraction(loop, spills.PRODUCT_OF_F32)]
    expect(len(loops) == 2, f"two loops, found {len(loops)}")
    return [line for loop in loops for line in spills.moved_sums(loop)]


def test_tells_sums_from_inputs():
    expect(sums_in("\tvmovups\t%ymm5, 64(%rsp)"), "a sum of this iteration")
    expect(sums_in("\tvmovups\t%ymm9, 64(%rsp)"), "a sum of an iteration before")
    expect(not sums_in("\tvbroadcastss\t8(%rcx), %ymm5\n\tvmovups\t%ymm5, 64(%rsp)"), "nothing of an input")
    expect(sums_in("\tvmovups\t8(%rcx), %ymm6\n\tvfmadd231ps\t%ymm3, %ymm4, %ymm6\n\tvmovups\t%ymm6, 64(%rsp)"), "a sum that began as an input")
    expect(not sums_in("\tvmovups\t%ymm5, 64(%rsp,%rcx)"), "nothing of an array on the stack")


def kernels(model: Path, target: str, precision: str = "f32") -> list:
    """What `plan` says of them, in the order of their numbers: views are none."""
    command = [LIMBECK, "plan", model, "--target", f"cpu:{target}", "--precision", precision, "--json", "--quiet"]
    done = subprocess.run(command, check=True, capture_output=True)
    return [kernel for kernel in json.loads(done.stdout)["kernels"] if kernel["families"][0] != "view"]


def check(name: str, target: str, folder: Path) -> None:
    model = ensure_fixed(MODELS, name, ["qdq"], 1)["qdq"]
    assembly = folder / f"{name}.{target}.s"
    subprocess.run([LIMBECK, "compile", model, "-o", assembly, "--target", f"cpu:{target}", "--quiet"], check=True)
    family, faults = [kernel["families"][0] for kernel in kernels(model, target)], []
    loops = [loop for loop in spills.innermost_loops(assembly.read_text()) if spills.is_contraction(loop)]
    for loop in loops:
        of_loop = family[int(loop.function.rsplit("_", 1)[1])]
        lines = spills.moved(loop) if of_loop == "depthwise" else spills.spilled(loop)
        if len(lines) > max(MOST.get((target, of_loop), 0), MOST.get((f"{name}, {target}", of_loop), 0)):
            faults.append(f"{loop.function} ({of_loop}), loop {loop.label}: {len(lines)} lines such as '{lines[0]}'")
    expect(len(loops) >= LEAST_LOOPS, f"at least {LEAST_LOOPS} loops of contractions in {assembly.name}, found {len(loops)}")
    expect(not faults, f"no vectors on the stack in {assembly.name}, found\n  " + "\n  ".join(faults))


def check_floats(name: str, target: str, folder: Path) -> None:
    precision, product = FLOAT_TARGETS[target]
    model = ensure_fixed(MODELS, name, [], 1)["float"]
    assembly = folder / f"{name}.{target}.{precision}.s"
    subprocess.run([LIMBECK, "compile", model, "-o", assembly, "--target", f"cpu:{target}", "--precision", precision, "--quiet"], check=True)
    contracts = [any(op in CONTRACTIONS for op in kernel["ops"]) for kernel in kernels(model, target, precision)]
    loops = [loop for loop in spills.innermost_loops(assembly.read_text()) if spills.is_contraction(loop, product)]
    loops, faults = [loop for loop in loops if contracts[int(loop.function.rsplit("_", 1)[1])]], []
    for loop in loops:
        lines = spills.moved_sums(loop)
        if len(lines) > max(MOST_SUMS.get(target, 0), MOST_SUMS.get(f"{name}, {target}", 0)):
            faults.append(f"{loop.function}, loop {loop.label}: {len(lines)} lines such as '{lines[0]}'")
    expect(len(loops) >= LEAST_LOOPS, f"at least {LEAST_LOOPS} loops of contractions in {assembly.name}, found {len(loops)}")
    expect(not faults, f"no sums on the stack in {assembly.name}, found\n  " + "\n  ".join(faults))


def main() -> int:
    passed = failed = 0
    with tempfile.TemporaryDirectory() as folder:
        tests = {"sample": test_finds_vectors_on_the_stack, "sums": test_tells_sums_from_inputs}
        for name in ("resnet50", "mobilenetv2"):
            for target in TARGETS:
                tests[f"{name}, {target}"] = lambda name=name, target=target: check(name, target, Path(folder))
        for name in FLOAT_MODELS:
            for target in FLOAT_TARGETS:
                tests[f"{name}, floats, {target}"] = lambda name=name, target=target: check_floats(name, target, Path(folder))
        for name, test in tests.items():
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
