"""Who takes part: each quantizer with its documented defaults and with settings of which the best on validation samples is reported."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Candidate:
    label: str  # the row of the table
    setting: str  # in the quantizer's own words
    kind: str
    runtimes: tuple  # those that take the file: the one whose outputs agree most with float stands for it
    options: dict = field(default_factory=dict)
    suffix: str = ".onnx"


OURS, PEERS, OPENVINO = ("limbeck",), ("onnxruntime", "openvino"), ("openvino", "onnxruntime")
# Whose agreement all others are compared with.
FIRST = "limbeck static"
# Rows of ours that are no float model.
QUANTIZED_BY_US = (FIRST, "limbeck dynamic", "limbeck best")
# The setting of ours that gives up some speed for agreement.
ACCURATE = "--accurate"


def _ours(label: str, setting: str, flags=(), recipe: str = "") -> Candidate:
    return Candidate(label, setting, "limbeck", OURS, {"flags": list(flags), "recipe": recipe}, ".lmb")


def _static(label: str, setting: str, **options) -> Candidate:
    return Candidate(label, setting, "onnxruntime_static", PEERS, options)


WEIGHTS_MSE = "  - op: [Conv, ConvTranspose, Gemm, MatMul]\n    weight_method: mse\n"
CONTRACTIONS = ["Conv", "ConvTranspose", "Gemm", "MatMul"]
PER_CHANNEL = {"activation_type": "QUInt8", "weight_type": "QInt8", "per_channel": True}


def _nncf_best(task: str) -> list:
    """What NNCF's documentation advises: the mixed preset, its model type for networks with layer norms, all samples, biases
    corrected with the whole model or not at all."""
    transformer = task in ("minilm", "magika")
    kind = {"model_type": "transformer"} if transformer else {}
    named = "mixed, transformer" if transformer else "mixed"
    settings = [(named, {}), (f"{named}, full bias correction", {"fast_bias_correction": False}), (f"{named}, contractions only", {"only_contractions": True})]
    return [Candidate("nncf best", setting, "nncf", OPENVINO, {"preset": "mixed", **kind, **options}) for setting, options in settings]


def candidates(task: str) -> list:
    """In the order of the table. Of several with one label, the best on validation samples stands for it."""
    return [
        Candidate("limbeck float", "compile", "limbeck_float", OURS, suffix=".lmb"),
        _ours(FIRST, "defaults"),
        _ours("limbeck dynamic", "--dynamic", ["--dynamic"]),
        _ours("limbeck best", "--method minmax", ["--method", "minmax"]),
        _ours("limbeck best", "--method mse", ["--method", "mse"]),
        _ours("limbeck best", "--percentile 99.99", ["--percentile", "99.99"]),
        _ours("limbeck best", "weight_method: mse", recipe=WEIGHTS_MSE),
        _ours("limbeck best", ACCURATE, [ACCURATE]),
        _static("onnxruntime static", "defaults"),
        _static("onnxruntime static best", "u8 s8 per channel, minmax", **PER_CHANNEL),
        _static("onnxruntime static best", "u8 s8 per channel, minmax averaged", **PER_CHANNEL, extra_options={"CalibMovingAverage": True}),
        _static("onnxruntime static best", "u8 s8 per channel, percentile", **PER_CHANNEL, calibrate_method="Percentile"),
        _static("onnxruntime static best", "u8 s8 per channel, entropy", **PER_CHANNEL, calibrate_method="Entropy"),
        _static("onnxruntime static best", "u8 s8 per channel, minmax, constant factors only", **PER_CHANNEL, extra_options={"MatMulConstBOnly": True}),
        _static("onnxruntime static best", "u8 s8 per channel, minmax, contractions only", **PER_CHANNEL, op_types_to_quantize=CONTRACTIONS),
        _static("onnxruntime static best", "u8 s8, minmax, contractions only", **{**PER_CHANNEL, "per_channel": False}, op_types_to_quantize=CONTRACTIONS),
        # Weights of 7 bits, which its documentation advises where the processor has no VNNI: sums of two products then do not saturate.
        _static("onnxruntime static best", "u8 s8 per channel, minmax, contractions only, reduced range", **PER_CHANNEL, op_types_to_quantize=CONTRACTIONS, reduce_range=True),
        Candidate("onnxruntime dynamic", "defaults", "onnxruntime_dynamic", PEERS),
        Candidate("onnxruntime dynamic best", "u8 weights", "onnxruntime_dynamic", PEERS, {"weight_type": "QUInt8"}),
        Candidate("onnxruntime dynamic best", "u8 weights per channel", "onnxruntime_dynamic", PEERS, {"weight_type": "QUInt8", "per_channel": True}),
        Candidate("onnxruntime dynamic best", "s8 weights per channel", "onnxruntime_dynamic", PEERS, {"weight_type": "QInt8", "per_channel": True}),
        Candidate("nncf", "defaults", "nncf", OPENVINO),
        *_nncf_best(task),
    ]
