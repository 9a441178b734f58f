"""The front door of the core: the bytes of one message in, a reading out.

Pure: no I/O, no clock.  ``read`` never raises: a message on which a reader fails is
``unrecognised``, with the failure as a defect, so that it is kept and its sender is told 250.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from typing import Final

from bounced import dialects, verp, whose
from bounced import report as reports
from bounced.address import normalise
from bounced.classify import RuleBook
from bounced.fingerprint import fingerprint
from bounced.model import (
    Defect,
    Envelope,
    Kind,
    Reading,
    RecipientStatus,
    Report,
    Returned,
)
from bounced.report import author, fields, forward, mime, nonbounce, prose, returned
from bounced.report.mime import Part
from bounced.report.prose import Notice
from bounced.verdicts import judge, rejection
from bounced.whose import NOTHING_KNOWN, Ours

__all__ = ["examine", "fingerprint", "read", "rejection"]

_WORDS: Final = 4_000


class _Mail:
    """One message, and what a person reads in it: worked out when asked, most reports need none."""

    def __init__(self, message: Part, envelope: Envelope, headers: tuple[str, ...] = ()) -> None:
        self.message = message
        self.envelope = envelope
        self.headers = headers  # of the returned message, to keep beside the common ones

    @cached_property
    def notice(self) -> Notice:
        """The notice's own words."""
        null_sender = author.null_sender(self.message, self.envelope)
        return prose.notice(self.message, null_sender=null_sender)

    def returned(self) -> Returned | None:
        """Return the message that did not arrive, from a part of its own or from the text."""
        return returned.find(self.message, self.headers) or returned.inline(
            self.notice.returned, self.headers
        )


def read(
    raw: bytes,
    envelope: Envelope,
    rules: RuleBook,
    ours: Ours = NOTHING_KNOWN,
    at: datetime | None = None,
) -> Reading:
    """Return what one message says, and a judgement for each recipient in it.  Never raises.

    *ours* is what we know of our own mail, and *at* when the message came; without that no
    signature is looked at.
    """
    try:
        return examine(raw, envelope, rules, ours, at)
    except Exception as error:  # noqa: BLE001 -- whatever it was, the message is kept and shown
        defect = Defect(field="reader", text=f"failed: {type(error).__name__}")
        because = "a reader failed on it"
        return Reading(
            report=Report(kind=Kind.UNRECOGNISED, source="none", because=because, defects=(defect,))
        )


def examine(
    raw: bytes,
    envelope: Envelope,
    rules: RuleBook,
    ours: Ours = NOTHING_KNOWN,
    at: datetime | None = None,
) -> Reading:
    """Do what ``read`` does, but let a defect of a reader show itself."""
    mail = _Mail(mime.parse(raw), envelope, ours.headers)
    message = mail.message
    report = _report(mail)
    report = replace(
        report,
        returned=report.returned or mail.returned(),
        message_id=message.headers.get("Message-ID"),
        from_=message.headers.text("From") or None,
        subject=message.headers.text("Subject") or None,
        date=fields.date(message.headers.get("Date") or ""),
        defects=(*report.defects, *(Defect(field="mime", text=text) for text in message.defects)),
    )
    sealed = whose.seal(report, envelope, ours, at) if at else None
    filled = whose.fill_in(report, sealed, ours) if sealed else verp.attribute(report, envelope)
    reading = Reading(report=filled, judged=judge(filled, rules))
    return whose.claim(reading, envelope, ours, sealed)


def _report(mail: _Mail) -> Report:
    message, envelope = mail.message, mail.envelope
    standard = reports.read(message)
    if standard:
        return _completed(standard, mail) if standard.kind is Kind.BOUNCE else standard
    notice = mail.notice
    if plain := nonbounce.read(message, notice, envelope):
        return plain
    if author.from_daemon(message):
        found = _in_prose(notice) or _forwarded(mail)
    else:  # a person's words about the bounce that he passes on are not the bounce's own
        own = nonbounce.is_letter(message, notice)
        found = _forwarded(mail) or (None if own else _in_prose(notice))
    return found or nonbounce.leftover(message, notice, envelope)


def _in_prose(notice: Notice) -> Report | None:
    found = dialects.read(notice)
    if not found.recipients:
        return None
    return Report(
        kind=Kind.BOUNCE,
        source=found.source,
        because=f"worded like a notice of {found.source}",
        recipients=tuple(_with_words(found.recipients, notice)),
        defects=found.defects,
    )


def _completed(report: Report, mail: _Mail) -> Report:
    """Fill in from the prose what the delivery status does not say."""
    if report.recipients and all(map(_says_why, report.recipients)):
        return report
    notice = mail.notice
    found = dialects.read(notice)
    if not report.recipients:
        source = f"{report.source}+{found.source}" if found.recipients else report.source
        recipients = tuple(_with_words(found.recipients, notice))
        return replace(
            report, source=source, recipients=recipients, defects=(*report.defects, *found.defects)
        )
    merged = tuple(_merged(report.recipients, found.recipients))
    return replace(report, recipients=tuple(_with_words(merged, notice)))


def _says_why(recipient: RecipientStatus) -> bool:
    said = recipient.diagnostic_code
    return bool(recipient.address and said and len(said.value) > len("550 5.1.1 "))


def _merged(
    recipients: tuple[RecipientStatus, ...], found: tuple[RecipientStatus, ...]
) -> Iterator[RecipientStatus]:
    """Add to each status block what the prose says of the same recipient."""
    if len(recipients) == len(found) == 1 and recipients[0].address is None:
        recipients = (_addressed(recipients[0], found[0]),)
    told = {normalise(one.address): one for one in reversed(found) if one.address}
    for one in recipients:
        same = told.get(normalise(one.address)) if one.address and not _says_why(one) else None
        yield (
            one
            if same is None
            else replace(
                one,
                diagnostic_code=same.diagnostic_code or one.diagnostic_code,
                remote_mta=one.remote_mta or same.remote_mta,
                words=same.words,
            )
        )


def _addressed(nameless: RecipientStatus, found: RecipientStatus) -> RecipientStatus:
    """Give the only recipient, where the report hides its address, the one that the prose names."""
    if found.address is None:
        return nameless
    defect = Defect(field="address", text=f"taken from the prose, as {found.source} words it")
    return replace(nameless, address=found.address, defects=(*nameless.defects, defect))


def _with_words(
    recipients: tuple[RecipientStatus, ...], notice: Notice
) -> Iterator[RecipientStatus]:
    """Give each recipient what the prose says of it, behind what its own reader gave."""
    low = notice.low
    words: dict[str, str | None] = {}
    for one in recipients:
        if (one.words and one.diagnostic_code) or (len(recipients) > 1 and not one.address):
            yield one
        elif len(recipients) == 1:
            yield replace(one, words=_joined(one.words, notice.text))
        else:
            address = (one.address or "").lower()
            if address not in words:
                words[address] = _around(notice.text, low, address)
            yield replace(one, words=_joined(one.words, words[address]))


def _joined(own: str | None, prose: str | None) -> str | None:
    return "\n".join(text for text in (own, prose) if text)[:_WORDS].strip() or None


def _around(text: str, low: str, address: str) -> str | None:
    """Return the paragraph of *text* that names *address*, and not one that ends like it.

    What it says of other addresses is left out: the lines that name one, and those below them.
    """
    at = low.find(address)
    while at > 0 and (low[at - 1].isalnum() or low[at - 1] in "._+-"):
        at = low.find(address, at + 1)
    if at < 0:
        return None
    start, end = text.rfind("\n\n", 0, at) + 1, text.find("\n\n", at)
    kept, own = [], True
    for line in text[start : end if end >= 0 else None][:_WORDS].split("\n"):
        own = address in line.lower() or (own and "@" not in line)
        if own:
            kept.append(line)
    return "\n".join(kept).strip()


def _forwarded(outer: _Mail) -> Report | None:
    """Read a report inside a forward: as an attachment, or below a header in the text."""
    message, notice = outer.message, outer.notice
    kinds = {Kind.BOUNCE} if author.from_daemon(message) else {Kind.BOUNCE, Kind.COMPLAINT}
    for one in forward.inside(message, notice):
        report = reports.read(one)
        mail = _Mail(one, Envelope(), outer.headers)
        if report and report.kind is Kind.BOUNCE:
            report = _completed(report, mail)
        elif report is None and author.from_daemon(one):
            report = nonbounce.read(one, mail.notice, Envelope()) or _in_prose(mail.notice)
        if report and report.kind in kinds and report.recipients:
            defect = Defect(field="message", text=f"read inside a forward, part {one.path or '1'}")
            return replace(
                report,
                returned=mail.returned(),
                defects=(*report.defects, defect),
            )
    return None
