"""Variable envelope return paths: the bounce address itself tells who failed.

A sender that puts each recipient into its return path (``bounces+user=example.com@example.org``)
knows better than any report who did not get the mail: the report may hide the address, or name the
one that a forwarder made of it.  http://cr.yp.to/proto/verp.txt; Postfix, ezmlm and Mailman write
it so, bulk senders with a number in front.  Pure; never raises.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from bounced.address import is_address, normalise, unwrap
from bounced.model import Action, Defect, Envelope, Kind, RecipientStatus, Report, Typed

SOURCE: Final = "verp"
_SRS: Final = re.compile(r"SRS[01][=+-]", re.IGNORECASE)
_ADDRESS: Final = re.compile(r"[^\s<>,;:\"()]{1,200}@[^\s<>,;:\"()@]{1,255}")
_DIVIDER: Final = re.compile(r"[+-]")
_MAX_CANDIDATES: Final = 12  # each divider may be the sender's, or part of the recipient's name
_NOT_DELIVERED: Final = frozenset({Action.FAILED, Action.DELAYED, None})


def candidates(forward_path: str) -> tuple[str, ...]:
    """Return every recipient that *forward_path* may stand for, the longest first.

    ``list-bounces+anna=example.com@example.org`` may stand for ``bounces+anna@example.com`` and for
    ``anna@example.com``.  BATV tags and forwarders' rewriting (SRS) are looked through.
    """
    local = unwrap(forward_path).rpartition("@")[0]
    head, equals, domain = local.rpartition("=")
    if not equals or _SRS.match(local):
        return ()
    starts = [divider.end() for divider in _DIVIDER.finditer(head)][:_MAX_CANDIDATES]
    found = (f"{head[start:]}@{domain}" for start in starts)
    return tuple(one for one in found if is_address(one))


def recipient(report: Report, envelope: Envelope) -> str | None:
    """Return whom the bounce address of *report* names, if there is no doubt.

    Of several candidates the one that the report or the returned message names as well; none where
    nothing confirms any of them.
    """
    found = dict.fromkeys(one for path in envelope.forward_paths for one in candidates(path))
    if len(found) <= 1:
        return next(iter(found), None)
    known = named(report)
    confirmed = [one for one in found if normalise(one) in known]
    return confirmed[0] if len(confirmed) == 1 else None


def attribute(report: Report, envelope: Envelope) -> Report:
    """Return *report* with the recipient that the bounce address names in the place of another's.

    Only a report about one recipient, or about none that it names, is one that a VERP message can
    have caused; more are left as they are.
    """
    if not report.kind.about_somebody or not any("=" in path for path in envelope.forward_paths):
        return report
    who = recipient(report, envelope)
    if who is None:
        return report
    if not report.recipients:
        return alone(report, who, SOURCE)
    if len(report.recipients) > 1 or report.recipients[0].action not in _NOT_DELIVERED:
        return report
    return replace(report, recipients=(_renamed(report.recipients[0], who),))


def alone(report: Report, who: str, source: str) -> Report:
    """Return *report* about *who*, whom the bounce address names, where it names nobody itself."""
    if not report.kind.about_somebody or report.recipients:
        return report
    action = Action.FAILED if report.kind is Kind.BOUNCE else None
    note = Defect(field="recipient", text="named by the bounce address alone")
    one = RecipientStatus(address=who, action=action, source=source, defects=(note,))
    return replace(report, recipients=(one,))


def _renamed(one: RecipientStatus, who: str) -> RecipientStatus:
    if one.address and normalise(one.address) == normalise(who):
        return one
    shown = one.address or "no address"
    note = Defect(field="recipient", text=f"the bounce address names {who}, the report {shown}")
    final = one.final_recipient or (Typed("rfc822", one.address) if one.address else None)
    return replace(one, address=who, final_recipient=final, defects=(*one.defects, note))


def named(report: Report) -> frozenset[str]:
    """Return the look-up keys of all recipients that the report and the returned message name."""
    names = [one.address for one in report.recipients]
    fields = [one.original_recipient for one in report.recipients]
    fields += [one.final_recipient for one in report.recipients]
    names += [field.value for field in fields if field]
    return frozenset(normalise(name) for name in names if name) | addressed(report)


def addressed(report: Report) -> frozenset[str]:
    """Return the look-up keys of those to whom the returned message is addressed."""
    to = report.returned.to if report.returned else None
    return frozenset(normalise(name) for name in _ADDRESS.findall(to or ""))
