"""Short ways to make models that differ from a good one in one thing."""

from dataclasses import dataclass

import numpy as np
import onnx
from onnx import TensorProto as T
from onnx import helper, numpy_helper

OPSET = 17


@dataclass
class Hidden:
    """The code of a fault that is not looked for yet, because its op is not supported."""

    code: str


def info(name, shape=(1, 4, 8, 8), dtype=T.FLOAT):
    return helper.make_tensor_value_info(name, dtype, shape)


def weights(name, shape, dtype=np.float32):
    return numpy_helper.from_array(np.ones(shape, dtype), name)


def array(name, values, dtype=np.int64):
    return numpy_helper.from_array(np.array(values, dtype), name)


def model(nodes, inputs=None, outputs=None, initializers=(), opset=OPSET, ir=8, functions=(), domains=()):
    graph = helper.make_graph(
        list(nodes),
        "graph",
        [info("x")] if inputs is None else inputs,
        [info("y", None)] if outputs is None else outputs,
        list(initializers),
    )
    opsets = [helper.make_opsetid("", opset)] + [helper.make_opsetid(name, 1) for name in domains]
    return helper.make_model(graph, opset_imports=opsets, ir_version=ir, functions=list(functions))


def node(op, inputs=("x",), outputs=("y",), **attributes):
    return helper.make_node(op, list(inputs), list(outputs), name=f"{op}_node", **attributes)


def one(op, inputs=("x",), outputs=("y",), initializers=(), shape=(1, 4, 8, 8), dtype=T.FLOAT, opset=OPSET, **attributes):
    """A model of one node."""
    return model(
        [node(op, inputs, outputs, **attributes)],
        inputs=[info("x", shape, dtype)],
        outputs=[helper.make_empty_tensor_value_info(name) for name in outputs if name],
        initializers=initializers,
        opset=opset,
    )


def good():
    """A small network that is right."""
    return model(
        [node("Conv", ("x", "w"), ("c",), pads=[1, 1, 1, 1]), node("Relu", ("c",), ("y",))],
        initializers=[weights("w", (6, 4, 3, 3))],
    )


def with_initializer(tensor):
    """The tensor is used by an Add, so that nothing about it can be skipped."""
    return model([node("Identity", (tensor.name,), ("y",))], outputs=[helper.make_empty_tensor_value_info("y")],
                 initializers=[tensor])


def tensor(dims, dtype=T.FLOAT, name="w", **fields):
    proto = T(name=name, data_type=dtype)
    proto.dims.extend(dims)
    for field, value in fields.items():
        if isinstance(value, (list, tuple)):
            getattr(proto, field).extend(value)
        else:
            setattr(proto, field, value)
    return proto


def subgraph(name, nodes, outputs, inputs=(), initializers=()):
    empty = helper.make_empty_tensor_value_info
    return helper.make_graph(list(nodes), name, list(inputs), [empty(output) for output in outputs], list(initializers))


def edited(proto: onnx.ModelProto, edit) -> onnx.ModelProto:
    edit(proto)
    return proto
