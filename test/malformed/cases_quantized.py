"""Quantization parameters: faults 60 to 66."""

from builders import *

DENORMAL = 1e-45


def quantize(scale=0.5, zero_point=3, zero_type=np.uint8, shape=(1, 4, 8, 8), opset=OPSET, **attributes):
    tensors = [array("s", scale, np.float32), array("z", zero_point, zero_type)]
    return one("QuantizeLinear", ("x", "s", "z"), initializers=tensors, shape=shape, opset=opset, **attributes)


def dequantize(scale=0.5, zero_point=3, zero_type=np.uint8, dtype=T.UINT8, opset=OPSET, **attributes):
    tensors = [array("s", scale, np.float32), array("z", zero_point, zero_type)]
    return one("DequantizeLinear", ("x", "s", "z"), initializers=tensors, dtype=dtype, opset=opset, **attributes)


def scale_cases():
    yield "60_good", quantize(), "ok"
    yield "60_quantize", quantize(0.0), "E-SCALE", "node 'QuantizeLinear_node' (QuantizeLinear): expected a scale that is positive and"
    yield "60_dequantize", dequantize(0.0), "E-SCALE", "node 'DequantizeLinear_node' (DequantizeLinear): expected a scale that is positive and"
    yield ("60_per_axis", quantize([1, 1, 0, 1], [0] * 4, axis=1),
           "E-SCALE", "node 'QuantizeLinear_node' (QuantizeLinear): expected a scale that is positive and")
    for name, value in {"nan": np.nan, "inf": np.inf, "minus_inf": -np.inf, "negative": -0.5}.items():
        yield f"61_quantize_{name}", quantize(value), "E-SCALE", "node 'QuantizeLinear_node' (QuantizeLinear): expected a scale that is positive and"
        yield (f"61_dequantize_{name}", dequantize(value),
               "E-SCALE", "node 'DequantizeLinear_node' (DequantizeLinear): expected a scale that is positive and")
    yield ("62_denormal", quantize(DENORMAL),
           "E-SCALE-RANGE", "node 'QuantizeLinear_node' (QuantizeLinear): expected a scale of at least 2^-126, found")
    yield ("62_product", qlinear_conv(x_scale=1e38, w_scale=1e38, y_scale=1e-30),
           "E-SCALE-RANGE", "node 'QLinearConv_node' (QLinearConv): expected a finite (x_scale * w_scale) / y_scale,")


def axis_cases():
    yield ("63_count", quantize([1, 1, 1], [0] * 3, axis=1),
           "E-QAXIS", "node 'QuantizeLinear_node' (QuantizeLinear): expected 4 parameters along dimension 0,")
    yield ("63_axis", quantize([1] * 4, [0] * 4, axis=42),
           "E-QAXIS", "node 'QuantizeLinear_node' (QuantizeLinear): attribute 'axis': expected an axis from -4")
    yield ("63_zero_points", quantize([1] * 4, [0] * 3, axis=1),
           "E-QAXIS", "node 'QuantizeLinear_node' (QuantizeLinear): expected 4 parameters along dimension 0,")
    for name, size in {"negative": -4, "not_covering": 1}.items():
        blocked = quantize(np.ones((1, 2, 8, 8)), np.zeros((1, 2, 8, 8)), opset=21, axis=1, block_size=size)
        yield f"63_block_{name}", blocked, "E-QAXIS", "node 'QuantizeLinear_node' (QuantizeLinear):"
    yield ("63_block_zero", quantize(np.ones((1, 2, 8, 8)), np.zeros((1, 2, 8, 8)), opset=21, axis=1, block_size=0),
           "E-QAXIS", "node 'QuantizeLinear_node' (QuantizeLinear): expected a scale of rank 1 or a scalar,")


def zero_point_cases():
    yield "64_type", dequantize(zero_type=np.int8), "E-ZP", "node 'DequantizeLinear_node' (DequantizeLinear): expected 'zero_point' of type u8,"
    yield "64_float", quantize(zero_type=np.float32), "E-ZP", "node 'QuantizeLinear_node' (QuantizeLinear): expected a zero point of an integer type,"
    yield ("64_output_type", quantize(opset=21, output_dtype=T.INT8),
           "E-ZP", "node 'QuantizeLinear_node' (QuantizeLinear): expected a zero point of type s8, found u8")
    yield ("64_symmetric", dequantize(zero_type=np.int32, dtype=T.INT32),
           "E-ZP", "node 'DequantizeLinear_node' (DequantizeLinear): expected a zero point of 0 for data of")


def qlinear_conv(weight=(6, 4, 3, 3), bias=np.int32, x_scale=0.5, w_scale=0.25, y_scale=1.0, bias_count=6):
    tensors = [
        array("xs", x_scale, np.float32), array("xz", 128, np.uint8),
        weights("w", weight, np.int8), array("ws", w_scale, np.float32), array("wz", 0, np.int8),
        array("ys", y_scale, np.float32), array("yz", 128, np.uint8),
        numpy_helper.from_array(np.zeros(bias_count, bias), "b"),
    ]
    return one("QLinearConv", ("x", "xs", "xz", "w", "ws", "wz", "ys", "yz", "b"), initializers=tensors, dtype=T.UINT8)


def qlinear_cases():
    yield "65_good", qlinear_conv(), "ok"
    yield "65_weight_rank", qlinear_conv((6,)), "E-QCONV", "node 'QLinearConv_node' (QLinearConv): expected weights of rank 4, found shape 6"
    yield "65_bias_type", qlinear_conv(bias=np.float32), "E-QCONV", "node 'QLinearConv_node' (QLinearConv): expected a bias of type s32, found f32"
    yield "65_bias_count", qlinear_conv(bias_count=5), "E-SHAPE", "node 'QLinearConv_node' (QLinearConv): expected a bias of 6 entries, found 5"
    yield ("65_weight_scales", qlinear_conv(w_scale=[1, 1]),
           "E-QAXIS", "node 'QLinearConv_node' (QLinearConv): expected 6 parameters along dimension 0, found 2")


def type_cases():
    yield ("66_int4_relu", one("Relu", dtype=T.INT4),
           "E-DTYPE", "node 'Relu_node' (Relu): expected a float type or an integer type of at least 8 bits,")
    yield ("66_int4_old", dequantize(zero_type=np.uint8, dtype=T.INT4, opset=13),
           "E-DTYPE", "node 'DequantizeLinear_node' (DequantizeLinear): expected a quantized type that")
    yield "66_float8", one("Relu", dtype=T.FLOAT8E5M2), "E-UNSUPPORTED-TYPE", "input 'x': element type FLOAT8E5M2 is not supported"
    half = [array("s", 0.5, np.float16), array("z", 3, np.uint8)]
    yield ("66_half_scale_old", one("QuantizeLinear", ("x", "s", "z"), initializers=half),
           "E-DTYPE", "node 'QuantizeLinear_node' (QuantizeLinear): expected scales of type f32 at opset 17,")
    yield ("66_bool_add", one("Add", ("x", "x"), dtype=T.BOOL),
           "E-DTYPE", "node 'Add_node' (Add): expected a float type or an integer type of at least 8 bits,")


ALL = [scale_cases, axis_cases, zero_point_cases, qlinear_cases, type_cases]
