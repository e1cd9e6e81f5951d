"""Types, constants and external data: faults 22 to 42, and 70."""

import os

from builders import *
from wire import message, number


def shape_cases():
    yield "22_negative", one("Relu", shape=(1, -7)), "E-DIM"
    # input x: type, tensor type, shape, and a dimension that is 3 and also "n"
    both = message(1, number(1, 3), message(2, b"n"))
    value = message(11, message(1, b"z"), message(2, message(1, number(1, 1), message(2, both))))
    yield "22_both", good().SerializeToString() + message(7, value), "E-DIM"
    yield "23_overflow", one("Relu", shape=(2**40, 2**40)), "E-SIZE-OVERFLOW"
    yield "24_rank", one("Relu", shape=(1,) * 10_000), "E-RANK"
    yield "24_rank_initializer", with_initializer(tensor([1] * 10_000, float_data=[1.0])), "E-RANK"
    yield "25_overflow", with_initializer(tensor([2**32, 2**32], raw_data=b"")), "E-SIZE-OVERFLOW"
    yield "26_negative", with_initializer(tensor([-4], raw_data=bytes(16))), "E-DIM"


def data_cases():
    yield "27_short", with_initializer(tensor([1_000_000], T.INT64, raw_data=bytes(8))), "E-DATA-SIZE"
    yield "27_huge", with_initializer(tensor([2**39], T.INT64, raw_data=bytes(8))), "E-DATA-SIZE"
    yield "27_none", with_initializer(tensor([4])), "E-DATA-SIZE"
    yield "27_field_short", with_initializer(tensor([4], float_data=[1, 2])), "E-DATA-SIZE"
    yield "28_ragged", with_initializer(tensor([2], T.INT64, raw_data=bytes(13))), "E-DATA-SIZE"
    yield "29_both", with_initializer(tensor([1], raw_data=bytes(4), float_data=[1.0])), "E-DATA-FIELD"
    yield "29_two_fields", with_initializer(tensor([1], float_data=[1.0], int32_data=[1])), "E-DATA-FIELD"
    yield "29_wrong", with_initializer(tensor([1], T.FLOAT, int64_data=[1])), "E-DATA-FIELD"
    yield "29_strings", with_initializer(tensor([1], T.FLOAT, string_data=[b"1"])), "E-DATA-FIELD"
    yield "30_number", with_initializer(tensor([1], 9999, raw_data=bytes(4))), "E-DTYPE"
    yield "30_undefined", with_initializer(tensor([1], T.UNDEFINED, raw_data=bytes(4))), "E-DTYPE"
    yield "30_string", with_initializer(tensor([1], T.STRING, string_data=[b"a"])), "E-UNSUPPORTED-TYPE"
    yield "30_complex", with_initializer(tensor([1], T.COMPLEX64, raw_data=bytes(8))), "E-UNSUPPORTED-TYPE"
    yield "30_input", one("Relu", dtype=9999), "E-DTYPE"
    yield "30_float8_input", one("Relu", dtype=T.FLOAT8E4M3FN), "E-UNSUPPORTED-TYPE"
    yield "30_output", model([node("Relu")], outputs=[info("y", None, T.INT32)]), "E-DTYPE"
    for name in ("INT4", "UINT4"):
        dtype = getattr(T, name)
        yield f"31_{name}_length", with_initializer(tensor([3], dtype, raw_data=bytes(3))), "E-PACK"
        yield f"31_{name}_short", with_initializer(tensor([3], dtype, raw_data=bytes(1))), "E-PACK"
        yield f"31_{name}_dirty", with_initializer(tensor([3], dtype, raw_data=b"\x21\x73")), "E-PACK"
        yield f"31_{name}_field", with_initializer(tensor([3], dtype, int32_data=[0x21, 0x73])), "E-PACK"
        yield f"31_{name}_good", with_initializer(tensor([3], dtype, raw_data=b"\x21\x03")), "ok"
    yield "32_bool", with_initializer(tensor([1], T.BOOL, raw_data=b"\x07")), "E-VALUE"
    yield "32_bool_field", with_initializer(tensor([1], T.BOOL, int32_data=[2])), "E-VALUE"
    yield "32_int8", with_initializer(tensor([1], T.INT8, int32_data=[200])), "E-VALUE"
    yield "32_uint8", with_initializer(tensor([1], T.UINT8, int32_data=[-1])), "E-VALUE"
    yield "32_float16", with_initializer(tensor([1], T.FLOAT16, int32_data=[0x10000])), "E-VALUE"
    yield "32_uint32", with_initializer(tensor([1], T.UINT32, uint64_data=[2**32])), "E-VALUE"


def sparse(dims, values, indices, shape=None):
    proto = onnx.SparseTensorProto()
    proto.values.CopyFrom(tensor([len(values)], T.FLOAT, float_data=values))
    proto.indices.CopyFrom(tensor(shape or [len(indices)], T.INT64, int64_data=indices))
    proto.dims.extend(dims)
    result = model([node("Identity", ("w",))], outputs=[helper.make_empty_tensor_value_info("y")])
    result.graph.sparse_initializer.append(proto)
    return result


def sparse_cases():
    yield "33_good", sparse([2, 3], [1, 2], [1, 4]), "ok"
    yield "33_good_coordinates", sparse([2, 3], [1, 2], [0, 1, 1, 0], [2, 2]), "ok"
    yield "33_unsorted", sparse([2, 3], [1, 2], [4, 1]), "E-SPARSE"
    yield "33_duplicate", sparse([2, 3], [1, 2], [1, 1]), "E-SPARSE"
    yield "33_range", sparse([2, 3], [1, 2], [1, 6]), "E-SPARSE"
    yield "33_negative", sparse([2, 3], [1, 2], [-1, 3]), "E-SPARSE"
    yield "33_coordinate_range", sparse([2, 3], [1, 2], [0, 1, 1, 3], [2, 2]), "E-SPARSE"
    yield "33_count", sparse([2, 3], [1, 2], [1, 2, 3]), "E-SPARSE"
    yield "33_huge", sparse([2**38], [1], [5]), "E-LIMIT-MEM"
    twice = [weights("w", (1,)), weights("w", (1,))]
    yield "34_twice", model([node("Add", ("x", "w"))], initializers=twice), "E-SSA"
    yield "34_no_input", model([node("Add", ("x", "w"))], initializers=[weights("w", (1,))], ir=3), "E-SSA"
    yield "34_old_good", model([node("Add", ("x", "w"))], inputs=[info("x"), info("w", (1,))],
                               initializers=[weights("w", (1,))], ir=3), "ok"


def external(*entries, dims=(4,)):
    proto = tensor(dims, T.FLOAT, data_location=T.EXTERNAL)
    for key, value in entries:
        proto.external_data.add(key=key, value=value)
    return with_initializer(proto)


def at(location, *more):
    return external(("location", location), *more)


def prepare_external(folder):
    """The files that the models below point at."""
    data = np.arange(8, dtype=np.float32).tobytes()
    for name in ("data.bin", "linked.bin"):
        with open(os.path.join(folder, name), "wb") as stream:
            stream.write(data)
    outside = os.path.join(folder, "..", "outside")
    os.makedirs(outside, exist_ok=True)
    with open(os.path.join(outside, "secret.bin"), "wb") as stream:
        stream.write(data)
    os.symlink("data.bin", os.path.join(folder, "link_inside.bin"))
    os.symlink("../outside/secret.bin", os.path.join(folder, "link_outside.bin"))
    os.symlink("../outside", os.path.join(folder, "folder_outside"))
    os.link(os.path.join(folder, "linked.bin"), os.path.join(folder, "hard.bin"))
    os.mkfifo(os.path.join(folder, "fifo.bin"))
    os.mkdir(os.path.join(folder, "folder.bin"))


def external_cases():
    yield "35_good", at("data.bin", ("offset", "16"), ("length", "16")), "ok"
    yield "35_good_link", at("link_inside.bin"), "ok"
    yield "35_parent", at("../../etc/x"), "E-EXT-PATH"
    yield "35_inner_parent", at("a/../../outside/secret.bin"), "E-EXT-PATH"
    for name, location in {"absolute": "/etc/passwd", "drive": "C:\\x", "drive_slash": "C:/x", "unc": "\\\\host\\share",
                           "empty": "", "nul": "data.bin\0x", "missing": "not_there.bin"}.items():
        yield f"36_{name}", at(location), "E-EXT-PATH"
    yield "36_no_location", external(), "E-EXT-PATH"
    yield "37_link", at("link_outside.bin"), "E-EXT-LINK"
    yield "37_parent_link", at("folder_outside/secret.bin"), "E-EXT-LINK"
    yield "38_hard", at("hard.bin"), "E-EXT-LINK"
    yield "38_fifo", at("fifo.bin"), "E-EXT-LINK"
    yield "38_directory", at("folder.bin"), "E-EXT-LINK"
    for name, entries in {
        "offset_negative": [("offset", "-8")],
        "offset_text": [("offset", "abc")],
        "offset_exponent": [("offset", "1e30")],
        "offset_empty": [("offset", "")],
        "length_huge": [("length", str(2**64 - 1))],
        "length_large": [("length", str(2**63 - 1))],
        "wraps": [("offset", str(2**63 - 8)), ("length", "16")],
        "past_end": [("offset", "24"), ("length", "16")],
    }.items():
        yield f"39_{name}", at("data.bin", *entries), "E-EXT-RANGE"
    yield "39_length_differs", at("data.bin", ("length", "12")), "E-DATA-SIZE"
    yield "39_huge", external(("location", "data.bin"), dims=(2**39,)), "E-EXT-RANGE"
    yield "40_unknown", at("data.bin", ("__class__", "x")), "E-EXT-KEY"
    yield "40_many", at("data.bin", *((f"key{i}", "x") for i in range(1_000_000))), "E-EXT-KEY"
    yield "40_twice", at("data.bin", ("location", "data.bin")), "E-EXT-KEY"
    yield "41_marker", at("*/_ORT_MEM_ADDR_/*", ("offset", "140737488355328"), ("length", "16")), "E-EXT-PATH"


def memory_cases():
    large = model([node("Add", ("x", "z"))], inputs=[info("x", (2**19, 1)), info("z", (1, 2**19))])
    yield "70_terabyte", large, "E-LIMIT-MEM"


ALL = [shape_cases, data_cases, sparse_cases, external_cases, memory_cases]
