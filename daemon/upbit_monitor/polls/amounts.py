"""Amounts as the Exchange area of the exchange writes them: strings of any scale, or nothing."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

_LARGEST: Final = Decimal("1e60")
"""More than this is no amount. Products and sums of what is left fit into a float."""


def check(*amounts: Decimal | None) -> None:
    """Raise ``ValueError``, which does not tell it, for an amount that is no number.

    For the ``__post_init__`` of shapes; an amount that is not there is none of its matters.
    """
    for amount in amounts:
        if amount is not None and not (amount.is_finite() and -_LARGEST < amount < _LARGEST):
            raise ValueError("an amount that is no number")
