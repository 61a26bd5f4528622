from __future__ import annotations

import string
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upbit_monitor.errors import Withheld
from upbit_monitor.exchange import Flight, Query, Request

UNRESERVED = frozenset(string.ascii_letters + string.digits + "-._~")

pairs = st.tuples(st.text(min_size=1), st.text())
queries = st.builds(Query, st.just("/v1/x"), st.lists(pairs, max_size=6).map(tuple))


@pytest.mark.parametrize(
    ("params", "sent", "signed"),
    [
        ((), "/v1/x", ""),
        ((("a", ""),), "/v1/x?a=", "a="),
        (
            (("states[]", "wait"), ("states[]", "watch")),
            "/v1/x?states%5B%5D=wait&states%5B%5D=watch",
            "states[]=wait&states[]=watch",
        ),
        (
            (("pairs", "KRW-BTC,KRW-ETH"),),
            "/v1/x?pairs=KRW-BTC%2CKRW-ETH",
            "pairs=KRW-BTC,KRW-ETH",
        ),
        (
            (("to", "2025-06-24T13:56:53+09:00"),),
            "/v1/x?to=2025-06-24T13%3A56%3A53%2B09%3A00",
            "to=2025-06-24T13:56:53+09:00",
        ),
        ((("q", "a b"),), "/v1/x?q=a%20b", "q=a b"),
        ((("q", "100%"),), "/v1/x?q=100%25", "q=100%"),
        ((("q", "%2B"),), "/v1/x?q=%252B", "q=%2B"),
        ((("이름", "비트코인"),), None, "이름=비트코인"),
    ],
)
def test_a_query_has_a_sent_and_a_signed_form(
    params: tuple[tuple[str, str], ...], sent: str | None, signed: str
) -> None:
    query = Query("/v1/x", params)
    assert query.signed == signed
    if sent is not None:
        assert query.sent == sent


@given(queries)
def test_the_signed_form_is_the_sent_one_percent_decoded(query: Query) -> None:
    path, _, encoded = query.sent.partition("?")
    assert path == "/v1/x"
    assert unquote(encoded, errors="strict") == query.signed


@given(queries)
def test_the_sent_form_loses_nothing_and_keeps_the_order(query: Query) -> None:
    _, _, encoded = query.sent.partition("?")
    split = [pair.split("=") for pair in encoded.split("&")] if encoded else []
    assert tuple((unquote(key), unquote(value)) for key, value in split) == query.params


@given(queries)
def test_nothing_but_unreserved_characters_is_sent_as_it_is(query: Query) -> None:
    _, _, encoded = query.sent.partition("?")
    assert set(encoded) <= UNRESERVED | set("%=&")


def test_the_repr_of_a_request_does_not_show_its_headers() -> None:
    assert "token" not in repr(Request("/v1/x", {"Authorization": "Bearer token"}))


def test_a_flight_departs_once() -> None:
    departures: list[None] = []
    flight = Flight(lambda: departures.append(None))
    flight.departed(1.0)
    flight.departed(2.0)
    assert (flight.sent_at, len(departures)) == (1.0, 1)


def test_a_flight_that_may_not_depart_has_not_departed() -> None:
    def refuse() -> None:
        raise Withheld("blocked", "market", 1.0)

    flight = Flight(refuse)
    with pytest.raises(Withheld):
        flight.departed(1.0)
    assert flight.sent_at is None


@pytest.mark.parametrize(
    ("sent_at", "ended_at", "latency"), [(None, 3.0, None), (1.0, None, None), (1.0, 3.0, 2.0)]
)
def test_a_flight_has_a_latency_once_it_was_sent_and_is_over(
    sent_at: float | None, ended_at: float | None, latency: float | None
) -> None:
    flight = Flight(lambda: None)
    flight.sent_at, flight.ended_at = sent_at, ended_at
    assert flight.latency == latency
