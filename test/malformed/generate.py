"""Writes one file per malformed model, and expected.json with the diagnostic code of each and a part of its text.

The number in front of a name groups the variants of one fault. Fault 42, a file that shrinks while it is read, is a unit test.
"""

import json
import os

import cases_file
import cases_op
import cases_quantized
import cases_tensor
from builders import Hidden


def model_cases():
    """(name, bytes, code, text) of every case that is one model; those that are right have the code "ok" and no text."""
    for module in (cases_file, cases_tensor, cases_op, cases_quantized):
        for group in module.ALL:
            for name, content, code, *text in group():
                yield name, content if isinstance(content, bytes) else content.SerializeToString(), code, *text


def expectation(code, text=""):
    if isinstance(code, Hidden):
        return {"code": "E-UNSUPPORTED-OP", "text": text, "hidden": code.code}
    return {"code": code, "text": text}


def write_cases(folder):
    """Fills an empty folder."""
    cases_tensor.prepare_external(folder)
    expected = {name: expectation(*rest) for name, *rest in cases_file.special_files(folder)}
    for name, data, *rest in model_cases():
        with open(os.path.join(folder, name + ".onnx"), "wb") as stream:
            stream.write(data)
        assert name + ".onnx" not in expected, name
        expected[name + ".onnx"] = expectation(*rest)
    with open(os.path.join(folder, "expected.json"), "w", encoding="utf-8") as stream:
        json.dump(expected, stream, indent=1)
