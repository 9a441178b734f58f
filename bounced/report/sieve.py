"""A Sieve script's ``reject``: a refusal in the form of a disposition notice.  RFC 5429 §2.2.

Cyrus and Dovecot Pigeonhole write one to the sender:

    Your message was automatically rejected by Sieve, a mail
    filtering language.

    The following reason was given:
    I take no newsletters here.

The recipient is the one of the disposition notice.  The reason is a person's, in any language.
"""

from __future__ import annotations

import re
from typing import Final

from bounced.model import Action, Kind, RecipientStatus, Report, Status, Typed
from bounced.report import fields
from bounced.report.mime import Part

SOURCE: Final = "sieve"
_HEAD: Final = 4_000
_REJECTED: Final = re.compile(
    r"^Your message was automatically rejected by (?P<who>[^\n]{1,100}(?:\n[^\n]{1,100}){0,2})"
    r"(?:\n\s{1,8}The following reason was given:\s{1,8}"
    r"(?P<why>\S[^\n]{0,500}(?:\n[^\n]{0,500}){0,10}))?",
    re.MULTILINE,
)


def read(message: Part) -> Report | None:
    """Return the refusal in *message*, or None where it is no disposition notice of that kind."""
    parts = list(message.walk(into_messages=False))
    part = next((one for one in parts if one.type == "message/disposition-notification"), None)
    text = next((one.text for one in parts if one.type == "text/plain"), "")
    rejected = _REJECTED.search(text[:_HEAD]) if part else None
    if part is None or rejected is None:
        return None
    block = (fields.blocks(part.text) or [fields.Fields("")])[0]
    disposition = (block.take("disposition", fields.text) or "").lower()
    if "automatic-action" not in disposition or "delete" not in disposition:
        return None
    return Report(
        kind=Kind.BOUNCE,
        source=SOURCE,
        because="a rejection by a Sieve script, in the form of a disposition notice",
        recipients=(_recipient(block, part.path, rejected),),
    )


def _recipient(block: fields.Fields, path: str, rejected: re.Match[str]) -> RecipientStatus:
    final = block.take("final-recipient", fields.typed)
    reason = " ".join((rejected["why"] or "").split())
    return RecipientStatus(
        address=fields.address(final),
        final_recipient=final,
        original_recipient=block.take("original-recipient", fields.typed),
        action=Action.FAILED,
        status=Status.find(reason),
        diagnostic_code=Typed("x-sieve", reason) if reason else None,
        words=" ".join(rejected[0].split()),
        source=SOURCE,
        part=path,
        extensions=block.rest(),
    )
