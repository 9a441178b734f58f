"""SMTP reply codes and enhanced status codes in free text.

RFC 5321 §4.2 (reply), RFC 2034 §4 and RFC 3463 §2 (status).  A status hides in many places
(``#5.1.1``, ``(#5.7.1)``, ``cuda_nsu 5.1.1``, ``- 5.7.1 [BL23]``) and so do things that only look
like one: IP addresses, versions, queue ids.  So it counts only where MTAs put it.  Never raises.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from bounced.model import Status
from bounced.report.words import Words

_CODE_IN_FRONT = re.compile(
    r"[<\[('\"#]{0,2}(?:smtp[:;]? ?)?(2[0-4]\d|25[0-3]|[45]\d\d)(?![\w.])", re.IGNORECASE
)
_CODE_INSIDE = re.compile(
    r"""
      (?<![\w.@-])([245]\d\d)[- ]\#?(?=[245]\.\d{1,3}\.\d{1,3}(?![\w.]))
    | (?:\b(?:code|error|returned|reply|response|said|smtp|status)\b[ :=;]{0,3}['"#<(\[]{0,2}
      |['"<\[(;>]\ ?\#?|->\ )([245]\d\d)(?=[\s:;\])>-]|$)
    """,
    re.IGNORECASE | re.VERBOSE,
)
_STATUS = re.compile(
    r"""
    (?:^|[(\[<\#:;='"]\ {0,2}|->?\ |\b(?:[245]\d\d)[- ]\#?
      |(?:\b|_)(?:code|error|status|nsu|dsn|reply|response|said|smtp)[:=]?\ )
    ([245])\.(\d{1,3})\.(\d{1,3})(?![\w@/-]|\.\d)
    """,
    re.IGNORECASE | re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Reply:
    """The codes of one SMTP reply, as a text tells them."""

    code: int | None
    status: Status | None


def reply_of(said: Words) -> Reply:
    """Return the reply that *said* quotes; code and status are ``None`` where it shows none."""
    return Reply(_code(said.shown), _status(said.shown))


def _code(text: str) -> int | None:
    if found := _CODE_IN_FRONT.match(text):
        return int(found[1])
    if found := _CODE_INSIDE.search(text):
        return int(found[1] or found[2])
    return None


def _status(text: str) -> Status | None:
    found = _STATUS.search(text)
    return Status(*map(int, found.groups())) if found else None
