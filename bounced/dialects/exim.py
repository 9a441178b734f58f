"""Exim, and the providers that send its text (Mail.ru, 1&1, GMX).

    recipients. This is a permanent error. The following address(es) failed:

      user@example.com
        host mx.example.com [192.0.2.1]
        SMTP error from remote mail server after RCPT TO:<user@example.com>:
        550 5.1.1 User unknown

Written by notify_sender() and print_address_information() in src/deliver.c.  A delivery to a file
or pipe, and an address that is not to be shown, are named by the address they were generated from.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import Final

from bounced.dialects._entry import ADDRESS, address, one_line, paragraphs, spans, status_of, unique
from bounced.model import Action, RecipientStatus
from bounced.report.prose import Notice

SIGNS: Final = ("automatically", "автоматически", "x-failed-recipients")
_SIGN = re.compile(
    r"created\s{1,5}automatically\s{1,5}by\s{1,5}mail\s{1,5}delivery\s{1,5}s"
    r"|создано\s{1,5}автоматически\s{1,5}сервером",  # Mail.ru
    re.IGNORECASE,
)
_LIST = re.compile(
    r"(?:following\s{1,5}address(?:\(es\)|es)?\s{1,5}(?:failed|deferred)"
    r"|быть\s{1,5}доставлено\s{1,5}одному\s{1,5}или\s{1,5}нескольким\s{1,5}получателям"
    r"|not\s{1,5}yet\s{1,5}been\s{1,5}delivered\s{1,5}(?:is|are))"
    r":[ \t]*\n",
    re.IGNORECASE,
)
_DELAY = re.compile(
    r"not\s{1,5}yet\s{1,5}been\s{1,5}delivered|address(?:\(es\)|es)?\s{1,5}deferred:", re.IGNORECASE
)
_RELAYED = re.compile(
    rf"^[ \t]{{0,4}}<({ADDRESS})> \((relayed .{{1,80}}|delivered)\)[ \t]*$", re.MULTILINE
)
# At most two spaces deep: an address, or what stands for it.  Without indent it needs a colon.
_START = re.compile(
    rf"""^(?:[ ]{{2}}["<]?(?P<plain>{ADDRESS})[">]?(?::[ \t]?(?P<rest>.*)|[ \t]*)
        |["<]?(?P<flat>{ADDRESS})[">]?:[ \t]*
        |[ ]{{2}}(?P<hidden>(?:pipe[ ]to[ ]|save[ ]to[ ]|an[ ]undisclosed[ ]address).*))$""",
    re.VERBOSE | re.MULTILINE,
)
_PARENT = re.compile(
    r"\(?(?:ultimately )?generated (?:from|by) ([^\s()]{1,320}(?: at \S{1,255})?)\)? ?"
)
_REMOTE = re.compile(r"\b(?:host:? |H=)([\w.-]{1,255})(?: [\[(][^\])\s]{1,100}[\])]|(?= [245]\.))")
_REPLY = re.compile(r"[SL]MTP error from remote.{1,700}?: ([245]\d\d(?:[ -].*)?$)")
# What a program printed, below a line that repeats which.
_OUTPUT = re.compile(
    r"------ pipe to [^\n]{1,500}(?:\n[^\n]{1,500})? ------\n"
    r"\s{0,4}(\S[^\n]*(?:\n[^\n-][^\n]*){0,8})"
)
_COLLECTED = re.compile(
    r"addressed to '([^'\s]{1,320})',\s{1,5}(failed because [^\n]{1,300})"
)  # Demon


def read(notice: Notice) -> tuple[RecipientStatus, ...]:
    """Return a status for each recipient in the lists of an Exim notice."""
    if not (_SIGN.search(notice.text) or "X-Failed-Recipients" in notice.headers):
        return ()
    action = Action.DELAYED if _DELAY.search(notice.text) else Action.FAILED
    output = _OUTPUT.search(notice.text)
    printed = output[1] if output else ""
    found = [
        _status(notice, start, body, own or action, printed)
        for start, body, own in _entries(notice)
    ]
    found += [
        status_of("exim", notice, well[1], well[2], action=Action.RELAYED)
        for well in _RELAYED.finditer(notice.text)
    ]
    if left := _COLLECTED.search(notice.text):
        found.append(status_of("exim", notice, address(left[1]), left[2], hidden=left[1]))
    return unique(found)


def _entries(notice: Notice) -> Iterator[tuple[re.Match[str], str, Action | None]]:
    text = notice.text
    # Mail.ru says it twice, in two languages.
    lists = [(one.end(), _done(one[0])) for one in islice(_LIST.finditer(text), 4)]
    for at, action in lists or ((at, None) for at in _own_list(notice)):
        for part in paragraphs(text[at:]):
            starts = list(_START.finditer(part))
            if not starts or starts[0].start():
                break
            yield from ((start, body, action) for start, body in spans(starts, part))


def _done(heading: str) -> Action | None:
    """Return what a list's own heading says: one notice may tell of failed and of late ones."""
    low = heading.lower()
    return Action.FAILED if "failed" in low else Action.DELAYED if "deferred" in low else None


def _own_list(notice: Notice) -> list[int]:
    """Return where the list begins in an operator's own text: at whom the header names."""
    names = (notice.headers.get("X-Failed-Recipients") or "").lower().replace(" ", "").split(",")
    starts = _START.finditer(notice.text)
    return [one.start() for one in starts if (one["plain"] or " ").lower() in names][:1]


def _status(
    notice: Notice, start: re.Match[str], body: str, action: Action, printed: str
) -> RecipientStatus:
    reason = one_line(f"{start['rest'] or ''} {body}")
    who, shown = start["plain"] or start["flat"], start["hidden"] or ""
    parent = _PARENT.match(reason)
    if parent:
        reason = reason[parent.end() :]
        who = who or address(parent[1])
    if not reason or shown:
        reason = one_line(f"{reason} {printed}")  # Exim's word on it says only that it failed
    reply, remote = _REPLY.search(reason), _REMOTE.search(reason)
    return status_of(
        "exim",
        notice,
        who or _header(notice),
        reason.removeprefix("Delay reason: "),
        action=action,
        reply=reply[1] if reply else None,
        remote=remote[1] if remote and not remote[1][0].isspace() else None,
        original=address(parent[1]) if parent and not shown else None,
        hidden=shown,
    )


def _header(notice: Notice) -> str | None:
    """Return the one failed address of the header, where the text has only a file or a pipe."""
    names = (notice.headers.get("X-Failed-Recipients") or "").split(",")
    return address(names[0]) if len(names) == 1 else None
