#!/usr/bin/env python3
"""Prints lib/Graph/Export/OnnxVersions.def: what each ONNX op that the exporter writes takes, opset by opset; with --page,
docs/onnx-ops.md, which says the same to readers.

The pinned onnx package is the source; the ops are those that lib/Graph/Export names.
"""

import argparse
import re
import sys
from pathlib import Path

import onnx
from onnx import defs, helper

ROOT = Path(__file__).resolve().parents[2]
OLDEST_OPSET = 13
# ONNX's names of the element types that Limbeck has, in the order of DTypes.def.
TYPES = {
    "bool": "bool",
    "uint4": "u4",
    "int4": "s4",
    "uint8": "u8",
    "int8": "s8",
    "uint16": "u16",
    "int16": "s16",
    "uint32": "u32",
    "int32": "s32",
    "uint64": "u64",
    "int64": "s64",
    "float16": "f16",
    "bfloat16": "bf16",
    "float": "f32",
    "double": "f64",
}
HEAD = """// Made by scripts/support/onnx_versions.py from onnx {version}; do not edit.
//
// LIMBECK_ONNX_RELEASE(opset, the lowest IR version that allows it)
// LIMBECK_ONNX_VERSION(op, first opset, inputs, outputs, element types, attributes): a parameter is the name of its type: a
// variable, bound once for a node, or an element type; `..` behind it: any number of them, `*`: of any types each.
#ifndef LIMBECK_ONNX_RELEASE
#define LIMBECK_ONNX_RELEASE(opset, irVersion)
#endif
#ifndef LIMBECK_ONNX_VERSION
#define LIMBECK_ONNX_VERSION(op, opset, inputs, outputs, types, attributes)
#endif"""


def written_ops() -> list:
    """Every ONNX op that the exporter names."""
    text = "\n".join(path.read_text() for path in sorted((ROOT / "lib/Graph/Export").rglob("*.cpp")))
    known = {schema.name for schema in defs.get_all_schemas() if schema.domain == ""}
    return sorted(known & set(re.findall(r'"([A-Z][A-Za-z]+)"', text)))


def parameter(formal) -> str:
    """The name of a parameter's type; other types than tensors are left out."""
    match = re.fullmatch(r"tensor\((\w+)\)", formal.type_str)
    name = TYPES.get(match[1], "?") if match else formal.type_str
    many = formal.option == defs.OpSchema.FormalParameterOption.Variadic
    return name + ((".." if formal.is_homogeneous else "*") if many else "")


def variable(constraint) -> str:
    allowed = {match[1] for text in constraint.allowed_type_strs if (match := re.fullmatch(r"tensor\((\w+)\)", text))}
    return f"{constraint.type_param_str}={','.join(ours for theirs, ours in TYPES.items() if theirs in allowed)}"


def parts_of(schema) -> list:
    """What a version takes, without its number."""
    return [
        " ".join(map(parameter, schema.inputs)),
        " ".join(map(parameter, schema.outputs)),
        " ".join(map(variable, schema.type_constraints)),
        " ".join(sorted(schema.attributes)),
    ]


def rows(op: str, schemas: list) -> list:
    """The versions of an op that differ in types that Limbeck has."""
    own = sorted((schema for schema in schemas if schema.name == op), key=lambda schema: schema.since_version)
    first = max((schema.since_version for schema in own if schema.since_version <= OLDEST_OPSET), default=0)
    lines, before = [], None
    for schema in own:
        parts = parts_of(schema)
        if schema.since_version >= first and not schema.deprecated and parts != before:
            lines.append(f'LIMBECK_ONNX_VERSION("{op}", {schema.since_version}, ' + ", ".join(f'"{part}"' for part in parts) + ")")
            before = parts
    return lines


def releases() -> list:
    """Opset and the least IR version of a release that has it."""
    least = {}
    for _, ir_version, opset, *_ in helper.VERSION_TABLE:
        least[opset] = min(ir_version, least.get(opset, ir_version))
    return [f"LIMBECK_ONNX_RELEASE({opset}, {least[opset]})" for opset in sorted(least) if opset >= OLDEST_OPSET]


PAGE = """<!-- Made by scripts/support/onnx_versions.py --page; change the rules in lib/Graph/Export/Rules instead. -->
# Ops in ONNX

What each op of the dialect is written as, and from which opset on ONNX has it. [onnx.md](onnx.md) says what is written besides.
`;` stands between forms of which one is written, `,` between nodes of one form. What is missing here is refused.

| op | written as | opset |
|---|---|---|
{ops}

## What newer opsets bring

The file gets the opset of the model it comes from, at least 13, or the first in which ONNX's definition of each node takes its types
and attributes. These were added since 13, as far as they can be written:

| ONNX op | opset | new element types | new attributes |
|---|---|---|---|
{versions}
"""
RULE = re.compile(r'\{"(\w+)", "([^"]+)", export\w+\}')


def rules() -> list:
    """Pairs of op and forms, by name."""
    text = "\n".join(path.read_text() for path in sorted((ROOT / "lib/Graph/Export/Rules").glob("*.cpp")))
    return sorted(RULE.findall(text))


def since(forms: str, schemas: list) -> str:
    """The opset that each form needs, at least the oldest that is written."""
    first = {schema.name: min(each.since_version for each in schemas if each.name == schema.name) for schema in schemas}
    opsets = [max(first.get(op, OLDEST_OPSET) for op in form.split(", ")) for form in forms.split("; ")]
    return "; ".join(map(str, sorted({max(opset, OLDEST_OPSET) for opset in opsets})))


def types_of(schema) -> set:
    variables = {word for parts in map(variable, schema.type_constraints) for word in parts.split("=")[1].split(",") if word}
    return variables | {parameter(formal) for formal in [*schema.inputs, *schema.outputs]} & set(TYPES.values())


def written_attributes() -> set:
    """Every attribute that a rule names."""
    text = "\n".join(path.read_text() for path in sorted((ROOT / "lib/Graph/Export/Rules").glob("*.cpp")))
    return set(re.findall(r'"([a-z_]+)"', text))


def news(op: str, schemas: list) -> list:
    """Rows of what versions behind the oldest written one add."""
    written = written_attributes()
    own = sorted((schema for schema in schemas if schema.name == op), key=lambda schema: schema.since_version)
    lines, types, attributes = [], set(), set()
    for schema in own:
        new_types = [name for name in TYPES.values() if name in types_of(schema) - types]
        new_attributes = sorted((set(schema.attributes) & written) - attributes)
        if schema.since_version > OLDEST_OPSET and schema is not own[0] and (new_types or new_attributes):
            lines.append(f"| {op} | {schema.since_version} | {', '.join(new_types)} | {', '.join(new_attributes)} |")
        types |= types_of(schema)
        attributes |= set(schema.attributes)
    return lines


def page(ops: list, schemas: list) -> str:
    written = [*((f"limbeck.{op}", forms) for op, forms in rules()), ("scf.if", "If")]
    rows = [f"| {op} | {forms} | {since(forms, schemas)} |" for op, forms in written]
    return PAGE.format(ops="\n".join(rows), versions="\n".join(line for op in ops for line in news(op, schemas)))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--page", action="store_true", help="print docs/onnx-ops.md")
    arguments = parser.parse_args()
    ops = written_ops()
    versions = [schema for schema in defs.get_all_schemas_with_history() if schema.domain == "" and schema.name in ops]
    if arguments.page:
        print(page(ops, versions), end="")
        return 0
    print(HEAD.format(version=onnx.__version__))
    print("\n".join(releases()))
    for op in ops:
        print("\n".join(rows(op, versions)))
    print("#undef LIMBECK_ONNX_RELEASE\n#undef LIMBECK_ONNX_VERSION")
    return 0


if __name__ == "__main__":
    sys.exit(main())
