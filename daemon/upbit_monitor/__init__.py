"""Watch the Upbit REST API: what it answers, how fast, and how much of the quota is left."""

__version__ = "0.1.0"
