"""Feedback reports: a person, or a receiver's machine, complains about a mail.  RFC 5965, RFC 6591.

Also the older forms of the same: Hotmail's JMRP returned the mail itself, marked with one header.
"""

from __future__ import annotations

import re
from typing import Final

from bounced.model import Defect, Feedback, Kind, RecipientStatus, Report, Typed
from bounced.report import fields
from bounced.report.fields import Fields
from bounced.report.mime import Headers, Part

SOURCE: Final = "arf"
_TYPES: Final = frozenset({"message/feedback-report", "application/feedback-report"})
_SNIFF: Final = re.compile(
    r"\A\s{0,20}(?:[\w-]{1,40}:.*\n){0,6}?Feedback-Type[ \t]*:", re.IGNORECASE
)
# Headers that a provider puts into the mail it returns to say whose complaint it was.
_REPORTER: Final = ("X-HmXmrOriginalRecipient", "X-Original-Rcpt-To", "X-Original-Recipient")


def read(message: Part) -> Report | None:
    """Return the feedback report in *message*, or None where there is none."""
    part = next((part for part in message.walk(into_messages=False) if _is_feedback(part)), None)
    if part is None:
        return _marked(message)
    block = Fields("")
    for one in fields.blocks(part.text):
        block.join(one)
    feedback = _feedback(block)
    if (feedback.feedback_type or "").lower() == "not-spam":
        return Report(
            kind=Kind.REPORT, source=SOURCE, because="Feedback-Type: not-spam", feedback=feedback
        )
    return Report(
        kind=Kind.COMPLAINT,
        source=SOURCE,
        because=f"{part.type} in part {part.path or '1'}",
        recipients=_recipients(feedback, block, _returned_headers(message), part.path),
        reporting_mta=feedback.reporting_mta,
        original_envelope_id=block.take("original-envelope-id", fields.text),
        arrival_date=feedback.arrival_date,
        feedback=feedback,
        defects=tuple(block.defects),
    )


def _is_feedback(part: Part) -> bool:
    return part.type in _TYPES or (part.type == "text/plain" and bool(_SNIFF.match(part.text)))


def _feedback(block: Fields) -> Feedback:
    return Feedback(
        feedback_type=block.take("feedback-type", fields.text),
        user_agent=block.take("user-agent", fields.text),
        version=block.take("version", fields.text),
        original_mail_from=block.take("original-mail-from", fields.text),
        original_rcpt_to=block.take_all("original-rcpt-to"),
        # RFC 5965 §3.2 renamed what the drafts, and Yahoo and AOL to this day, call Received-Date.
        arrival_date=block.take("arrival-date", fields.date)
        or block.take("received-date", fields.date),
        source_ip=block.take("source-ip", fields.text),
        reporting_mta=block.take("reporting-mta", fields.typed),
        reported_domain=block.take_all("reported-domain"),
        incidents=block.take("incidents", fields.number),
        extensions=block.rest(),
    )


def _recipients(
    feedback: Feedback, block: Fields, returned: Headers, path: str
) -> tuple[RecipientStatus, ...]:
    """Name who complained: by the report, else by the provider's own mark in the returned mail."""
    said = [*feedback.original_rcpt_to, *block.take_all("removal-recipient")]
    final = block.take("final-recipient", fields.typed)
    named = [Typed("rfc822", value) for value in said] + ([final] if final else [])
    defects: tuple[Defect, ...] = ()
    if not any(fields.address(one) for one in named):
        marks = [returned.get(name) for name in _REPORTER]
        named += [Typed("rfc822", mark) for mark in marks if mark]
        if not any(marks) and (sole := _sole_to(returned)):
            named.append(sole)
            defects = (Defect(field="original-rcpt-to", text="absent, taken from the returned To"),)
    found = {address: one for one in named if (address := fields.address(one))}
    if not found:
        return (RecipientStatus(source=SOURCE, part=path),)
    return tuple(
        RecipientStatus(
            address=address, original_recipient=one, source=SOURCE, part=path, defects=defects
        )
        for address, one in found.items()
    )


def _sole_to(returned: Headers) -> Typed | None:
    """Return the one person a mail was addressed to; a list in To is not who complained."""
    to = Typed("rfc822", returned.get("To") or "")
    domain = (fields.address(to) or "").rpartition("@")[2].lower()
    lists = f"{returned.get('List-Id')} {returned.get('List-Post')}".lower()
    several = "Cc" in returned or "," in to.value or to.value.count("@") > 2  # noqa: PLR2004 -- "a@b" <a@b>
    return None if not domain or several or domain in lists else to


def _returned_headers(message: Part) -> Headers:
    for part in message.walk(into_messages=False):
        if part is not message and part.type.startswith("message/") and part.children:
            return part.children[0].headers
        if part.type in {"text/rfc822-headers", "message/global-headers"}:
            return Headers.parse(part.text.lstrip("\n").partition("\n\n")[0])
    return Headers()


def _marked(message: Part) -> Report | None:
    """Read Hotmail's JMRP form: the mail itself, marked, or as an attachment, hotmail-jmrp.eml."""
    headers = message.headers
    if "X-HmXmrOriginalRecipient" not in headers:
        headers = _returned_headers(message)
    mark = headers.get("X-HmXmrOriginalRecipient")
    if not mark:
        return None
    recipient = Typed("rfc822", mark)
    return Report(
        kind=Kind.COMPLAINT,
        source=SOURCE,
        because="X-HmXmrOriginalRecipient: a mail that Hotmail's complaint programme returned",
        recipients=(
            RecipientStatus(
                address=fields.address(recipient), original_recipient=recipient, source=SOURCE
            ),
        ),
        feedback=Feedback(feedback_type="abuse", original_rcpt_to=(mark,)),
    )
