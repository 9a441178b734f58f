"""A message as a person reads it: the notice's own words, and where the returned mail begins.

Dialects read a ``Notice`` and nothing else, so that no dialect can take the words of the returned
message for the words of the server that returned it.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Final

from bounced.report.mime import MAX_PARTS, MAX_TEXT, Headers, Part

# What stands above the copy of the returned message, by who writes it.
_MARKERS: Final = re.compile(
    r"^[ \t>]{0,4}(?:"
    r"-{2,} Below this line is a copy of the message\."  # qmail
    r"|-{4,} This is a copy of (?:the|your) message.{0,60}"  # Exim
    r"|-{2,}[ ]{0,3}(?:Original message|Unsent message|Returned message|Undelivered message"
    r"|The header of the original message|Message header|Original Message Headers?"
    r"|Original message header|Undeliverable message|Header of the original message)\b.{0,60}"
    r"|[ ]{0,3}-{3,}[ ]?(?:Unsent message follows|Returned message follows"
    r"|Original message follows|Message headers? follows?|Original mail follows).{0,40}"
    r"|Original message headers:|The original message headers are included as attachment"
    r"|The message headers?(?: portion)? (?:follows?|of your message).{0,40}"
    r"|Your (?:original )?message (?:reads \(in part\)|follows|headers follow):?"
    r"|(?:Here is|Below is) (?:a copy of )?(?:your|the) (?:original )?(?:message|mail).{0,40}"
    r"|The text of your message.{0,40}|Message text follows:?|Undelivered message follows:?"
    r"|-{2,} START OF RETURNED MESSAGE.{0,20}|\|-{5,} Message (?:text|header) follows: -{5,}\|"
    r"|Included is a copy of the message header:"
    r"|\[Original Message\]|Received message:|Original text follows:?"
    r")[ \t-]{0,100}$",
    re.IGNORECASE | re.MULTILINE,
)
# Proof that a header block begins: below a blank line, a field as only headers have, and another.
_HEADER_START: Final = re.compile(
    # Sun's "of a message with the following header fields" is the notice's own: pmdf.
    r"(?<=\n\n)(?<!fields:\n\n)"
    r"[ \t]{0,4}(?:Received|Return-Path|DKIM-Signature|X-[\w-]{1,40}|Message-I[Dd]"
    r"|MIME-Version|From|Date|Subject|To|Reply-To|Sender|Delivered-To):[ \t].{0,500}"
    r"(?:\n[ \t]{1,20}\S.{0,500}){0,30}"
    # No header has its date in quotes: fulldetails/unknown-user.eml sums up the message so.
    r"\n[ \t]{0,4}(?:Received|From|To|Date(?!: ')|Subject|Message-I[Dd]|MIME-Version|X-[\w-]{1,40}"
    r"|Content-[\w-]{1,40}|Reply-To|Sender|Return-Path|DKIM-Signature|Delivered-To|by|with|id|for)"
    # Exchange's own summary of the message ends with "Sent:", which no header has.
    r"\b.{0,500}$(?!\n[ \t]{0,20}Sent:)",
    re.MULTILINE,
)
# A block of lines that looks like a header and is the notice's own summary: it tells a reason.
_SUMMARY: Final = re.compile(
    r"^[ \t]{0,8}(?:Recipient|Failed|Rejected|Reason|Error|Diagnostic|Response|Result|Remote)"
    r"s?(?:[ (][\w() ]{1,30})?[ ]{0,4}:[ \t]",
    re.IGNORECASE | re.MULTILINE,
)
_MAX_SUMMARIES = 5
_REPORT_TYPES: Final = frozenset(
    {
        "message/delivery-status",
        "message/global-delivery-status",
        "message/feedback-report",
        "message/disposition-notification",
    }
)
_RETURNED_TYPES: Final = frozenset(
    {
        "message/rfc822",
        "message/global",
        "message/partial",
        "text/rfc822-headers",
        "text/rfc822-header",
        "message/global-headers",
        "message/rfc822-headers",
    }
)
_TAG = re.compile(r"<(?:/?([a-zA-Z][a-zA-Z0-9]{0,20})|!--)[^<>]{0,2000}>")
_BLOCK_TAGS = frozenset(
    [
        "p",
        "br",
        "div",
        "tr",
        "td",
        "li",
        "table",
        "h1",
        "h2",
        "h3",
        "h4",
        "hr",
        "pre",
        "ul",
        "title",
    ]
)
_INLINE_TAGS = frozenset(["a", "b", "i", "u", "em", "strong", "font", "span", "tt", "code"])
# More blanks in a row mean nothing, and only give every reader's pattern something to count.
_MOST_BLANKS = " " * 64
_BLANKS = re.compile(r"([ \t]{64})[ \t]++")
_INVISIBLE = re.compile(r"<(style|script)\b[^<>]{0,500}>[^<]{0,20000}(?:</\1>)?", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Notice:
    """What a dialect may read of a message.

    ``text`` is the prose with LF line ends, without the returned message; ``part`` the path of the
    part it comes from; ``returned`` what stands where the returned message begins, or ``""``;
    ``null_sender`` whether it is known to have had an empty reverse-path, as notices must.
    """

    headers: Headers
    from_: str = ""
    subject: str = ""
    text: str = ""
    part: str = ""
    returned: str = ""
    null_sender: bool = False

    @cached_property
    def low(self) -> str:
        """``text`` in lower case."""
        return self.text.lower()


def notice(message: Part, *, null_sender: bool = False) -> Notice:
    """Return *message* as a person would read it; *null_sender* is what its envelope told."""
    texts: list[str] = []
    path, returned, room = "", "", MAX_TEXT
    for part in _readable(message):
        text = from_html(part.text) if part.type == "text/html" else part.text
        own, returned = cut(text)
        path = path if texts else part.path
        texts.append(own)
        room -= len(own)
        if returned or room < 0:
            break
    return Notice(
        headers=message.headers,
        from_=message.headers.text("From"),
        subject=message.headers.text("Subject"),
        text=_squeezed("\n".join(texts)[:MAX_TEXT]),
        part=path,
        returned=returned,
        null_sender=null_sender,
    )


def _squeezed(text: str) -> str:
    if "\t" in text or _MOST_BLANKS in text:
        return _BLANKS.sub(r"\1", text)
    return text


def _readable(message: Part) -> Iterator[Part]:
    """Yield the text parts in front of the returned message; of alternatives the plain one."""
    stack, seen = [message], 0
    while stack and seen < MAX_PARTS:
        part = stack.pop()
        seen += 1
        if part.type in _RETURNED_TYPES:
            return
        if part.type in _REPORT_TYPES:
            continue
        if part.type == "multipart/alternative":
            plain = [child for child in part.children if child.type == "text/plain"]
            full = [child for child in plain if child.text.strip()]
            stack.extend(full[:1] or reversed(part.children[:10]))
        elif part.children:
            stack.extend(reversed(part.children[:20]))
        # A multipart in which no part begins is what it shows: sendmail/no-message-collected.
        elif part.type.startswith(("text/", "multipart/")) or not part.headers:
            yield part


def is_returned(part: Part) -> bool:
    """Whether *part* holds the returned message or its header.  RFC 6522 §3, RFC 6533 §4."""
    return part.type in _RETURNED_TYPES


def cut(text: str) -> tuple[str, str]:
    """Divide *text* into the notice's own words and the returned message, which may be ``""``."""
    marker = _MARKERS.search(text)
    header = _header(text)
    if marker and (header is None or marker.start() <= header.start()):
        return text[: marker.start()], text[marker.end() :].lstrip("\n")
    if header:
        return text[: header.start()], text[header.start() :]
    return text, ""


def _header(text: str) -> re.Match[str] | None:
    """Return where the returned message's header begins, by its looks."""
    for found in islice(_HEADER_START.finditer(text), _MAX_SUMMARIES):
        end = text.find("\n\n", found.start())
        if not _SUMMARY.search(text, found.start(), end if end >= 0 else len(text)):
            return found
    return None


def from_html(text: str) -> str:
    """Return the words of an HTML part, a line for each block."""
    text = _TAG.sub(_tag, _INVISIBLE.sub(" ", text))
    lines = (" ".join(line.split()) for line in html.unescape(text).split("\n"))
    return "\n".join(line for line in lines if line)


def _tag(match: re.Match[str]) -> str:
    name = (match[1] or "").lower()
    if name in _INLINE_TAGS:
        return ""  # an address as a link has brackets around it, encoding/html-only-prose.eml
    return "\n" if name in _BLOCK_TAGS else " "
