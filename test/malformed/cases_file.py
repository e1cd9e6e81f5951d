"""The file as a whole, its names and its graph: faults 1 to 21."""

import os

import onnx
from builders import *
from wire import message, nested, number, varint


def file_cases():
    yield "01_empty", b"", "E-NOGRAPH", "the file is empty"
    yield "01_no_graph", onnx.ModelProto(ir_version=8).SerializeToString(), "E-NOGRAPH", "the file holds no graph"
    data = good().SerializeToString()
    for size in range(1, len(data) - 1, max(1, len(data) // 40)):
        # A cut between two fields leaves a shorter file that protobuf can read.
        yield f"02_cut_{size:04}", data[:size], "E-PARSE", "the file is not an ONNX model: a"
    yield "03_zip", b"PK\x03\x04\x14\x00\x00\x00\x08\x00" * 20, "E-PARSE", "the file is not an ONNX model: expected a field at byte 3"
    yield "03_elf", b"\x7fELF\x02\x01\x01" + bytes(57), "E-PARSE", "the file is not an ONNX model: an unknown kind of field at byte 1"
    yield "03_text", b"this is not a model\n" * 10, "E-PARSE", "the file is not an ONNX model: the end of a group that was not begun at byte 1"
    yield "03_ones", b"\xff" * 1000, "E-PARSE", "the file is not an ONNX model: expected a field at byte 10"
    yield "04_groups", data + b"\xa3\x06" * 100_000, "E-PARSE-DEPTH", "expected groups nested at most 32 deep"
    yield "04_groups_inside", message(7, b"\xa3\x06" * 100_000), "E-PARSE-DEPTH", "expected groups nested at most 32 deep"
    yield ("06_length", varint(7 << 3 | 2) + varint(2**31 - 1) + bytes(10),
           "E-PARSE", "the file is not an ONNX model: a field that is longer than what is left at byte 6")
    yield ("06_length_negative", varint(7 << 3 | 2) + varint(-1) + bytes(10),
           "E-PARSE", "the file is not an ONNX model: a field that is longer than what is left at byte 11")


def special_files(folder):
    """What is no plain file, or too large for one."""
    with open(os.path.join(folder, "05_terabyte.onnx"), "wb") as sparse:
        sparse.truncate(1 << 40)
    with open(os.path.join(folder, "05_just_over.onnx"), "wb") as sparse:
        sparse.truncate((2 << 30) + 1)
    os.mkfifo(os.path.join(folder, "05_fifo.onnx"))
    os.mkdir(os.path.join(folder, "05_directory.onnx"))
    os.symlink("/dev/zero", os.path.join(folder, "05_device.onnx"))
    for name, found in {"terabyte": 1 << 40, "just_over": (2 << 30) + 1, "fifo": "a FIFO", "directory": "a directory", "device": "a device"}.items():
        yield f"05_{name}.onnx", "E-FILE-KIND", f"found {found}"


def name_cases():
    def with_node_name(name):
        return good().SerializeToString() + message(7, message(1, message(3, name)))

    yield "07_not_utf8", with_node_name(b"\xff\xfe"), "E-NAME", "expected a node name in UTF-8, found other bytes"
    yield "07_surrogate", with_node_name(b"\xed\xa0\x80"), "E-NAME", "expected a node name in UTF-8, found other bytes"
    yield "07_overlong", with_node_name(b"\xc0\xaf"), "E-NAME", "expected a node name in UTF-8, found other bytes"
    yield "07_nul", with_node_name(b"a\0b"), "E-NAME", "expected a node name without NUL bytes, found 'a\\x00b'"
    yield "07_long", with_node_name(b"n" * (1 << 20)), "E-NAME", "expected a node name of at most 4096 bytes, found 1048576"
    yield ("07_escape", model([node("Nope\x1b[31m")]),
           "E-UNSUPPORTED-OP", "node 'Nope\\x1b[31m_node' (Nope\\x1b[31m): op 'Nope\\x1b[31m' of domain 'ai.onnx' at opset 17")


def version_cases():
    for version in (0, -3, 2**40):
        yield (f"08_ir_{version}", edited(good(), lambda m: setattr(m, "ir_version", version)),
               "E-VERSION", f"found {version}")
    yield "08_opset_missing", edited(good(), lambda m: m.ClearField("opset_import")), "E-VERSION", "the model names no opset"
    for version in (0, -5, 2**31 - 1):
        yield f"08_opset_{version}", model([node("Relu")], opset=version), "E-VERSION", f"found {version} for domain 'ai.onnx'"
    newest = onnx.defs.onnx_opset_version()
    yield "08_opset_next", model([node("Relu")], opset=newest + 1), "E-VERSION", "expected an opset from 7 to"
    yield "08_opset_newest", model([node("Relu")], opset=newest, ir=onnx.IR_VERSION), "ok"
    yield "08_opset_old", model([node("Relu")], opset=3), "E-UNSUPPORTED", "expected opset 7 or newer, found 3"
    yield ("08_opset_twice", edited(good(), lambda m: m.opset_import.add(domain="ai.onnx", version=17)),
           "E-VERSION", "the opset of domain 'ai.onnx' is given twice")
    yield ("08_domain_not_imported", model([node("QLinearAdd", ("x",) * 8, domain="com.microsoft")]),
           "E-VERSION", "node 'QLinearAdd_node' (com.microsoft.QLinearAdd): the model names no opset for domain")


def op_cases():
    yield ("09_unknown_op", model([node("Convolve")]),
           "E-UNSUPPORTED-OP", "node 'Convolve_node' (Convolve): op 'Convolve' of domain 'ai.onnx' at opset 17 is not")
    yield ("09_unknown_domain", model([node("Relu", domain="org.example")], domains=["org.example"]),
           "E-UNSUPPORTED-OP", "node 'Relu_node' (org.example.Relu): op 'Relu' of domain 'org.example' at opset 1 is")


def order_cases():
    yield "10_twice", model([node("Relu"), node("Abs")]), "E-SSA", "node 'Abs_node' (Abs): value 'y' is defined twice"
    yield "10_shadows_initializer", model([node("Relu", outputs=("w",))], initializers=[weights("w", (1,))],
                                          outputs=[info("w", None)]), "E-SSA", "node 'Relu_node' (Relu): value 'w' is defined twice"
    yield ("10_shadows_input", model([node("Relu", outputs=("x",))], outputs=[info("x", None)]),
           "E-SSA", "node 'Relu_node' (Relu): value 'x' is defined twice")
    yield "10_inputs_twice", model([node("Relu")], inputs=[info("x"), info("x")]), "E-SSA", "input 'x' is defined twice"
    yield ("11_cycle", model([node("Add", ("x", "b"), ("a",)), node("Relu", ("a",), ("b",)), node("Relu", ("b",))]),
           "E-CYCLE", "node 'Add_node' (Add): value 'b' depends on itself")
    yield "11_self", model([node("Add", ("x", "y"), ("y",))]), "E-CYCLE", "node 'Add_node' (Add): value 'y' depends on itself"
    yield "12_undefined", model([node("Relu", ("nowhere",))]), "E-UNDEF", "node 'Relu_node' (Relu): value 'nowhere' is not defined"
    yield ("12_before", model([node("Relu", ("a",)), node("Relu", ("x",), ("a",))]),
           "E-UNDEF", "node 'Relu_node' (Relu): value 'a' is used before node 1 defines it")
    yield "13_not_produced", model([node("Relu")], outputs=[info("z", None)]), "E-OUTPUT", "output 'z' is not defined"
    yield "13_twice", model([node("Relu")], outputs=[info("y", None), info("y", None)]), "E-OUTPUT", "output 'y' is listed twice"
    yield "13_none", model([node("Relu")], outputs=[]), "E-OUTPUT", "the graph has no outputs"


def node_cases():
    yield "14_few", model([node("Add", ("x",))]), "E-ARITY", "node 'Add_node' (Add): expected 2 inputs, found 1"
    yield "14_many", model([node("Relu", ("x",) * 40)]), "E-ARITY", "node 'Relu_node' (Relu): expected 1 inputs, found 40"
    yield "14_empty_required", model([node("Add", ("", "x"))]), "E-ARITY", "node 'Add_node' (Add): input 0 is required, and empty"
    yield "14_many_outputs", model([node("Relu", outputs=("y", "z", "u"))]), "E-ARITY", "node 'Relu_node' (Relu): expected at most 1 outputs, found 3"
    yield "15_missing", model([node("Cast")]), "E-ATTR", "node 'Cast_node' (Cast): attribute 'to': expected an integer, found no such attribute"
    yield ("15_type", model([node("Softmax", axis=1.5)]),
           "E-ATTR", "node 'Softmax_node' (Softmax): attribute 'axis': expected an integer, found a float")
    twice = node("Softmax", axis=1)
    twice.attribute.append(twice.attribute[0])
    yield "15_twice", model([twice]), "E-ATTR", "node 'Softmax_node' (Softmax): attribute 'axis': the attribute is given twice"
    untyped = node("Softmax", axis=1)
    untyped.attribute[0].ClearField("type")
    yield "15_untyped", model([untyped]), "E-ATTR", "node 'Softmax_node' (Softmax): attribute 'axis': the attribute has no type"
    hollow = node("Softmax", axis=1)
    hollow.attribute[0].ClearField("i")
    yield "15_no_value", model([hollow]), "E-ATTR", "node 'Softmax_node' (Softmax): attribute 'axis': the value that the type names is"


def crowded_cases():
    """Objects of two bytes in the file, of hundreds in memory."""
    parts = "the parts of the file take more than"
    yield "06_nodes", message(7, message(1) * 1_000_001), "E-LIMIT-NODES", "the file has more than 1000000 nodes"
    yield "06_function_nodes", message(25, message(7) * 1_000_001), "E-LIMIT-NODES", "the file has more than 1000000 nodes"
    yield "06_initializers", message(7, message(5) * 10_000_000), "E-LIMIT-MEM", parts
    yield "06_attributes", message(7, message(1, message(5) * 10_000_000)), "E-LIMIT-MEM", parts


def condition_model(nodes, **more):
    return model(nodes, inputs=[info("x"), info("c", (), T.BOOL)], outputs=[helper.make_empty_tensor_value_info("y")], **more)


def branch(*outputs, op="Relu"):
    return subgraph("branch", [node(op, ("x",), (output,)) for output in outputs], outputs)


def region_cases():
    yield ("16_no_branches", condition_model([node("If", ("c",))]),
           "E-REGION", "node 'If_node' (If): attribute 'then_branch': expected a graph, found none")
    yield ("16_one_branch", condition_model([node("If", ("c",), then_branch=branch("t"))]),
           "E-REGION", "node 'If_node' (If): attribute 'else_branch': expected a graph, found none")
    yield ("16_count", condition_model([node("If", ("c",), then_branch=branch("t"), else_branch=branch("e", "f"))]),
           "E-REGION", "node 'If_node' (If): attribute 'else_branch': expected no inputs and 1 outputs, found 0")
    cast = subgraph("branch", [node("Cast", ("x",), ("e",), to=T.INT32)], ["e"])
    yield ("16_type", condition_model([node("If", ("c",), then_branch=branch("t"), else_branch=cast)]),
           "E-REGION", "node 'If_node' (If): result 0 of the branches differs: f32[1x4x8x8] and s32[1x4x8x8]")

    def loop(trips, body, inputs=("m", "", "x")):
        nodes = [node("Loop", inputs, body=body)] if body else [node("Loop", inputs)]
        return model(nodes, initializers=[array("m", trips)], outputs=[helper.make_empty_tensor_value_info("y")])

    empty = helper.make_empty_tensor_value_info
    body = subgraph("body", [node("Identity", ("go",), ("go_on",)), node("Relu", ("v",), ("w",))], ["go_on", "w"],
                    [empty("i"), empty("go"), empty("v")])
    short = subgraph("body", [node("Identity", ("go",), ("go_on",))], ["go_on"], [empty("i"), empty("go")])
    yield "17_no_body", loop(3, None), "E-REGION", "node 'Loop_node' (Loop): attribute 'body': expected a graph, found none"
    yield "17_signature", loop(3, short), "E-REGION", "node 'Loop_node' (Loop): attribute 'body': expected a body with 3 inputs and at least 2"
    yield "17_negative", loop(-1, body), "E-REGION", "node 'Loop_node' (Loop): expected a trip count from 0 to 1000000, found -1"
    yield "17_huge", loop(2**62, body), "E-REGION", "node 'Loop_node' (Loop): expected a trip count from 0 to 1000000, found"
    yield "17_many_nodes", loop(900_000, body), "E-LIMIT-NODES", "node 'Loop_node' (Loop): the loop unrolls to more than 1000000 nodes"
    yield "17_good", loop(3, body), "ok"
    names = [f"v{i}" for i in range(20_000)]
    wide = subgraph("body", [], ["go", *names], [empty(name) for name in ("i", "go", *names)])
    yield ("17_many_values", loop(900_000, wide, ("m", "", *["x"] * len(names))),
           "E-LIMIT-NODES", "node 'Loop_node' (Loop): the loop unrolls to more than 1000000 nodes")


def nested_ifs(depth):
    """Built from bytes: the onnx package itself gives up long before."""
    def branches(inner_node):
        then_branch = message(5, message(1, b"then_branch"), message(6, inner_node, message(12, message(1, b"t"))), number(20, 5))
        other = message(1, message(1, b"x"), message(2, b"t"), message(4, b"Relu"))
        else_branch = message(5, message(1, b"else_branch"), message(6, other, message(12, message(1, b"t"))), number(20, 5))
        return message(1, message(1, b"c"), message(2, b"t"), message(4, b"If"), then_branch, else_branch)

    core = message(1, message(1, b"x"), message(2, b"t"), message(4, b"Relu"))
    for _ in range(depth):
        core = branches(core)
    shell = model([], inputs=[info("x"), info("c", (), T.BOOL)], outputs=[helper.make_empty_tensor_value_info("t")])
    return shell.SerializeToString() + message(7, core)


def depth_cases():
    yield "18_if_30", nested_ifs(30), "ok"
    yield "18_if_33", nested_ifs(33), "E-DEPTH", "expected graphs nested at most 32 deep"
    yield ("18_if_10000", good().SerializeToString() + nested([7, 1, 5], 1, nested([6, 1, 5], 10_000, b"")),
           "E-DEPTH", "expected graphs nested at most 32 deep")
    # graph, input, type, then sequence and element type 45 times
    yield ("19_types", good().SerializeToString() + message(7, message(11, message(1, b"s"), message(2, nested([4, 1], 45, b"")))),
           "E-DEPTH", "expected types nested at most 32 deep")

    def function(name, callee, count):
        nodes = [helper.make_node(callee, ["a" if i == 0 else f"v{i}"], [f"v{i + 1}"], domain="f" if callee != "Relu" else "")
                 for i in range(count)]
        return helper.make_function("f", name, ["a"], [f"v{count}"], nodes,
                                    [helper.make_opsetid("", OPSET), helper.make_opsetid("f", 1)])

    def calling(name, functions):
        return model([node(name, domain="f")], functions=functions, domains=["f"])

    choice = node("If", ("c",), ("r",), then_branch=subgraph("then", [], ["a"]),
                  else_branch=subgraph("else", [node("Not", ("c",), ("n",))], ["n"]))
    absent = helper.make_function("f", "f", ["c", "a"], ["r"], [choice], [helper.make_opsetid("", OPSET)])
    yield ("16_absent_result", condition_model([node("f", ("c",), domain="f")], functions=[absent], domains=["f"]),
           "E-OUTPUT", "node 'f_node/If_node' (If): output 'a' of a nested graph is not defined")

    yield "20_self", calling("f", [function("f", "f", 1)]), "E-RECURSION", "f: function 'f' calls itself"
    yield "20_mutual", calling("f", [function("f", "g", 1), function("g", "f", 1)]), "E-RECURSION", "f: function 'f' calls itself"
    yield "20_unused", edited(good(), lambda m: m.functions.append(function("f", "f", 1))), "E-RECURSION", "f: function 'f' calls itself"
    laughs = [function("f0", "Relu", 2)] + [function(f"f{i}", f"f{i - 1}", 2) for i in range(1, 24)]
    yield "21_laughs", calling("f23", laughs), "E-LIMIT-NODES", "the graph has more than 1000000 nodes when functions are expanded"
    chain = [function("f0", "Relu", 1)] + [function(f"f{i}", f"f{i - 1}", 1) for i in range(1, 2000)]
    yield "21_chain", calling("f1999", chain), "E-DEPTH", "f33: expected function calls nested at most 32 deep"
    wide = helper.make_function("f", "f", [f"a{i}" for i in range(100_000)], ["r"],
                                [helper.make_node("Relu", ["a0"], ["r"])], [helper.make_opsetid("", OPSET)])
    calls = [helper.make_node("f", ["x"], [f"y{i}" if i else "y"], domain="f") for i in range(1000)]
    yield ("21_wide", model(calls, functions=[wide], domains=["f"]),
           "E-LIMIT-NODES", "the graph has more than 1000000 nodes when functions are expanded")
    yield "21_good", calling("f3", laughs[:4]), "ok"


ALL = [file_cases, crowded_cases, name_cases, version_cases, op_cases, order_cases, node_cases, region_cases, depth_cases]
