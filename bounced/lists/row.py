"""What one row of a suppression list says: whom to block, since when, why.

In doubt nobody is blocked: who is fine by the list's own words, or of whom they say nothing that is
known, is skipped; so is what the list calls soft, or what is soft by our rules.  A date that may be
two is bad.
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
from bounced.lists.columns import Columns
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
DELIVERED: Final = "its reply says that it was delivered"
SILENT: Final = "does not say why it is listed"
_UNKNOWN: Final = "says nothing that is known as a reason"
_ALL: Final = "*"  # tags
_MOST_SHOWN: Final = 20  # different words that are no reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How a list is to be read: *cause* is for entries that don't say why they are listed.

    With it, they are taken for listed unless they say that they are fine.
    """

    rules: RuleBook
    now: datetime
    cause: Cause | None = None


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
        self._shown: set[str] = set()
        self._classified = lru_cache(_REMEMBERED)(lambda said: _classified(said, how.rules))

    @property
    def told(self) -> bool:
        """Whether a person has said that it is a list of whom not to mail, and why."""
        return self._how.cause is not None

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
        means = _meaning(row, columns)
        default = self._how.cause
        tagged = columns.tags and not columns.silent
        if tagged and means is None and not default and _first(row, columns.tags) == _ALL:
            means = Means.UNSUBSCRIBED
        if why := self._skip(row, columns, means):
            return Skipped(line, address, why)
        since = dates.when(_first(row, columns.since), self._how.now)
        why = means.words if means else "listed"
        cause = _CAUSES.get(means) if means else None
        plain = Listed(address, normalise(address), cause or default or _UNSAID, why, since)
        denied = any(_first(row, [at]).lower() in words.NO for at, _ in columns.flags)
        listed = bool(means or columns.bare or (default and not denied))
        said = "" if cause else _said(row, columns)
        entry = self._quoted(plain, said, means, line, listed=listed) if said else None
        if entry or listed:
            return entry or plain
        return Skipped(line, address, self._no_reason(row, columns, None))

    def _skip(self, row: Sequence[str], columns: Columns, means: Means | None) -> str | None:
        """Return why a row is no reason to block, whatever reply it quotes."""
        if columns.expired and _first(row, columns.expired).lower() in words.YES:
            return NO_LONGER
        if means is Means.SOFT:
            return means.words
        if means is Means.FINE:
            return self._no_reason(row, columns, means)
        tagged = means in (None, Means.UNSUBSCRIBED) and words.squeezed(_first(row, columns.tags))
        return ONE_TAG if tagged and not columns.silent else None

    def _no_reason(self, row: Sequence[str], columns: Columns, means: Means | None) -> str:
        """Return why a row blocks nobody; of unknown words only some are shown."""
        if columns.silent:
            return SILENT
        flags = tuple(at for at, _ in columns.flags)
        shown = [
            (at, cell)
            for at in (*columns.category, *columns.text, *flags)
            if (cell := _first(row, [at])) and (means is None or _meant(cell, at, columns) is means)
        ]
        if not shown:
            return SILENT
        at, cell = shown[0]
        said = f"{columns.names[at]}={cell}" if at in flags else cell
        if len(said) > words.LONGEST:
            return _UNKNOWN
        if said not in self._shown:
            if len(self._shown) >= _MOST_SHOWN:
                return _UNKNOWN
            self._shown.add(said)
        return f'says "{said}", which blocks nobody'

    def _quoted(
        self, plain: Listed, said: str, means: Means | None, line: int, *, listed: bool
    ) -> Entry | None:
        """Return the entry of an address for which the list quotes a reply.

        ``None`` if it is not *listed* by anything else either: no rule knows the reply, and it has
        no code of a failure.
        """
        # Whom it was about makes no difference to what a reply means.
        reply = self._classified(said.replace(plain.address, _MASK))
        if reply.skip:
            return Skipped(line, plain.address, reply.skip)
        failed = str(reply.status or reply.smtp_code).startswith("5")
        if not (reply.rule or failed or listed):
            return None
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
    if str(status or code).startswith("2"):
        return _Reply(DELIVERED, None, None, None, status, code)
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
    places = (*columns.category, *(at for at, _ in columns.flags))
    return min(
        (means for at in places if at < len(row) and (means := _meant(row[at], at, columns))),
        default=None,
    )


def _meant(cell: str, at: int, columns: Columns) -> Means | None:
    """Return what a *cell* means in the column *at*."""
    flag = next((means for place, means in columns.flags if place == at), None)
    if flag and cell.strip().lower() in words.YES:
        return flag
    if at not in columns.reasons and words.squeezed(cell) in words.VAGUE:
        return None
    return _word(cell)


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
    return cell.strip().lower() not in {"", *words.NO} and _word(cell) is None


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
