"""QQ, 163 and 126 (Coremail), Aliyun, Sohu; Naver, Daum; Japanese providers: labels and values.

    收件人: user@example.com
    退信原因: 收件人邮件地址(user@example.com)不存在
    host mx.example.com[192.0.2.1] said: 550 User not found (in reply to RCPT TO command)

In the language of the provider, below a sentence that nothing was delivered.  A label may stand for
all whom the mail was addressed to: of several, only those whom the reason names have failed.  The
sender stands there as well, below a label of his own.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import Final

from bounced.dialects._blame import correspondents
from bounced.dialects._entry import delayed, one_line, spans, status_of, unique
from bounced.dialects._failing import looks_failing
from bounced.dialects._glued import addresses
from bounced.dialects._labels import ADVICE, BLANK, NAMES, REASONS, SENDERS, label
from bounced.model import Action, RecipientStatus
from bounced.report.prose import Notice

SIGNS: Final = ("收", "받는", "수신", "宛", "受", "送")  # of each label: there may be blanks inside
_NEXT = label((*NAMES, *REASONS, *SENDERS, *ADVICE))
_VALUE = rf"{BLANK}{{0,40}}(?:\n\s{{0,20}})?(\S[^\n]{{0,1000}}"
_WHO = re.compile(rf"^{label(NAMES)}{_VALUE})$", re.MULTILINE | re.IGNORECASE)
_FROM = re.compile(rf"^{label(SENDERS)}{_VALUE})$", re.MULTILINE | re.IGNORECASE)
_WHY = re.compile(
    rf"^{label(REASONS)}{_VALUE}"
    rf"(?:\n(?!{_NEXT})[ \t]*\S[^\n]{{0,1000}}){{0,6}})",
    re.MULTILINE | re.IGNORECASE,
)
_FAILED = re.compile(
    r"退信|退回|退件|投递|投遞|发送失败|送達|실패|반송|못했|配信|送信|届|deliver|returned",
    re.IGNORECASE,
)
_HELD = re.compile(r"quarantin|隔离|격리|隔離", re.IGNORECASE)
_REPLY = re.compile(
    r"(?:^|[\s:;,(\[>=\uff1a\uff08])([45]\d\d(?:[ -]|[:\uff1a] ?)(?!\w{1,3} \d{4}).*)"
)
_HOST = re.compile(r"\bhost:? ([\w-]{1,63}(?:\.[\w-]{1,63}){1,10})[\[( ]", re.IGNORECASE)


def read(notice: Notice) -> tuple[RecipientStatus, ...]:
    """Return a status for each labelled recipient that has a reason."""
    shown = f"{notice.subject}\n{notice.text}"
    if not (looks_failing(notice) and _FAILED.search(shown)) or _HELD.search(shown):
        return ()
    starts = list(islice(_WHO.finditer(notice.text), 200))
    reasons = [one_line(" ".join(_WHY.findall(span)[:6])) for _, span in spans(starts, notice.text)]
    senders = " ".join(_FROM.findall(notice.text)[:20])
    others = correspondents(notice) | {one.lower() for one in addresses(senders)}
    action = Action.DELAYED if delayed(notice) else Action.FAILED
    return unique(
        _status(notice, who, start[1], reason, action)
        for start, reason in zip(starts, reasons, strict=False)
        if reason
        for who in _failed(start[1], reason, others)
    )


def _failed(shown: str, reason: str, others: frozenset[str]) -> list[str | None]:
    """Return whom of the labelled the reason is about; None where that is not said."""
    labelled = [one for one in addresses(shown) if one.lower() not in others]
    if len(labelled) > 1:
        labelled = [one for one in labelled if one.lower() in reason.lower()]
    return [*labelled] or [None]


def _status(
    notice: Notice, who: str | None, shown: str, reason: str, action: Action
) -> RecipientStatus:
    reply, host = _REPLY.search(reason), _HOST.search(reason)
    return status_of(
        "labelled",
        notice,
        who,
        reason,
        action=action,
        reply=_closed(reply[1]) if reply else None,
        remote=host[1] if host else None,
        hidden=shown,
    )


def _closed(reply: str) -> str:
    """Return *reply* without the parenthesis that opened in front of it."""
    return reply.rstrip(")\uff09") if "(" not in reply else reply
