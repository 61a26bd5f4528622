"""What sees everything and outlives every configuration: the board, the log, the ledgers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, cast

from prometheus_client import CollectorRegistry, ProcessCollector

from upbit_monitor.app.memory import Memory
from upbit_monitor.app.scopes import Scopes
from upbit_monitor.app.watch import Watch
from upbit_monitor.logs import (
    CallLog,
    DecisionLog,
    Event,
    Format,
    Level,
    LevelWord,
    Logger,
    Logging,
    LogSettings,
    Mask,
)
from upbit_monitor.metrics import Board, CallMetrics, LimiterMetrics
from upbit_monitor.metrics import catalogue as c

if TYPE_CHECKING:
    from pathlib import Path
    from typing import TextIO

    from upbit_monitor.app.blocks import Scope
    from upbit_monitor.config import Settings
    from upbit_monitor.quota import Tell


@dataclass(frozen=True, slots=True)
class Instruments:
    """The board, the log, and the limiters' ledgers of one process."""

    board: Board
    calls: CallMetrics
    limits: LimiterMetrics
    logging: Logging
    scopes: Scopes

    @classmethod
    def for_settings(
        cls, settings: Settings, stream: TextIO | None = None, *, state: Path | None
    ) -> Instruments:
        """Set up. ``stream``: where the log goes, standard output if not given.

        ``state``: the directory in which a block outlives the process, if there is one.
        """
        registry = CollectorRegistry(auto_describe=True)
        ProcessCollector(registry=registry)
        board = Board(registry, on_cut=lambda *cut: _tell_cut(logging.logger(), *cut))
        logging = Logging(
            log_settings(settings),
            on_message=lambda level: board.count(c.LOG_MESSAGES, None, level),
            on_redaction=lambda kind: board.count(c.LOG_REDACTIONS, None, kind),
            stream=stream,
        )
        limits = LimiterMetrics()
        registry.register(limits)
        for level in Level:
            board.count(c.LOG_MESSAGES, None, level.word, by=0)
        for mask in Mask:
            board.count(c.LOG_REDACTIONS, None, mask.value, by=0)
        board.count(c.LOG_FAILURES, None, by=0)
        memory = Memory(state, board=board, log=logging.logger())
        memory.rehearse()
        scopes = Scopes(memory, partial(_decision_log, logging))
        return cls(board, CallMetrics(board), limits, logging, scopes)

    def watch(self, settings: Settings) -> Watch:
        """Make what these settings ask for. To be entered."""
        self.board.cap(settings.metrics.series_cap)
        call_log = CallLog(self.logging.logger(), successes_at_info=settings.log.requests == "info")
        # What the log would only drop is not told, and so not computed.
        in_detail = settings.log.level == "debug"
        limiters = self.scopes.open(settings.targets.values(), in_detail=in_detail)
        self.limits.watch(limiters)
        return Watch(
            settings,
            limiters=limiters,
            board=self.board,
            calls=self.calls,
            observers=(self.calls, call_log),
            logger=self.logging.logger,
        )


def _tell_cut(log: Logger, metric: str, target: str | None, left_out: int) -> None:
    whose = {"target": target} if target else {}
    log.warning(Event.SERIES_CUT, **whose, metric=metric, left_out=left_out)


def _decision_log(logging: Logging, scope: Scope) -> Tell:
    base_url, account = scope
    # As in the events of blocks: the same fields, for the same scope.
    key = {"account": account} if account else {}
    return DecisionLog(logging.logger(base_url=base_url, **key)).told


def log_settings(settings: Settings) -> LogSettings:
    """Give the log its part of the settings, and every secret there is, to be masked."""
    keys = (target.credentials for target in settings.targets.values() if target.credentials)
    return LogSettings(
        level=cast("LevelWord", settings.log.level),
        format=cast("Format", settings.log.format),
        secrets=frozenset(
            secret.get_secret_value() for key in keys for secret in (key.access_key, key.secret_key)
        ),
    )
