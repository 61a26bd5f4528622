"""Whom our limiter is measured against: other people's, each as good as it can honestly be made.

The classes are the libraries' own, imported when they are made, which is slow. What stands in these
modules is how they are configured, what they are told, and whose clock they read. At refusals they
share one caller (``manners``); only the page, which is measured as published, has its own way at a
429.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.limiter.deaf import AIOLIMITER, CCXT, PYRATE
from bench.limiter.hearing import DISCORD, HIKARI
from bench.limiter.page import PAGE

if TYPE_CHECKING:
    from bench.limiter.contender import Entry

RIVALS: tuple[Entry, ...] = (PAGE, AIOLIMITER, PYRATE, CCXT, DISCORD, HIKARI)
