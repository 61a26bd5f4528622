from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.fakes import NOW, FakeExchange
from tests.polls.context import Place
from tests.virtual import in_virtual_time
from upbit_monitor.errors import Unreadable
from upbit_monitor.polls import key_id
from upbit_monitor.polls.api_keys import API_KEYS, EXPIRY, KEYS, ApiKeys, ApiKeysOptions

FIXTURES = Path(__file__).parents[1] / "fixtures/upbit"
OWN, OTHER = "access-key-of-the-tests", "canary-of-another-key-0123456789abcdef01"
DAY = 86_400.0


def row(key: str, days: float | None = 100) -> dict[str, Any]:
    """A row; ``days``: when it ends, from ``NOW`` on."""
    at = None if days is None else datetime.fromtimestamp(NOW + days * DAY, UTC).isoformat()
    return {"access_key": key, "expire_at": at}


class Bench(Place):
    """The poll, and an account whose keys can be changed."""

    def __init__(self, *rows: dict[str, Any], **options: Any) -> None:  # noqa: ANN401 -- the poll's own
        super().__init__()
        self.rows = list(rows)
        self.exchange = FakeExchange(lambda *_: self.rows)
        self.poll = ApiKeys(self.context, ApiKeysOptions(**options))

    async def run(self) -> None:
        await self.poll.run(self.exchange)


@in_virtual_time
async def test_each_key_shows_its_end_under_a_hash() -> None:
    bench = Bench(row(OWN), row(OTHER, 3))
    await bench.run()
    assert bench.table(KEYS) == {(): 2}
    assert bench.table(EXPIRY) == {
        (key_id(OWN), "yes"): NOW + 100 * DAY,
        (key_id(OTHER), "no"): NOW + 3 * DAY,
    }
    assert bench.poll.gist == "2 keys, the one in use ends in 100 d"
    assert bench.poll.concerns == (), "another's key is another's concern"


@in_virtual_time
async def test_a_key_that_is_gone_has_no_series() -> None:
    bench = Bench(row(OWN), row(OTHER))
    await bench.run()
    bench.rows.pop()
    await bench.run()
    assert bench.table(KEYS) == {(): 1}
    assert bench.table(EXPIRY).keys() == {(key_id(OWN), "yes")}


@pytest.mark.parametrize(
    ("days", "what"),
    [
        (14, None),
        (13.9, "ends in 13 d 21 h"),
        (0.2, "ends in 4 h 48 min"),
        (0, "has ended"),
        (-1, "has ended"),
    ],
)
@in_virtual_time
async def test_the_end_of_the_own_key_is_a_concern_when_it_is_near(
    days: float, what: str | None
) -> None:
    bench = Bench(row(OWN, days))
    await bench.run()
    assert [concern.what for concern in bench.poll.concerns] == (
        [f"uses a key that {what}"] if what else []
    )


@in_virtual_time
async def test_how_near_is_an_option() -> None:
    bench = Bench(row(OWN, 20), warn_before=30 * DAY)
    await bench.run()
    assert len(bench.poll.concerns) == 1


@pytest.mark.parametrize("rows", [(), (row(OTHER),)])
@in_virtual_time
async def test_a_key_in_use_that_is_not_listed_is_a_concern(rows: tuple[dict[str, Any]]) -> None:
    bench = Bench(*rows)
    await bench.run()
    assert bench.table(KEYS) == {(): len(rows)}
    (concern,) = bench.poll.concerns
    assert concern.what == "uses a key that the exchange does not list"
    assert bench.poll.gist.endswith("the one in use not among them")


@in_virtual_time
async def test_a_key_without_an_end_has_no_series_and_is_no_concern() -> None:
    bench = Bench(row(OWN, None), {"access_key": OTHER})
    await bench.run()
    assert bench.table(KEYS) == {(): 2}
    assert bench.table(EXPIRY) == {}
    assert bench.poll.concerns == ()
    assert bench.poll.gist == "2 keys, the one in use has no end"


@in_virtual_time
async def test_the_documented_answer_is_read() -> None:
    bench = Bench()
    answer = (FIXTURES / "docs_kr/api_keys.json").read_bytes()
    await bench.poll.run(FakeExchange(lambda *_: answer))
    end = datetime.fromisoformat("2026-06-25T11:22:54+09:00").timestamp()
    assert [*bench.table(EXPIRY).values()] == [end]


@in_virtual_time
async def test_no_key_is_in_what_a_good_answer_leaves() -> None:
    bench = Bench(row(OWN, 1), row(OTHER))
    await bench.run()
    samples = [sample for metric in bench.board.registry.collect() for sample in metric.samples]
    told = f"{samples} {bench.log.lines} {bench.poll.gist} {bench.poll.concerns} {vars(bench.poll)}"
    rows = API_KEYS.read(b'[{"access_key":"%s"}]' % OTHER.encode())
    assert OTHER not in told + repr(rows)
    assert OWN not in told


@pytest.mark.parametrize(
    "answer",
    [
        f'[{{"access_key":"{OTHER}","expire_at":"{OTHER}"}}]',
        f'[{{"access_key":"{OTHER}","expire_at":7}}]',
        f'[{{"access_key":["{OTHER}"]}}]',
        f'[{{"{OTHER}":"{OTHER}"}}]',
        f'{{"{OTHER}":1}}',
        f'[{{"access_key":"{OTHER}"',
        f"<html>{OTHER}",
        f'"{OTHER}"',
        OTHER,
        f'[{{"access_key":"{OTHER}\udcff"}}]',
    ],
)
@in_virtual_time
async def test_no_key_is_in_what_is_told_of_a_bad_answer(answer: str) -> None:
    bench = Bench()
    with pytest.raises(Unreadable) as caught:
        await bench.poll.run(FakeExchange(lambda *_: answer.encode(errors="surrogateescape")))
    error = caught.value
    assert OTHER not in f"{error} {error!r} {error.__cause__!r} {error.__context__!r}"
    assert bench.table(EXPIRY) == {}
