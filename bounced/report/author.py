"""Who wrote a message: a mail system, a person, a person's answering machine, or a list."""

from __future__ import annotations

import re
from typing import Final

from bounced.model import Envelope
from bounced.report.mime import Part

_DAEMON: Final = re.compile(
    r"mailer[-_. ]?daemon|post_?master|mail delivery|mail(?:er)? (?:administrator|system)|mailer@"
    r"|(?<!cron )\bdaemon\b|delivery (?:subsystem|system|status)|mailrouter|system administrator"
    r"|undeliver|microsoftexchange[0-9a-f]{8}|<\s{0,5}>\s{0,5}$"
    r"|mailzustell|mailserver|mail-?system|zustelldienst|service de messagerie"
    r"|sistema de (?:correo|e-?mail)|sistema di posta|system pocztowy|poštovní systém|postsystem"
    r"|почтов\w{1,3} (?:служба|сервер|систем)|поштов\w{1,3} (?:систем|сервер)"
    r"|メールシステム|邮件系统|郵件系統|郵件主機|메일시스템",
    re.IGNORECASE,
)
_FAILING: Final = re.compile(
    r"undeliver|returned mail|return(?:ed)? to sender"
    r"|delivery (?:failure|failed|status|notification|report)"
    r"|failure notice|mail (?:failure|system error)|non[- ]?d(?:e|is)liver"
    r"|unzustellbar|non remis|no entregad"
    r"|nicht zugestellt|nicht zustellbar|zustellung (?:fehl|nicht)"
    r"|non distribu|(?:é|e)chec de (?:la )?remise|non livr(?:é|e)"
    r"|no se (?:ha )?pudo entregar|fallo (?:de|en la) entrega|n(?:ã|a)o entregue|falha na entrega"
    r"|mancat[oa] (?:consegna|recapito)|non (?:recapitat|consegnat|recapitabile)"
    r"|onbestelbaar|niet (?:bezorgd|afgeleverd)|niedostarcz|nie dostarczono|zwrot wiadomości"
    r"|nedoruč|недоставлен|не (?:может быть )?доставлен|ошибка доставки|не вдалося доставити"
    r"|(?:inte|ikke) (?:kunde )?lever|ei voitu toimittaa"
    r"|kézbesíthetetlen|sikertelen kézbesítés|teslim edilemedi|iletilemedi|nelivrat"
    r"|αποτυχία παράδοσης|δεν παραδόθηκε"
    r"|配信(?:エラー|不能|失敗|できま)|送信(?:エラー|失敗|できま)|配送(?:エラー|できま)|不達"
    r"|退信|投递失败|发送失败|送达失败|被退回|傳送失敗|投遞失敗|寄送失敗"
    r"|전송 ?실패|배달 ?실패|반송",
    re.IGNORECASE,
)
# How an answer is marked: Outlook translates the mark, others keep the Latin "Re".
_REPLY: Final = re.compile(
    r"\s{0,5}(?:re|aw|antw?|sv|vs|bls|odp|odg|rif|ref|res|r(?:á|ă|a)sp|r|ynt|yan|v(?:á|a)|at[bs]"
    r"|отв(?:ет)?|відп(?:овідь)?|απ|σχετ|回(?:复|覆|信)|答(?:复|覆)|返信|답장|회신|ตอบ|رد|תשובה|השב)"
    r"[ \xa0]?(?:\[\d{1,3}\]|\(\d{1,3}\)|\^\d{1,3})?[ \xa0]?[:\uff1a]",
    re.IGNORECASE,
)
_DIGEST: Final = re.compile(
    r"\bdigest\b[^\n]{0,60}\b(?:vol(?:ume)?|issue|number|nr|no)\b|\bdigest\b[^\n]{0,60}#\d",
    re.IGNORECASE,
)


def from_daemon(message: Part) -> bool:
    """Whether a mail system, and no person, is named as the author."""
    return names_daemon(message.headers.text("From") or message.headers.text("Sender"))


def names_daemon(author: str) -> bool:
    """Whether *author*, as a From field names him, is a mail system."""
    return bool(_DAEMON.search(author[:1_000]))


def is_reply(message: Part) -> bool:
    """Whether somebody answers: a person's reply that quotes a bounce is no bounce."""
    return bool(_REPLY.match(message.headers.text("Subject")))


def is_failing(message: Part) -> bool:
    """Whether the subject says that a delivery failed, and is no answer to such a subject."""
    failing = _FAILING.search(message.headers.text("Subject")[:300])
    return bool(failing) and not is_reply(message)


def is_digest(message: Part) -> bool:
    """Whether a list sends many postings in one mail: a bounce among them is the list's own."""
    if from_daemon(message):
        return False
    parts = message.walk(into_messages=False)
    return bool(_DIGEST.search(message.headers.text("Subject")[:300])) or any(
        part.type == "multipart/digest" for part in parts
    )


def null_sender(message: Part, envelope: Envelope) -> bool:
    """Whether the reverse-path was empty, by the envelope or else by the Return-Path field."""
    if envelope.reverse_path is not None:
        return envelope.reverse_path == ""
    return (message.headers.get("Return-Path") or "").strip() == "<>"
