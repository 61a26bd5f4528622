import json
from pathlib import Path
from typing import Any

import pytest

from tests.config.kinds import KINDS
from upbit_monitor.config import schema
from upbit_monitor.polls import POLLS

SCHEMA = schema(KINDS)
FILE = Path(__file__).parents[2] / "config" / "upbit-monitor.schema.json"


def section(name: str) -> dict[str, Any]:
    found: dict[str, Any] = SCHEMA["$defs"][name]
    return found


def test_the_schema_in_the_repository_is_that_of_the_code() -> None:
    assert json.loads(FILE.read_text(encoding="utf-8")) == schema(POLLS), "run `make docs`"


def test_the_schema_is_json_of_draft_2020_12() -> None:
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert json.loads(json.dumps(SCHEMA)) == SCHEMA


def test_no_section_takes_a_key_that_is_not_known() -> None:
    sections = [SCHEMA, *SCHEMA["$defs"].values(), SCHEMA["properties"]["targets"]]
    assert all(section["additionalProperties"] is False for section in sections)


def test_every_key_has_a_title_and_a_description() -> None:
    for section in (SCHEMA, *SCHEMA["$defs"].values()):
        assert section["title"]
        assert section["description"]
        for key in section["properties"].values():
            followed = SCHEMA["$defs"][key["$ref"].rpartition("/")[2]] if "$ref" in key else key
            assert key.get("description") or followed["description"]
            assert followed["title"]


def test_a_duration_is_text_with_a_pattern_and_its_default_is_one() -> None:
    every = section("pulse")["properties"]["every"]
    assert (every["type"], every["default"]) == ("string", "1m")
    assert every["description"] == "Interval. At least 50ms. At most 1d."
    assert every["pattern"].startswith("^")


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        (
            "depth",
            {
                "type": "integer",
                "minimum": 1,
                "maximum": 5,
                "default": 3,
                "description": "Depth.",
            },
        ),
        ("ratio", {"type": "number", "default": 0.5}),
        ("strict", {"type": "boolean", "default": False}),
        ("side", {"type": "string", "enum": ["bid", "ask"], "default": "bid"}),
        ("watch", {"type": "array", "items": {"type": "string"}, "default": []}),
    ],
)
def test_an_option_has_the_type_bounds_and_default_of_its_field(
    key: str, expected: dict[str, object]
) -> None:
    assert expected.items() <= section("pulse")["properties"][key].items()


def test_only_what_has_no_default_is_required() -> None:
    assert SCHEMA["required"] == ["targets"]
    assert section("Target")["required"] == ["region", "polls"]
    assert section("ledger")["required"] == ["every"]
    assert "required" not in section("pulse")


def test_null_is_allowed_where_no_key_must_be_given() -> None:
    assert section("pulse")["type"] == ["object", "null"]
    assert section("ledger")["type"] == section("Polls")["type"] == "object"
    assert section("Polls")["minProperties"] == 1


def test_null_is_no_default() -> None:
    assert "default" not in section("Target")["properties"]["base_url"]


def test_a_poll_is_described_by_its_summary() -> None:
    described = {name: key["description"] for name, key in section("Polls")["properties"].items()}
    assert described == {name: kind.summary for name, kind in KINDS.items()}


@pytest.mark.parametrize("name", POLLS)
def test_every_poll_has_an_interval_first_and_not_below_50_ms(name: str) -> None:
    key, every = next(iter(schema(POLLS)["$defs"][name]["properties"].items()))
    assert key == "every"
    assert "At least " in every["description"]
