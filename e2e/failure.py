"""What makes a run end early, in words that say what to do."""

from __future__ import annotations


class Failure(Exception):
    """A run cannot go on. The text says what is the matter, and what to look at."""
