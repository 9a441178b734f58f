"""Digital Arts m-FILTER, a mail gateway of Japanese companies.

    このメールは「m-FILTER」が自動的に生成して送信しています。

    以下のメールアドレスへの送信に失敗しました。
    user@example.com

    -------server message
    550 5.1.1 User unknown

    -------SMTP command
    RCPT TO

One reply stands below all addresses.
"""

from __future__ import annotations

import re
from itertools import takewhile
from typing import Final

from bounced.dialects._entry import ADDRESS, MAX_RECIPIENTS, one_line, status_of, unique
from bounced.model import RecipientStatus
from bounced.report.prose import Notice

SIGNS: Final = ("-------server message",)
_MESSAGE = re.compile(
    r"^-{5,9}server message[ \t]*\n(?P<said>[^\n]{1,1000}(?:\n(?!-{5})[^\n]{1,1000}){0,20})",
    re.MULTILINE,
)
_LINE = re.compile(rf"[ \t]{{0,8}}<?({ADDRESS})>?[ \t]*")


def read(notice: Notice) -> tuple[RecipientStatus, ...]:
    """Return a status for each address above the server's message."""
    found = _MESSAGE.search(notice.text)
    if not found:
        return ()
    above = notice.text[: found.start()].rstrip().split("\n")[-MAX_RECIPIENTS:]
    listed = list(takewhile(bool, (_LINE.fullmatch(line) for line in reversed(above))))
    said = one_line(found["said"])
    return unique(status_of("mfilter", notice, line[1], said) for line in reversed(listed) if line)
