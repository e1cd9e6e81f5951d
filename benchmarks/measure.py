"""Measures every engine on every model in turns and writes the tables. Called by benchmarks/run."""

import argparse
import json
import os
import random
import re
import select
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import coldstart
import numpy as np
import origin
import records
import report
import work
from contest import CONTESTS, Contest, Contestant, models_of

ROOT = Path(__file__).parent.parent
RESULTS = ROOT / "benchmarks" / "results"
MODELS, ARTIFACTS = ROOT / "build" / "demo" / "models", ROOT / "build" / "benchmarks" / "artifacts"
BLOCK_SECONDS, IDLE_SECONDS = 0.5, 1.2
LEAST_BLOCKS, QUICK_BLOCKS = 7, 2


def processor() -> tuple:
    """Name and feature flags of this machine."""
    fields = dict(re.findall(r"^([^\t:]+)\s*: (.*)$", Path("/proc/cpuinfo").read_text(), re.M))
    label = f"{fields.get('model name', 'unknown')} (family {fields.get('cpu family', '?')}, model {fields.get('model', '?')})"
    return label, set(fields.get("flags", "").split())


class Engine:
    """One contestant on one model: a process that is stopped but for its own blocks."""

    def __init__(self, contestant: Contestant, paths: dict, threads: int, cores: list):
        self.contestant, self.blocks, self.facts, self.fault = contestant, [], None, ""
        job = {
            "engine": contestant.engine,
            "model": str(paths[contestant.form]),
            "inputs": str(paths["inputs"]),
            "threads": max(1, threads // contestant.streams),
            "streams": contestant.streams,
            "options": contestant.options,
            "cores": cores,
            "artifacts": str(ARTIFACTS),
        }
        self.said = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "engines", json.dumps(job)], cwd=ROOT / "benchmarks", env={**os.environ, **contestant.environment},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.said, text=True, start_new_session=True,
        )  # fmt: skip

    def begin(self, ready_seconds: float) -> bool:
        """Waits until it has loaded or compiled the model and is warm."""
        self.facts = self.answer(ready_seconds)
        self.pause()
        return self.facts is not None

    def answer(self, seconds: float):
        """The next line, or null and the reason in `fault`."""
        if not select.select([self.process.stdout], [], [], seconds)[0]:
            self.fault = f"not ready within {seconds:.0f} s"
            return None
        line = self.process.stdout.readline()
        if line:
            return json.loads(line)
        self.said.seek(0)
        said = self.said.read()
        faults = re.findall(r"^[\w.]*(?:Error|Exception|Unsupported)\b.*$", said, re.M)
        self.fault = (faults or said.strip().splitlines() or ["no message"])[-1]
        return None

    def pause(self):
        if self.facts is not None and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGSTOP)

    def order(self, **what):
        """The answer to an order; null when there is none, and then the reason is in `fault`."""
        os.killpg(self.process.pid, signal.SIGCONT)
        self.process.stdin.write(json.dumps(what) + "\n")
        self.process.stdin.flush()
        answer = self.answer(120)
        self.pause()
        return answer

    def block(self, idle: float = 0) -> bool:
        """Runs for a while; `idle` seconds right behind it, nobody runs. False when the process has failed."""
        answer = self.order(seconds=BLOCK_SECONDS, **({"idle": idle} if idle else {}))
        if answer is None:
            return False
        self.blocks.append(answer)
        return True

    def close(self):
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def result(self) -> dict:
        """The median run; of several callers at once, the time of all by the runs they made."""
        runs = [t for block in self.blocks for t in block["times"]]
        each = statistics.median(runs)
        alone = self.contestant.streams == 1
        of_blocks = [statistics.median(block["times"]) if alone else block["elapsed"] / len(block["times"]) for block in self.blocks]
        return {
            "label": self.contestant.label,
            "engine": self.contestant.engine,
            "ms": (each if alone else statistics.median(of_blocks)) * 1e3,
            "latency_ms": each * 1e3,
            "ms_of_blocks": [round(seconds * 1e3, 5) for seconds in of_blocks],
            "runs": len(runs),
            "streams": self.contestant.streams,
            "environment": self.contestant.environment,
            "blocks": len(self.blocks),
            "idle_share": self.blocks[-1]["idle_share"],
            **self.facts,
        }


def takes_part(contestant: Contestant, engines: list, wanted: list, flags: set) -> bool:
    """Whether it is wanted and the processor can run it; who stands in for another leaves it the place among `engines`."""
    if contestant.engine not in wanted or (contestant.needs and not contestant.needs & flags):
        return False
    return contestant.stands_in_for not in [engine.contestant.label for engine in engines]


def measure(contest: Contest, paths: dict, threads: int, arguments, flags: set) -> dict:
    engines = []
    try:
        return measure_with(engines, contest, paths, threads, arguments, flags)
    finally:  # whatever happened: who is stopped would stay so
        for engine in engines:
            engine.close()


def measure_with(engines: list, contest: Contest, paths: dict, threads: int, arguments, flags: set) -> dict:
    cores, left_out = sorted(os.sched_getaffinity(0))[:threads], []
    for contestant in contest.contestants:
        if not takes_part(contestant, engines, arguments.engines, flags):
            continue
        engine = Engine(contestant, paths, threads, cores)
        engines.append(engine)
        if not engine.begin(arguments.ready_seconds):
            print(f"  {contestant.label}: does not run: {engine.fault}", file=sys.stderr)
            left_out.append({"label": contestant.label, "reason": engine.fault})
            engine.close()
            engines.remove(engine)
    order = random.Random(0)
    for index in range(arguments.blocks):
        order.shuffle(engines)
        for engine in list(engines):
            if not engine.block(IDLE_SECONDS if index == arguments.blocks - 1 else 0):
                print(f"  {engine.contestant.label}: failed: {engine.fault}", file=sys.stderr)
                left_out.append({"label": engine.contestant.label, "reason": engine.fault})
                engine.close()
                engines.remove(engine)
    results = sorted((engine.result() for engine in engines), key=lambda result: result["ms"])
    compare_outputs(results)
    return {"threads": threads, "batch": contest.batch, "results": results, "left_out": left_out}


def compare_outputs(results: list) -> None:
    """Puts a correlation in place of each sample of outputs: with those of Limbeck in f32, which is exact, where it takes part."""
    exact = next((result["sample"] for result in results if result["label"] == "limbeck f32"), None)
    for result in results:
        sample = result.pop("sample")
        spread = exact is not None and np.std(sample) > 0 and np.std(exact) > 0
        result["agreement"] = float(np.corrcoef(sample, exact)[0, 1]) if spread else None


def around(engines: list, paths: dict) -> dict:
    """What surrounds the kernels of ResNet-50, each in a process of its own: compiling, and cold starts of every engine."""
    from engines.limbeck import Engine as Ours

    artifact = ARTIFACTS / "around.lmb"
    facts = Ours.resources(paths["qdq"], artifact)
    return facts | {"cold_start": coldstart.measure(engines, paths, artifact)}


def parse_arguments(words=None):
    parser = argparse.ArgumentParser(prog="benchmarks/run", description=__doc__)
    parser.add_argument("--contests", default="core")
    parser.add_argument("--models")
    parser.add_argument("--engines", default="limbeck,onnxruntime,openvino,iree,torch")
    parser.add_argument("--threads")
    parser.add_argument("--blocks", type=int, default=LEAST_BLOCKS)
    parser.add_argument("--limit-minutes", type=float, default=20)
    parser.add_argument("--ready-seconds", type=float, default=240)
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args(words)
    arguments.contests = list(CONTESTS) + ["around"] if arguments.contests == "all" else arguments.contests.split(",")
    for name in arguments.contests:
        if name not in [*CONTESTS, "around"]:
            parser.error(f"expected one of {', '.join(CONTESTS)}, around, all, found '{name}'")
    arguments.engines = arguments.engines.split(",")
    if arguments.quick:
        arguments.blocks = QUICK_BLOCKS
    elif arguments.blocks < LEAST_BLOCKS:
        parser.error(f"expected at least {LEAST_BLOCKS} blocks for rows that are recorded, found {arguments.blocks}; --quick measures {QUICK_BLOCKS} and records nothing")
    return arguments


def peaks(threads: int) -> dict:
    """What that many of the cores that engines are pinned to can do together."""
    cores = ",".join(str(core) for core in sorted(os.sched_getaffinity(0))[:threads])
    return json.loads(subprocess.run([ROOT / "build" / "benchmarks" / "peaks", cores], check=True, capture_output=True).stdout)


def main() -> int:
    sys.path.insert(0, str(ROOT / "examples"))
    from models import catalogue
    from models.__main__ import ensure_fixed

    arguments = parse_arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that engines are closed
    end = time.monotonic() + arguments.limit_minutes * 60
    ARTIFACTS.mkdir(parents=True, exist_ok=True)
    label, flags = processor()
    document = records.load(RESULTS, label)
    document |= {"processor": label, "cores": len(os.sched_getaffinity(0)), "block_seconds": BLOCK_SECONDS}
    for contest_name in arguments.contests:
        measured = {"rows": [], "not_measured": []}
        if contest_name == "around":
            document["around"] = {"origin": origin.of_now()} | around(arguments.engines, ensure_fixed(MODELS, "resnet50", ["qdq", "default"], 1))
            continue
        contest = CONTESTS[contest_name]
        wanted = arguments.models.split(",") if arguments.models else models_of(contest, catalogue.ENTRIES)
        counts = [int(text) for text in arguments.threads.split(",")] if arguments.threads else contest.threads
        for threads in counts:
            reached = peaks(threads) if threads <= document["cores"] else None
            for name in [name for name in models_of(contest, catalogue.ENTRIES) if name in wanted]:
                what = f"{contest_name}, {name}, {threads} threads"
                reason = f"this machine has {document['cores']} cores" if threads > document["cores"] else ""
                reason = reason or ("the time was over" if time.monotonic() > end else "")
                if reason:
                    print(f"{what}: left out, {reason}", file=sys.stderr)
                    measured["not_measured"].append(f"{name}, {threads} threads: {reason}")
                    continue
                forms = sorted({contestant.form for contestant in contest.contestants} - {"float"})
                paths = ensure_fixed(MODELS, name, forms, contest.batch)
                print(what, file=sys.stderr, flush=True)
                with np.load(paths["inputs"]) as inputs:
                    counted = work.of_model(paths["float"], {port: inputs[port][0] for port in inputs})
                row = {"model": name, "origin": origin.of_now(), "peaks": reached, **counted, **measure(contest, paths, threads, arguments, flags)}
                if not row["results"]:
                    measured["not_measured"].append(f"{name}, {threads} threads: nobody takes part on this processor")
                    continue
                measured["rows"].append(row)
                print(report.row_text(row, contest), flush=True)
        document["contests"][contest_name] = records.joined(document["contests"].get(contest_name), measured)
    if not arguments.quick:
        print(f"wrote {report.write(document, RESULTS)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
