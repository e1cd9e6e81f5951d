"""int8 models as ONNX Runtime's own quantizer makes them: u8 activations, s8 weights with one scale per output channel."""

import logging
import tempfile
import warnings
from pathlib import Path

from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

FORMATS = {"qdq": QuantFormat.QDQ, "qoperator": QuantFormat.QOperator}


class _Feeds(CalibrationDataReader):
    """Hands out a list of feeds, one at a time, as the quantizer wants it."""

    def __init__(self, feeds):
        self._feeds = iter(feeds)

    def get_next(self):
        return next(self._feeds, None)


def quantize(source: Path, target: Path, form: str, feeds: list) -> None:
    """Writes `target`, the int8 form ("qdq" or "qoperator") of the float model `source`, calibrated with `feeds`."""
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # The quantizer looks for weights among the initializers and leaves batch norms in float, so both are folded first.
        prepared = Path(folder) / "prepared.onnx"
        logging.getLogger().setLevel(logging.ERROR)
        quant_pre_process(str(source), str(prepared), skip_symbolic_shape=True)
        quantize_static(
            str(prepared),
            str(target),
            _Feeds(feeds),
            quant_format=FORMATS[form],
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            per_channel=True,
        )
