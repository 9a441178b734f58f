"""How an address stands, told in one line, and its history, told in a line for each event."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from bounced.cli.output import Piece
from bounced.model import Trust

if TYPE_CHECKING:
    from bounced.policy import AddressState
    from bounced.store import HistoryEntry

COLUMNS = ("address", "state", "since", "cause", "soft", "stream")


def sentence(asked: str, state: AddressState, soft_limit: int) -> Sequence[Piece]:
    """Return one line: blocked or not, since when, the cause, the rule and the words."""
    if not state.blocked:
        return ((asked, "bold"), ": ", ("not blocked", "green"), *_soft(state, soft_limit))
    told: list[Piece] = [
        (asked, "bold"),
        ": ",
        ("blocked", "red"),
        f" with all of {state.address}"
        if state.key.startswith("@") and asked != state.address
        else "",
        f" since {_day(state.since)}",
    ]
    if state.expires_at:
        told.append(f" until {_day(state.expires_at)}")
    if state.cause:
        told.append(f", {state.cause} ({state.cause.info.type})")
    if state.blocked_by and state.why:
        told.append(f", {state.why}")
    if state.rule:
        told.append(f", by rule {state.rule}")
    if state.evidence:
        told += [": ", (state.evidence, "yellow")]
    return told


def _soft(state: AddressState, soft_limit: int) -> Sequence[Piece]:
    if not state.soft_count:
        return ()
    last = f", the last {_day(state.last_failure_at)}" if state.last_failure_at else ""
    cause = f": {state.cause}" if state.cause else ""
    return (f", soft failures {state.soft_count} of {soft_limit}{cause}{last}",)


def row(state: AddressState, soft_limit: int) -> Sequence[Piece]:
    """Return one row of ``bounced list``, in the order of COLUMNS; since: of the last failure."""
    return (
        state.address,
        ("blocked", "red") if state.blocked else ("not blocked", "green"),
        _day(state.since or state.last_failure_at),
        str(state.cause or "-"),
        f"{state.soft_count} of {soft_limit}",
        state.stream,
    )


def event(entry: HistoryEntry, *, stream: bool) -> Sequence[Sequence[Piece]]:
    """Return the lines of ``bounced history`` for one event: what it was and did; the words.

    With *stream* also which mail stream it was in.
    """
    style = "red" if entry.effect in ("blocked", "extended") else "bold"
    cause = f", {entry.cause} ({entry.type})" if entry.cause else ""
    named = "end of the block" if entry.origin == "policy" else entry.what
    what = f"{entry.at:%Y-%m-%d %H:%M}  ", f"{named}{cause}: "
    did = (str(entry.effect), style)
    # "blocked: blocked by anna" says it twice.
    says_so = entry.why.startswith(f"{entry.effect} ")
    why = entry.why.removeprefix(str(entry.effect)) if says_so else f": {entry.why}"
    below: list[tuple[str, Piece]] = []
    if entry.rule:
        below.append((f"by rule {entry.rule}: ", (entry.evidence or "", "yellow")))
    if entry.trust and entry.trust is not Trust.UNSIGNED:
        below.append(("trust: ", str(entry.trust)))
    if stream:
        below.append(("stream: ", entry.stream))
    return [
        ((what[0], "dim"), what[1], did, why),
        *((" " * len(what[0]), (name, "dim"), value) for name, value in below),
    ]


def _day(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d}" if at else "-"
