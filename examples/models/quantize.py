"""int8 models as ONNX Runtime's own quantizer makes them, in the forms that users have."""

import logging
import tempfile
import warnings
from pathlib import Path

import onnx
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

from . import adverse

# "qdq" and "qoperator": u8 activations, s8 weights with one scale per output channel. "default": what the quantizer does when
# it is told nothing: QDQ, s8 activations, s8 weights with one scale. "adverse": as "qdq", but with weights and parameters that defeat every
# proof of a cheaper formula (adverse.py).
PER_CHANNEL = {"activation_type": QuantType.QUInt8, "weight_type": QuantType.QInt8, "per_channel": True}
FORMS = {
    "qdq": {"quant_format": QuantFormat.QDQ, **PER_CHANNEL},
    "qoperator": {"quant_format": QuantFormat.QOperator, **PER_CHANNEL},
    "default": {},
    "adverse": {"quant_format": QuantFormat.QDQ, **PER_CHANNEL},
}


class _Feeds(CalibrationDataReader):
    """Hands out a list of feeds, one at a time, as the quantizer wants it."""

    def __init__(self, feeds):
        self._feeds = iter(feeds)

    def get_next(self):
        return next(self._feeds, None)


def quantize(source: Path, target: Path, form: str, feeds: list, excluded: str = "") -> None:
    """Writes `target`, one int8 form of the float model `source`, calibrated with `feeds`. Nodes whose names hold `excluded` stay
    float."""
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # The quantizer looks for weights among the initializers and leaves batch norms in float, so both are folded first.
        prepared = Path(folder) / "prepared.onnx"
        logging.getLogger().setLevel(logging.ERROR)
        quant_pre_process(str(source), str(prepared), skip_symbolic_shape=True)
        kept = [node.name for node in onnx.load(prepared).graph.node if excluded and excluded in node.name]
        quantize_static(str(prepared), str(target), _Feeds(feeds), nodes_to_exclude=kept, **FORMS[form])
        if form == "adverse":
            adverse.write(target, target)
