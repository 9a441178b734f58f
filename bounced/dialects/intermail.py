"""InterMail, later Openwave Email Mx: providers of the nineties and noughties, and KDDI's ezweb.

    This Message was undeliverable due to the following reason:

    Each of the following recipients was rejected by a remote
    mail server.

        Recipient: <user@example.com>
        >>> RCPT TO:<user@example.com>
        <<< 550 <user@example.com>: User unknown

Other reasons name the addresses in a list below them, and each list has its own.  KDDI puts
Japanese in front, and keeps the English sentences.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import Final

from bounced.dialects._entry import ADDRESS, delayed, one_line, spans, status_of, unique
from bounced.model import Action, RecipientStatus
from bounced.report.prose import Notice

SIGNS: Final = (
    "each of the following recipients was rejected",
    "the user(s) account is",
    "the following destination addresses were unknown",
    "the following recipients did not receive",
)
_REJECTED = re.compile(r"^[ \t]{0,8}Each of the following recipients was rejected\b", re.MULTILINE)
_RECIPIENT = re.compile(rf"^[ \t]{{0,8}}Recipient:[ \t]{{0,8}}<?({ADDRESS})>?[ \t]*$", re.MULTILINE)
_LIST = re.compile(
    rf"""^[ \t]{{0,8}}(?:The\ user\(s\)\ account\ is\b[^\n]{{0,100}}
          |The\ following\ destination\ addresses\ were\ unknown\b[^:]{{0,100}}:
          |The\ following\ recipients\ did\ not\ receive\ (?:this|your)\ message:?)[ \t]*\n
        \s{{0,8}}(?P<list>(?:[ \t]{{0,20}}(?:SMTP\ )?<?{ADDRESS}>?
           (?::[^\n]{{0,500}})?[ \t]*(?:\n|$)){{1,500}})""",
    re.MULTILINE | re.VERBOSE,
)
_MOST_LISTS = 500
_HEADING = re.compile(r"The following recipients did not receive (?:this|your) message:?")
_ITEM = re.compile(rf"<?({ADDRESS})>?(?::[ \t]{{0,4}}([^\n]{{0,500}}))?")
_BECAUSE = re.compile(r"^[^\n]{0,100}undeliverable due to the following reason:?", re.MULTILINE)
_BY = re.compile(
    r"rejected by (?P<host>[\w.-]{1,255}) for the following reason:\s{1,8}(?P<said>\S.{0,2000})"
)
_SAID = re.compile(r"^[ \t]{0,8}<<< ?([^\n]{0,1000})", re.MULTILINE)
_REASON = re.compile(r"^[ \t]{0,8}Reason:[ \t]{0,8}", re.MULTILINE)


def read(notice: Notice) -> tuple[RecipientStatus, ...]:
    """Return a status for each recipient of an InterMail notice."""
    action = Action.DELAYED if delayed(notice) else Action.FAILED
    if rejected := _REJECTED.search(notice.text):
        return unique(_rejected(notice, notice.text[rejected.end() :], action))
    lists = list(islice(_LIST.finditer(notice.text), _MOST_LISTS))
    # One list, with the only reason above it, is the older form of Post.Office.
    own = len(lists) > 1 or any(item[2] for one in lists for item in _ITEM.finditer(one["list"]))
    return unique(_listed(notice, lists, action)) if own else ()


def _rejected(notice: Notice, below: str, action: Action) -> Iterator[RecipientStatus]:
    """Yield those whom another server refused; what it said stands under each."""
    for entry, text in spans(list(_RECIPIENT.finditer(below)), below):
        own = text.lstrip("\n").partition("\n\n")[0][:4_000]
        said = one_line(" ".join(_SAID.findall(own)))
        yield status_of("intermail", notice, entry[1], said or _REASON.sub("", own), action=action)


def _listed(
    notice: Notice, lists: list[re.Match[str]], action: Action
) -> Iterator[RecipientStatus]:
    """Yield those in lists: the reason stands above a list, or above the one before it."""
    reason, last = "", 0
    for found in lists:
        above = notice.text[max(last, found.start() - 2_000) : found.start("list")]
        because = _BECAUSE.search(above)
        reason = one_line(_HEADING.sub("", above[because.end() if because else 0 :])) or reason
        last = found.end()
        by = _BY.search(reason)
        for item in _ITEM.finditer(found["list"]):
            said = (item[2] or (by and by["said"]) or "").strip()
            yield status_of(
                "intermail",
                notice,
                item[1],
                f"{reason} {item[2] or ''}",
                action=action,
                reply=said if said[:3].isdigit() else None,
                remote=by["host"] if by else None,
            )
