"""Sendmail 5 to 8, and those who copy it.

       ----- The following addresses had permanent fatal errors -----
    <user@example.com>
        (reason: 550 5.1.1 User unknown)

       ----- Transcript of session follows -----
    ... while talking to mx.example.com.:
    >>> RCPT To:<user@example.com>
    <<< 550 5.1.1 User unknown
    550 5.1.1 <user@example.com>... User unknown

Sendmail 5 and the warnings of Sendmail 8 have the transcript only.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final

from bounced.dialects._entry import address, delayed, one_line, status_of, unique
from bounced.dialects._sendmail import (
    NOTHING,
    ONLY_HOST,
    Entry,
    Exchange,
    Line,
    entries,
    exit_words,
    only_recipient,
    transcript,
)
from bounced.model import Action, RecipientStatus
from bounced.report.prose import Notice

SIGNS: Final = (
    "transcript of session follows",
    "the following addresses ha",
    "no message collected",
)
_SECTION = re.compile(
    r"^[ \t]{0,4}-{3,6} ?The following addresses (?:had|have) ([\w -]{3,50}?) ?-{3,6}[ \t]*$",
    re.MULTILINE,
)
_TRANSCRIPT = re.compile(r"^[ \t]{0,4}-{5} Transcript of session follows -{5}[ \t]*$", re.MULTILINE)
# What stands behind an address that is well: mailers without DSN, local mailboxes, lists.
_WELL = (
    ("relayed", Action.RELAYED),
    ("expanded", Action.EXPANDED),
    ("success", Action.DELIVERED),
)


@dataclass(frozen=True, slots=True)
class _Session:
    """The dialogue of one notice."""

    text: str
    lines: tuple[Line, ...]
    exchanges: tuple[Exchange, ...]


def read(notice: Notice) -> tuple[RecipientStatus, ...]:
    """Return a status for each recipient in a notice's lists, or else in its transcript."""
    if notice.text.lstrip().startswith(NOTHING) and "mailer-daemon" in notice.from_.lower():
        late = notice.subject.lower().startswith("warning")
        action = Action.DELAYED if late else Action.FAILED
        return (status_of("sendmail", notice, None, "", action=action, hidden=NOTHING),)
    begin = _TRANSCRIPT.search(notice.text)
    sections = list(_SECTION.finditer(notice.text))[:8]
    if not begin and not sections:
        return ()
    text = notice.text[begin.end() :] if begin else ""
    session = _Session(text, *transcript(text))
    usual = Action.DELAYED if delayed(notice) else Action.FAILED
    listed = [
        _listed(notice, entry, _action(f"{section[1].lower()} {entry.note}", usual), session)
        for section in sections
        for entry in entries(notice.text[section.end() :])
    ]
    if listed:
        return unique(listed)
    named = [line for line in session.lines if "@" in line.shown]
    alone = [line for line in session.lines if only_recipient(notice.returned, line.shown)]
    return unique(_spoken(notice, line, usual) for line in named or alone[:1] or session.lines[:1])


def _listed(notice: Notice, entry: Entry, action: Action, session: _Session) -> RecipientStatus:
    bare = entry.shown.strip("<>")
    own = next((line for line in session.lines if line.shown == bare), None)
    exchange = _exchange(entry, own, session)
    if entry.reason.isdecimal():  # the exit status of a program: the words are in the transcript
        entry.reason = exit_words(entry.reason, session.text)
    note = "" if "@" in entry.note else entry.note
    reason = " ".join(filter(None, (entry.reason, own.text if own else note)))
    return status_of(
        "sendmail",
        notice,
        address(entry.shown) or address(entry.expanded),
        reason or session.text[:600],
        action=action,
        reply=exchange.reply if exchange else None,
        remote=exchange.host if exchange else None,
        original=address(entry.expanded),
        hidden=entry.shown,
    )


def _exchange(entry: Entry, own: Line | None, session: _Session) -> Exchange | None:
    """Return the dialogue about one address: that names it, that its reason quotes, or the last."""
    shown, start = entry.shown.strip("<>").lower(), one_line(entry.reason)[:40]
    for exchange in session.exchanges:
        command = exchange.command.lower()
        if command.startswith("rcpt") and shown in command:
            return exchange
    for exchange in session.exchanges:
        if start and one_line(exchange.reply).startswith(start):
            return exchange
    return own.exchange if own else None


def _action(say: str, usual: Action) -> Action:
    for word, action in _WELL:
        if word in say:
            return action
    return Action.DELAYED if "transient" in say else usual


def _spoken(notice: Notice, line: Line, action: Action) -> RecipientStatus:
    exchange = line.exchange
    who = None if "@" in line.shown else only_recipient(notice.returned, line.shown)
    found = status_of(
        "sendmail",
        notice,
        address(line.shown) or who,
        line.text,
        action=action,
        reply=exchange.reply if exchange else None,
        remote=exchange.host if exchange else None,
        hidden=line.shown,
    )
    return replace(found, defects=(ONLY_HOST,)) if who else found
