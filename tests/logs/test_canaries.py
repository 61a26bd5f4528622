"""Secrets put on every road out of the process, in every encoding, must not come out."""

from __future__ import annotations

import logging
import sys
import threading
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.logs.recorder import (
    ACCESS_KEY,
    ENCODINGS,
    SECRET_KEY,
    SECRETS,
    Recorder,
    given_away,
)
from upbit_monitor.logs import Event, Logger

if TYPE_CHECKING:
    from collections.abc import Callable

KEYS = st.text("ABCXYZabcxyz0123456789", min_size=16, max_size=64)


@dataclass
class Holder:
    held: str


class Repr:
    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return f"<Repr {self.text}>"


def _raise(error: Exception) -> NoReturn:
    raise error


def a_field(log: Logger, text: str) -> None:
    log.info(Event.DAEMON_READY, field=text)


def a_bound_field(log: Logger, text: str) -> None:
    log.bind(field=text).info(Event.DAEMON_READY)  # type: ignore[attr-defined]  # structlog's


def a_name(log: Logger, text: str) -> None:
    log.info(Event.DAEMON_READY, **{text: 1})


def an_unlisted_event(log: Logger, text: str) -> None:
    log.info(text)


def a_nested_field(log: Logger, text: str) -> None:
    log.info(Event.DAEMON_READY, field={"a": [{"b": (text, {text: text})}]})


def an_object(log: Logger, text: str) -> None:
    log.info(Event.DAEMON_READY, first=Repr(text), second=Holder(text), third={Repr(text)})


def some_bytes(log: Logger, text: str) -> None:
    log.info(Event.DAEMON_READY, field=text.encode(), more=bytearray(text.encode()))


def an_exception(log: Logger, text: str) -> None:
    log.error(Event.POLL_FAILED, exc_info=ValueError(text))


def an_exception_as_a_field(log: Logger, text: str) -> None:
    log.error(Event.POLL_FAILED, error=ValueError(text))


def a_chain(log: Logger, text: str) -> None:
    try:
        try:
            _raise(KeyError(text))
        except KeyError as error:
            error.add_note(text)
            raise ExceptionGroup(text, [ValueError(text)]) from error
    except ExceptionGroup:
        log.exception(Event.POLL_FAILED)


def a_local_of_a_frame(log: Logger, text: str) -> None:
    def fail(argument: str) -> NoReturn:
        local = [argument]
        raise ValueError(len(local))

    try:
        fail(text)
    except ValueError:
        log.exception(Event.POLL_FAILED)


def a_syntax_error(log: Logger, text: str) -> None:
    try:
        compile(f"key = '{text}' oops", text, "exec")
    except (SyntaxError, ValueError):
        log.exception(Event.POLL_FAILED)


def a_library(_: Logger, text: str) -> None:
    logging.getLogger("aiohttp.client").warning("%s failed: %r", "GET", text)


def a_librarys_message(_: Logger, text: str) -> None:
    logging.getLogger("aiohttp.client").error(text)


def a_librarys_misfit(_: Logger, text: str) -> None:
    logging.getLogger("aiohttp.client").error("%d", text)


def a_librarys_exception(_: Logger, text: str) -> None:
    logging.getLogger("asyncio").error("oh", exc_info=ValueError(text))


def a_warning(_: Logger, text: str) -> None:
    with warnings.catch_warnings():
        hook = warnings.showwarning
        warnings.simplefilter("always")
        warnings.showwarning = hook
        warnings.warn(text, stacklevel=1)


def the_main_thread(_: Logger, text: str) -> None:
    sys.excepthook(ValueError, ValueError(text), None)


def another_thread(_: Logger, text: str) -> None:
    thread = threading.Thread(target=_raise, args=[ValueError(text)], name=text)
    thread.start()
    thread.join()


ROADS: list[Callable[[Logger, str], None]] = [
    a_field, a_bound_field, a_name, an_unlisted_event, a_nested_field, an_object, some_bytes,
    an_exception, an_exception_as_a_field, a_chain, a_local_of_a_frame, a_syntax_error, a_library,
    a_librarys_message, a_librarys_misfit, a_librarys_exception, a_warning, the_main_thread,
    another_thread,
]  # fmt: skip


@pytest.mark.parametrize("encode", ENCODINGS.values(), ids=ENCODINGS.keys())
def test_the_second_opinion_sees_a_secret_in_every_encoding(encode: Callable[[str], str]) -> None:
    assert given_away(f"a {encode(SECRET_KEY)} b") == [SECRET_KEY]
    assert given_away(encode(f"a {SECRET_KEY} b")) == [SECRET_KEY]


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("road", ROADS)
def test_no_road_carries_a_secret_in_any_encoding(
    road: Callable[[Logger, str], None], encoding: str, capfd: pytest.CaptureFixture[str]
) -> None:
    encode = ENCODINGS[encoding]
    for recorder in Recorder(format="json"), Recorder(format="console"):
        with recorder.logging.installed():
            for key in SECRETS:
                road(recorder.logging.logger(), encode(key))
                road(recorder.logging.logger(), encode(f"user:{key}, and more"))
        assert len(recorder.text.splitlines()) >= 4
        assert given_away(recorder.text) == []
        assert recorder.logging.failures == 0
    assert capfd.readouterr() == ("", "")


@given(
    secret=KEYS,
    before=st.text(max_size=8),
    after=st.text(max_size=8),
    road=st.sampled_from(ROADS),
    encode=st.sampled_from(sorted(ENCODINGS)),
)
def test_no_road_carries_any_secret(
    secret: str, before: str, after: str, road: Callable[[Logger, str], None], encode: str
) -> None:
    recorder = Recorder(secrets=frozenset([secret]))
    with recorder.logging.installed():
        road(recorder.logging.logger(), before + ENCODINGS[encode](secret) + after)
    assert recorder.lines
    assert given_away(recorder.text, [secret]) == []


@pytest.mark.parametrize("road", ROADS)
def test_no_road_carries_a_token(road: Callable[[Logger, str], None]) -> None:
    claims = {"access_key": ACCESS_KEY, "nonce": "cdd92199-2897-4e14-9448-f923320408ad"}
    token = jwt.encode(claims, SECRET_KEY * 2, "HS512")
    recorder = Recorder(secrets=frozenset())  # its shape must be enough
    with recorder.logging.installed():
        road(recorder.logging.logger(), f"Authorization: Bearer {token}")
    assert recorder.lines
    assert not any(part in recorder.text for part in token.split("."))


@pytest.mark.parametrize("road", ROADS)
def test_ordinary_words_pass_every_road_untouched(road: Callable[[Logger, str], None]) -> None:
    text = "KRW-BTC 163248000.00000000 cdd92199-2897-4e14-9448-f923320408ad 잘못된 엑세스 키입니다."
    recorder = Recorder()
    with recorder.logging.installed():
        road(recorder.logging.logger(), text)
    assert recorder.redactions == {}
    if road not in (a_local_of_a_frame, a_librarys_misfit):  # these do not print it at all
        assert text in recorder.text
