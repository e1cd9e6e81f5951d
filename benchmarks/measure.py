"""Measures every engine on every model in turns and writes the tables. Called by benchmarks/run."""

import argparse
import json
import os
import random
import re
import signal
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import report

ROOT = Path(__file__).parent.parent
MODELS = ROOT / "build" / "demo" / "models"
SHAPES = {
    "resnet50": (1, 3, 224, 224),
    "mobilenetv2": (1, 3, 224, 224),
    "recognizer": (1, 3, 48, 320),
    "detector": (1, 3, 480, 640),
    "angle": (1, 3, 48, 192),
}
BLOCK_SECONDS = 0.5


def processor() -> tuple:
    """Name and feature flags of this machine."""
    fields = dict(re.findall(r"^([^\t:]+)\s*: (.*)$", Path("/proc/cpuinfo").read_text(), re.M))
    label = f"{fields.get('model name', 'unknown')} (family {fields.get('cpu family', '?')}, model {fields.get('model', '?')})"
    return label, set(fields.get("flags", "").split())


class Engine:
    """One engine on one model: a process that is stopped but for its own blocks."""

    def __init__(self, label: str, engine: str, model: Path, shape, threads: int, hint: str, cores: list):
        self.label, self.times = label, []
        job = {"engine": engine, "model": str(model), "shape": shape, "threads": threads, "hint": hint, "cores": cores}
        said = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(
            [sys.executable, ROOT / "benchmarks" / "engines.py", json.dumps(job)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=said, text=True, start_new_session=True,
        )  # fmt: skip
        line = self.process.stdout.readline()
        self.facts = json.loads(line) if line else None
        said.seek(0)
        self.fault = (said.read().strip().splitlines() or ["no message"])[-1] if self.facts is None else ""
        self.pause()

    def pause(self):
        if self.facts is not None:
            os.killpg(self.process.pid, signal.SIGSTOP)

    def block(self):
        os.killpg(self.process.pid, signal.SIGCONT)
        self.process.stdin.write(json.dumps({"seconds": BLOCK_SECONDS}) + "\n")
        self.process.stdin.flush()
        self.times.append(json.loads(self.process.stdout.readline())["times"])
        self.pause()

    def close(self):
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def result(self) -> dict:
        runs = [t for block in self.times for t in block]
        return {
            "label": self.label,
            "ms": statistics.median(runs) * 1e3,
            "ms_of_blocks": [round(statistics.median(block) * 1e3, 4) for block in self.times],
            "runs": len(runs),
            **self.facts,
        }


def contestants(name: str, flags: set) -> list:
    """(label, engine, model file, hint) of every engine and precision."""
    float_model, int8_model = MODELS / f"{name}.onnx", MODELS / f"{name}.qdq.onnx"
    rows = [
        ("limbeck int8", "limbeck", int8_model, ""),
        ("limbeck f32", "limbeck", float_model, ""),
        ("onnxruntime int8", "onnxruntime", int8_model, ""),
        ("onnxruntime f32", "onnxruntime", float_model, ""),
        ("openvino int8", "openvino", int8_model, "f32"),
        ("openvino f32", "openvino", float_model, "f32"),
    ]
    if {"avx512_bf16", "amx_bf16"} & flags:
        rows += [("openvino bf16", "openvino", float_model, "bf16"), ("openvino int8+bf16", "openvino", int8_model, "bf16")]
    return rows


def measure(name: str, threads: int, blocks: int, flags: set) -> list:
    cores = sorted(os.sched_getaffinity(0))[:threads]
    engines = []
    for label, engine, model, hint in contestants(name, flags):
        candidate = Engine(label, engine, model, SHAPES[name], threads, hint, cores)
        if candidate.facts is None:
            print(f"  {label}: does not run {model.name}: {candidate.fault}", file=sys.stderr)
            candidate.close()
            continue
        engines.append(candidate)
    order = random.Random(0)
    for _ in range(blocks):
        order.shuffle(engines)
        for engine in engines:
            engine.block()
    results = sorted((engine.result() for engine in engines), key=lambda result: result["ms"])
    for engine in engines:
        engine.close()
    return results


def main() -> int:
    parser = argparse.ArgumentParser(prog="benchmarks/run", description=__doc__)
    parser.add_argument("--threads", default="1,2")
    parser.add_argument("--models", default=",".join(SHAPES))
    parser.add_argument("--blocks", type=int, default=7)
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    label, flags = processor()
    document = {
        "schema": 1,
        "processor": label,
        "cores": len(os.sched_getaffinity(0)),
        "peaks": json.loads(subprocess.run([ROOT / "build" / "benchmarks" / "peaks"], check=True, capture_output=True).stdout),
        "block_seconds": BLOCK_SECONDS,
        "rows": [],
    }
    for threads in [int(text) for text in arguments.threads.split(",")]:
        if threads > document["cores"]:
            print(f"{threads} threads: this machine has {document['cores']} cores; left out", file=sys.stderr)
            continue
        for name in arguments.models.split(","):
            print(f"{name}, {threads} threads", file=sys.stderr, flush=True)
            results = measure(name, threads, 2 if arguments.quick else arguments.blocks, flags)
            document["rows"].append({"model": name, "threads": threads, "results": results})
            print(report.row_text(document["rows"][-1]), flush=True)
    if not arguments.quick:
        print(f"wrote {report.write(document, ROOT / 'benchmarks' / 'results')}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
