"""Follow a mail log into the store: build what it takes, and say what came of it."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bounced import systemd
from bounced.address import matcher
from bounced.cli import following, options, output, shapes
from bounced.config import Config, rulebook
from bounced.config.ours import ours
from bounced.follow.counting import Counting, relays
from bounced.follow.files import LogFile
from bounced.follow.pipes import Journal, Pipe
from bounced.follow.run import Follower, Summary
from bounced.follow.source import Source
from bounced.log import Log, setup
from bounced.maillog import Line, journal, syslog
from bounced.policy import Decision
from bounced.store import Observed
from bounced.store.followed import Followed

_ANYBODY = "*"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the command line says."""

    source: str | None
    journal: bool
    once: bool
    stream: str | None
    relay_only: Sequence[str]

    @property
    def name(self) -> str | None:
        """What the place in this log is kept by; ``None`` where there is no going on."""
        if self.source == "-" and not self.journal:
            return None
        if self.journal:
            return f"{socket.gethostname()}:journal:{self.source or 'mail'}"
        return f"{socket.gethostname()}:{self.path.absolute()}"

    @property
    def path(self) -> Path:
        """The file."""
        return Path(self.source or following.DEFAULT_LOG)


def follow(wanted: Wanted, settings: Config, *, as_json: bool) -> None:
    """Follow until a signal comes, or to the end of what is there; then print the sums."""
    log = setup(**settings.log.model_dump())
    stop = threading.Event()
    with options.opened_store(settings, create=True) as store, _stopped_by_signals(stop):
        followed = Followed(store, wanted.name).loaded(datetime.now(UTC))
        with contextlib.closing(_source(wanted, followed, log)) as source:
            log.following(name=wanted.name or "standard input")
            systemd.notify(os.environ, "READY=1", f"STATUS=following {wanted.name}")
            follower = Follower(
                source=source,
                parse=_in_journal if wanted.journal else syslog,
                counting=_counting(wanted, settings),
                followed=followed,
                once=wanted.once,
                stop=stop,
                on_done=_telling(log, as_json=as_json),
                on_trouble=lambda error: log.store_unavailable(why=str(error)),
                on_turn=_alive,
            )
            summary = follower.run()
    _tell(summary, as_json=as_json)


def _source(wanted: Wanted, followed: Followed, log: Log) -> Source:
    if wanted.journal:
        return Journal(wanted.source, followed.position, once=wanted.once)
    if wanted.source == "-":
        return Pipe(sys.stdin.buffer)
    return LogFile(
        wanted.path,
        followed.position,
        followed.since,
        complain=lambda why: log.unreadable(why=why),
    )


def _alive() -> None:
    systemd.notify(os.environ, "WATCHDOG=1")


def _in_journal(raw: bytes, _: datetime) -> Line | None:
    return journal(raw)[0]


def _counting(wanted: Wanted, settings: Config) -> Counting:
    returning = [one for one in settings.accept if one != _ANYBODY]
    return Counting(
        rules=rulebook.load(settings.rules.files),
        own=matcher(settings.accept),
        returns=matcher(returning) if returning else lambda _: False,
        ours=ours(settings, os.environ),
        stream=wanted.stream,
        relay_only=relays([*settings.follow.relay_only, *wanted.relay_only]),
        final=relays(settings.follow.final),
    )


@contextlib.contextmanager
def _stopped_by_signals(stop: threading.Event) -> Iterator[None]:
    """Let SIGTERM and SIGINT end it where it can go on from; a second one ends it at once."""

    def on_signal(number: int, _: object) -> None:
        stop.set()
        signal.signal(number, signal.SIG_DFL)

    before = {one: signal.signal(one, on_signal) for one in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


def _telling(log: Log, *, as_json: bool) -> Callable[[Observed, Decision | None], None]:
    def tell(one: Observed, decision: Decision | None) -> None:
        if as_json:
            output.json_line(shapes.observed(one, decision))
            sys.stdout.flush()
            return
        verdict = one.judged.verdict if one.judged else None
        if verdict:
            log.observed(
                address=one.address,
                cause=str(verdict.cause),
                rule=verdict.rule,
                evidence=verdict.evidence,
                decision=str(decision) if decision else "known before",
                known=decision is None,
            )

    return tell


def _tell(summary: Summary, *, as_json: bool) -> None:
    if as_json:
        return
    skipped = "".join(f", {count:,} {why}" for why, count in summary.skipped.most_common())
    output.line(
        f"{summary.lines:,} lines: ",
        (f"{summary.delivered:,} delivered", "green"),
        ", ",
        (f"{summary.rejected:,} rejected", "red" if summary.rejected else ""),
        f", {summary.known:,} known before{skipped}",
    )
