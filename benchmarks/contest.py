"""What is measured: contests, and who takes part in each."""

from dataclasses import dataclass, field

BF16 = {"avx512_bf16", "amx_bf16"}
AMX = {"amx_int8"}


@dataclass(frozen=True)
class Contestant:
    label: str
    engine: str
    form: str
    options: dict = field(default_factory=dict)
    environment: dict = field(default_factory=dict)
    streams: int = 1  # callers at once; they share the threads of the row
    needs: frozenset = frozenset()  # one of these processor features
    stands_in_for: str = ""  # the label of another: takes part only where that one does not run


@dataclass(frozen=True)
class Contest:
    what: str
    contestants: list
    models: str = "all"  # or "convolutional", or one name
    batch: int = 1
    threads: tuple = (1, 2)
    first: str = "limbeck int8"  # whose time is compared with that of the best peer
    beside: str = ""  # the label of ours on another form of the model, with whose time that of `first` is compared


SHARED = {"pool": "shared"}
F32, HALF = {"hint": "f32"}, {"hint": "bf16"}
HELD = {"ONEDNN_MAX_CPU_ISA": "AVX2"}
OURS = [
    Contestant("limbeck int8", "limbeck", "qdq"),
    Contestant("limbeck f32", "limbeck", "float"),
    Contestant("limbeck bf16", "limbeck", "float", {"precision": "bf16"}, needs=BF16),
]
PEERS = [
    Contestant("onnxruntime int8", "onnxruntime", "qdq"),
    Contestant("onnxruntime f32", "onnxruntime", "float"),
    Contestant("openvino int8", "openvino", "qdq", F32),
    Contestant("openvino f32", "openvino", "float", F32),
    Contestant("openvino int8+bf16", "openvino", "qdq", HALF, needs=BF16),
    Contestant("openvino bf16", "openvino", "float", HALF, needs=BF16),
]
STREAMS = [
    Contestant("onnxruntime int8 x2", "onnxruntime", "qdq", streams=2),
    Contestant("openvino int8 x2", "openvino", "qdq", F32, streams=2),
    Contestant("openvino int8+bf16 x2", "openvino", "qdq", HALF, streams=2, needs=BF16),
    Contestant("openvino bf16 x2", "openvino", "float", HALF, streams=2, needs=BF16),
]
COMPILERS = [
    Contestant("iree int8", "iree", "qdq"),
    Contestant("iree f32", "iree", "float"),
    Contestant("torch int8", "torch", "qdq"),
    Contestant("torch f32", "torch", "float"),
]

CONTESTS = {
    "core": Contest("One sample at a time", OURS + PEERS),
    "compilers": Contest("One sample at a time beside other compilers", OURS + COMPILERS, threads=(2,)),
    "batch8": Contest("Eight samples at a time; x2: two callers, each with half of the threads", OURS + PEERS + STREAMS, "convolutional", batch=8, threads=(2,)),
    "default": Contest(
        "Models of the quantizer's defaults (s8 activations, weights per tensor) beside those of the first set",
        [
            Contestant("limbeck int8 default", "limbeck", "default"),
            Contestant("limbeck int8", "limbeck", "qdq"),
            Contestant("onnxruntime int8 default", "onnxruntime", "default"),
            Contestant("openvino int8 default", "openvino", "default", F32),
            Contestant("openvino int8+bf16 default", "openvino", "default", HALF, needs=BF16),
        ],
        first="limbeck int8 default",
        beside="limbeck int8",
    ),
    "adverse": Contest(
        "Models whose weights, scales and zero points defeat every proof of a cheaper epilogue, beside those of the first set",
        [
            Contestant("limbeck int8 adverse", "limbeck", "adverse"),
            Contestant("limbeck int8", "limbeck", "qdq"),
            Contestant("onnxruntime int8 adverse", "onnxruntime", "adverse"),
            Contestant("openvino int8 adverse", "openvino", "adverse", F32),
            Contestant("openvino int8+bf16 adverse", "openvino", "adverse", HALF, needs=BF16),
        ],
        first="limbeck int8 adverse",
        beside="limbeck int8",
    ),
    "avx2": Contest(
        "Held to AVX2: OpenVINO by its setting; ONNX Runtime, which has none, by what its CPUID instructions answer",
        [
            Contestant("limbeck int8", "limbeck", "qdq", {"target": "cpu:avx2"}),
            Contestant("limbeck f32", "limbeck", "float", {"target": "cpu:avx2"}),
            Contestant("openvino int8", "openvino", "qdq", F32, HELD),
            Contestant("openvino f32", "openvino", "float", F32, HELD),
            Contestant("onnxruntime int8", "onnxruntime", "qdq", {"held": "AVX2"}),
            Contestant("onnxruntime f32", "onnxruntime", "float", {"held": "AVX2"}),
            Contestant("onnxruntime int8 (not held)", "onnxruntime", "qdq", stands_in_for="onnxruntime int8"),
            Contestant("onnxruntime f32 (not held)", "onnxruntime", "float", stands_in_for="onnxruntime f32"),
        ],
    ),
    "vnni": Contest(
        "Held to AVX-512-VNNI on a processor with AMX; ONNX Runtime is not held",
        [
            Contestant("limbeck int8", "limbeck", "qdq", {"target": "cpu:avx512-vnni"}, needs=AMX),
            Contestant("limbeck f32", "limbeck", "float", {"target": "cpu:avx512-vnni"}, needs=AMX),
            Contestant("openvino int8", "openvino", "qdq", F32, {"ONEDNN_MAX_CPU_ISA": "AVX512_CORE_VNNI"}, needs=AMX),
            Contestant("openvino f32", "openvino", "float", F32, {"ONEDNN_MAX_CPU_ISA": "AVX512_CORE_VNNI"}, needs=AMX),
            Contestant("onnxruntime int8 (not held)", "onnxruntime", "qdq", needs=AMX),
        ],
    ),
    "contexts": Contest(
        "ResNet-50 with several contexts at once on two threads: one context of two threads, then contexts of one thread each; "
        "pool: contexts of the default options, which share the two threads of the process",
        [Contestant("limbeck int8 x1", "limbeck", "qdq")]
        + [Contestant(f"limbeck int8 pool x{count}", "limbeck", "qdq", SHARED, streams=count) for count in (1, 2, 4)]
        + [Contestant(f"limbeck int8 x{count}", "limbeck", "qdq", streams=count) for count in (2, 4)]
        + [Contestant("onnxruntime int8 x1", "onnxruntime", "qdq"), Contestant("openvino int8 x1", "openvino", "qdq", F32)]
        + [Contestant(f"onnxruntime int8 x{count}", "onnxruntime", "qdq", streams=count) for count in (2, 4)]
        + [Contestant(f"openvino int8 x{count}", "openvino", "qdq", F32, streams=count) for count in (2, 4)],
        "resnet50",
        threads=(2,),
        first="limbeck int8 x1",
    ),
}


def models_of(contest: Contest, entries: dict) -> list:
    """The names of the models that a contest measures."""
    if contest.models == "all":
        return [name for name in entries if name != "small_encoder"]
    if contest.models == "convolutional":
        return [name for name, entry in entries.items() if entry.convolutional]
    return [contest.models]
