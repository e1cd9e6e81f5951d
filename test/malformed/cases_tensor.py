"""Types, constants and external data: faults 22 to 42, and 70."""

import os

from builders import *
from wire import message, number


def shape_cases():
    yield "22_negative", one("Relu", shape=(1, -7)), "E-DIM", "input 'x': expected a dimension of at least 0, found -7"
    # input x: type, tensor type, shape, and a dimension that is 3 and also "n"
    both = message(1, number(1, 3), message(2, b"n"))
    value = message(11, message(1, b"z"), message(2, message(1, number(1, 1), message(2, both))))
    yield ("22_both", good().SerializeToString() + message(7, value),
           "E-DIM", "expected a dimension to be a number or a symbol, found both")
    yield "23_overflow", one("Relu", shape=(2**40, 2**40)), "E-SIZE-OVERFLOW", "input 'x': the number of elements exceeds the limit of 1099511627776"
    yield "24_rank", one("Relu", shape=(1,) * 10_000), "E-RANK", "input 'x': expected at most 16 dimensions, found 10000"
    yield ("24_rank_initializer", with_initializer(tensor([1] * 10_000, float_data=[1.0])),
           "E-RANK", "initializer 'w': expected at most 16 dimensions, found 10000")
    yield ("25_overflow", with_initializer(tensor([2**32, 2**32], raw_data=b"")),
           "E-SIZE-OVERFLOW", "initializer 'w': the number of elements exceeds the limit of 1099511627776")
    yield "26_negative", with_initializer(tensor([-4], raw_data=bytes(16))), "E-DIM", "initializer 'w': expected a dimension of at least 0, found -4"


def data_cases():
    yield ("27_short", with_initializer(tensor([1_000_000], T.INT64, raw_data=bytes(8))),
           "E-DATA-SIZE", "initializer 'w': expected 8000000 bytes of raw_data for shape 1000000 of s64, found 8")
    yield ("27_huge", with_initializer(tensor([2**39], T.INT64, raw_data=bytes(8))),
           "E-DATA-SIZE", "initializer 'w': expected 4398046511104 bytes of raw_data for shape 549755813888 of")
    yield "27_none", with_initializer(tensor([4])), "E-DATA-SIZE", "initializer 'w': expected 4 values for shape 4 of f32, found 0"
    yield ("27_field_short", with_initializer(tensor([4], float_data=[1, 2])),
           "E-DATA-SIZE", "initializer 'w': expected 4 values for shape 4 of f32, found 2")
    yield ("28_ragged", with_initializer(tensor([2], T.INT64, raw_data=bytes(13))),
           "E-DATA-SIZE", "initializer 'w': expected 16 bytes of raw_data for shape 2 of s64, found 13")
    yield ("29_both", with_initializer(tensor([1], raw_data=bytes(4), float_data=[1.0])),
           "E-DATA-FIELD", "initializer 'w': expected the values in one field, found raw_data and float_data")
    yield ("29_two_fields", with_initializer(tensor([1], float_data=[1.0], int32_data=[1])),
           "E-DATA-FIELD", "initializer 'w': expected the values in one field, found float_data and int32_data")
    yield ("29_wrong", with_initializer(tensor([1], T.FLOAT, int64_data=[1])),
           "E-DATA-FIELD", "initializer 'w': element type 1 does not keep its values in int64_data")
    yield ("29_strings", with_initializer(tensor([1], T.FLOAT, string_data=[b"1"])),
           "E-DATA-FIELD", "initializer 'w': element type 1 does not keep its values in string_data")
    yield ("30_number", with_initializer(tensor([1], 9999, raw_data=bytes(4))),
           "E-DTYPE", "initializer 'w': expected an ONNX element type, found the number 9999")
    yield ("30_undefined", with_initializer(tensor([1], T.UNDEFINED, raw_data=bytes(4))),
           "E-DTYPE", "initializer 'w': expected an ONNX element type, found the number 0")
    yield ("30_string", with_initializer(tensor([1], T.STRING, string_data=[b"a"])),
           "E-UNSUPPORTED-TYPE", "initializer 'w': element type STRING is not supported")
    yield ("30_complex", with_initializer(tensor([1], T.COMPLEX64, raw_data=bytes(8))),
           "E-UNSUPPORTED-TYPE", "initializer 'w': element type COMPLEX64 is not supported")
    yield "30_input", one("Relu", dtype=9999), "E-DTYPE", "input 'x': expected an ONNX element type, found the number 9999"
    yield "30_float8_input", one("Relu", dtype=T.FLOAT8E4M3FN), "E-UNSUPPORTED-TYPE", "input 'x': element type FLOAT8E4M3FN is not supported"
    yield "30_output", model([node("Relu")], outputs=[info("y", None, T.INT32)]), "E-DTYPE", "output 'y' is declared as s32, and computed as f32"
    for name in ("INT4", "UINT4"):
        dtype = getattr(T, name)
        yield (f"31_{name}_length", with_initializer(tensor([3], dtype, raw_data=bytes(3))),
               "E-PACK", f"initializer 'w': expected 2 bytes of raw_data for shape 3 of {name.lower().replace('uint', 'u').replace('int', 's')}")
        yield (f"31_{name}_short", with_initializer(tensor([3], dtype, raw_data=bytes(1))),
               "E-PACK", f"initializer 'w': expected 2 bytes of raw_data for shape 3 of {name.lower().replace('uint', 'u').replace('int', 's')}")
        yield (f"31_{name}_dirty", with_initializer(tensor([3], dtype, raw_data=b"\x21\x73")),
               "E-PACK", "initializer 'w': expected the unused half of the last byte to be 0, found 7")
        yield (f"31_{name}_field", with_initializer(tensor([3], dtype, int32_data=[0x21, 0x73])),
               "E-PACK", "initializer 'w': expected the unused half of the last byte to be 0, found 7")
        yield f"31_{name}_good", with_initializer(tensor([3], dtype, raw_data=b"\x21\x03")), "ok"
    yield "32_bool", with_initializer(tensor([1], T.BOOL, raw_data=b"\x07")), "E-VALUE", "initializer 'w': expected bool values to be 0 or 1, found 7"
    yield ("32_bool_field", with_initializer(tensor([1], T.BOOL, int32_data=[2])),
           "E-VALUE", "initializer 'w': expected values of bool, found 2 at index 0")
    yield ("32_int8", with_initializer(tensor([1], T.INT8, int32_data=[200])),
           "E-VALUE", "initializer 'w': expected values of s8, found 200 at index 0")
    yield ("32_uint8", with_initializer(tensor([1], T.UINT8, int32_data=[-1])),
           "E-VALUE", "initializer 'w': expected values of u8, found -1 at index 0")
    yield ("32_float16", with_initializer(tensor([1], T.FLOAT16, int32_data=[0x10000])),
           "E-VALUE", "initializer 'w': expected values of f16, found 65536 at index 0")
    yield ("32_uint32", with_initializer(tensor([1], T.UINT32, uint64_data=[2**32])),
           "E-VALUE", "initializer 'w': expected values of u32, found 4294967296 at index 0")


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
    yield "33_unsorted", sparse([2, 3], [1, 2], [4, 1]), "E-SPARSE", "initializer 'w': expected ascending indices, found 1 after 4"
    yield "33_duplicate", sparse([2, 3], [1, 2], [1, 1]), "E-SPARSE", "initializer 'w': expected ascending indices, found 1 after 1"
    yield "33_range", sparse([2, 3], [1, 2], [1, 6]), "E-SPARSE", "initializer 'w': index 6 is outside a tensor of 6 elements"
    yield "33_negative", sparse([2, 3], [1, 2], [-1, 3]), "E-SPARSE", "initializer 'w': index -1 is outside a tensor of 6 elements"
    yield "33_coordinate_range", sparse([2, 3], [1, 2], [0, 1, 1, 3], [2, 2]), "E-SPARSE", "initializer 'w': index 3 is outside dimension 1 of 2x3"
    yield ("33_count", sparse([2, 3], [1, 2], [1, 2, 3]),
           "E-SPARSE", "initializer 'w': expected values of shape n and s64 indices of shape n or n x 2, found")
    yield "33_huge", sparse([2**38], [1], [5]), "E-LIMIT-MEM", "initializer 'w': a sparse tensor of shape 274877906944 takes more than 67108864 bytes"
    twice = [weights("w", (1,)), weights("w", (1,))]
    yield "34_twice", model([node("Add", ("x", "w"))], initializers=twice), "E-SSA", "value 'w' is defined twice"
    yield ("34_no_input", model([node("Add", ("x", "w"))], initializers=[weights("w", (1,))], ir=3),
           "E-SSA", "initializer 'w' is no input, which ir_version 3 demands")
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
    yield "35_parent", at("../../etc/x"), "E-EXT-PATH", "initializer 'w': external data location '../../etc/x' leaves the folder of the model"
    yield ("35_inner_parent", at("a/../../outside/secret.bin"),
           "E-EXT-PATH", "initializer 'w': external data location 'a/../../outside/secret.bin' leaves the folder")
    for name, location in {"absolute": "/etc/passwd", "drive": "C:\\x", "drive_slash": "C:/x", "unc": "\\\\host\\share",
                           "empty": "", "nul": "data.bin\0x", "missing": "not_there.bin"}.items():
        yield f"36_{name}", at(location), "E-EXT-PATH", "initializer 'w': external data"
    yield "36_no_location", external(), "E-EXT-PATH", "initializer 'w': external data location '' is empty"
    yield "37_link", at("link_outside.bin"), "E-EXT-LINK", "initializer 'w': external data 'link_outside.bin' is a link out of the folder of the"
    yield ("37_parent_link", at("folder_outside/secret.bin"),
           "E-EXT-LINK", "initializer 'w': external data 'folder_outside/secret.bin' is a link out of the folder")
    yield "38_hard", at("hard.bin"), "E-EXT-LINK", "initializer 'w': external data 'hard.bin' has 2 hard links"
    yield "38_fifo", at("fifo.bin"), "E-EXT-LINK", "initializer 'w': external data 'fifo.bin' is not a regular file"
    yield "38_directory", at("folder.bin"), "E-EXT-LINK", "initializer 'w': external data 'folder.bin' is not a regular file"
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
        yield f"39_{name}", at("data.bin", *entries), "E-EXT-RANGE", "initializer 'w':"
    yield ("39_length_differs", at("data.bin", ("length", "12")),
           "E-DATA-SIZE", "initializer 'w': expected 16 bytes of external data, found a length of 12")
    yield ("39_huge", external(("location", "data.bin"), dims=(2**39,)),
           "E-EXT-RANGE", "initializer 'w': bytes 0 + 2199023255552 lie outside external data 'data.bin' of 32")
    yield ("40_unknown", at("data.bin", ("__class__", "x")),
           "E-EXT-KEY", "initializer 'w': expected location, offset, length or checksum, found '__class__'")
    yield ("40_many", at("data.bin", *((f"key{i}", "x") for i in range(1_000_000))),
           "E-EXT-KEY", "initializer 'w': expected location, offset, length or checksum, found 'key0'")
    yield "40_twice", at("data.bin", ("location", "data.bin")), "E-EXT-KEY", "initializer 'w': 'location' is given twice"
    yield ("41_marker", at("*/_ORT_MEM_ADDR_/*", ("offset", "140737488355328"), ("length", "16")),
           "E-EXT-PATH", "initializer 'w': external data location '*/_ORT_MEM_ADDR_/*' is not a file name")


def memory_cases():
    large = model([node("Add", ("x", "z"))], inputs=[info("x", (2**19, 1)), info("z", (1, 2**19))])
    yield "70_terabyte", large, "E-LIMIT-MEM", "the model needs 1099515822080 bytes of memory at once, more than the limit of"


ALL = [shape_cases, data_cases, sparse_cases, external_cases, memory_cases]
