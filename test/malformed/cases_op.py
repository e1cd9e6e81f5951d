"""Single ops: faults 43 to 59."""

from builders import *

HUGE = 2**62


def conv(weight=(6, 4, 3, 3), **attributes):
    return one("Conv", ("x", "w"), initializers=[weights("w", weight)], **attributes)


def pool(**attributes):
    return one("MaxPool", **{"kernel_shape": [2, 2], **attributes})


def window_cases():
    yield "43_conv", conv(strides=[0, 1]), "E-ATTR-RANGE", "node 'Conv_node' (Conv): attribute 'strides': expected numbers of at least 1, found 0"
    yield "43_pool", pool(strides=[1, 0]), "E-ATTR-RANGE", "node 'MaxPool_node' (MaxPool): attribute 'strides': expected numbers of at least 1,"
    for name in ("strides", "dilations"):
        for value in (-1, HUGE):
            said = f"attribute '{name}': expected numbers of at least 1" if value < 0 else f"expected every entry of '{name}' in [1,"
            yield f"44_conv_{name}_{value}", conv(**{name: [value, 1]}), "E-ATTR-RANGE", f"node 'Conv_node' (Conv): {said}"
            yield f"44_pool_{name}_{value}", pool(**{name: [value, 1]}), "E-ATTR-RANGE", f"node 'MaxPool_node' (MaxPool): {said}"
    yield ("44_conv_pads", conv(pads=[HUGE] * 4),
           "E-ATTR-RANGE", "node 'Conv_node' (Conv): attribute 'pads': expected padded data of at most 1099511627776 elements, found 1x4x8x8")
    yield ("44_pool_pads", pool(pads=[HUGE] * 4),
           "E-ATTR-RANGE", "node 'MaxPool_node' (MaxPool): expected every entry of 'pads' in [0, 1099511627776],")
    yield "44_kernel", conv((6, 4, 9, 9)), "E-ATTR-RANGE", "node 'Conv_node' (Conv): expected a window that fits into the padded input of 8, found 9"
    for size in (1, 5, 9):
        for name in ("kernel_shape", "strides", "pads", "dilations"):
            yield f"45_conv_{name}_{size}", conv(**{name: [1] * size}), "E-ATTR-LEN", f"node 'Conv_node' (Conv): attribute '{name}': expected"
    yield "45_pool_strides", pool(strides=[1]), "E-ATTR-LEN", "node 'MaxPool_node' (MaxPool): attribute 'strides': expected 2 numbers, found 1"
    yield ("46_kernel_shape", conv(kernel_shape=[5, 5]),
           "E-SHAPE", "node 'Conv_node' (Conv): attribute 'kernel_shape': expected the weights' spatial shape")
    yield "46_group_zero", conv(group=0), "E-SHAPE", "node 'Conv_node' (Conv): expected at least 1 group, found 0"
    yield "46_group_negative", conv(group=-1), "E-SHAPE", "node 'Conv_node' (Conv): expected at least 1 group, found -1"
    yield "46_channels", conv(group=3), "E-SHAPE", "node 'Conv_node' (Conv): expected 12 input channels as the weights say, found 4"
    yield ("46_filters", conv((6, 1, 3, 3), group=4),
           "E-SHAPE", "node 'Conv_node' (Conv): expected the weights' first dimension to divide into 4 groups,")
    yield "46_weight_channels", conv((6, 5, 3, 3)), "E-SHAPE", "node 'Conv_node' (Conv): expected 5 input channels as the weights say, found 4"
    yield ("47_kernel", pool(kernel_shape=[0, 2]),
           "E-ATTR-RANGE", "node 'MaxPool_node' (MaxPool): attribute 'kernel_shape': expected numbers of at least")
    yield ("47_auto_pad", pool(auto_pad="SAME_UPPER", pads=[1, 1, 1, 1]),
           "E-ATTR-RANGE", "node 'MaxPool_node' (MaxPool): attribute 'pads': expected no pads beside auto_pad")
    for op in ("MaxPool", "AveragePool"):
        yield (f"47_empty_{op}", one(op, kernel_shape=[2, 2], pads=[1, 1, 1, 1], shape=(1, 1, 0, 0)),
               "E-ATTR-RANGE", f"node '{op}_node' ({op}): expected spatial axes with elements, found 1x1x0x0")
    transposed = one("ConvTranspose", ("x", "w"), initializers=[weights("w", (4, 6, 3, 3))], strides=[2, 1], output_padding=[1, 1])
    yield ("47_output_padding", transposed,
           "E-ATTR-RANGE", "node 'ConvTranspose_node' (ConvTranspose): attribute 'output_padding': expected numbers below")
    yield ("47_auto_pad_unknown", pool(auto_pad="SOMETIMES"),
           "E-ATTR-RANGE", "node 'MaxPool_node' (MaxPool): attribute 'auto_pad': expected one of 'NOTSET', 'VALID',")
    yield "47_pads", pool(pads=[5, 5, 5, 5]), "E-ATTR-RANGE", "node 'MaxPool_node' (MaxPool): expected pads below the kernel of 2, found 5"


def split_cases():
    def split(sizes, outputs=("y", "z"), **attributes):
        return one("Split", ("x", "s"), outputs, initializers=[array("s", sizes)], **attributes)

    yield "48_axis", split([2, 2], axis=77), "E-SPLIT", "node 'Split_node' (Split): expected an axis from -4 to 3, found 77"
    yield "48_negative", split([-1, 5], axis=1), "E-SPLIT", "node 'Split_node' (Split): expected sizes of at least 0 whose sum fits 64 bits, found -1"
    yield "48_sum", split([2, 3], axis=1), "E-SPLIT", "node 'Split_node' (Split): expected sizes that add up to 4, found 5"
    yield ("48_overflow", split([2**62, 2**62], axis=1),
           "E-SPLIT", "node 'Split_node' (Split): expected sizes of at least 0 whose sum fits 64 bits, found")
    yield "48_count", split([2, 1, 1], axis=1), "E-SPLIT", "node 'Split_node' (Split): expected 2 sizes, one per output, found 3"
    yield ("48_num_outputs", one("Split", ("x",), ("y", "z"), opset=18, axis=1, num_outputs=0),
           "E-SPLIT", "node 'Split_node' (Split): attribute 'num_outputs': expected as many as the 2 outputs,")
    yield "49_axis", one("Concat", ("x", "x"), axis=99), "E-AXIS", "node 'Concat_node' (Concat): expected an axis from -4 to 3, found 99"
    yield ("49_rank", one("Concat", ("x", "w"), initializers=[weights("w", (2, 2))], axis=0),
           "E-AXIS", "node 'Concat_node' (Concat): expected operands of the same rank, found 1x4x8x8 and 2x2")
    yield "49_none", one("Concat", (), axis=0), "E-ARITY", "node 'Concat_node' (Concat): expected at least 1 inputs, found 0"
    for name, perm in {"duplicate": [0, 1, 1, 2], "range": [0, 1, 2, 9], "short": [0, 1], "negative": [0, 1, 2, -1]}.items():
        yield (f"50_{name}", one("Transpose", perm=perm),
               "E-PERM", "node 'Transpose_node' (Transpose): attribute 'perm': expected each of the 4 axes once,")


def reshape_cases():
    def reshape(target, **more):
        return one("Reshape", ("x", "s"), initializers=[array("s", target)], **more)

    yield "51_two", reshape([-1, -1]), "E-RESHAPE", "node 'Reshape_node' (Reshape): expected at most one -1, found 2"
    yield ("51_zero_product", reshape([-1, 0], shape=(2, 0)),
           "E-RESHAPE", "node 'Reshape_node' (Reshape): expected no dimension of 0 beside one to be inferred,")
    yield ("51_division", reshape([-1, 0], shape=(2, 0), allowzero=1),
           "E-RESHAPE", "node 'Reshape_node' (Reshape): expected no 0 beside -1 with allowzero, found both")
    yield ("51_overflow", reshape([2**40, 2**40]),
           "E-RESHAPE", "node 'Reshape_node' (Reshape): the number of elements exceeds the limit of 1099511627776")
    yield "51_negative", reshape([-2, 128]), "E-RESHAPE", "node 'Reshape_node' (Reshape): expected dimensions of at least -1, found -2"
    yield "51_copy", reshape([1, 4, 8, 8, 0]), "E-RESHAPE", "node 'Reshape_node' (Reshape): expected a dimension to copy for the 0 at 4, found data"
    yield "51_count", reshape([7, 7]), "E-RESHAPE", "node 'Reshape_node' (Reshape): expected a shape of 256 elements like the operand"
    yield "51_indivisible", reshape([-1, 7]), "E-RESHAPE", "node 'Reshape_node' (Reshape): expected the known dimensions of ?x7 to divide the 256"

    def sliced(starts, ends, axes, steps):
        lists = {"a": starts, "b": ends, "c": axes, "d": steps}
        return one("Slice", ("x", *lists), initializers=[array(name, values) for name, values in lists.items()])

    yield "52_step", sliced([0], [4], [1], [0]), "E-SLICE", "node 'Slice_node' (Slice): expected steps other than 0, found 0 for axis 1"
    yield "52_lengths", sliced([0, 0], [4], [1], [1]), "E-SLICE", "node 'Slice_node' (Slice): expected 2 ends, found 1"
    yield "52_axes", sliced([0], [4], [1, 2], [1]), "E-SLICE", "node 'Slice_node' (Slice): expected 1 axes, found 2"
    yield "52_axis", sliced([0], [4], [2**40], [1]), "E-SLICE", "node 'Slice_node' (Slice): expected an axis from -4 to 3, found 1099511627776"
    yield "52_axis_twice", sliced([0, 0], [4, 4], [1, 1], [1, 1]), "E-SLICE", "node 'Slice_node' (Slice): expected distinct axes, found axis 1 twice"
    yield "52_minimum", sliced([-(2**63)], [2**63 - 1], [1], [-(2**63)]), "ok"
    yield "52_bounds", sliced([-(2**63)], [2**63 - 1], [1], [1]), "ok"


def index_cases():
    def gather(indices, axis=0, **more):
        return one("Gather", ("x", "i"), initializers=[array("i", indices)], axis=axis, **more)

    yield "53_axis", gather([0], 9), "E-AXIS", "node 'Gather_node' (Gather): expected an axis from -4 to 3, found 9"
    yield "53_index", gather([8], 2), "E-INDEX", "node 'Gather_node' (Gather): expected indices from -8 to 7, found 8"
    yield "53_index_negative", gather([-9], 2), "E-INDEX", "node 'Gather_node' (Gather): expected indices from -8 to 7, found -9"
    yield "53_empty", gather([0], 1, shape=(1, 0)), "E-INDEX", "node 'Gather_node' (Gather): expected indices from 0 to -1, found 0"

    computed = model([node("Gather", ("x", "i"))], inputs=[info("x", (0, 4)), info("i", (2,), T.INT64)])
    yield "53_empty_computed", computed, "E-INDEX", "node 'Gather_node' (Gather): expected no index into an axis of size 0, found"

    def axes_op(op, axes, shape=(1, 4, 8, 8)):
        return one(op, ("x", "a"), initializers=[array("a", axes)], shape=shape)

    yield "54_squeeze_twice", axes_op("Squeeze", [0, 0]), "E-AXIS", "node 'Squeeze_node' (Squeeze): expected distinct axes, found axis 0 twice"
    yield ("54_squeeze_range", axes_op("Squeeze", [2**31 - 2]),
           "E-AXIS", "node 'Squeeze_node' (Squeeze): expected an axis from -4 to 3, found 2147483646")
    yield "54_squeeze_dim", axes_op("Squeeze", [1]), "E-AXIS", "node 'Squeeze_node' (Squeeze): expected axis 1 of size 1, found size 4"
    yield ("54_unsqueeze_twice", axes_op("Unsqueeze", [0, 0]),
           "E-AXIS", "node 'Unsqueeze_node' (Unsqueeze): expected distinct axes, found axis 0 twice")
    yield ("54_unsqueeze_range", axes_op("Unsqueeze", [2**31 - 2]),
           "E-AXIS", "node 'Unsqueeze_node' (Unsqueeze): expected an axis from -5 to 4, found 2147483646")
    yield ("54_unsqueeze_same", axes_op("Unsqueeze", [1, -5]),
           "E-AXIS", "node 'Unsqueeze_node' (Unsqueeze): expected distinct axes, found axis 1 twice")
    for op in ("DepthToSpace", "SpaceToDepth"):
        for size in (0, -2, 3, 2**62):
            yield f"55_{op}_{size}", one(op, blocksize=size), Hidden("E-ATTR-RANGE"), f"node '{op}_node' ({op}): op '{op}'"


def resize_cases():
    def resize(scales=None, sizes=None):
        tensors = []
        if scales is not None:
            tensors.append(array("s", scales, np.float32))
        if sizes is not None:
            tensors.append(array("z", sizes))
        return one("Resize", ("x", "", "s" if scales is not None else "", "z" if sizes is not None else ""), initializers=tensors)

    for name, value in {"nan": np.nan, "inf": np.inf, "zero": 0, "negative": -2, "huge": 1e30}.items():
        said = "the resized dimension is too large: 8 times 1" if name == "huge" else "expected scales that are positive and finite"
        yield f"56_{name}", resize([1, 1, value, 1]), "E-RESIZE", f"node 'Resize_node' (Resize): {said}"
    yield "56_count", resize([1, 1, 2]), "E-RESIZE", "node 'Resize_node' (Resize): expected 4 scales, found 3"
    yield "56_both", resize([1, 1, 2, 2], [1, 4, 16, 16]), "E-RESIZE", "node 'Resize_node' (Resize): expected either 'scales' or 'sizes', found both"
    yield "56_neither", resize(), "E-RESIZE", "node 'Resize_node' (Resize): expected either 'scales' or 'sizes', found neither"
    yield ("56_sizes_negative", resize(None, [1, 4, -16, 16]),
           "E-RESIZE", "node 'Resize_node' (Resize): expected sizes from 1 to 1099511627776, found -16")


def size_cases():
    yield ("57_tile_negative", one("Tile", ("x", "r"), initializers=[array("r", [1, -1, 1, 1])]),
           "E-SIZE", "node 'Tile_node' (Tile): expected repeats of at least 0, found -1")
    yield ("57_tile_overflow", one("Tile", ("x", "r"), initializers=[array("r", [2**40, 2**40, 1, 1])]),
           "E-SIZE", "node 'Tile_node' (Tile): expected at most 1099511627776 elements, found shape")
    yield ("57_tile_length", one("Tile", ("x", "r"), initializers=[array("r", [1, 1])]),
           "E-SIZE", "node 'Tile_node' (Tile): expected 4 repeats, found 2")
    yield ("57_expand", one("Expand", ("x", "s"), initializers=[array("s", [1, 4, -8, 8])]),
           "E-SIZE", "node 'Expand_node' (Expand): expected dimensions of at least 0, found -8")
    yield ("57_constant", one("ConstantOfShape", ("s",), initializers=[array("s", [2**40, 2**40])]),
           "E-SIZE", "node 'ConstantOfShape_node' (ConstantOfShape): expected at most 1099511627776 elements,")
    yield ("57_constant_negative", one("ConstantOfShape", ("s",), initializers=[array("s", [-3])]),
           "E-SIZE", "node 'ConstantOfShape_node' (ConstantOfShape): expected dimensions of at least 0, found")
    scalars = [array("a", 0), array("b", 5), array("c", 0)]
    yield ("57_range", one("Range", ("a", "b", "c"), initializers=scalars),
           "E-SIZE", "node 'Range_node' (Range): expected a delta other than 0, found 0")
    depth = [array("d", -3), array("v", [0, 1])]
    yield ("57_one_hot", one("OneHot", ("x", "d", "v"), initializers=depth, shape=(2,), dtype=T.INT64),
           Hidden("E-SIZE"), "node 'OneHot_node' (OneHot): op 'OneHot' of domain 'ai.onnx' at opset 17 is not")

    def pad(pads, **attributes):
        return one("Pad", ("x", "p"), initializers=[array("p", pads)], **attributes)

    yield "58_pad_length", pad([1, 1, 1]), "E-PAD", "node 'Pad_node' (Pad): expected 8 pads, found 3"
    yield ("58_pad_negative", pad([0, 0, -5, 0, 0, 0, -5, 0]),
           "E-PAD", "node 'Pad_node' (Pad): attribute 'pads': expected to crop at most the 8 elements of an")
    yield ("58_pad_mode", pad([0] * 8, mode="sideways"),
           "E-PAD", "node 'Pad_node' (Pad): attribute 'mode': expected one of 'constant', 'reflect', 'edge',")
    yield ("58_pad_overflow", pad([0, 0, HUGE, 0, 0, 0, HUGE, 0]),
           "E-PAD", "node 'Pad_node' (Pad): attribute 'pads': expected pads of at most 1099511627776, found")
    for name, equation in {"junk": "->->", "letters": "ab,£->a", "rank": "ab->a", "output": "abcd->z"}.items():
        yield (f"58_einsum_{name}", one("Einsum", equation=equation),
               Hidden("E-EINSUM"), "node 'Einsum_node' (Einsum): op 'Einsum' of domain 'ai.onnx' at opset 17 is not")


def axis_cases():
    yield "59_reduce", one("ReduceMean", axes=[9]), "E-AXIS", "node 'ReduceMean_node' (ReduceMean): expected an axis from -4 to 3, found 9"
    yield ("59_reduce_twice", one("ReduceMean", axes=[1, -3]),
           "E-AXIS", "node 'ReduceMean_node' (ReduceMean): expected distinct axes, found axis 1 twice")
    for op in ("ReduceSum", "ReduceMean", "ReduceProd"):
        yield f"59_{op}_bool", one(op, dtype=T.BOOL), "E-DTYPE", f"node '{op}_node' ({op}): expected"
    yield "59_softmax", one("Softmax", axis=4), "E-AXIS", "node 'Softmax_node' (Softmax): expected an axis from -4 to 3, found 4"
    yield "59_arg_max", one("ArgMax", axis=-5), "E-AXIS", "node 'ArgMax_node' (ArgMax): expected an axis from -4 to 3, found -5"
    yield ("59_arg_max_empty", one("ArgMax", axis=1, shape=(1, 0)),
           "E-AXIS", "node 'ArgMax_node' (ArgMax): expected an axis with elements, found axis 1 of shape 1x0")
    for k in (-1, 99):
        yield (f"59_top_k_{k}", one("TopK", ("x", "k"), ("y", "z"), initializers=[array("k", [k])]),
               Hidden("E-AXIS"), "node 'TopK_node' (TopK): op 'TopK' of domain 'ai.onnx' at opset 17 is not supported")


ALL = [window_cases, split_cases, reshape_cases, index_cases, resize_cases, size_cases, axis_cases]
