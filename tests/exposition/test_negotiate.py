import pytest
from hypothesis import given
from hypothesis import strategies as st

from upbit_monitor.exposition.negotiate import Format, accepts_gzip, choose_format

TEXT, OPENMETRICS = Format.TEXT, Format.OPENMETRICS

MEDIA_TYPES = {form: form.media_type for form in Format}
PROMETHEUS_2 = (
    "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
    "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
)
PROMETHEUS_3 = (
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
    "application/openmetrics-text;version=0.0.1;q=0.5,"
    "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,"
    "text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
)
PROMETHEUS_3_TEXT_ONLY = "text/plain;version=0.0.4;q=0.5,*/*;q=0.4"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8"

qualities = st.integers(0, 1000).map(lambda mills: mills / 1000)


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        (None, TEXT),
        ("", TEXT),
        ("*/*", TEXT),
        (BROWSER, TEXT),
        (PROMETHEUS_2, OPENMETRICS),
        (PROMETHEUS_3, OPENMETRICS),
        (PROMETHEUS_3_TEXT_ONLY, TEXT),
        ("application/openmetrics-text", OPENMETRICS),
        ("Application/OpenMetrics-Text; Version=1.0.0; Charset=UTF-8", OPENMETRICS),
        ('application/openmetrics-text; version="1.0.0"', OPENMETRICS),
        ("application/*", OPENMETRICS),
        ("text/*;q=0.1, application/*;q=0.2", OPENMETRICS),
    ],
)
def test_each_client_gets_the_format_it_prefers(accept: str | None, form: Format) -> None:
    assert choose_format(accept) is form


@pytest.mark.parametrize(
    "accept",
    [
        "application/openmetrics-text;version=2.0.0",
        "application/openmetrics-text;version=0.0.1",
        "application/openmetrics-text;charset=latin-1",
        "application/openmetrics-text;q=0",
        "application/openmetrics-text;q=1.5",
        "application/openmetrics-text;q=nan",
        "application/json",
    ],
)
def test_what_we_do_not_speak_or_was_declined_gets_the_text(accept: str) -> None:
    assert choose_format(accept) is TEXT


def test_the_closest_wish_decides_over_a_wildcard() -> None:
    accept = "*/*;q=1, application/openmetrics-text;q=0.2, text/plain;q=0.1"
    assert choose_format(accept) is OPENMETRICS


def test_a_wish_that_names_the_version_decides_over_one_that_does_not() -> None:
    accept = "text/plain;version=0.0.4;q=0.1, text/plain;q=0.9, application/openmetrics-text;q=0.5"
    assert choose_format(accept) is OPENMETRICS


def test_a_named_format_wins_over_a_wildcard_of_the_same_quality() -> None:
    assert choose_format("*/*, application/openmetrics-text") is OPENMETRICS


def test_equal_wishes_are_met_in_the_order_of_the_client() -> None:
    assert choose_format("application/openmetrics-text, text/plain") is OPENMETRICS
    assert choose_format("text/plain, application/openmetrics-text") is TEXT


@given(text=qualities, openmetrics=qualities, swapped=st.booleans())
def test_the_higher_quality_wins_in_any_order(
    text: float, openmetrics: float, *, swapped: bool
) -> None:
    wishes = [f"text/plain;q={text:.3f}", f"application/openmetrics-text;q={openmetrics:.3f}"]
    chosen = choose_format(",".join(reversed(wishes) if swapped else wishes))
    if text != openmetrics:
        assert chosen is (TEXT if text > openmetrics else OPENMETRICS)


@given(st.text())
def test_no_header_breaks_the_choice(header: str) -> None:
    assert choose_format(header) in Format
    assert accepts_gzip(header) in {True, False}


@given(st.lists(st.sampled_from(["*/*", "text/*", "text/plain", "a/b", "", ";", "text/plain;q=0"])))
def test_openmetrics_goes_only_to_those_who_could_mean_it(wishes: list[str]) -> None:
    assert choose_format(",".join(wishes)) is TEXT or "*/*" in wishes


@pytest.mark.parametrize(
    ("accept_encoding", "welcome"),
    [
        (None, False),
        ("", False),
        ("identity", False),
        ("br, deflate", False),
        ("gzip", True),
        ("GZip", True),
        ("x-gzip", True),
        ("gzip, deflate, br", True),
        ("*", True),
        ("gzip;q=0", False),
        ("gzip;q=0.000", False),
        ("gzip; q=0, *", False),
        ("*;q=0", False),
        ("gzip;q=0.5, identity;q=1", False),
        ("gzip;q=0.5, identity;q=0.5", True),
        ("br;q=1, gzip;q=0.1", True),
    ],
)
def test_gzip_is_used_where_it_is_welcome(accept_encoding: str | None, *, welcome: bool) -> None:
    assert accepts_gzip(accept_encoding) is welcome
