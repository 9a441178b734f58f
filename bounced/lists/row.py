"""What one row of a suppression list says: whom to block, since when, why.

In doubt nobody is blocked: what the list calls soft, or what its own words show to be soft by our
rules, is skipped; a date that may be two is bad.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Final, NamedTuple

from bounced.address import is_address, normalise
from bounced.causes import Cause, Type
from bounced.classify import NO_RULE, RuleBook
from bounced.lists import dates, words
from bounced.lists.values import Bad, Entry, Listed, Skipped
from bounced.lists.words import Means
from bounced.model import Status
from bounced.verdicts import rejection

_LONGEST: Final = 500  # characters that are kept of what a list says
_MASK: Final = "recipient@address.invalid"
_REMEMBERED: Final = 4096
_UNSAID: Final = Cause.SUPPRESSED  # some platform's list has it, whatever for
_CAUSES: Final = {
    Means.COMPLAINT: Cause.COMPLAINT,
    Means.UNSUBSCRIBED: Cause.SUPPRESSED,
    Means.BY_HAND: Cause.SUPPRESSED,
}
NOT_BLOCKED: Final = "not blocked"
NO_LONGER: Final = "no longer on the list"
ONE_TAG: Final = "unsubscribed from some mail only"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How a list is to be read: *cause* is for entries that don't say why they are listed."""

    rules: RuleBook
    now: datetime
    cause: Cause | None = None


class Columns(NamedTuple):
    """Where a row has what: positions in it, the first that is filled counts."""

    address: tuple[int, ...]
    since: tuple[int, ...]
    category: tuple[int, ...]
    text: tuple[int, ...]
    code: tuple[int, ...]
    expired: tuple[int, ...]
    tags: tuple[int, ...]
    own: dict[str, int] | None

    @classmethod
    def of(cls, names: Sequence[str]) -> Columns:
        """Find out by the *names* of the columns; ``address`` is empty where there is none."""
        at = {words.squeezed(name): number for number, name in reversed(list(enumerate(names)))}

        def find(known: Sequence[str]) -> tuple[int, ...]:
            return tuple(at[name] for name in known if name in at)

        return cls(
            address=find(words.ADDRESS),
            since=find(words.SINCE),
            category=find(words.CATEGORY),
            text=find(words.TEXT),
            code=find(words.CODE),
            expired=find(words.EXPIRED),
            tags=find(words.TAGS),
            own={name: at[name] for name in words.OWN} if at.keys() >= set(words.OWN) else None,
        )


class _Reply(NamedTuple):
    """What a reply means by our own rules; ``skip`` is why it is no reason to block."""

    skip: str | None
    cause: Cause | None
    rule: str | None
    evidence: str | None
    status: Status | None
    smtp_code: int | None


class Rows:
    """Reads rows, each given with what stands where and its line."""

    def __init__(self, how: Reading) -> None:
        self._how = how
        self._classified = lru_cache(_REMEMBERED)(lambda said: _classified(said, how.rules))

    def read(self, row: Sequence[str], columns: Columns, line: int) -> Entry:
        """Return what one row comes to; never raises."""
        try:
            if columns.own:
                return _own(row, columns, columns.own, self._how, line)
            return self._foreign(row, columns, line)
        except ValueError as error:
            return Bad(line, str(error))

    def _foreign(self, row: Sequence[str], columns: Columns, line: int) -> Entry:
        address = _address(_first(row, columns.address))
        if columns.expired and _first(row, columns.expired).lower() in words.YES:
            return Skipped(line, address, NO_LONGER)
        means = _meaning(row, columns)
        if means is Means.SOFT:
            return Skipped(line, address, means.words)
        default = self._how.cause
        if columns.tags and means in (None, Means.UNSUBSCRIBED):
            if words.squeezed(_first(row, columns.tags)):
                return Skipped(line, address, ONE_TAG)
            means = means or (None if default else Means.UNSUBSCRIBED)
        since = dates.when(_first(row, columns.since), self._how.now)
        why = means.words if means else "listed"
        cause = _CAUSES.get(means) if means else None
        plain = Listed(address, normalise(address), cause or default or _UNSAID, why, since)
        said = "" if cause else _said(row, columns)
        return self._quoted(plain, said, means, line) if said else plain

    def _quoted(self, plain: Listed, said: str, means: Means | None, line: int) -> Entry:
        """Return the entry of an address for which the list quotes a reply."""
        # Whom it was about makes no difference to what a reply means.
        reply = self._classified(said.replace(plain.address, _MASK))
        if reply.skip:
            return Skipped(line, plain.address, reply.skip)
        evidence = reply.evidence and reply.evidence.replace(_MASK, plain.address)
        return Listed(
            address=plain.address,
            key=plain.key,
            cause=reply.cause or plain.cause,
            why=said if reply.rule is None else means.words if means else "bounced",
            since=plain.since,
            status=reply.status,
            smtp_code=reply.smtp_code,
            rule=reply.rule,
            evidence=evidence,
        )


def _classified(said: str, rules: RuleBook) -> _Reply:
    judged = rejection(_MASK, said, None, rules)
    verdict, status, code = judged.verdict, judged.status, judged.smtp_code
    assert verdict is not None
    known = verdict.rule != NO_RULE and verdict.cause is not Cause.UNKNOWN
    # RFC 3463 §2, RFC 5321 §4.2.1; the status counts more.
    temporary = str(status or code).startswith("4")
    if verdict.type is Type.SOFT and (known or temporary):
        skip = f"soft by our rules: {verdict.cause}"
        return _Reply(skip, verdict.cause, verdict.rule, verdict.evidence, status, code)
    if not known:
        return _Reply(None, None, None, None, status, code)
    return _Reply(None, verdict.cause, verdict.rule, verdict.evidence, status, code)


def _own(
    row: Sequence[str], columns: Columns, own: dict[str, int], how: Reading, line: int
) -> Entry:
    """Read a row of our own export."""
    cells = {name: row[at].strip() if at < len(row) else "" for name, at in own.items()}
    address = _address(_first(row, columns.address), domains=True)
    if cells["blocked"].lower() not in words.YES:
        return Skipped(line, address, NOT_BLOCKED)
    until = dates.moment_of(cells["expiresat"])
    if until and until <= how.now:
        return Skipped(line, address, NO_LONGER)
    return Listed(
        address,
        normalise(address),
        _cause(cells["cause"]) or how.cause or _UNSAID,
        cells["why"][:_LONGEST] or "blocked",
        dates.when(_first(row, columns.since), how.now),
        until,
        cells["stream"] or None,
        rule=cells["rule"] or None,
        evidence=cells["evidence"] or None,
    )


def _address(text: str, *, domains: bool = False) -> str:
    address = text.strip().removeprefix("<").removesuffix(">")
    local_part, _, domain = address.rpartition("@")
    meant = address if local_part or not domains else f"postmaster@{domain}"
    if "\N{REPLACEMENT CHARACTER}" in address:
        msg = f"{address[:60]!r} is not UTF-8 text; save the list as UTF-8"
    elif not address:
        msg = "no address"
    elif not is_address(meant):
        msg = f"{address[:60]!r} is no mail address"
    else:
        return address
    raise ValueError(msg)


def _meaning(row: Sequence[str], columns: Columns) -> Means | None:
    found = [word for at in columns.category if at < len(row) and (word := _word(row[at]))]
    return min(found) if len(found) > 1 else found[0] if found else None


@lru_cache(_REMEMBERED)
def _word(cell: str) -> Means | None:
    return words.MEANING.get(words.squeezed(cell)) if len(cell) <= words.LONGEST else None


def _said(row: Sequence[str], columns: Columns) -> str:
    """Return the reply that a row quotes, with the codes from columns of their own before it."""
    text = next((row[at].strip() for at in columns.text if at < len(row) and _speaks(row[at])), "")
    codes = (row[at].strip() for at in columns.code if at < len(row))
    some = [code for code in codes if code not in text and _is_code(code)]
    return " ".join([*some, text]).strip()[:_LONGEST]


@lru_cache(_REMEMBERED)
def _is_code(cell: str) -> bool:
    return (len(cell) == len("550") and cell.isdecimal() and cell[0] in "45") or (
        Status.find(cell) is not None and " " not in cell
    )


def _speaks(cell: str) -> bool:
    return bool(cell.strip()) and _word(cell) is None


def _cause(name: str) -> Cause | None:
    try:
        return Cause(name) if name else None
    except ValueError:
        msg = f"{name[:60]!r} is no cause; known are {', '.join(Cause)}"
        raise ValueError(msg) from None


def _first(row: Sequence[str], positions: Sequence[int]) -> str:
    for at in positions:
        if at < len(row) and row[at]:
            return row[at].strip()
    return ""
