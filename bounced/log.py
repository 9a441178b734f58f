"""The log: structlog set up once, and every event that is ever logged, by name.

One event a message, ``message``, tells all that was made of it.  Never a message body; addresses
are hashed where ``log.addresses`` says so; every text from outside goes through :func:`escape`.
A log that can't be written never stops the mail.  structlog is known here and nowhere else.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import logging
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePath
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict, Processor

from bounced.escape import escape
from bounced.model import Kind

__all__ = ["Failed", "Log", "escape", "hashed", "setup"]

_LEVELS = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """One failed recipient, as the log tells it."""

    address: str | None
    cause: str
    type: str
    rule: str
    decision: str


def hashed(address: str, salt: str) -> str:
    """Return what stands for an address in the log: 64 bits of HMAC-SHA256, the salt its key."""
    key = salt.encode("utf-8", "surrogatepass")
    text = address.strip().lower().encode("utf-8", "surrogatepass")
    return f"#{hmac.new(key, text, hashlib.sha256).hexdigest()[:16]}"


class Log:
    """The events.  A shell gets one of these; nobody else calls structlog."""

    def __init__(self, logger: Any, *, show: Callable[[str], str] = escape) -> None:
        self._logger = logger
        self._show = show

    def _say(self, level: str, event: str, **fields: object) -> None:
        # The pipe to the journal may be gone or the disk full; the mail goes on.
        with contextlib.suppress(OSError, ValueError):
            getattr(self._logger, level)(event, **fields)

    def _address(self, address: str | None) -> str | None:
        return self._show(address) if address else address

    def message(
        self,
        *,
        queue_id: str,
        reverse_path: str | None,
        forward_paths: Sequence[str],
        kind: Kind,
        failed: Sequence[Failed] = (),
        duplicate: bool = False,
        milliseconds: float = 0.0,
        source: str = "smtp",
        peer: str = "",
        size: int = 0,
    ) -> None:
        """Log the one event of a message that was taken and committed."""
        self._say(
            "info",
            "message",
            queue_id=queue_id,
            source=source,
            peer=escape(peer),
            size=size,
            reverse_path=self._address(reverse_path),
            forward_paths=[self._address(path) for path in forward_paths],
            kind=str(kind),
            duplicate=duplicate,
            failed=[
                {
                    "address": self._address(one.address),
                    "cause": str(one.cause),
                    "type": str(one.type),
                    "rule": escape(one.rule),
                    "decision": escape(one.decision),
                }
                for one in failed
            ],
            milliseconds=round(milliseconds, 1),
        )

    def deferred(self, *, queue_id: str, reply: str, why: str) -> None:
        """Log a message that was answered 4xx: the sender keeps it and comes back."""
        self._say("warning", "deferred", queue_id=queue_id, reply=escape(reply), why=escape(why))

    def refused(self, *, peer: str, command: str, reply: str) -> None:
        """Log a command that was answered 5xx, such as a recipient that is not ours."""
        self._say(
            "info", "refused", peer=escape(peer), command=escape(command), reply=escape(reply)
        )

    def broken_off(self, *, peer: str, octets: int) -> None:
        """Log a client that went away in the middle of a message; it keeps it and comes back."""
        self._say("info", "broken_off", peer=escape(peer), octets=octets)

    def recipient_refused(self, *, peer: str, forward_path: str, reply: str) -> None:
        """Log a recipient that the settings do not accept."""
        self._say(
            "info",
            "recipient_refused",
            peer=escape(peer),
            forward_path=self._address(forward_path),
            reply=escape(reply),
        )

    def connections_full(self, *, peer: str, limit: int) -> None:
        """Log a client that was sent away because ``limits.connections`` are open."""
        self._say("warning", "connections_full", peer=escape(peer), limit=limit)

    def reader_failed(self, *, queue_id: str, reader: str, why: str) -> None:
        """Log a reader that raised; its message is kept as unrecognised, or another reader's."""
        self._say("error", "reader_failed", queue_id=queue_id, reader=reader, why=escape(why))

    def failure(self, *, doing: str, error: BaseException) -> None:
        """Log a defect of the program or of its surroundings, and the calls that led to it."""
        calls = [
            f"{PurePath(frame.filename).name}:{frame.lineno} {frame.name}"
            for frame in traceback.extract_tb(error.__traceback__)
        ]
        why = escape(f"{type(error).__name__}: {error}")
        self._say("error", "failure", doing=doing, why=why, calls=calls)

    def library(self, *, level: str, name: str, text: str) -> None:
        """Log a warning or an error of a library that we use."""
        self._say(level, "library", name=name, text=escape(text))

    def store_unavailable(self, *, why: str) -> None:
        """Log that the database is away, locked or full for the moment."""
        self._say("error", "store_unavailable", why=escape(why))

    def notice_sent(
        self, *, to: str, webhook_id: str, topic: str, attempt: int, milliseconds: float
    ) -> None:
        """Log a webhook that was taken, or a message that was forwarded."""
        self._say(
            "info",
            "notice_sent",
            to=escape(to),
            webhook_id=webhook_id,
            topic=topic,
            attempt=attempt,
            milliseconds=round(milliseconds, 1),
        )

    def notice_failed(
        self,
        *,
        to: str,
        webhook_id: str,
        topic: str,
        attempt: int,
        why: str,
        again_at: datetime | None,
    ) -> None:
        """Log one that was not taken; without *again_at* it is given up, for a person to see to."""
        told = {
            "to": escape(to),
            "webhook_id": webhook_id,
            "topic": topic,
            "attempt": attempt,
            "why": escape(why),
        }
        if again_at:
            self._say("warning", "notice_failed", **told, again_at=again_at.isoformat())
        else:
            self._say("error", "notice_dead", **told)

    def raw_expired(self, *, messages: int) -> None:
        """Log how many messages' bytes the retention has taken away."""
        self._say("info", "raw_expired", messages=messages)

    def rules_reloaded(self, *, rules: int) -> None:
        """Log that the rules were read again, with how many there are now."""
        self._say("info", "rules_reloaded", rules=rules)

    def started(self, *, version: str, listen: Sequence[str], store: str) -> None:
        """Log that the daemon is ready."""
        self._say("info", "started", version=version, listen=list(listen), store=store)

    def stopping(self, *, why: str) -> None:
        """Log that no more is accepted and the rest is being finished."""
        self._say("info", "stopping", why=why)

    def stopped(self, *, messages: int) -> None:
        """Log the end, with how many messages were taken since the start."""
        self._say("info", "stopped", messages=messages)


def setup(
    *,
    level: str = "info",
    format: str = "auto",  # noqa: A002 - the setting is named so
    addresses: str = "plain",
    salt: str = "",
    stream: TextIO | None = None,
) -> Log:
    """Set the log up for this process, by the settings of ``[log]``, and return its events."""
    stream = stream or sys.stderr
    on_terminal = stream.isatty()
    console = format == "console" or (format == "auto" and on_terminal)
    logger = structlog.wrap_logger(
        structlog.WriteLogger(stream),
        processors=[
            structlog.processors.add_log_level,
            *(_for_people(colors=on_terminal) if console else _for_programs()),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
    )
    log = Log(
        logger, show=(lambda address: hashed(address, salt)) if addresses == "hashed" else escape
    )
    _listen_to_libraries(log)
    return log


def _for_programs() -> tuple[Processor, ...]:
    return (
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _head_first,
        structlog.processors.JSONRenderer(),
    )


def _head_first(_logger: object, _level: str, fields: EventDict) -> EventDict:
    """Begin every line with when, how bad, and what."""
    return {name: fields.pop(name) for name in ("timestamp", "level", "event")} | dict(fields)


def _for_people(*, colors: bool) -> tuple[Processor, ...]:
    return (
        structlog.processors.TimeStamper(fmt="%H:%M:%S", utc=False),
        _in_words,
        structlog.dev.ConsoleRenderer(
            colors=colors and "NO_COLOR" not in os.environ, sort_keys=False
        ),
    )


def _in_words(_logger: object, _level: str, fields: EventDict) -> EventDict:
    """Write lists as texts, and leave out what is empty."""
    told = {}
    for name, value in fields.items():
        words = "; ".join(map(_in_short, value)) if isinstance(value, list) else value
        if words not in ("", None, False):
            told[name] = words
    return told


def _in_short(one: str | dict[str, str]) -> str:
    if isinstance(one, str):
        return one
    return f"{one['address']}, {one['cause']} ({one['type']}): {one['decision']}"


class _Libraries(logging.Handler):
    """Hands what libraries say through the standard logging to our log."""

    def __init__(self, log: Log) -> None:
        super().__init__(level=logging.WARNING)
        self._to = log

    def emit(self, record: logging.LogRecord) -> None:
        """Log one record; below warning nothing comes here."""
        level = "error" if record.levelno >= logging.ERROR else "warning"
        self._to.library(level=level, name=record.name, text=record.getMessage())


def _listen_to_libraries(log: Log) -> None:
    root = logging.getLogger()
    for handler in [one for one in root.handlers if isinstance(one, _Libraries)]:
        root.removeHandler(handler)
    root.addHandler(_Libraries(log))
