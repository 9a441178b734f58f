"""Post.Office and InterMail (Software.com, Openwave), Netscape Messaging Server.

    This Message was undeliverable due to the following reason:

    Each of the following recipients was rejected by a remote mail server.

        Recipient: <user@example.com>
        Reason:    User unknown

    Please reply to Postmaster@mail.example.org
    if you feel this message to be in error.

There are some twenty such explanations, all with a recipient alone on a line below.  They guess
widely; so only what is known of this failure is taken for the reason.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from bounced.dialects._classic import told
from bounced.dialects._entry import ADDRESS, HOST, delayed, one_line, paragraphs, unique
from bounced.model import Action, RecipientStatus
from bounced.report.prose import Notice

SIGNS: Final = ("message was undeliverable due to the following reason",)
_HEADING = re.compile(
    r"^[ \t]{0,4}This message was undeliverable due to the following reasons?:",
    re.IGNORECASE | re.MULTILINE,
)
_END = re.compile(r"^Please (?:reply|contact|forward)\b|^If you feel this message", re.MULTILINE)
_WHO = re.compile(
    rf"""^[ \t]{{0,20}}(?:recipient:[ \t]{{1,20}})?(?P<note>[a-z][a-z ]{{3,60}}:[ \t]{{1,10}})?
        (?:SMTP[ \t]{{1,4}})?<(?P<who>{ADDRESS})>[ \t]*
        (?:\n[ \t]{{0,20}}reason:[ \t]*(?P<reason>[^\n]{{1,1000}}(?:\n[ \t]{{1,40}}
          (?!recipient:)\S[^\n]{{0,1000}}){{0,20}}))?$""",
    re.IGNORECASE | re.MULTILINE | re.VERBOSE,
)
_REJECTED = re.compile(
    rf"was rejected by\s{{1,4}}({HOST})\s{{1,4}}for the following\s{{1,4}}reasons?:", re.IGNORECASE
)
_FACT = re.compile(
    r"^[ \t]{0,20}((?:Host|The host|Domain|The domain|Unknown) \S[^\n]{3,200})", re.MULTILINE
)


def read(notice: Notice) -> tuple[RecipientStatus, ...]:
    """Return a status for each recipient below the explanation."""
    heading = _HEADING.search(notice.text)
    if not heading:
        return ()
    end = _END.search(notice.text, heading.end())
    text = notice.text[heading.end() : end.start() if end else None]
    rejected = _REJECTED.search(text)
    common = " ".join(_known(text, rejected))
    action = Action.DELAYED if delayed(notice) else Action.FAILED
    return unique(
        told(
            "postoffice",
            notice,
            one["who"],
            one["reason"] or f"{one['note'] or ''}{common}",
            action=action,
            remote=rejected[1] if rejected else None,
        )
        for one in _WHO.finditer(text)
    )


def _known(text: str, rejected: re.Match[str] | None) -> Iterator[str]:
    """Yield what the other server said, or else the first sentence and what is said of the host."""
    if rejected:
        yield next(paragraphs(text[rejected.end() :]), "")
        return
    yield one_line(next(paragraphs(text), "")).partition(". ")[0]
    yield from _FACT.findall(text)[:1]
