"""For the readers that only guess: what looks like a failure, and what is none."""

from __future__ import annotations

import re

from bounced.dialects._entry import ADDRESS, address, one_line, status_of
from bounced.model import Action, RecipientStatus
from bounced.report.prose import Notice

_ADDRESS = re.compile(ADDRESS)
_DAEMON = re.compile(
    r"mailer[-_. ]?daemon|post_?master|mail[ .]deliver|delivery[ .](?:sub)?system"
    r"|system administrator|mailer@|\bdaemon\b|^\s*<>\s*$",
    re.IGNORECASE,
)
_SUBJECT = re.compile(
    r"undeliver|error sending your mail|non.?deliver|not delivered|could not be (?:sent|delivered)"
    r"|(?:deliver\w*|mail) (?:has )?(?:fail|error|problem)|fail\w* (?:to deliver|notice)"
    r"|returned mail|returning (?:message )?to sender|mail (?:status|system error)|rejected mail"
    r"|delivery (?:status|notification|report)|unable to deliver|unzustellbar"
    r"|メールエラー|エラー通知|配信できません|送信できません",
    re.IGNORECASE,
)
_AWAY = re.compile(
    r"^\W{0,3}auto\b|auto(?:matic)?[ -]?(?:reply|response|responder|antwort)|out of (?:the )?office"
    r"|vacation|abwesen|away from|on (?:leave|holiday)|réponse auto|respuesta auto"
    r"|automati\w{1,6} (?:antw|odpow|svar|risp|resp|rép)",
    re.IGNORECASE,
)
# Lines with an address to write to, which is no recipient's.
CONTACT = re.compile(
    r"\b(?:contact|assistance|questions?|help|originat\w{1,5}|reply to|sent by|forward|write to"
    r"|abuse)\b",
    re.IGNORECASE,
)
# A reply somewhere in a sentence; "554 Tue 2024" and the like are none.
REPLY = re.compile(r"(?:^|[:;\]>=] ?|\bsaid:? )([45]\d\d(?: |-)(?!\w{1,3} \d{4}).*)")
_REPLIED = ("X-Autoreply", "X-Autorespond", "X-Autoresponder", "X-Mail-Autoreply")


def correspondents(notice: Notice) -> frozenset[str]:
    """Return who wrote the notice and who gets it, lower-cased: no failed recipients."""
    fields = ("From", "To", "Reply-To", "Delivered-To", "X-Original-To")
    text = " ".join((notice.headers.get(name) or "")[:4_096] for name in fields)
    return frozenset(found.lower() for found in _ADDRESS.findall(text))


def looks_failing(notice: Notice) -> bool:
    """Whether a mail system wrote *notice* about a delivery, and no person's program a reply."""
    headers = notice.headers
    replied = "auto-replied" in (headers.get("Auto-Submitted") or "").lower()
    precedence = (headers.get("Precedence") or "").lower().replace("-", "_")
    if (
        _AWAY.search(notice.subject)
        or any(name in headers for name in _REPLIED)
        or precedence == "auto_reply"
    ):
        return False
    daemon = bool(_DAEMON.search(notice.from_))
    if (
        replied and not daemon
    ):  # some MTAs say auto-replied of their notices too, people's programs always
        return False
    return (
        daemon
        or bool(_SUBJECT.search(notice.subject))
        or (headers.get("Return-Path") or "").strip() == "<>"
    )


def told(dialect: str, notice: Notice, who: str, reason: str, action: Action) -> RecipientStatus:
    """Return a recipient whose *reason* may hold a reply somewhere."""
    reason = one_line(reason).strip(" :[](")
    reply = REPLY.search(reason)
    return status_of(
        dialect, notice, address(who), reason, action=action, reply=reply[1] if reply else None
    )
