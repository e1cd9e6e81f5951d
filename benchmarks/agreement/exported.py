"""Our .onnx of every model against ONNX Runtime, stretch by stretch, as test/execute/exported.py does it with the models that the tests
have: names and open dimensions as in the source, both runtimes load it, and integers are those that Limbeck computes."""

import sys
from pathlib import Path

import onnx

from .quantizers import PROGRAM, ROOT
from .tasks import CALIBRATION, TASKS, TEST

sys.path.insert(0, str(ROOT / "test" / "execute"))

# How many samples to calibrate with: what is compared does not depend on it.
SAMPLES = 8


def check(name: str, folder: Path) -> bool:
    """Prints `ok`, or what is wrong."""
    from exported import LimbeckError, check_quantized
    from limbeck_command import Limbeck

    task = TASKS[name]
    source = folder / f"{name}.open.onnx"
    task.write(source)
    calibration, inputs = task.data(CALIBRATION, SAMPLES).feeds, task.data(TEST, 1).feeds
    try:
        fault = check_quantized(Limbeck(PROGRAM), source, calibration, [*calibration[:1], *inputs])
    except (LimbeckError, ValueError, onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as error:
        fault = str(error)
    print(f"{'FAIL' if fault else 'ok  '} {name}, quantized by Limbeck{': ' + fault if fault else ''}", flush=True)
    return not fault
