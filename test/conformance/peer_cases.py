"""Single nodes that ONNX's node tests leave out, with what ONNX Runtime makes of them: com.microsoft's quantized ops, which
must agree bit for bit, and the forms that ops had in older opsets.
"""

import numpy
import onnx
import onnxruntime
from onnx import helper, numpy_helper

random = numpy.random.default_rng(7)
F32, S64 = numpy.float32, numpy.int64


class Case:
    """One node. Operands are arrays; `constant` ones become initializers, None an absent operand."""

    def __init__(self, name, op, operands, opset=21, domain="", outputs=1, computed=(0,), **attributes):
        self.name, self.operands = name, operands
        names = ["" if value is None else f"i{index}" for index, value in enumerate(operands)]
        results = [f"o{index}" for index in range(outputs)]
        if "softmax_opset" in attributes:  # QLinearSoftmax has an attribute of the name of our parameter
            attributes["opset"] = attributes.pop("softmax_opset")
        node = helper.make_node(op, names, results, domain=domain, **attributes)
        present = [(names[i], v) for i, v in enumerate(operands) if v is not None]
        inputs = [(n, v) for n, v in present if int(n[1:]) in computed]
        constants = [numpy_helper.from_array(v, n) for n, v in present if int(n[1:]) not in computed]
        graph = helper.make_graph(
            [node],
            name,
            [helper.make_tensor_value_info(n, helper.np_dtype_to_tensor_dtype(v.dtype), v.shape) for n, v in inputs],
            [helper.make_empty_tensor_value_info(result) for result in results],
            constants,
        )
        imports = [helper.make_opsetid("", opset)] + ([helper.make_opsetid(domain, 1)] if domain else [])
        self.model = helper.make_model(graph, opset_imports=imports, ir_version=8)
        self.inputs = dict(inputs)

    def expected(self):
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
        options.log_severity_level = 3
        session = onnxruntime.InferenceSession(self.model.SerializeToString(), options, ["CPUExecutionProvider"])
        return session.run(None, self.inputs)

    def typed_model(self, outputs):
        """The model with the types of its outputs, which ONNX Runtime inferred."""
        model = onnx.ModelProto()
        model.CopyFrom(self.model)
        for info, value in zip(model.graph.output, outputs):
            info.CopyFrom(helper.make_tensor_value_info(info.name, helper.np_dtype_to_tensor_dtype(value.dtype), value.shape))
        return model


def integers(dtype, *shape):
    limits = numpy.iinfo(dtype)
    return random.integers(limits.min, limits.max + 1, shape).astype(dtype)


def floats(*shape):
    return random.normal(size=shape).astype(F32)


def scale(value):
    return numpy.array(value, F32)


def microsoft(name, op, operands, computed=(0,), **attributes):
    return Case(name, op, operands, domain="com.microsoft", computed=computed, **attributes)


def quantized_cases():
    for dtype, zeros in ((numpy.uint8, (128, 3, 117)), (numpy.int8, (0, -7, 21))):
        za, zb, zc = (numpy.array(z, dtype) for z in zeros)
        kind = numpy.dtype(dtype).name
        sa, sb, sc = scale(0.0173), scale(0.0311), scale(0.0419)
        a, b = integers(dtype, 3, 5, 67), integers(dtype, 5, 67)
        for op in ("QLinearAdd", "QLinearMul"):
            both = dict(computed=(0, 3))
            yield microsoft(f"{op}_{kind}", op, [a, sa, za, a[::-1].copy(), sb, zb, sc, zc], **both)
            yield microsoft(f"{op}_{kind}_broadcast", op, [a, sa, za, b, sb, zb, sc, zc], **both)
            yield microsoft(f"{op}_{kind}_powers_of_two", op, [a, scale(0.5), za, b, scale(0.25), zb, scale(1), zc], **both)
        unary = [integers(dtype, 2, 6, 9, 7), scale(0.04), za, scale(1 / 256), zb]
        yield microsoft(f"QLinearSigmoid_{kind}", "QLinearSigmoid", unary)
        yield microsoft(f"QLinearLeakyRelu_{kind}", "QLinearLeakyRelu", unary[:3] + [scale(0.03), zb], alpha=0.2)
        yield microsoft(f"QLinearSoftmax_{kind}", "QLinearSoftmax", unary, axis=-1, softmax_opset=13)
        yield microsoft(f"QLinearSoftmax_{kind}_flat", "QLinearSoftmax", unary, axis=2, softmax_opset=11)
        pool = unary[:3] + [scale(0.05), zb]
        yield microsoft(f"QLinearGlobalAveragePool_{kind}", "QLinearGlobalAveragePool", pool)
        yield microsoft(f"QLinearGlobalAveragePool_{kind}_last", "QLinearGlobalAveragePool", pool, channels_last=1)
        window = dict(kernel_shape=[3, 2], strides=[2, 1], pads=[1, 0, 1, 1])
        yield microsoft(f"QLinearAveragePool_{kind}", "QLinearAveragePool", pool, **window)
        yield microsoft(f"QLinearAveragePool_{kind}_pads", "QLinearAveragePool", pool, count_include_pad=1, **window)
        yield microsoft(f"QLinearAveragePool_{kind}_last", "QLinearAveragePool", pool, channels_last=1, **window)
        parts = [sc, zc, a, sa, za, a, sb, zb]
        yield microsoft(f"QLinearConcat_{kind}", "QLinearConcat", parts, computed=(2, 5), axis=1)
        m, n = integers(dtype, 7, 33), integers(dtype, 33, 5)
        bias = integers(numpy.int32, 5) >> 18
        product = [m, sa, za, n, sb, zb]
        yield microsoft(f"QGemm_{kind}", "QGemm", product + [bias, scale(1.7), zc], computed=(0, 3))
        yield microsoft(f"QGemm_{kind}_float", "QGemm", product + [bias], computed=(0, 3), alpha=0.7)
        turned = [m.T.copy(), sa, za, n.T.copy(), sb, zb, None, scale(1.1), zc]
        yield microsoft(f"QGemm_{kind}_transposed", "QGemm", turned, computed=(0, 3), transA=1, transB=1)
    # Seven bits: without VNNI, ONNX Runtime adds two products of u8 and s8 in 16 bits, and saturates.
    x, w = integers(numpy.uint8, 2, 4, 9, 8), integers(numpy.int8, 6, 2, 3, 3) >> 1
    channels = numpy.linspace(0.001, 0.02, 6).astype(F32)
    zero = numpy.array(0, numpy.int8)
    convolution = [x, scale(0.02), numpy.array(113, numpy.uint8), w, channels, numpy.zeros(6, numpy.int8),
                   scale(0.7), numpy.array(97, numpy.uint8), integers(numpy.int32, 6) >> 20]
    yield Case("QLinearConv_groups", "QLinearConv", convolution, group=2, pads=[1, 0, 2, 1], strides=[2, 1])
    yield Case("QLinearConv_same", "QLinearConv", convolution, group=2, auto_pad="SAME_LOWER", strides=[2, 3])
    line = [x[:, :, 0], *convolution[1:3], w[:, :, 0].copy(), scale(0.01), zero, *convolution[6:]]
    yield Case("QLinearConv_1d", "QLinearConv", line, group=2, pads=[2, 1], dilations=[2])
    yield Case("ConvInteger_pads", "ConvInteger", [x, w[:, :, :2], convolution[2]], group=2, pads=[1, 1, 1, 1])


def older_cases():
    x = floats(2, 6, 5, 7)
    for op in ("Softmax", "LogSoftmax"):
        yield Case(f"{op}_11", op, [x], opset=11)
        yield Case(f"{op}_11_axis", op, [x], opset=11, axis=2)
        yield Case(f"{op}_11_last", op, [x], opset=11, axis=-1)
    yield Case("Clip_6", "Clip", [x], opset=7, min=-0.5, max=0.25)
    yield Case("Clip_6_open", "Clip", [x], opset=10, max=0.25)
    yield Case("Slice_9", "Slice", [x], opset=9, starts=[1, -4], ends=[9, -1], axes=[3, 2])
    yield Case("Pad_2", "Pad", [x], opset=10, pads=[0, 1, 0, 2, 0, 0, 1, 3], value=1.5)
    yield Case("Pad_2_reflect", "Pad", [x], opset=10, mode="reflect", pads=[0, 0, 2, 2, 0, 0, 1, 3])
    yield Case("Pad_2_edge", "Pad", [x], opset=10, mode="edge", pads=[1, 0, -1, 2, 0, 0, 1, 3])
    yield Case("Split_2", "Split", [x], opset=11, outputs=2, split=[2, 4], axis=1)
    yield Case("Split_2_equal", "Split", [x], opset=7, outputs=3, axis=1)
    yield Case("Squeeze_1", "Squeeze", [x[:1, :, :1]], opset=11, axes=[-2, 0])
    yield Case("Unsqueeze_1", "Unsqueeze", [x], opset=11, axes=[0, 3])
    for op in ("ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin", "ReduceProd"):
        yield Case(f"{op}_11", op, [x], opset=11, axes=[-1, 1], keepdims=0)
        yield Case(f"{op}_7_all", op, [x], opset=7)
    yield Case("Dropout_7", "Dropout", [x], opset=7, ratio=0.3)
    yield Case("BatchNormalization_7", "BatchNormalization", [x, floats(6), floats(6), floats(6), floats(6) ** 2], opset=7)
    yield Case("MaxPool_7", "MaxPool", [x], opset=7, kernel_shape=[3, 2], strides=[2, 2], auto_pad="SAME_UPPER")
    yield Case("AveragePool_7", "AveragePool", [x], opset=7, kernel_shape=[3, 2], strides=[2, 2], auto_pad="SAME_LOWER")
    yield Case("AveragePool_10_ceil", "AveragePool", [x], opset=10, kernel_shape=[3, 2], strides=[2, 2], ceil_mode=1)
    yield Case("Upsample_7", "Upsample", [x], opset=7, scales=[1.0, 1.0, 2.0, 3.0])
    yield Case("Upsample_7_linear", "Upsample", [x], opset=7, scales=[1.0, 1.0, 2.0, 2.0], mode="linear")
    for scales in ([1, 1, 2, 3], [1, 1, 0.6, 0.5], [1, 1, 0.6, 1.5]):
        text = "_".join(str(value) for value in scales[2:])
        for mode in ("nearest", "linear"):
            yield Case(f"Resize_10_{mode}_{text}", "Resize", [x, numpy.array(scales, F32)], opset=10, mode=mode)
        if min(scales) == 1:
            yield Case(f"Upsample_9_{text}", "Upsample", [x, numpy.array(scales, F32)], opset=9)
    for coordinates in ("half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric"):
        for mode in ("nearest", "linear"):
            sizes = numpy.array([2, 6, 8, 4], S64)
            operands = [x, numpy.array([], F32), numpy.array([], F32), sizes]
            yield Case(f"Resize_11_{mode}_{coordinates}", "Resize", operands, opset=11, mode=mode,
                       coordinate_transformation_mode=coordinates)
    yield Case("Gemm_7", "Gemm", [floats(3, 5), floats(4, 5), floats(3, 1)], opset=7, transB=1, alpha=0.5, beta=1.5)
    yield Case("Gemm_11_row", "Gemm", [floats(3, 5), floats(5, 4), floats(1, 4)], opset=11)
    yield Case("Conv_1d_same", "Conv", [floats(2, 4, 11), floats(6, 2, 4), floats(6)], opset=7, group=2,
               auto_pad="SAME_LOWER", strides=[3])
    yield Case("ConvTranspose_1d", "ConvTranspose", [floats(2, 4, 5), floats(4, 3, 4)], opset=7, group=2, strides=[3],
               output_shape=[14])
    yield Case("ConvTranspose_same", "ConvTranspose", [floats(1, 2, 4, 5), floats(2, 3, 3, 4)], opset=11,
               auto_pad="SAME_LOWER", strides=[2, 3])
    yield Case("MaxPool_12_indices", "MaxPool", [x], opset=12, outputs=2, kernel_shape=[3, 3], dilations=[2, 1],
               pads=[1, 1, 0, 1], storage_order=1)
    yield Case("Pow_int_float", "Pow", [numpy.arange(1, 7, dtype=numpy.int32), floats(6)], opset=15)
    yield Case("Clip_int", "Clip", [integers(numpy.int8, 40), numpy.array(-20, numpy.int8), numpy.array(30, numpy.int8)],
               opset=13)
    yield Case("Where_broadcast", "Where", [floats(4, 1) > 0, floats(3), floats(1)], opset=16, computed=(0, 1, 2))
    yield Case("LRN_13", "LRN", [x], opset=13, size=3, alpha=0.01, beta=0.6, bias=1.2)
    yield Case("CastLike_u8", "CastLike", [floats(9) * 10 + 128, numpy.array([1], numpy.uint8)], opset=15)


def peer_cases():
    return [*quantized_cases(), *older_cases()]
