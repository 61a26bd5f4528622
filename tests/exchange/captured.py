"""What the exchange was seen to send, and what its documents show."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

UPBIT = Path(__file__).parents[1] / "fixtures" / "upbit"


def body(name: str) -> bytes:
    """Give a fixture as bytes; ``name`` is relative to ``fixtures/upbit``."""
    return (UPBIT / name).read_bytes()


def document(name: str) -> dict[str, Any]:
    """Give a fixture that is one object, decoded."""
    found: dict[str, Any] = json.loads(body(name))
    return found


def error_bodies() -> list[tuple[bytes, str | None, str]]:
    """Give each recorded or documented error body, with the name and message that it holds."""
    errors = document("errors/error_bodies.json")
    found: list[tuple[bytes, str | None, str]] = []
    for entry in (*errors["quotation"], *errors["exchange"]):
        error = entry["body"]["error"]
        raw = json.dumps(entry["body"], ensure_ascii=False).encode()
        found.append((raw, str(error["name"]), error["message"]))
    found += [
        (entry["body_text"].encode(), None, entry["body_text"]) for entry in errors["non_json"]
    ]
    return found
