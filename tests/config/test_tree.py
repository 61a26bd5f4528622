from typing import Final

import pytest

from upbit_monitor.config.tree import MAX_DEPTH, MAX_VALUES, NotYamlError, Tree

BOMB: Final = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 9)
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("5", 5),
        ("-5", -5),
        ("010", 10),
        ("0.5", 0.5),
        ("1e3", 1000.0),
        ("true", True),
        ("False", False),
        ("", None),
        ("~", None),
        ("null", None),
        ("'5'", "5"),
        ('"true"', "true"),
        ("no", "no"),
        ("on", "on"),
        ("1:30", "1:30"),
        ("1_000", "1_000"),
        ("2026-11-23", "2026-11-23"),
        (".inf", ".inf"),
        ("!!str 5", "5"),
        ("!!int '5'", 5),
        ("[a, 1]", ["a", 1]),
        ("{a: b}", {"a": "b"}),
    ],
)
def test_scalars_are_those_of_yaml_1_2(text: str, value: object) -> None:
    tree = Tree(f"key: {text}")
    assert tree.data == {"key": value}
    assert repr(tree.data) == repr({"key": value})  # 1 is not True, nor 1.0
    assert not tree.faults


def test_a_key_is_text_whatever_it_looks_like() -> None:
    assert Tree("no: 1\n1: 2\nnull: 3\n'': 4").data == {"no": 1, "1": 2, "null": 3, "": 4}


def test_every_key_and_item_knows_its_line() -> None:
    tree = Tree("# top\na:\n  b: 1\n\n  c:\n    - x\n    - d: y\n")
    assert tree.lines == {
        ("a",): 2,
        ("a", "b"): 3,
        ("a", "c"): 5,
        ("a", "c", 0): 6,
        ("a", "c", 1): 7,
        ("a", "c", 1, "d"): 7,
    }


def test_a_duplicate_key_is_a_fault_and_the_first_one_stays() -> None:
    tree = Tree("a: 1\nb: 2\na: 3\n")
    assert tree.data == {"a": 1, "b": 2}
    (fault,) = tree.faults
    assert (fault.path, fault.what) == (("a",), "is written again in line 3")


@pytest.mark.parametrize(
    "text",
    [
        "a: !secret x",
        "a: !!python/object/apply:os.system [id]",
        "a: !!set {x}",
        "a: !!omap [x: 1]",
        "a: !!binary eA==",
        "a: !!int x",
        "a: !!bool '1'",
        'a: "\\0"',
        'a: "\\e[31m"',
        'a: "\\ud800"',
        "a: |\n  two\n  lines\n",
        "? [x]\n: 1",
        '"a\\nb": 1',
    ],
)
def test_what_no_setting_needs_is_a_fault_in_its_place(text: str) -> None:
    (fault,) = Tree(text).faults
    assert fault.path in {("a",), ()}


def test_an_anchor_can_be_used_again() -> None:
    tree = Tree("a: &x {k: 1}\nb: *x\n")
    assert tree.data == {"a": {"k": 1}, "b": {"k": 1}}
    assert tree.lines["b", "k"] == 1  # the place to edit


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (BOMB, "when its aliases are followed"),
        ("a: &a [*a]", "when its aliases are followed"),
        ("a: &a {b: *a}", "when its aliases are followed"),
        ("[" * (MAX_DEPTH + 1), "is too deep or too long"),
        ("- x\n" * MAX_VALUES, "is too deep or too long"),
        ("{a: " * 100_000, "is too deep or too long"),
        ("a:\n\tb: 1", "has a tab where YAML allows none"),
        ("a: [", "is not YAML: expected the node content, but found '<stream end>'"),
        ("&a &b", "is not YAML: expected '<document start>', but found '<anchor>'"),
        ("a: b: c", "is not YAML"),
        ("a\nb: 1", "is not YAML"),
        ("a: 1\n---\nb: 2", "is not YAML"),
        ("a: *b", "is not YAML"),
        ('a: "\\UFFFFFFFF"', "YAML does not know"),
        ("a: \x07", "YAML does not know"),
        (f"%YAML {'9' * 5000}.1\n---\na: 1", "YAML does not know"),
    ],
)
def test_what_cannot_be_read_as_a_whole_is_refused_in_a_moment(text: str, what: str) -> None:
    with pytest.raises(NotYamlError, match=what):
        Tree(text)


def test_the_limits_themselves_are_allowed() -> None:
    deepest = MAX_DEPTH - 1  # the innermost value is a level, too
    assert Tree("[" * deepest + "x" + "]" * deepest).data
    assert Tree("- x\n" * (MAX_VALUES - 1)).data
    with pytest.raises(NotYamlError):
        Tree("[" * MAX_DEPTH + "x" + "]" * MAX_DEPTH)


def test_values_behind_aliases_are_counted_to_the_same_limit() -> None:
    each = MAX_VALUES // 100 - 1  # a list and its items, a hundred times, below one more list
    used = f"- &a [{', '.join('x' * each)}]\n" + "- *a\n" * 98
    assert Tree(used).data
    with pytest.raises(NotYamlError, match="when its aliases are followed"):
        Tree(used + "- *a\n")


def test_the_line_of_a_syntax_error_is_told() -> None:
    with pytest.raises(NotYamlError) as caught:
        Tree("a: 1\nb:\n  - c\n  d: 1\n")
    assert caught.value.line == 4


def test_a_secret_that_looks_like_an_alias_is_not_repeated() -> None:
    with pytest.raises(NotYamlError) as caught:
        Tree("access_key_file: *xJ29sKq81mZp\n")
    assert caught.value.what == "is not YAML: found undefined alias '…'"
