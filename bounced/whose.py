"""Whose message is it: which recipient have *we* mailed, in which stream, and how do we know?

A report names where the mail ended; we must act on where we sent it.  What proves more goes first:
our signature on the return path, plain VERP, a message that we were told of, a field that the
sender puts into each mail, Original-Recipient (RFC 3461 §4.2), Final-Recipient.  Where one of them
says whom the mail went to, nobody else is ever acted on.  Pure; never raises.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from bounced import verp
from bounced.address import (
    VALIDITY,
    Key,
    Seal,
    Signed,
    is_address,
    names,
    normalise,
    verify,
)
from bounced.model import Action, Claim, Envelope, Judged, Match, Reading, Report, Trust
from bounced.report import fields

_STREAM: Final = re.compile(r"[a-z0-9_-]{1,32}")
_STRAY: Final = "the mail went to another address, which this report does not name"
_NOT_HIM: Final = "the mail went to another address, which this report names as well"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ours:
    """What we know of our own mail, by the settings; names of fields in lower case.

    ``stream_of`` tells the stream that a bounce address belongs to.
    """

    keys: tuple[Key, ...] = ()
    validity: timedelta = VALIDITY
    recipient_headers: tuple[str, ...] = ()
    stream_headers: tuple[str, ...] = ()
    stream_of: Callable[[str], str | None] = lambda _: None

    @property
    def headers(self) -> tuple[str, ...]:
        """The fields of returned messages to keep."""
        return self.recipient_headers + self.stream_headers

    def seal(self, path: str, at: datetime) -> Seal | None:
        """Return what a signed path is worth *at* that time, ``None`` for one that is none."""
        return verify(path, self.keys, at=at, validity=self.validity) if self.keys else None


NOTHING_KNOWN: Final = Ours()


def seal(report: Report, envelope: Envelope, ours: Ours, at: datetime) -> Seal | None:
    """Return the signed path that *report* came to, or that the mail in it was sent with.

    A good one goes before a bad one.
    """
    found = [one for path in _paths(report, envelope) if (one := ours.seal(path, at))]
    order = (Trust.SIGNED, Trust.EXPIRED, Trust.FORGED)
    return min(found, key=lambda one: order.index(one.trust), default=None)


def fill_in(report: Report, sealed: Seal, ours: Ours) -> Report:
    """Return *report* with the recipient of its signed path, where it names none at all."""
    who = _recipient(report, sealed.signed, ours) if sealed.signed else None
    return verp.alone(report, who, "signed") if who else report


def claim(reading: Reading, envelope: Envelope, ours: Ours, sealed: Seal | None) -> Reading:
    """Return *reading* with whose it is, and each recipient with the address that we mailed."""
    report = reading.report
    known = next(filter(None, map(ours.stream_of, envelope.forward_paths)), None)
    stream = known or _header_stream(report, ours)
    if sealed is None:
        return _unsigned(reading, envelope, ours, stream)
    if sealed.signed is None:
        return replace(reading, claim=Claim(trust=sealed.trust, stream=stream, why=sealed.why))
    who = _recipient(report, sealed.signed, ours)
    matched = Match.SIGNED if who else None
    made = Claim(trust=sealed.trust, matched=matched, stream=sealed.signed.stream, why=sealed.why)
    return replace(_only(reading, who), claim=made)


def told(reading: Reading, addresses: Collection[str], match: Match) -> Reading:
    """Return *reading*, which returns a message that we were told had gone to *addresses*.

    ``reading`` comes back as it is where it can't be about any of them.
    """
    before = reading.claim
    if before.trust is not Trust.UNSIGNED or not reading.report.kind.about_somebody:
        return reading
    known = {normalise(one): one for one in addresses}
    named = bool(keys(reading) & known.keys())
    if named and before.matched is Match.VERP:
        judged, match = reading.judged, Match.VERP
    elif named:
        judged = tuple(_among(one, known) for one in reading.judged)
    elif len(known) == 1 and before.matched is not Match.VERP and not _addressed(reading):
        judged = _only(reading, *addresses).judged
    else:
        return reading
    why = "it returns a message that we were told of"
    claim = replace(before, trust=Trust.CORRELATED, matched=match, why=why)
    return replace(reading, judged=judged, claim=claim)


def keys(reading: Reading) -> frozenset[str]:
    """Return the look-up keys of all recipients that a report names."""
    return frozenset(key for one in reading.judged for key in _keys(one))


def _unsigned(reading: Reading, envelope: Envelope, ours: Ours, stream: str | None) -> Reading:
    report = reading.report
    if who := verp.recipient(report, envelope):
        known = any(normalise(who) in _keys(one) for one in reading.judged)
        found = _only(reading, who) if known else reading
        matched = Match.VERP if known or not reading.judged else None
    else:
        who = _header_recipient(report, ours)
        found = _only(reading, who) if who else reading
        matched = Match.HEADER if who else None
    if matched is None:
        found = replace(reading, judged=tuple(map(_as_asked, reading.judged)))
        matched = _by_report(found)
    return replace(found, claim=Claim(matched=matched, stream=stream))


def _by_report(reading: Reading) -> Match | None:
    """Return how far the report itself tells whom we mailed."""
    if not reading.report.kind.about_somebody or not any(one.address for one in reading.judged):
        return None
    asked = any(one.recipient.original_recipient for one in reading.judged if one.address)
    return Match.ORIGINAL_RECIPIENT if asked else Match.FINAL_RECIPIENT


def _as_asked(one: Judged) -> Judged:
    """Act on Original-Recipient: it is what the sender had asked for.  RFC 3464 §2.3.1."""
    asked = fields.address(one.recipient.original_recipient)
    if not asked or not is_address(asked) or normalise(asked) == normalise(one.address or ""):
        return one
    return replace(one, mailed=asked)


def _only(reading: Reading, who: str | None) -> Reading:
    """Return *reading* so that it acts on nobody but *who*.

    A report that names one other address tells where the mail was forwarded to.  One that names
    several others is of an alias or a list behind that address: some of them failing says nothing
    of it.
    """
    if not reading.report.kind.about_somebody:
        return reading
    key = normalise(who) if who else None
    mine = [one for one in reading.judged if key in _keys(one)]
    aside = _NOT_HIM if mine else _STRAY
    if who and not mine:
        ends = [one for one in reading.judged if one.recipient.action is not Action.EXPANDED]
        mine = ends if len(ends) == 1 else []
    return replace(
        reading,
        judged=tuple(
            _mailed(one, who) if who and one in mine else replace(one, mailed=None, aside=aside)
            for one in reading.judged
        ),
    )


def _among(one: Judged, known: dict[str, str]) -> Judged:
    said = one.recipient
    original, final = map(fields.address, (said.original_recipient, said.final_recipient))
    keys = [normalise(address) for address in (original, said.address, final) if address]
    found = next((known[key] for key in keys if key in known), None)
    return _mailed(one, found) if found else one


def _mailed(one: Judged, who: str) -> Judged:
    same = normalise(one.recipient.address or "") == normalise(who)
    return replace(one, mailed=None if same else who, aside=None)


def _keys(one: Judged) -> frozenset[str]:
    """Return the look-up keys of all addresses that a report has for one recipient."""
    said = one.recipient
    named = (said.address, *map(fields.address, (said.original_recipient, said.final_recipient)))
    return frozenset(normalise(address) for address in named if address)


def _addressed(reading: Reading) -> bool:
    """Return whether the mail itself was addressed to somebody whom the report names."""
    to = verp.addressed(reading.report)
    return any(to & _keys(one) for one in reading.judged)


def _recipient(report: Report, signed: Signed, ours: Ours) -> str | None:
    """Return whom a path was signed for; a token stands for one of those who are named."""
    if signed.recipient:
        return signed.recipient
    return next((one for one in sorted(verp.named(report)) if names(signed, one, ours.keys)), None)


def _paths(report: Report, envelope: Envelope) -> Iterator[str]:
    """Yield the paths that may be signed: where it came to, and what the mail in it came with."""
    yield from envelope.forward_paths
    if report.kind.about_somebody:
        if report.feedback and report.feedback.original_mail_from:
            yield report.feedback.original_mail_from
        yield from _returned(report, ("return-path",))


def _header_recipient(report: Report, ours: Ours) -> str | None:
    values = [value.strip("<> ") for value in _returned(report, ours.recipient_headers)]
    found = {normalise(value): value for value in values if is_address(value)}
    return next(iter(found.values())) if len(found) == 1 else None


def _header_stream(report: Report, ours: Ours) -> str | None:
    values = (value.strip().lower() for value in _returned(report, ours.stream_headers))
    return next((value for value in values if _STREAM.fullmatch(value)), None)


def _returned(report: Report, wanted: tuple[str, ...]) -> Iterator[str]:
    """Yield the values of some fields of the returned message, by the order of *wanted*."""
    headers = report.returned.headers if report.returned else ()
    yield from (value for name in wanted for known, value in headers if known == name)
