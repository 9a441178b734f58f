"""Delivery status notifications: message/delivery-status and its kin.  RFC 3464, RFC 6533.

A part is taken for a delivery status by its type, or by its fields where a relay lost the type.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from bounced.address import is_address
from bounced.model import Action, Defect, Kind, RecipientStatus, Report, Typed
from bounced.report import autoreply, fields, prose
from bounced.report.author import is_reply
from bounced.report.fields import Fields
from bounced.report.mime import Part

SOURCE: Final = "dsn"
MAX_RECIPIENTS: Final = 2_000  # a relay that takes more in one message has not been seen
_TYPES: Final = frozenset(
    {"message/delivery-status", "message/global-delivery-status", "text/delivery-status"}
)
# What mail programs make of a part that they do not know, when they forward it.
_UNTYPED: Final = frozenset({"application/octet-stream", "message/x-delivery-status"})
# A status block that lost its type.  Quoted ("> Final-Recipient") it is a person's reply.
_SNIFF: Final = re.compile(
    r"^(?:Final-Recipient|Original-Recipient)[ \t]*:.{1,500}\n"
    r"(?:[\w-]{1,60}[ \t]*:.*\n|[ \t].*\n|\n){0,12}?(?:Action|Status|Diagnostic-Code)[ \t]*:",
    re.MULTILINE | re.IGNORECASE,
)
_FIRST: Final = re.compile(
    r"^(?:Reporting-MTA|Original-Envelope-Id|Final-Recipient|Original-Recipient|Arrival-Date)"
    r"[ \t]*:",
    re.MULTILINE | re.IGNORECASE,
)
_ABOUT_RECIPIENT: Final = frozenset({"final-recipient", "original-recipient"})
_ABOUT_MESSAGE: Final = (
    "reporting-mta",
    "original-envelope-id",
    "arrival-date",
    "dsn-gateway",
    "received-from-mta",
)
_OF_RECIPIENT: Final = frozenset(
    {"action", "status", "diagnostic-code", "remote-mta", "last-attempt-date", "will-retry-until"}
)
_NAME: Final = re.compile(r"^(?:[ ]{0,2}([A-Za-z][\w-]{1,60})[ \t]*:|[ \t]*$)", re.MULTILINE)
_INDENT: Final = re.compile(r"^[ \t]++", re.MULTILINE)
# Without one of these a block tells of nobody: Boxbe names the remote in that of the message.
_FATE: Final = _ABOUT_RECIPIENT | {"action", "status", "diagnostic-code"}
# Host names that stand for no place in the Internet: a mailbox behind a gateway or a local rewrite.
_PRIVATE: Final = re.compile(
    r"(?:^|\.)(?:local|localdomain|localhost|internal|lan|intranet|home)$", re.IGNORECASE
)
# Exchange's way to write an address of another system: IMCEASMTP-anna+40example+2Ecom@its.domain.
_ENCAPSULATED: Final = re.compile(r"IMCEA[A-Z]{2,12}-", re.IGNORECASE)
_MAX_FIELD: Final = 1_000  # characters
# Of no width: soft hyphen, zero width space, marks of direction, byte order mark.
_MARKS: Final = re.compile("[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
_FOLDED: Final = re.compile(r"@\s{1,8}(?=[\w-]{1,63}\.[\w.-]{1,255}$)")
_NAMED: Final = re.compile(r"[^<>]{1,500}(<[^<>@]{1,128}@[^<>@]{1,255}>)")
# A bare address with a blank inside, a second domain, or what no domain has in it.
_GARBLED: Final = re.compile(
    r"[\x00-\x08\x0e-\x1f]|^<?[^\s\"'<>(@]{1,128}@[\w.-]{1,255}>?\s{0,8}[,;]\s{0,8}<?[^\s<>@]{1,128}@"
    r"|"
    r"^[^\s\"'<>(@]{1,64}\s{1,8}[^\s\"'<>(@]{1,64}@[\w.-]{1,255}$"
    r"|^[^\s\"'<>(@]{1,128}@[\w-]{1,63}\s{1,8}\.[\w.-]{1,255}$"
    r"|@[^\s@<>]{0,255}(?:\\(?!x\{)|\.\.|,)[^\s@<>]{0,255}$|^[^\s\"'<>(@]{1,128}@[\w.-]{1,255}@[\w.-]{1,255}$"
)
_PROXY: Final = re.compile(r"IMCEASMTP-(\S{3,300})@[\w.-]{1,255}", re.IGNORECASE)
_HEX: Final = re.compile(r"\+([2-7][0-9A-F])", re.IGNORECASE)


def read(message: Part) -> Report | None:
    """Return the delivery status report in *message* itself, or None where there is none."""
    parts = _statuses(message)
    if not parts:
        return None
    part = parts[0]
    about = Fields("")
    recipients: list[RecipientStatus] = []
    for group, path in ((group, one.path) for one in parts for group in _blocks(one)):
        if not group.names() & _FATE:
            about.join(group)
        elif len(recipients) < MAX_RECIPIENTS:
            recipients.append(_recipient(group, path))
    if len(recipients) == MAX_RECIPIENTS or any(one.is_cut for one in parts):
        about.defects.append(Defect(field="final-recipient", text="too many: the rest is not read"))
    return Report(
        kind=Kind.BOUNCE,
        source=SOURCE,
        because=f"{part.type} in part {part.path or '1'}",
        # The same block twice is one recipient, same-recipient-twice.eml.
        recipients=tuple(dict.fromkeys(_inherit(recipients))),
        reporting_mta=about.take("reporting-mta", fields.typed),
        original_envelope_id=about.take("original-envelope-id", fields.text),
        arrival_date=about.take("arrival-date", fields.date),
        dsn_gateway=about.take("dsn-gateway", fields.typed),
        received_from_mta=about.take("received-from-mta", fields.typed),
        extensions=about.rest(),
        defects=tuple(about.defects),
    )


def _statuses(message: Part) -> list[Part]:
    """Return the parts with a status: all of the right type, or else the first that looks so."""
    parts = list(message.walk(into_messages=False))
    if typed := [part for part in parts if part.type in _TYPES]:
        return typed
    texts = (part for part in parts if part.type.startswith("text/") or part.type in _UNTYPED)
    found = [part for part in texts if part.type != "text/html" and _is_status(part)][:1]
    if found and (is_reply(message) or autoreply.read(message)):
        return []  # with a bounce below it, as mail programs quote that mark no line
    return found


def _is_status(part: Part) -> bool:
    if "-recipient" not in part.text.lower():
        return False
    if part.type in _UNTYPED and not _FIRST.match(part.text.lstrip()[:100]):
        return False  # a whole message as a file: forward/attachment-as-file.eml
    return bool(_SNIFF.search(_own(part)))


def _own(part: Part) -> str:
    """Return the text of a status that lost its type, without the message that it returns."""
    return prose.cut(part.text)[0]


def _blocks(part: Part) -> list[Fields]:
    """Return the blocks of *part*: one for each recipient, and those about the whole message."""
    body = part.text if part.type in _TYPES else _own(part)
    if part.type not in _TYPES and (first := _FIRST.search(body)):
        body = body[first.start() :]
    if part.is_cut:
        body = body.rpartition("\n\n")[0]  # half an address can be another person's
    groups: list[Fields] = []
    blocks = fields.blocks(_apart(body)) or fields.blocks(_INDENT.sub("", body))
    for block in blocks:
        for one in _divide(block):
            names = one.names()
            stray = groups and not names & _ABOUT_RECIPIENT and names & _OF_RECIPIENT
            if stray and not groups[-1].names() & names & _OF_RECIPIENT:
                groups[-1].join(one)  # blank lines between the fields of one recipient
            else:
                groups.append(one)
    return groups


def _apart(body: str) -> str:
    """Put a blank line between recipients where there is none: where a recipient field repeats."""
    if body.lower().count("final-recipient") < 2:  # noqa: PLR2004 -- one has nobody to be parted from
        return body
    marks = [(found.start(), (found[1] or "").lower()) for found in _NAME.finditer(body)]
    followers = [name for _, name in marks[1:]] + [""]
    pieces, start = [], 0
    seen: set[str] = set()
    for (at, name), follower in zip(marks, followers, strict=False):
        # Original-Recipient may lead the next one where the last had none.
        leads = follower == "final-recipient" and "final-recipient" in seen
        if name in _ABOUT_RECIPIENT and (name in seen or leads) and seen & _OF_RECIPIENT:
            pieces.append(body[start:at])
            start, seen = at, set()
        if not name:
            seen = set()
        elif name in _ABOUT_RECIPIENT or name in _OF_RECIPIENT:
            seen.add(name)
    return "\n".join([*pieces, body[start:]]) if pieces else body


def _divide(block: Fields) -> list[Fields]:
    """Take the fields about the message out of a block that also holds a recipient."""
    names = block.names()
    if not names & _ABOUT_RECIPIENT or "reporting-mta" not in names:
        return [block]
    about = Fields("")
    for name in _ABOUT_MESSAGE:
        about.join(block.split(name))
    return [about, block]


def _recipient(group: Fields, path: str) -> RecipientStatus:
    final = group.take("final-recipient", fields.typed)
    original = group.take("original-recipient", fields.typed)
    address = _address(_mail(final), _mail(original))
    if address is None:
        named = final or original
        shown = named.value[:100] if named else "nothing"
        group.defects.append(Defect(field="final-recipient", text=f"no mail address: {shown}"))
    status, comment = group.take("status", fields.status) or (None, "")
    # RFC 2156: the words of X.400, whose diagnostic is a pair of numbers.
    more = (group.take("x400-supplementary-info", fields.text) or "").strip('"')
    return RecipientStatus(
        address=address,
        final_recipient=final,
        original_recipient=original,
        action=group.take("action", fields.action),
        status=status,
        remote_mta=group.take("remote-mta", fields.typed),
        diagnostic_code=group.take("diagnostic-code", fields.typed),
        last_attempt_date=group.take("last-attempt-date", fields.date),
        final_log_id=group.take("final-log-id", fields.text),
        will_retry_until=group.take("will-retry-until", fields.date),
        words=comment or more or None,
        source=SOURCE,
        part=path,
        extensions=group.rest(),
        defects=tuple(group.defects),
    )


def _mail(field: Typed | None) -> str | None:
    """Return the mail address in *field*; None where it has blanks in it, or half of an address.

    Of a name in quotes and an address in brackets the second counts, whatever the first looks like.
    """
    if field is None:
        return None
    value = _MARKS.sub("", field.value[:_MAX_FIELD]).strip()
    value = _FOLDED.sub("@", value)
    if (named := _NAMED.fullmatch(value)) and "@" in named[1]:
        value = named[1]
    elif _GARBLED.search(value):
        return None
    return fields.address(Typed(field.type, value))


def _address(final: str | None, original: str | None) -> str | None:
    """Choose the address to act on: the final one, unless only the original is of the Internet."""
    proxy = _PROXY.fullmatch(final or "")
    if proxy and not original:
        original = final = _HEX.sub(lambda found: chr(int(found[1], 16)), proxy[1])
    if final and is_address(final) and not (_PRIVATE.search(final) or _ENCAPSULATED.match(final)):
        return final
    if original and is_address(original) and not _PRIVATE.search(original):
        return original
    return final or original


def _inherit(recipients: list[RecipientStatus]) -> Iterator[RecipientStatus]:
    """Fill in an Action that is missing, by the class of the Status.  RFC 3464 §2.3 wants both."""
    for recipient in recipients:
        if recipient.action is None:
            class_ = recipient.status.class_ if recipient.status else 5
            guess = Action.DELIVERED if class_ == 2 else Action.FAILED  # noqa: PLR2004 -- RFC 3463 §2
            if class_ == 4 and recipient.will_retry_until:  # noqa: PLR2004 -- likewise
                guess = Action.DELAYED
            note = Defect(field="action", text=f"missing, taken for {guess}")
            yield replace(recipient, action=guess, defects=(*recipient.defects, note))
        else:
            yield recipient
