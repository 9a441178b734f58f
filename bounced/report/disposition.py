"""Disposition notices: that a message was displayed, deleted or left unread.  RFC 8098, RFC 3798.

The one that is a bounce in disguise, Dovecot's rejection in the form of a disposition notice, is
read as the bounce it is.
"""

from __future__ import annotations

import re
from typing import Final

from bounced.model import Action, Kind, RecipientStatus, Report, Status, Typed
from bounced.report import fields
from bounced.report.mime import Part
from bounced.report.prose import Notice

_REJECTED: Final = re.compile(
    r"Your message to <?([^<>\s]{1,320})>? was automatically rejected:?\s{1,20}"
    r"(\S[^\n]{0,500}(?:\n[^\n]{1,500}){0,5})",
    re.IGNORECASE,
)
# What Outlook and Exchange put in front of the subject, by language.
_TITLE: Final = re.compile(
    r"^\s{0,5}(?:(?:not )?read|(?:nicht )?gelesen|(?:non )?lu|(?:no )?le(?:í|i)do"
    r"|(?:n(?:ã|a)o )?lid[ao]|(?:non )?letto|(?:niet|ongelezen)|gelezen"
    r"|(?:nie)?przeczytan[oey]|(?:ne)?přečteno|прочитано"
    r"|не прочитано|(?:未)?開封(?:済み)?|已读|未读|已讀取?|未讀取?|읽음|읽지 않음|okundu|okunmadı"
    r"|(?:o|ej )?läst|(?:ikke )?læst|(?:ikke )?lest|(?:ei )?luettu|lukematon"
    r"|(?:nem )?olvas(?:va|ott)"
    r"|return receipt|disposition notification|read receipt|lesebestätigung|empfangsbestätigung"
    r"|confirmation de lecture|accusé de lecture|confirmación de lectura|conferma di lettura"
    r"|ricevuta di ritorno|leesbevestiging|potwierdzenie (?:otwarcia|przeczytania))"
    r"[ \xa0]?(?:\([^()\n]{1,30}\)[ \xa0]?)?[:\uff1a-]",
    re.IGNORECASE,
)
# "Your message", three fields set in, and a last line that says what became of it.
_LAYOUT: Final = re.compile(
    r"^[^\n:]{2,60}\n(?:[ \t]*\n)?"
    r"(?:[ \t]{1,12}+[^\n:]{1,25}[:\uff1a][^\n]{0,300}\n){3}"
    r"[ \t]*\n([^\n]{5,300})",
    re.MULTILINE,
)
_READ: Final = re.compile(
    r"\b(?:was|has been) (?:read|displayed|opened|deleted without being read)\b", re.IGNORECASE
)
_OPENED: Final = re.compile(
    r"^(?:[ \t]{0,8}Action: {1,4}(?:Opened|Read|Deleted|Completed|Accepted)\b"
    r"|your document:[^\n]{0,300}\n[ \t]{0,8}was received by:"
    r"|this is a (?:return|read) receipt for the (?:mail|message))",
    re.IGNORECASE | re.MULTILINE,
)


def read(message: Part) -> Report | None:
    """Return a disposition notice; Dovecot's rejection in that form is a bounce.  RFC 8098 §3."""
    parts = message.walk(into_messages=False)
    part = next((part for part in parts if part.type == "message/disposition-notification"), None)
    if part is None:
        if message.params.get("report-type", "").lower() != "disposition-notification":
            return None
        return Report(kind=Kind.MDN, source="mdn", because="report-type=disposition-notification")
    block = (fields.blocks(part.text) or [fields.Fields("")])[0]
    words = next((one.text for one in message.walk() if one.type == "text/plain"), "")
    rejected = _REJECTED.search(words[:4_000])
    said = (block.take("disposition", fields.text) or "").lower()
    if rejected and "automatic-action" in said and "delete" in said:
        return _rejection(message, block, part.path, rejected)
    return Report(kind=Kind.MDN, source="mdn", because=f"{part.type} in part {part.path}")


def in_words(notice: Notice) -> Report | None:
    """Return a disposition notice that lost its structure, or never had any."""
    title = _TITLE.search(notice.subject[:300])
    layout = _LAYOUT.search(notice.text[:2_000])
    class_ = (notice.headers.get("Content-class") or "").lower()
    if class_ == "urn:content-classes:mdn":
        because = f"Content-class: {class_}"
    elif title and layout:
        because = f"Subject: {notice.subject[:80]}"
    elif (opened := _OPENED.search(notice.text[:2_000])) or (layout and _READ.search(layout[1])):
        because = f"worded like a receipt: {opened[0][:60] if opened else ''}".rstrip(": ")
    else:
        return None
    return Report(kind=Kind.MDN, source="mdn", because=because)


def _rejection(message: Part, block: fields.Fields, path: str, words: re.Match[str]) -> Report:
    final = block.take("final-recipient", fields.typed) or Typed("rfc822", words[1])
    reason = " ".join(words[2].split())
    recipient = RecipientStatus(
        address=fields.address(final),
        final_recipient=final,
        original_recipient=block.take("original-recipient", fields.typed),
        action=Action.FAILED,
        status=Status.find(reason),
        diagnostic_code=Typed("x-dovecot", reason),
        source="mdn",
        part=path,
        extensions=block.rest(),
    )
    return Report(
        kind=Kind.BOUNCE,
        source="mdn",
        because="a rejection by the delivery agent, in the form of a disposition notice",
        recipients=(recipient,),
        from_=message.headers.text("From") or None,
    )
