"""The words of the log: its events, its levels, its masks, and the one who speaks them."""

from __future__ import annotations

from enum import IntEnum, StrEnum
from typing import Any, Protocol, Self


class Level(IntEnum):
    """How loud an event is. The numbers are the standard library's."""

    DEBUG = 10
    INFO = 20
    WARNING = 30
    ERROR = 40

    @property
    def word(self) -> str:
        """The spelling in lines, settings and the label ``level``."""
        return self.name.lower()

    @classmethod
    def of(cls, number: int) -> Level:
        """Give the level of a number of the standard library's, ``CRITICAL`` and custom too."""
        return max((level for level in cls if level <= number), default=cls.DEBUG)


class Mask(StrEnum):
    """Why a value was masked: the closed set of the label ``kind``."""

    KEY_NAME = "key_name"
    """It stood under, or beside, a name such as ``secret_key``."""
    CONFIGURED_KEY = "configured_key"
    """It is one of the keys of this daemon, in some spelling."""
    JWT = "jwt"
    BEARER = "bearer"
    BASIC = "basic"
    USERINFO = "userinfo"
    """It stood before the ``@`` of a URL."""

    @property
    def text(self) -> str:
        """What stands in the line instead."""
        return f"[redacted:{self.value}]"


class Event(StrEnum):
    """The closed vocabulary of the field ``event``. A new event is a new line here.

    People filter and alert on these words: renaming one is a change for the changelog.
    """

    meaning: str

    def __new__(cls, word: str, meaning: str) -> Self:
        """Make an event of its word and the sentence that says what it means."""
        event = str.__new__(cls, word)
        event._value_ = word
        event.meaning = meaning
        return event

    # the life of the daemon
    DAEMON_STARTED = "daemon_started", "The daemon runs and its polls are scheduled."
    DAEMON_READY = "daemon_ready", "Every enabled poll has succeeded and none is overdue."
    DAEMON_NOT_READY = "daemon_not_ready", "A poll is overdue, or has yet to answer since a reload."
    DAEMON_STOPPING = "daemon_stopping", "A signal came; runs in flight get their grace."
    DAEMON_STOPPED = "daemon_stopped", "Everything is closed; this is the last line."
    CONFIG_RELOADED = "config_reloaded", "A new configuration is in force."
    CONFIG_REJECTED = "config_rejected", "A new configuration is wrong; the old one stays."

    RESTART_NEEDED = "restart_needed", "A changed setting takes effect only at the next start."
    CLOCK_STEPPED = "clock_stepped", "The wall clock was set; the polls' beats begin anew."

    # attempts at the exchange
    REQUEST_SUCCEEDED = "request_succeeded", "An attempt gave a valid answer."
    REQUEST_FAILED = "request_failed", "An attempt gave no usable answer."
    REQUEST_THROTTLED = "request_throttled", "The exchange answered 429: too many requests."
    REQUEST_BLOCKED = "request_blocked", "The exchange answered 418: locked out for a while."
    REQUEST_RECOVERED = "request_recovered", "The first valid answer after failed attempts."
    REQUEST_CANCELLED = "request_cancelled", "We gave an attempt up before it was over."

    # the network beside the exchange
    SECOND_OPINION_LOST = "second_opinion_lost", "The second opinion's host is out of reach."
    SECOND_OPINION_BACK = "second_opinion_back", "The second opinion's host is reached again."

    # the limiter
    QUOTA_REFUSED = "quota_refused", "The exchange refused what the limiter let go; see its ledger."
    PLAN_EXCEEDS_SHARE = (
        "plan_exceeds_share",
        "The polls ask for more than the share sustains, or one for more than its interval does.",
    )
    QUOTA_DECIDED = "quota_decided", "The limiter decided about a request, or heard its answer."

    # blocks, as they outlive the process
    BLOCK_RESTORED = "block_restored", "A 418 from before the start still holds: nothing is sent."
    BLOCK_LEARNED = "block_learned", "A process beside this one got a 418: nothing is sent."
    BLOCK_NOT_SAVED = "block_not_saved", "A block will be forgotten if the daemon ends before it."
    STATE_UNUSABLE = "state_unusable", "Blocks cannot be saved: each ends with the process."
    STATE_UNREADABLE = "state_unreadable", "Blocks from before the start are not known."

    # polls
    POLL_FAILED = "poll_failed", "A run of a poll failed."
    POLL_RECOVERED = "poll_recovered", "A run of a poll succeeded after failed ones."
    POLL_CRASHED = "poll_crashed", "A run of a poll ended in a fault of the daemon."
    POLL_PARKED = "poll_parked", "A poll rests until a person has acted; it looks in rarely."
    POLL_MISFIRED = "poll_misfired", "A run was dropped because it was too late."
    POLL_OVERLAPPED = "poll_overlapped", "A run was skipped because the one before still runs."

    # what is shown
    SERIES_CUT = "series_cut", "A gauge has more series of a target than its cap; see `left_out`."

    # what is seen of the exchange
    CONCERN_RAISED = "concern_raised", "A poll saw something that a person should look at."
    CONCERN_GONE = "concern_gone", "What a person should have looked at is so no more."
    MARKET_LISTED = "market_listed", "A market appeared."
    MARKET_DELISTED = "market_delisted", "A market disappeared."

    MARKET_MISSING = "market_missing", "A watched market is not listed."
    MARKET_WARNED = "market_warned", "A watched market was designated as an investment warning."
    MARKET_WARNING_LIFTED = "market_warning_lifted", "A watched market is warned of no more."
    TICKER_IMPLAUSIBLE = "ticker_implausible", "Tickers came that cannot be true."
    WALLET_CHANGED = "wallet_changed", "A wallet changed its state, appeared or went."

    # what others say, and the log of itself
    LIBRARY_MESSAGE = "library_message", "A library spoke through the standard logging module."
    PYTHON_WARNING = "python_warning", "Python or a library gave a warning."
    UNCAUGHT_EXCEPTION = "uncaught_exception", "An exception that nobody caught."
    UNLISTED_EVENT = "unlisted_event", "A defect: the code used a word that is not listed here."
    LOGGING_FAILED = "logging_failed", "Lines before this one could not be written or counted."


class Logger(Protocol):
    """What speaks. ``event`` is one of ``Event``; ``exc_info`` may be an exception or ``True``.

    No method raises. Other rooms are given one of these, and need not know structlog.
    """

    def debug(self, event: str, **fields: Any) -> None:  # noqa: ANN401 -- anything can be told
        """Tell what only somebody who looks for a fault wants to know."""

    def info(self, event: str, **fields: Any) -> None:  # noqa: ANN401 -- the same
        """Tell that something worth knowing happened, as it should."""

    def warning(self, event: str, **fields: Any) -> None:  # noqa: ANN401 -- the same
        """Tell that something went wrong that may mend itself."""

    def error(self, event: str, **fields: Any) -> None:  # noqa: ANN401 -- the same
        """Tell that something went wrong that a person should look at."""

    def exception(self, event: str, **fields: Any) -> None:  # noqa: ANN401 -- the same
        """Tell an error with the exception that is being handled."""
