from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import upbit_monitor
from upbit_monitor.logs import Event

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE = Path(upbit_monitor.__file__).parent
SPEAKING = {"debug", "info", "warning", "error", "exception", "critical"}


def words(source: str) -> Iterator[str]:
    """Every literal first argument of ``….log.info(…)`` and the like."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id=name) | ast.Attribute(attr=name), attr=method),
                args=[ast.Constant(value=str(word)), *_],
            ) if method in SPEAKING and re.fullmatch("_?log(ger)?", name):
                yield word


@pytest.mark.parametrize("event", list(Event))
def test_an_event_is_a_snake_case_word_with_one_sentence(event: Event) -> None:
    assert re.fullmatch("[a-z]+(_[a-z]+)+", event)
    assert re.fullmatch("[A-Z][^.]+[.]", event.meaning)


def test_no_two_events_mean_the_same() -> None:
    assert len({event.meaning for event in Event}) == len(Event)


def test_words_of_a_source_are_found() -> None:
    source = "log.info('a_b')\nself._log.error('c_d', x=1)\nother.info('no')\nlog.bind('no')"
    assert list(words(source)) == ["a_b", "c_d"]


def test_the_package_speaks_no_word_outside_the_vocabulary() -> None:
    spoken = {word for path in PACKAGE.rglob("*.py") for word in words(path.read_text("utf-8"))}
    assert spoken <= set(Event)
