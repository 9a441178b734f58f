"""What one row of a suppression list says: whom to block, since when, why.

In doubt nobody is blocked: what the list calls soft, or what its own words show to be soft by our
rules, is skipped; a date that may be two is bad.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
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
from bounced.model import Judged, Status
from bounced.verdicts import rejection

_LONGEST: Final = 500  # characters that are kept of what a list says
_MASK: Final = "recipient@address.invalid"
_REMEMBERED: Final = 4096
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


Read = Callable[[Sequence[str], Columns, int], Entry]
Classify = Callable[[str], Judged]


def reader(how: Reading) -> Read:
    """Return the function that reads rows: their cells, what stands where, and the line."""
    classified = lru_cache(_REMEMBERED)(lambda said: rejection(_MASK, said, None, how.rules))

    def read(row: Sequence[str], columns: Columns, line: int) -> Entry:
        try:
            if columns.own:
                return _own(row, columns, columns.own, how, line)
            return _foreign(row, columns, how, classified, line)
        except ValueError as error:
            return Bad(line, str(error))

    return read


def _foreign(
    row: Sequence[str], columns: Columns, how: Reading, classified: Classify, line: int
) -> Entry:
    address = _address(_first(row, columns.address))
    if columns.expired and _first(row, columns.expired).lower() in words.YES:
        return Skipped(line, address, NO_LONGER)
    means = _meaning(row, columns)
    if means is Means.SOFT:
        return Skipped(line, address, means.words)
    if columns.tags and means in (None, Means.UNSUBSCRIBED):
        if words.squeezed(_first(row, columns.tags)):
            return Skipped(line, address, ONE_TAG)
        means = means or (None if how.cause else Means.UNSUBSCRIBED)
    since = dates.when(_first(row, columns.since), how.now)
    wish = means in _CAUSES
    said = "" if wish else _said(row, columns)
    cause = _CAUSES[means] if means and wish else how.cause or Cause.SUPPRESSED
    why = said or (means.words if means else "listed")
    listed = Listed(address, normalise(address), cause, why, since)
    return _by_words(listed, said, means, classified, line) if said else listed


def _by_words(
    listed: Listed, said: str, means: Means | None, classified: Classify, line: int
) -> Entry:
    """Let our own rules say what a reply means; whom it was about makes no difference."""
    judged = classified(said.replace(listed.address, _MASK))
    verdict = judged.verdict
    assert verdict is not None
    known = verdict.rule != NO_RULE and verdict.cause is not Cause.UNKNOWN
    if verdict.type is Type.SOFT and (known or _temporary(judged)):
        return Skipped(line, listed.address, f"soft by our rules: {verdict.cause}")
    if not known:
        return listed._replace(status=judged.status, smtp_code=judged.smtp_code)
    return listed._replace(
        cause=verdict.cause,
        why=means.words if means else "bounced",
        status=judged.status,
        smtp_code=judged.smtp_code,
        rule=verdict.rule,
        evidence=verdict.evidence.replace(_MASK, listed.address),
    )


def _temporary(judged: Judged) -> bool:
    """Whether the codes say "later"; the status counts more.  RFC 3463 §2, RFC 5321 §4.2.1."""
    return str(judged.status or judged.smtp_code).startswith("4")


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
        _cause(cells["cause"]) or how.cause or Cause.SUPPRESSED,
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
