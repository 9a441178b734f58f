"""How events become lines: structlog, for programs or for people, on standard error."""

from __future__ import annotations

import hashlib
import hmac
import logging
import os
import re
import sys
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict, Processor

from bounced.escape import escape
from bounced.log.events import Log

_LEVELS = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
}

# What has an "@" in a text is hashed with all that belongs to it; whatever it is, it is no loss.
_ATOM = r"""[^\s<>()\[\]"',;:@]"""
_QUOTED = r'"[^"@]*+"'
_ADDRESS = re.compile(
    rf"""(?:(?<!{_ATOM}){_ATOM}++(?:{_QUOTED})?|{_QUOTED})@[^\s<>()"',;@]+(?<![.:])"""
)
_OURS = frozenset(
    {"event", "level", "store", "listen"}
)  # texts of ours; a database has a user@host


def hashed(address: str, salt: str) -> str:
    """Return what stands for an address in the log: 64 bits of HMAC-SHA256, the salt its key."""
    key = salt.encode("utf-8", "surrogatepass")
    text = address.strip().lower().encode("utf-8", "surrogatepass")
    return f"#{hmac.new(key, text, hashlib.sha256).hexdigest()[:16]}"


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
            *((_without_addresses(salt),) if addresses == "hashed" else ()),
            *(_for_people(colors=on_terminal) if console else _for_programs()),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
    )
    log = Log(
        logger, show=(lambda address: hashed(address, salt)) if addresses == "hashed" else escape
    )
    _listen_to_libraries(log)
    return log


def _without_addresses(salt: str) -> Processor:
    """Return what hashes every mail address that stands in any text, such as a server's reply."""

    def hide(value: Any) -> Any:
        if isinstance(value, str):
            return _ADDRESS.sub(lambda found: hashed(found[0], salt), value)
        if isinstance(value, dict):
            return {name: hide(one) for name, one in value.items()}
        return [hide(one) for one in value] if isinstance(value, list | tuple) else value

    def hidden(_logger: object, _level: str, fields: EventDict) -> EventDict:
        return {name: value if name in _OURS else hide(value) for name, value in fields.items()}

    return hidden


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
