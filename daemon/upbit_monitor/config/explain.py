"""What pydantic found wrong, in the words of somebody who edits the file.

The JSON Schema of the model knows what is expected at every path. The sentences are made from it,
so that errors and editors say the same. pydantic's own messages are not used: they speak of Python
("a valid dictionary", "a valid tuple").
"""

import difflib
import json
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final

from pydantic import ValidationError

from upbit_monitor.config.faults import Fault, Location

JsonSchema = Mapping[str, Any]

_TYPES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "array": "a list",
        "boolean": "true or false",
        "integer": "a whole number",
        "number": "a number",
        "object": "a mapping of keys",
        "string": "text",
    }
)
_BOUNDS: Final[Mapping[str, str]] = MappingProxyType(
    {"minimum": "from", "exclusiveMinimum": "above", "maximum": "up to"}
)


def explain(error: ValidationError, schema: JsonSchema) -> Iterator[Fault]:
    """Give a fault for each thing that pydantic found; ``schema`` is that of the same model."""
    for detail in error.errors(include_url=False, include_input=False):
        path: Location = detail["loc"]
        match detail["type"]:
            case "value_error":
                yield Fault.of(path, detail["ctx"]["error"])
            case "extra_forbidden":
                yield _unknown(path, _node(schema, path[:-1]))
            case "missing":
                yield Fault(
                    path, "is missing", f"add, for example, {_entry(path, _node(schema, path))}"
                )
            case "too_short" | "string_too_short":
                yield Fault(
                    path, "is empty", f"write, for example, {_entry(path, _node(schema, path))}"
                )
            case "string_pattern_mismatch":  # only names have a pattern that pydantic checks
                remedy = "use a-z, 0-9, _ and -, at most 32, beginning with a letter or digit"
                yield Fault(path[:-1], "is not a name for a target", remedy)
            case _:
                yield _unexpected(path, _node(schema, path))


def _unknown(path: Location, parent: JsonSchema) -> Fault:
    known = list(parent["properties"])
    near = difflib.get_close_matches(str(path[-1]), known, n=1)
    remedy = f"did you mean {near[0]}?" if near else f"the keys here are {', '.join(known)}"
    if path[-2:-1] == ("credentials",):
        remedy += " (a key never stands here, only the name of the file that holds it)"
    return Fault(path, "is an unknown key", remedy)


def _unexpected(path: Location, node: JsonSchema) -> Fault:
    if "enum" in node:
        remedy = "choose one of them"
    elif "properties" in node:
        remedy = f"write its keys below it, indented: {', '.join(node['properties'])}"
    elif _example(node) is None:
        remedy = "write text, in quotes if it looks like a number"
    else:
        remedy = f"write, for example, {_entry(path, node)}"
    return Fault(path, f"is not {_expected(node)}", remedy)


def _expected(node: JsonSchema) -> str:
    if "enum" in node:
        return "one of " + ", ".join(node["enum"])
    if "const" in node:
        return str(node["const"])
    bounds = [f"{word} {node[bound]:g}" for bound, word in _BOUNDS.items() if bound in node]
    return f"{_TYPES[_type(node)]} {' '.join(bounds)}".rstrip()


def _entry(path: Location, node: JsonSchema) -> str:
    """What could be written at ``path``."""
    example = _example(node)
    return _flow(example) if isinstance(path[-1], int) else f"{path[-1]}: {_flow(example)}"


def _example(node: JsonSchema) -> object:
    """A value that fits; None for free text."""
    stated = (*node.get("examples", ()), node.get("default"), *node.get("enum", ()))
    for value in (*stated, node.get("const")):
        if value:
            return value
    kind = _type(node)
    if kind == "array":
        item = _example(node["items"])
        return ["one", "another"] if item is None else [item]
    simple = {"boolean": True, "integer": 1, "number": 1, "object": {}}
    return node.get("minimum", node.get("maximum", simple.get(kind)))


def _type(node: JsonSchema) -> str:
    kind: str | list[str] = node["type"]
    return kind if isinstance(kind, str) else kind[0]  # the second is "null"


def _flow(value: object) -> str:
    """YAML on one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_flow(below)}" for key, below in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    return value if isinstance(value, str) else json.dumps(value)


def _node(schema: JsonSchema, path: Location) -> JsonSchema:
    """What the schema says of ``path``."""
    node = schema
    for step in path:
        inside = _resolved(schema, node)
        if isinstance(step, int):
            node = inside["items"]
        else:
            node = inside.get("properties", {}).get(step)
            node = node or next(iter(inside["patternProperties"].values()))
    return _resolved(schema, node)


def _resolved(schema: JsonSchema, node: JsonSchema) -> JsonSchema:
    """The node with what it refers to; "this or null" is read as "this"."""
    if "$ref" in node:
        return {**schema["$defs"][node["$ref"].rpartition("/")[2]], **node}
    if "anyOf" in node:
        return {**node["anyOf"][0], **node}
    return node
