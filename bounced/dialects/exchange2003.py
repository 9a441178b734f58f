"""Exchange 5.5 to 2003, and Outlook's own notices: by layout, in any language.

    Your message did not reach some or all of the intended recipients.

          Subject:  Hello
          Sent:     2/10/2005 9:26 AM

    The following recipient(s) could not be reached:

          user@example.com on 2/10/2005 9:26 AM
                The e-mail account does not exist at the organization.
                <mail.example.com #5.1.1 smtp;550 5.1.1 User unknown>

The sentences are translated, the layout is not: who, a short word, date and time; the reason below.
Often only a display name or an X.400 address is told.
"""

from __future__ import annotations

import re
from typing import Final

from bounced.dialects._entry import (
    ADDRESS,
    address,
    one_line,
    paragraphs,
    spans,
    status_of,
    unique,
)
from bounced.dialects._failing import looks_failing
from bounced.model import Action, RecipientStatus
from bounced.report.prose import Notice

SIGNS: Final = (
    "following recipient(s)",
    "did not reach",
    "nicht erreicht",
    "pas atteint",
    "llegado",
    "não ",
    "non ha raggiunto",
    "niet bereik",
    "到達",
    "届き",
    "nådde i",
    "nåede ikke",
    "ei saavuttanut",
    "nie dotarł",
    "nedoraz",
    "nem érkezett",
    "не достиг",
    "没有到达",
    "未到达",
    "未到達",
    "msexch:",
    " #5.",
    " #4.",
    " #2.",
)
_FROM = re.compile(
    r"system administrator|postmaster|systemadministrator|administrat", re.IGNORECASE
)
_ENTRY = re.compile(
    rf"""^[ \t]{{0,20}}(?:
          ['"]?(?P<who>{ADDRESS})['"]?(?:[ ]\([^\n()]{{1,100}}\))?,?
            [ ]{{1,3}}(?:[^\W\d][^\n\d@<>]{{0,20}})?
          |(?P<name>'[^'\n]{{1,100}}'|[^\s'"<>:@][^\n<>:@]{{0,100}}?|c=[^\n]{{1,200}}?)
            [ ]{{1,3}}(?:\w{{1,6}}\.?[ ]|(?:日時|날짜):[ ]?)(?:\w{{2,6}}[.,]{{1,2}}[ ])?)
        \d[^\n]{{2,40}}?\d[:.]\d\d[^\n]{{0,20}}\n
        (?=[ \t]*\S)""",
    re.MULTILINE | re.VERBOSE,
)
_SMTP = re.compile(
    r"<([\w.-]{1,255}) #([245]\.\d{1,3}\.\d{1,3})"
    r"(?: (?:smtp; ?|X-\w{1,20};)?([^<>\n]*(?:<[^<>\n]*>[^<>\n]*){0,20}))?>?"
)
_HEADING = re.compile(
    r"following recipient\(s\)|did not reach|nicht erreicht|pas atteint|no (?:ha )?llegado"
    r"|não (?:chegou|foi|alcançou)|non ha raggiunto|niet bereik|到達|届き|MSEXCH:"
    r"|nådde in?kk?e|nådde inte|nåede ikke|ei saavuttanut|nie dotarł|nedoraz|nem érkezett"
    r"|не достиг|没有到达|未到达",
    re.IGNORECASE,
)


def read(notice: Notice) -> tuple[RecipientStatus, ...]:
    """Return a status for each recipient entry of an old Exchange notice."""
    heading = _HEADING.search(notice.text)
    known = heading and (_FROM.search(notice.from_) or "MSEXCH:" in notice.text)
    # In other languages the server's name and the status in angle brackets are the sign.
    if not known and not (_SMTP.search(notice.text) and looks_failing(notice)):
        return ()
    entries = list(_ENTRY.finditer(notice.text, heading.start() if heading else 0))
    return unique(_status(notice, *span) for span in spans(entries, notice.text))


def _status(notice: Notice, entry: re.Match[str], below: str) -> RecipientStatus:
    reason = one_line("\n".join(next(paragraphs(below), "").split("\n")[:8]))
    smtp = _SMTP.search(reason)
    reply = (smtp[3] or "").strip() if smtp else ""
    return status_of(
        "exchange2003",
        notice,
        address(entry["who"] or ""),
        reason,
        action=Action.DELAYED if "delayed" in notice.subject.lower() else Action.FAILED,
        reply=reply if reply[:1] in {"4", "5"} else None,
        remote=smtp[1] if smtp else None,
        hidden=entry["name"] or "",
    )
