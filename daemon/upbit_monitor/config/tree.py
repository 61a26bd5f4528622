"""YAML as plain data, with the line of every value.

The text is composed to nodes and read from there, not loaded: nodes know their lines and show
duplicate keys, and nothing is ever constructed. Scalars follow the core schema of YAML 1.2, without
octal, hexadecimal, infinity and NaN, which no setting needs: ``no`` and ``1:30`` stay text, where
YAML 1.1 reads ``false`` and 90. A key is always text.
"""

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final, Literal

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from upbit_monitor.config.faults import Fault, Location

MAX_VALUES: Final = 10_000
"""Aliases count as often as they are used, or nine lines could make a billion values."""
MAX_DEPTH: Final = 32

_TAG: Final = "tag:yaml.org,2002:"
_SCALARS: Final[Mapping[str, tuple[re.Pattern[str], Callable[[str], object]]]] = MappingProxyType(
    {
        f"{_TAG}null": (re.compile(r"~|null|Null|NULL|"), lambda _: None),
        f"{_TAG}bool": (
            re.compile(r"true|True|TRUE|false|False|FALSE"),
            lambda text: text.lower() == "true",
        ),
        f"{_TAG}int": (re.compile(r"[-+]?[0-9]{1,18}"), int),
        f"{_TAG}float": (
            re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?"),
            float,
        ),
        f"{_TAG}str": (re.compile(r".*", flags=re.DOTALL), str),
    }
)


class NotYamlError(Exception):
    """The text cannot be read as a whole. ``line`` begins at 1; None if it is not known."""

    def __init__(self, line: int | None, what: str, remedy: str) -> None:
        super().__init__(what)
        self.line = line
        self.what = what
        self.remedy = remedy


class Tree:
    """What a text says. Its state is what has been read of it so far.

    ``faults`` tells what is wrong in places, though the whole can be read. Raises ``NotYamlError``.
    """

    def __init__(self, text: str) -> None:
        self.lines: dict[Location, int] = {}
        self.faults: list[Fault] = []
        self._values = 0
        root = _compose(text)
        self.data = None if root is None else self._value(root, ())

    def _value(self, node: Node, path: Location) -> object:
        self._values += 1
        if self._values > MAX_VALUES or len(path) > MAX_DEPTH:
            raise NotYamlError(
                node.start_mark.line + 1,
                "grows too deep or too long when its aliases are followed",
                "write the values out in place of aliases",
            )
        match node:
            case MappingNode(tag="tag:yaml.org,2002:map"):
                return self._mapping(node, path)
            case SequenceNode(tag="tag:yaml.org,2002:seq"):
                return [self._item(item, (*path, place)) for place, item in enumerate(node.value)]
            case ScalarNode() if node.tag in _SCALARS:
                return self._scalar(node, path)
        self._fault(path, "has a tag that is not supported", "remove the word that begins with !")
        return None

    def _mapping(self, node: MappingNode, path: Location) -> dict[str, object]:
        data: dict[str, object] = {}
        for key_node, value_node in node.value:
            key, line = key_node.value, key_node.start_mark.line + 1
            if not isinstance(key_node, ScalarNode) or not key.isprintable():
                self._fault(path, f"has a key that is no plain text in line {line}", "correct it")
            elif key in data:
                self._fault((*path, key), f"is written again in line {line}", "remove one of them")
            else:
                self.lines[*path, key] = line
                data[key] = self._value(value_node, (*path, key))
        return data

    def _item(self, node: Node, path: Location) -> object:
        self.lines[path] = node.start_mark.line + 1
        return self._value(node, path)

    def _scalar(self, node: ScalarNode, path: Location) -> object:
        pattern, convert = _SCALARS[node.tag]
        if not pattern.fullmatch(node.value):
            self._fault(path, "does not fit its tag", "remove the word that begins with !")
            return None
        if not node.value.isprintable():
            # No setting has a use for one, and paths, logs and terminals would each suffer from it.
            self._fault(path, "has a character that cannot be printed", "write it on one line")
            return None
        return convert(node.value)

    def _fault(self, path: Location, what: str, remedy: str) -> None:
        self.faults.append(Fault(path, what, remedy))


class _Loader(yaml.BaseLoader):
    """Composes nodes, up to the limits. Its state is how deep it is, and how much it has read."""

    depth = 0
    values = 0

    def compose_node(self, parent: Node | None, index: int) -> Node | None:
        """Compose one node and all below it."""
        self.depth += 1
        self.values += 1
        if self.depth > MAX_DEPTH or self.values > MAX_VALUES:
            line = self.get_mark().line + 1
            raise NotYamlError(line, "is too deep or too long", "name a configuration")
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node

    def resolve(
        self, kind: type[Node], value: str, implicit: tuple[bool, bool] | Literal[True]
    ) -> str:
        """Tag of a node that has none of its own; ``implicit`` tells of a scalar if it is plain."""
        if kind is not ScalarNode:
            return f"{_TAG}map" if kind is MappingNode else f"{_TAG}seq"
        if implicit is True or not implicit[0]:
            return f"{_TAG}str"
        return next(tag for tag, (pattern, _) in _SCALARS.items() if pattern.fullmatch(value))


def _compose(text: str) -> Node | None:
    try:
        return yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        raise _located(error) from None
    except (yaml.YAMLError, ValueError, OverflowError):
        # A control character is told without a mark; an escape such as "\UFFFFFFFF" or a version
        # of many digits makes the scanner's own chr() or int() fail.
        what = "has a character or a number that YAML does not know"
        raise NotYamlError(None, what, "remove it") from None


def _located(error: yaml.MarkedYAMLError) -> NotYamlError:
    mark = error.problem_mark or error.context_mark
    line = None if mark is None else mark.line + 1
    problem = error.problem or error.context or "it breaks off"
    if r"'\t'" in problem:
        return NotYamlError(line, "has a tab where YAML allows none", "indent with spaces")
    # Names of anchors and tags are left out: a secret that begins with * or ! would be one.
    problem = re.sub(r"'([^']*)'", lambda name: _short(name[1]), problem)
    return NotYamlError(line, f"is not YAML: {problem}", "correct this line or the one above it")


def _short(name: str) -> str:
    """A name as a problem quotes it, if it is YAML's own (``<block end>``) or one character."""
    return f"'{name}'" if name.startswith("<") or len(name) <= len(r"\t") else "'…'"
