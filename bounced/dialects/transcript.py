"""An SMTP dialogue in the text, with arrows, with ``C:`` and ``S:``, or bare.

    -> RCPT TO:<user@example.com>
    <- 550 5.1.1 No such user

For systems that show the dialogue and name nobody beside it.  Replies belong to commands in their
order (RFC 2920 §3.1); a refusal of the content is one for all recipients that were taken.
"""

from __future__ import annotations

import re
from collections import deque
from typing import Final

from bounced.dialects._blame import correspondents
from bounced.dialects._entry import ADDRESS, unique
from bounced.dialects._failing import late, looks_failing, told
from bounced.model import Action, RecipientStatus
from bounced.report.prose import Notice

SIGNS: Final = ("rcpt to",)
_LINES = 1_000
_COMMAND = re.compile(
    rf"""(?:^|[\s>\])-:])(?:rcpt\ to\s?:\s?<?(?P<who>{ADDRESS})|mail\ from\s?:
          |(?P<data>data\s{{0,4}}(?:\(.{{0,40}}\))?|\.|bdat\ .{{0,20}})$
          |[eh][eh]lo\ |(?:quit|rset|starttls)$)""",
    re.IGNORECASE | re.VERBOSE,
)
_REPLY = re.compile(
    r"""(?:[^\w\n]|\d{1,4}[:.T-]|\d{1,2}(?=\s)  # arrows, a time, who says it
          |\b(?:s|server|recv|received|remote|response|reply|in|smtp|r)\b){0,30}?
        (?<!\d)(?P<reply>[2-5]\d\d(?:[ -]|$).{0,1000})""",
    re.IGNORECASE | re.VERBOSE,
)


def read(notice: Notice) -> tuple[RecipientStatus, ...]:
    """Return a status for each recipient that the other side refused."""
    if "@" not in notice.text or not looks_failing(notice):
        return ()
    others = correspondents(notice)
    action = Action.DELAYED if late(notice) else Action.FAILED
    return unique(
        told("transcript", notice, who, reply, action)
        for who, reply in refused(notice.text).items()
        if who.lower() not in others
    )


def refused(text: str) -> dict[str, str]:
    """Return the refused recipients of the dialogue in *text*, each with the reply to it."""
    waiting: deque[str] = deque()
    replies: list[str] = []
    taken: list[str] = []
    found: dict[str, str] = {}
    for line in map(str.strip, text.split("\n", _LINES)[:_LINES]):
        if command := _COMMAND.search(line):
            _pair(waiting, replies, taken, found)
            waiting.append(command["who"] or ("data" if command["data"] else ""))
        elif waiting and (reply := _REPLY.match(line)):
            if replies and replies[-1][3:4] == "-" and replies[-1][:3] == reply["reply"][:3]:
                replies[-1] = f"{reply['reply'][:4]}{replies[-1][4:]} {reply['reply'][4:]}"
            else:
                replies.append(reply["reply"])
    _pair(waiting, replies, taken, found)
    return found


def _pair(waiting: deque[str], replies: list[str], taken: list[str], found: dict[str, str]) -> None:
    """Give the commands their replies; where some are not shown, they are the last commands'."""
    while replies and len(waiting) > len(replies):
        waiting.popleft()
    while waiting and replies:
        _judge(waiting.popleft(), replies.pop(0), taken, found)


def _judge(about: str, said: str, taken: list[str], found: dict[str, str]) -> None:
    if "@" in about:
        if said[0] in "45":
            found[about] = said
        elif said[0] == "2":
            taken.append(about)
    elif about == "data" and said[0] in "45":
        found.update(dict.fromkeys(taken, said))
