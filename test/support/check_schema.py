#!/usr/bin/env python3
"""Checks a JSON document against a schema of docs/schemas: prints every violation, and fails when there is one.

Knows the keywords that those schemas use, and refuses any other."""

import argparse
import json
import re
import sys
from pathlib import Path

TYPES = {"object": dict, "array": list, "string": str, "integer": int, "number": (int, float), "boolean": bool, "null": type(None)}
ANNOTATIONS = {"$schema", "$defs", "title", "description"}
KEYWORDS = ANNOTATIONS | {"$ref", "type", "const", "enum", "pattern", "items", "properties", "required", "additionalProperties"}


def has_type(value, name: str) -> bool:
    is_bool = isinstance(value, bool)
    return isinstance(value, TYPES[name]) and (not is_bool or name == "boolean")


def violations(value, schema: dict, root: dict, place: str = "$"):
    if unknown := schema.keys() - KEYWORDS:
        raise ValueError(f"expected keywords that this checker knows, found {sorted(unknown)}")
    if "$ref" in schema:
        yield from violations(value, root["$defs"][schema["$ref"].removeprefix("#/$defs/")], root, place)
    types = schema.get("type", [])
    types = [types] if isinstance(types, str) else types
    if types and not any(has_type(value, name) for name in types):
        yield f"{place}: expected {' or '.join(types)}, found {value!r}"
        return
    if "const" in schema and value != schema["const"]:
        yield f"{place}: expected {schema['const']!r}, found {value!r}"
    if "enum" in schema and value not in schema["enum"]:
        yield f"{place}: expected one of {schema['enum']}, found {value!r}"
    if "pattern" in schema and not re.search(schema["pattern"], value):
        yield f"{place}: expected a text like {schema['pattern']}, found {value!r}"
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from violations(item, schema.get("items", {}), root, f"{place}[{index}]")
    if isinstance(value, dict):
        yield from (f"{place}: expected a member '{name}', found none" for name in schema.get("required", []) if name not in value)
        for name, item in value.items():
            inner = schema.get("properties", {}).get(name, schema.get("additionalProperties", {}))
            if inner is False:
                yield f"{place}: expected no member '{name}'"
            else:
                yield from violations(item, inner, root, f"{place}.{name}")


def refuse_constant(text: str):
    raise ValueError(f"expected finite numbers, found {text}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("schema", help="name of a file in docs/schemas, without its ending")
    parser.add_argument("document", type=Path, nargs="?", help="standard input when not given")
    arguments = parser.parse_args()
    schemas = Path(__file__).resolve().parents[2] / "docs" / "schemas"
    schema = json.loads((schemas / f"{arguments.schema}.json").read_text(encoding="utf-8"))
    text = arguments.document.read_text(encoding="utf-8") if arguments.document else sys.stdin.read()
    found = list(violations(json.loads(text, parse_constant=refuse_constant), schema, schema))
    print("\n".join(found) or f"a document of schema {arguments.schema}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
