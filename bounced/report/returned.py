"""The message that did not arrive, as far as the notice returns it.  RFC 6522 §3, RFC 3462 §2.

Only its header block is read.  Nothing in it ever names a failed recipient or says why it failed.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from bounced.model import Returned
from bounced.report import fields
from bounced.report.mime import Headers, Part
from bounced.report.prose import is_returned

# Headers by which senders find their own mail again, kept beside the common ones.
CHOSEN: Final = (
    "cfbl-feedback-id",
    "delivered-to",
    "errors-to",
    "feedback-id",
    "list-unsubscribe",
    "message-context",
    "return-path",
    "sender",
    "x-campaign-id",
    "x-mailer",
    "x-original-to",
)
_HEADER_END: Final = 262_144


def find(message: Part, also: Iterable[str] = ()) -> Returned | None:
    """Return what is known of the returned message from a part of its own.

    *also* are the names, in lower case, of further fields to keep.
    """
    for part in message.walk(into_messages=False):
        if part is not message and is_returned(part):
            headers = _headers(part)
            if headers:
                return _returned(headers, part.path, also)
    return None


def inline(text: str, also: Iterable[str] = ()) -> Returned | None:
    """Return what is known of the returned message from *text*, which begins with its header."""
    headers = Headers.parse(text[:_HEADER_END].partition("\n\n")[0])
    return _returned(headers, "", also) if headers else None


def _headers(part: Part) -> Headers:
    if part.type.startswith("message/") and part.children:
        return part.children[0].headers
    return Headers.parse(part.text.lstrip("\n").partition("\n\n")[0])


def _returned(headers: Headers, path: str, also: Iterable[str]) -> Returned:
    kept = dict.fromkeys((*CHOSEN, *also))
    return Returned(
        message_id=headers.get("Message-ID"),
        from_=headers.text("From") or None,
        to=headers.text("To") or None,
        subject=headers.text("Subject") or None,
        date=fields.date(headers.get("Date") or ""),
        list_id=headers.get("List-Id"),
        headers=tuple((name, value) for name in kept for value in headers.all(name)),
        part=path,
    )
