"""The exchange's number styles. No two areas agree, and clients break on the differences.

Quotation in Korea writes fixed decimals (`163248000.00000000`), elsewhere the shortest form
(`146200`); a change of nothing is `0` in both. The Exchange area writes strings whose scale
depends on the endpoint (`"1.0"` in lists of orders, `"1"` in a single order).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from decimal import Decimal


def fixed(value: float, places: int = 8) -> str:
    """`163248000.00000000`; nought is `0`."""
    return f"{value:.{places}f}" if value else "0"


def shortest(value: float, places: int = 8) -> str:
    """`146200`, `0.0315062`: no exponent, no trailing noughts."""
    text = f"{value:.{places}f}"
    return (text.rstrip("0").rstrip(".") if places else text) or "0"


def plain(amount: Decimal) -> str:
    """`140000000`, `0.0001`: an amount without exponent or trailing noughts."""
    text = f"{amount:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def dotted(amount: Decimal) -> str:
    """`1.0`, `0.0001`: the same, with a decimal at least."""
    text = plain(amount)
    return text if "." in text else f"{text}.0"
