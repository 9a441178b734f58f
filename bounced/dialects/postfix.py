"""Postfix's text part: for notices without a delivery-status part, and for what it adds to one.

    <user@example.com>: host mx.example.com[192.0.2.1] said: 550 5.1.1
        User unknown (in reply to RCPT TO command)

Written by bounce_recipient_log() in src/bounce/bounce_notify_util.c: one paragraph a recipient,
wrapped with an indent of four spaces.  The text above it is a template that operators may change.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import Final

from bounced.dialects._entry import address, delayed, one_line, paragraphs, status_of, unique
from bounced.model import Action, RecipientStatus
from bounced.report.prose import Notice

SIGNS: Final = (
    "this is the ",
    "undelivered mail returned",
    "still being retried",
    "postmaster warning: ",
    "successful mail delivery report",
    "mailer-daemon",
)
_PROGRAM = re.compile(
    r"^[ \t]{0,4}This is the (?:mail system|.{1,80} program) at host \S", re.MULTILINE
)
_SUBJECT = re.compile(
    r"(?:Postmaster Copy: )?Undelivered Mail Returned to Sender"
    r"|Delayed Mail \(still being retried\)"
    r"|Postmaster Warning: Delayed Mail|Successful Mail Delivery Report"
)
# With a template of the operator's, in any language: what Postfix itself says of a delivery.
_OWN = re.compile(
    r"\(in reply to (?:the )?[A-Z ]{2,20}command|end of DATA command\)|^(?:host|connect to"
    r"|lost connection with|conversation with) [\w.-]{1,255}\[|delivery temporarily suspended: "
    r"|^Host or domain name not found\. Name service error|^unknown user: \"|^Command died with "
    r"|^mail for \S{1,255} loops back to myself|in (?:virtual|local|relay) \w{1,9} table\b"
)
_ENTRY = re.compile(r" ?<([^<>\s]{1,320})>(?: \(expanded from <([^<>\s]{1,320})>\))?: ?(.*)")
_NEXT = re.compile(r"^ ?<[^<>\s]{1,320}>(?: \(expanded from <[^<>\s]{1,320}>\))?:\s", re.MULTILINE)
_OWN_START = re.compile(
    r"\s{0,8}(?:(?:host|connect to|lost connection with|conversation with)\s{1,8}[\w.-]{1,255}\["
    r"|delivery temporarily suspended: |Host or domain name not found\. Name|unknown user: \"|"
    r"Command died with |mail for \S{1,255} loops back to myself)"
)
# bounce_template.c writes this above recipients that were asked to be told about and are well.
_SUCCESS = re.compile(r"Your message was successfully delivered", re.IGNORECASE)
_HOST = re.compile(
    r"""(?:delivery\ temporarily\ suspended:\ )?
        (?:host|connect\ to|conversation\ with|lost\ connection\ with|delivery\ via)[ ]
        ([\w.-]{1,255})\[
        [^\]\s]{1,100}\](?::\d{1,5})?
        (?:(?::|\ said:|\ refused\ to\ talk\ to\ me:)\ ([245]\d\d(?:[ -].*)?$))?""",
    re.VERBOSE,
)


def read(notice: Notice) -> tuple[RecipientStatus, ...]:
    """Return a status for each recipient named in a Postfix notice."""
    # Other MTAs write the subject too (Zoho does), but none of them these paragraphs.
    signed = _PROGRAM.search(notice.text) or _SUBJECT.match(notice.subject)
    if not signed and "mailer-daemon" not in notice.from_.lower():
        return ()
    entries = [
        entry
        for part in _apart(notice.text)
        if "<" in part[:2] and (entry := _ENTRY.fullmatch(one_line(part)))
    ]
    if not signed and not any(_OWN.search(entry[3]) for entry in entries):
        return ()
    action = Action.DELAYED if delayed(notice) else Action.FAILED
    if _SUCCESS.search(notice.text):
        action = Action.DELIVERED
    return unique(_recipient(notice, entry, action) for entry in entries)


def _apart(text: str) -> Iterator[str]:
    """Yield the paragraphs, and the entries of one that lost the blank lines between them.

    A reply goes on below with an address as well, the sender's perhaps: so only where the words
    behind it are those with which Postfix begins.
    """
    for part in paragraphs(text):
        start = 0
        for entry in islice(_NEXT.finditer(part), 1_000):
            expanded = "(expanded from" in entry[0]  # as no server's reply has it
            if entry.start() > start and (expanded or _OWN_START.match(part, entry.end())):
                yield part[start : entry.start()]
                start = entry.start()
        yield part[start:]


def _recipient(notice: Notice, entry: re.Match[str], action: Action) -> RecipientStatus:
    who, original, reason = entry.groups()
    host = _HOST.match(reason)
    if host and action is Action.DELIVERED:
        action = Action.RELAYED
    return status_of(
        "postfix",
        notice,
        address(who),
        reason,
        action=action,
        reply=host[2] if host else None,
        remote=host[1] if host else None,
        original=original,
        hidden=who,
    )
