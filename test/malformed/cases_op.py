"""Single ops: faults 43 to 59."""

from builders import *

HUGE = 2**62


def conv(weight=(6, 4, 3, 3), **attributes):
    return one("Conv", ("x", "w"), initializers=[weights("w", weight)], **attributes)


def pool(**attributes):
    return one("MaxPool", **{"kernel_shape": [2, 2], **attributes})


def window_cases():
    yield "43_conv", conv(strides=[0, 1]), "E-ATTR-RANGE"
    yield "43_pool", pool(strides=[1, 0]), "E-ATTR-RANGE"
    for name in ("strides", "dilations"):
        for value in (-1, HUGE):
            # A huge stride is no fault: one window is left.
            code = ["E-ATTR-RANGE", "ok"] if (name, value) == ("strides", HUGE) else "E-ATTR-RANGE"
            yield f"44_conv_{name}_{value}", conv(**{name: [value, 1]}), code
            yield f"44_pool_{name}_{value}", pool(**{name: [value, 1]}), code
    yield "44_conv_pads", conv(pads=[HUGE] * 4), "E-ATTR-RANGE"
    yield "44_pool_pads", pool(pads=[HUGE] * 4), "E-ATTR-RANGE"
    yield "44_kernel", conv((6, 4, 9, 9)), "E-ATTR-RANGE"
    for size in (1, 5, 9):
        for name in ("kernel_shape", "strides", "pads", "dilations"):
            yield f"45_conv_{name}_{size}", conv(**{name: [1] * size}), "E-ATTR-LEN"
    yield "45_pool_strides", pool(strides=[1]), "E-ATTR-LEN"
    yield "46_kernel_shape", conv(kernel_shape=[5, 5]), "E-SHAPE"
    yield "46_group_zero", conv(group=0), ["E-SHAPE", "E-ATTR-RANGE"]
    yield "46_group_negative", conv(group=-1), ["E-SHAPE", "E-ATTR-RANGE"]
    yield "46_channels", conv(group=3), "E-SHAPE"
    yield "46_filters", conv((6, 1, 3, 3), group=4), "E-SHAPE"
    yield "46_weight_channels", conv((6, 5, 3, 3)), "E-SHAPE"
    yield "47_kernel", pool(kernel_shape=[0, 2]), "E-ATTR-RANGE"
    yield "47_auto_pad", pool(auto_pad="SAME_UPPER", pads=[1, 1, 1, 1]), "E-ATTR-RANGE"
    yield "47_auto_pad_unknown", pool(auto_pad="SOMETIMES"), "E-ATTR-RANGE"
    yield "47_pads", pool(pads=[5, 5, 5, 5]), "E-ATTR-RANGE"


def split_cases():
    def split(sizes, outputs=("y", "z"), **attributes):
        return one("Split", ("x", "s"), outputs, initializers=[array("s", sizes)], **attributes)

    yield "48_axis", split([2, 2], axis=77), ["E-SPLIT", "E-AXIS"]
    yield "48_negative", split([-1, 5], axis=1), "E-SPLIT"
    yield "48_sum", split([2, 3], axis=1), "E-SPLIT"
    yield "48_overflow", split([2**62, 2**62], axis=1), "E-SPLIT"
    yield "48_count", split([2, 1, 1], axis=1), "E-SPLIT"
    yield "48_num_outputs", one("Split", ("x",), ("y", "z"), opset=18, axis=1, num_outputs=0), "E-SPLIT"
    yield "49_axis", one("Concat", ("x", "x"), axis=99), "E-AXIS"
    yield "49_rank", one("Concat", ("x", "w"), initializers=[weights("w", (2, 2))], axis=0), ["E-AXIS", "E-SHAPE"]
    yield "49_none", one("Concat", (), axis=0), ["E-AXIS", "E-ARITY"]
    for name, perm in {"duplicate": [0, 1, 1, 2], "range": [0, 1, 2, 9], "short": [0, 1], "negative": [0, 1, 2, -1]}.items():
        yield f"50_{name}", one("Transpose", perm=perm), "E-PERM"


def reshape_cases():
    def reshape(target, **more):
        return one("Reshape", ("x", "s"), initializers=[array("s", target)], **more)

    yield "51_two", reshape([-1, -1]), "E-RESHAPE"
    yield "51_zero_product", reshape([-1, 0], shape=(2, 0)), ["E-RESHAPE", "ok"]
    yield "51_division", reshape([-1, 0], shape=(2, 0), allowzero=1), "E-RESHAPE"
    yield "51_overflow", reshape([2**40, 2**40]), ["E-RESHAPE", "E-SIZE-OVERFLOW"]
    yield "51_negative", reshape([-2, 128]), ["E-RESHAPE", "E-DIM"]
    yield "51_copy", reshape([1, 4, 8, 8, 0]), "E-RESHAPE"
    yield "51_count", reshape([7, 7]), "E-RESHAPE"
    yield "51_indivisible", reshape([-1, 7]), "E-RESHAPE"

    def sliced(starts, ends, axes, steps):
        lists = {"a": starts, "b": ends, "c": axes, "d": steps}
        return one("Slice", ("x", *lists), initializers=[array(name, values) for name, values in lists.items()])

    yield "52_step", sliced([0], [4], [1], [0]), "E-SLICE"
    yield "52_lengths", sliced([0, 0], [4], [1], [1]), "E-SLICE"
    yield "52_axes", sliced([0], [4], [1, 2], [1]), "E-SLICE"
    yield "52_axis", sliced([0], [4], [2**40], [1]), ["E-SLICE", "E-AXIS"]
    yield "52_axis_twice", sliced([0, 0], [4, 4], [1, 1], [1, 1]), ["E-SLICE", "E-AXIS"]
    yield "52_minimum", sliced([-(2**63)], [2**63 - 1], [1], [-(2**63)]), ["ok", "E-SLICE"]
    yield "52_bounds", sliced([-(2**63)], [2**63 - 1], [1], [1]), "ok"


def index_cases():
    def gather(indices, axis=0, **more):
        return one("Gather", ("x", "i"), initializers=[array("i", indices)], axis=axis, **more)

    yield "53_axis", gather([0], 9), "E-AXIS"
    yield "53_index", gather([8], 2), "E-INDEX"
    yield "53_index_negative", gather([-9], 2), "E-INDEX"
    yield "53_empty", gather([0], 1, shape=(1, 0)), "E-INDEX"

    def axes_op(op, axes, shape=(1, 4, 8, 8)):
        return one(op, ("x", "a"), initializers=[array("a", axes)], shape=shape)

    yield "54_squeeze_twice", axes_op("Squeeze", [0, 0]), "E-AXIS"
    yield "54_squeeze_range", axes_op("Squeeze", [2**31 - 2]), "E-AXIS"
    yield "54_squeeze_dim", axes_op("Squeeze", [1]), ["E-AXIS", "E-SHAPE"]
    yield "54_unsqueeze_twice", axes_op("Unsqueeze", [0, 0]), "E-AXIS"
    yield "54_unsqueeze_range", axes_op("Unsqueeze", [2**31 - 2]), "E-AXIS"
    yield "54_unsqueeze_same", axes_op("Unsqueeze", [1, -5]), "E-AXIS"
    for op in ("DepthToSpace", "SpaceToDepth"):
        for size in (0, -2, 3, 2**62):
            yield f"55_{op}_{size}", one(op, blocksize=size), ["E-ATTR-RANGE", "E-SHAPE", "E-UNSUPPORTED-OP"]


def resize_cases():
    def resize(scales=None, sizes=None):
        tensors = []
        if scales is not None:
            tensors.append(array("s", scales, np.float32))
        if sizes is not None:
            tensors.append(array("z", sizes))
        return one("Resize", ("x", "", "s" if scales is not None else "", "z" if sizes is not None else ""), initializers=tensors)

    for name, value in {"nan": np.nan, "inf": np.inf, "zero": 0, "negative": -2, "huge": 1e30}.items():
        yield f"56_{name}", resize([1, 1, value, 1]), ["E-RESIZE", "E-SIZE-OVERFLOW"] if name == "huge" else "E-RESIZE"
    yield "56_count", resize([1, 1, 2]), "E-RESIZE"
    yield "56_both", resize([1, 1, 2, 2], [1, 4, 16, 16]), "E-RESIZE"
    yield "56_neither", resize(), "E-RESIZE"
    yield "56_sizes_negative", resize(None, [1, 4, -16, 16]), "E-RESIZE"


def size_cases():
    yield "57_tile_negative", one("Tile", ("x", "r"), initializers=[array("r", [1, -1, 1, 1])]), "E-SIZE"
    yield "57_tile_overflow", one("Tile", ("x", "r"), initializers=[array("r", [2**40, 2**40, 1, 1])]), ["E-SIZE", "E-SIZE-OVERFLOW"]
    yield "57_tile_length", one("Tile", ("x", "r"), initializers=[array("r", [1, 1])]), "E-SIZE"
    yield "57_expand", one("Expand", ("x", "s"), initializers=[array("s", [1, 4, -8, 8])]), ["E-SIZE", "E-DIM", "E-SHAPE"]
    yield "57_constant", one("ConstantOfShape", ("s",), initializers=[array("s", [2**40, 2**40])]), ["E-SIZE", "E-SIZE-OVERFLOW"]
    yield "57_constant_negative", one("ConstantOfShape", ("s",), initializers=[array("s", [-3])]), ["E-SIZE", "E-DIM"]
    scalars = [array("a", 0), array("b", 5), array("c", 0)]
    yield "57_range", one("Range", ("a", "b", "c"), initializers=scalars), "E-SIZE"
    depth = [array("d", -3), array("v", [0, 1])]
    yield "57_one_hot", one("OneHot", ("x", "d", "v"), initializers=depth, shape=(2,), dtype=T.INT64), ["E-SIZE", "E-UNSUPPORTED-OP"]

    def pad(pads, **attributes):
        return one("Pad", ("x", "p"), initializers=[array("p", pads)], **attributes)

    yield "58_pad_length", pad([1, 1, 1]), "E-PAD"
    yield "58_pad_negative", pad([0, 0, -5, 0, 0, 0, -5, 0]), "E-PAD"
    yield "58_pad_mode", pad([0] * 8, mode="sideways"), "E-PAD"
    yield "58_pad_overflow", pad([0, 0, HUGE, 0, 0, 0, HUGE, 0]), ["E-PAD", "E-SIZE-OVERFLOW"]
    for name, equation in {"junk": "->->", "letters": "ab,£->a", "rank": "ab->a", "output": "abcd->z"}.items():
        yield f"58_einsum_{name}", one("Einsum", equation=equation), ["E-EINSUM", "E-UNSUPPORTED-OP"]


def axis_cases():
    yield "59_reduce", one("ReduceMean", axes=[9]), "E-AXIS"
    yield "59_reduce_twice", one("ReduceMean", axes=[1, -3]), ["E-AXIS", "ok"]
    yield "59_softmax", one("Softmax", axis=4), "E-AXIS"
    yield "59_arg_max", one("ArgMax", axis=-5), "E-AXIS"
    yield "59_arg_max_empty", one("ArgMax", axis=1, shape=(1, 0)), ["E-AXIS", "E-SHAPE"]
    for k in (-1, 99):
        yield f"59_top_k_{k}", one("TopK", ("x", "k"), ("y", "z"), initializers=[array("k", [k])]), ["E-AXIS", "E-UNSUPPORTED-OP"]


ALL = [window_cases, split_cases, reshape_cases, index_cases, resize_cases, size_cases, axis_cases]
