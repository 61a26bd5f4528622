"""The table reads as it should: a golden one, made of a few made-up figures."""

from __future__ import annotations

import math
import subprocess
import sys
from dataclasses import replace

from bench.limiter import table
from bench.limiter.contender import Entry
from bench.limiter.exchange import Yardstick
from bench.limiter.play import Score
from bench.limiter.scenario import Scenario, Strangers
from bench.limiter.scenarios import SUMMARY
from bench.limiter.verdict import Figures, Verdict, figures
from tests.bench.contenders import GREEDY

COMPANY = Scenario(name="strangers 3/s, calendar", strangers=Strangers(3.0))
OURS = Figures(
    limiter="ours",
    utilisation=0.873,
    admitted=367.0,
    refused=2.4,
    knocks=0.0,
    blocks=0.0,
    harm=6.5,
    p50=5.127,
    p99=8.9,
    foreign=0.61,
    cpu=81e-6,
)
GUEST = replace(OURS, limiter="ours, a guest", admitted=251.4, refused=0.4, harm=0.0, foreign=1.2)
BLOCKED = replace(
    OURS, limiter="aiolimiter", utilisation=0.1, admitted=42, refused=60, foreign=None, blocks=1
)
STALLED = replace(OURS, limiter="hikari", failure="stalled at 12.000 s")
ROWS = (OURS, GUEST, BLOCKED, STALLED)

GROUP = """\
strangers 3/s, calendar: a clairvoyant gets 420 a minute, strangers alone 181
                       used % admitted     429s     418s   blocks     harm    p50 s    p99 s\
   seen %   CPU µs
ours                     87.3      367      2.4        0        0      6.5     5.13     8.90\
       61       81
ours, a guest            87.3      251      0.4        0        0        0     5.13     8.90\
     120!       81
aiolimiter               10.0       42       60        0      1.0      6.5     5.13     8.90\
                81
hikari               stalled at 12.000 s"""

SHOWN = """\
                           alone  strangers 3/s
clairvoyant: a minute        420            420
ours                      87/2.4     87/2.4/6.5
  (a sketch)           92-99/0-1         85/3/7
ours, a guest             60/0.4       60/0.4/0
  (it as a guest)           79/0         55/1/1
aiolimiter               10/60 B    10/60/6.5 B
hikari                   stalled        stalled"""


def test_a_scenario_is_a_line_for_each_limiter() -> None:
    assert table.group(Verdict(COMPANY, 420.0, 181.2, ROWS)) == GROUP


def test_where_strangers_use_up_the_quota_no_part_of_nothing_is_shown() -> None:
    shown = table.group(Verdict(COMPANY, 12.0, 590.0, ROWS))
    assert shown.splitlines()[2].split()[1:3] == ["-", "367"]


def test_strangers_imagined_where_nobody_is_are_marked() -> None:
    alone = replace(COMPANY, strangers=Strangers())
    rows = (replace(OURS, foreign=math.nan), replace(OURS, foreign=math.inf))
    title, _, none, imagined = table.group(Verdict(alone, 600.0, 0.0, rows)).splitlines()
    assert "strangers alone" not in title
    assert none.split()[-2] == "-"
    assert imagined.split()[-2] == "!"


def test_the_summary_stands_beside_what_was_published() -> None:
    verdicts = {
        scenario.name: Verdict(scenario, 420.0, 181.2, ROWS)
        for column in (SUMMARY[0], SUMMARY[2])
        for scenario in column.scenarios
    }
    shown = table.summary(verdicts, [row.limiter for row in ROWS])
    assert shown == SHOWN


def test_without_its_scenarios_there_is_no_summary() -> None:
    assert not table.summary({}, ["ours"])


def test_settings_are_stated_for_each_limiter() -> None:
    lines = table.settings([Entry("somebody", "word " * 40, GREEDY.make)]).splitlines()
    assert lines[0].startswith("somebody             word word")
    assert len(lines) > 1
    assert max(map(len, lines)) <= 100


def test_figures_are_means_over_seeds_a_minute() -> None:
    world = replace(COMPANY, seconds=30.0)
    sticks = [Yardstick(210, 90, 90), Yardstick(190, 95, 95)]
    score = Score(
        sent=110,
        admitted=100,
        refused=10,
        knocks=3,
        blocks=0,
        strangers_admitted=84,
        waits=tuple(range(100)),
        round_trip=0.05,
        foreign=50,
    )
    kinder = replace(score, refused=0, strangers_admitted=99, waits=(), foreign=60)
    shown = figures("ours", world, sticks, [score, kinder])
    assert shown.utilisation == 0.5
    assert (shown.admitted, shown.refused, shown.knocks) == (200.0, 10.0, 3.0)
    assert shown.harm == 6.0  # what the kinder one did the strangers good makes up for nothing
    assert (shown.p50, shown.p99) == (49, 98)
    assert shown.foreign == 110 / 183


def test_the_command_prints_what_it_is_asked_for() -> None:
    asked = ("--only", "1 in 2 s", "--limiter", "ours", "--seconds", "4", "--jobs", "1")
    command = [sys.executable, "-m", "bench.limiter", *asked]
    printed = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 -- ours
    assert printed.stdout.count("1 in 2 s, ") == 4
    assert printed.stdout.count("ours, a guest") == 5
    assert "aiolimiter" not in printed.stdout
    assert "used % " in printed.stdout.splitlines()[1]
    assert not printed.stderr
