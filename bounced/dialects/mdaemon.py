"""MDaemon (Alt-N).

    The attached message had PERMANENT fatal delivery errors.

    --- Session Transcript ---
     Thu 2005-02-10 09:26:02: *  To: user@example.com
     Thu 2005-02-10 09:26:03: --> RCPT To:<user@example.com>
     Thu 2005-02-10 09:26:03: <-- 550 5.1.1 User unknown
    --- End Transcript ---

Who failed stands in the transcript only: in the dialogue, or where there was none, in the envelope
that the transcript begins with.
"""

from __future__ import annotations

import re
from typing import Final

from bounced.dialects._classic import told
from bounced.dialects._entry import ADDRESS, HOST, unique
from bounced.model import Action, RecipientStatus
from bounced.report.prose import Notice

SIGNS: Final = ("--- session transcript ---",)
_TRANSCRIPT = re.compile(r"^--- Session Transcript ---[ \t]*$", re.MULTILINE)
_END = re.compile(r"^--- End Transcript ---", re.MULTILINE)
_STAMP = re.compile(
    r"^[ \t]{0,4}(?:\w{3} )?\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{1,3})?: (?:\[[\w:]{1,20}\] )?"
)
_TO = re.compile(rf"(?:\* {{1,3}})?To: <?({ADDRESS})>?$")
_RCPT = re.compile(rf"--> RCPT To: ?<({ADDRESS})>", re.IGNORECASE)
_REFUSED = re.compile(r"<-- ([45]\d\d.*)")
_MX = re.compile(rf"MX=\[({HOST})\]")
_TROUBLE = re.compile(
    r"socket error|timed? ?out|could not|unable|fail|refused|no (?:such|mx|a[- ]record)|not found"
    r"|error|does not exist|unknown|reset",
    re.IGNORECASE,
)
_LATER = re.compile(r"\bTRANSIENT\b|has not yet been delivered", re.IGNORECASE)


def read(notice: Notice) -> tuple[RecipientStatus, ...]:
    """Return a status for each recipient that the transcript shows as refused, or else is about."""
    begin = _TRANSCRIPT.search(notice.text)
    if not begin:
        return ()
    end = _END.search(notice.text, begin.end())
    text = notice.text[begin.end() : end.start() if end else None]
    lines = [_STAMP.sub("", line, count=1).strip() for line in text.split("\n", 2_000)[:2_000]]
    action = Action.DELAYED if _LATER.search(notice.text[: begin.start()]) else Action.FAILED
    host = _MX.search(text)
    return unique(
        told("mdaemon", notice, who, reason, action=action, remote=host[1] if host else None)
        for who, reason in _refused(lines) or _about(lines)
    )


def _refused(lines: list[str]) -> list[tuple[str, str]]:
    """Return who was refused by the other server, and with which words."""
    found: list[tuple[str, str]] = []
    asked: list[str] = []  # those that were accepted so far, or that the next reply is about
    last = ""
    for line in lines:
        if rcpt := _RCPT.match(line):
            asked.append(rcpt[1])
        elif line.startswith("--> MAIL"):
            asked = []
        elif (refused := _REFUSED.match(line)) and asked:
            about = asked[-1:] if last.startswith("--> RCPT") else asked
            found += [(who, refused[1]) for who in about]
            asked = [who for who in asked if who not in about]
        if line.startswith("-->"):
            last = line
    return found


def _about(lines: list[str]) -> list[tuple[str, str]]:
    """Return whom the message was to, and the last line that tells of trouble."""
    to = [match[1] for line in lines if (match := _TO.match(line))]
    trouble = [line for line in lines if _TROUBLE.search(line) and not line.startswith("*")]
    return [(who, trouble[-1] if trouble else "") for who in to[:1]]
