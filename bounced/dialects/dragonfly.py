"""DragonFly Mail Agent (dma), the local mailer of DragonFly BSD and FreeBSD 14.

    There was an error delivering your mail to <user@example.com>.

    mx.example.com [192.0.2.1] did not like our RCPT TO:
    550 5.1.1 User unknown

Written by bounce() in dma.c; the lines of a multi-line reply stand apart.
"""

from __future__ import annotations

import re
from typing import Final

from bounced.dialects._entry import HOST, address, one_line, status_of
from bounced.model import RecipientStatus
from bounced.report.prose import Notice

SIGNS: Final = ("dragonfly mail agent",)
_NOTICE = re.compile(
    r"This is the DragonFly Mail Agent .{1,300}\n\s{0,10}"
    r"There was an error delivering your mail to <([^<>\s]{1,320})>\.\n"
)
_END = re.compile(r"^(?:Message headers follow|Original message follows)\.", re.MULTILINE)
_REPLY = re.compile(rf"({HOST}) \[[^\]\s]{{1,100}}\] did not like our [\w ]{{1,20}}: (.*)")


def read(notice: Notice) -> tuple[RecipientStatus, ...]:
    """Return the one recipient of a dma notice."""
    found = _NOTICE.search(notice.text)
    if not found:
        return ()
    end = _END.search(notice.text, found.end())
    reason = one_line(notice.text[found.end() : end.start() if end else None])
    reply = _REPLY.match(reason)
    remote, said = reply.groups() if reply else (None, None)
    who = address(found[1])
    return (
        status_of("dragonfly", notice, who, reason, reply=said, remote=remote, hidden=found[1]),
    )
