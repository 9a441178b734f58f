"""For the readers that only guess: what looks like a failure, what was done, and why."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from bounced.dialects import _lexicon
from bounced.dialects._entry import HOST, address, delayed, one_line, status_of
from bounced.dialects._lexicon import fold, says
from bounced.model import Action, RecipientStatus
from bounced.report.prose import Notice

_DAEMON = re.compile(
    r"mailer[-_. ]?daemon|post_?master|mail[ .]deliver|delivery[ .](?:sub)?system"
    r"|system administrator|mailer@|\bdaemon\b|^\s*<>\s*$",
    re.IGNORECASE,
)
# Names that no person has.
_ROBOT = re.compile(
    r"no.?reply|do.?not.?reply|robot|\bsystem|server|admin|gateway|mailer|deliver|notif|service"
    r"|\bmail\b|filter|guard|relay|\bmta\b|bounce|ne.?pas.?repondre|no.?respond|www-data|apache"
    r"|\broot\b|postausgang|posteingang|sistema|syst(?:è|e)me|systeem|poczt|почт|сервер|система"
    r"|系统|系統|システム|시스템",
    re.IGNORECASE,
)
_SUBJECT = re.compile(
    r"undeliver|error sending your mail|non.?deliver|not delivered|could not be (?:sent|delivered)"
    r"|(?:deliver\w*|mail) (?:has )?(?:fail|error|problem)|fail\w* (?:to deliver|notice)"
    r"|returned mail|returning (?:message )?to sender|mail (?:status|system error)|rejected mail"
    r"|delivery (?:status|notification|report)|unable to deliver",
    re.IGNORECASE,
)
_AWAY = re.compile(
    r"^\W{0,3}auto\b|auto(?:matic)?[ -]?(?:reply|response|responder|antwort)|out of (?:the )?office"
    r"|vacation|abwesen|away from|on (?:leave|holiday)|réponse auto|respuesta auto"
    r"|automati\w{1,6} (?:antw|odpow|svar|risp|resp|rép)",
    re.IGNORECASE,
)
_ANSWER = re.compile(r"\s{0,5}(?:re|aw|sv|vs|antw|odp)\s?(?:\[\d{1,3}\])?\s?:", re.IGNORECASE)
_QUESTION = re.compile(r"\w\?(?:\s|$)")
_REPLIED = ("X-Autoreply", "X-Autorespond", "X-Autoresponder", "X-Mail-Autoreply")
# What mail that many get has, and no notice; a mirror or list adds it, but keeps the daemon's name.
_BULK = ("List-Unsubscribe", "List-Id")
# What a mail system tells its own people: logs, statistics, Postfix's protocol errors, quotas.
_HOUSEKEEPING = re.compile(
    r"\b(?:daily|weekly|monthly) (?:mail )?(?:report|summary|statistics)\b|\blogwatch\b"
    r"|\bpflogsumm\b|\blog summar|^cron <|\bSMTP server: errors from|\b(?:almost|nearly) full\b"
    r"|\bquota warning|\bfast voll\b|\bpresque pleine|\bcasi llen[oa]\b|\bquase chei[oa]\b"
    r"|\bquasi pien[oa]\b|\bbijna vol\b|почти заполнен|\bmailing[- ]list\b"
    r"|\b(?:problem|recovery) alert\b",
    re.IGNORECASE,
)
# Other things than mail fail to be delivered.
_GOODS = re.compile(
    r"\b(?:parcel|package|shipment|order|item|invoice|payment|booking|flight|paket|sendung|bestellung"
    r"|zahlung|rechnung|colis|commande|paiement|paquete|pedido|pago|encomenda|pagamento|pacco|ordine"
    r"|bestelling|pakket|betaling|paczka|przesyłka|płatność|zásilka|platba|посылка|заказ|платёж)",
    re.IGNORECASE,
)
_RETURNED: Final = ("returned", "returning", "zuruck an", "retour a", "devuelto", "devolvid")
# A reply somewhere in a sentence; "554 Tue 2024", "450 seconds" and "550 Main Street" are none.
REPLY: Final = re.compile(
    r"(?:^|[:;=>|\])}\"'\u00ab\u201c\u300c\u3011] ?|\s[(\[<\"'\u00ab\u201c-] ?|[-\u2013\u2014|] "
    r"|[\uff08\u300c\u300e\u3010\uff1a] ?"
    r"|\b(?:said|error|code|status|smtp|answered|replied|response|responded|returned|was|with|is"
    r"|fehler|erreur|errore|erro|fout|chyba|hiba|hata|ошибк\w|помилк\w|エラー|错误|錯誤|오류):? )"
    r"[(\[<\"'#]?((?:[45]\d\d(?:[ :)\]>#-]|, ?b?[\"'])|[45]\.\d\.\d{1,3} )(?!\w{1,3} \d{4})"
    r"(?! ?(?:second|minute|hour|byte|[KM]B|message|recipient|mail|time)s?\b)"
    r"(?![^.]{0,24} (?:street|st|ave\w{0,5}|road|rd|blvd|drive|suite|floor)\b).*)",
    re.IGNORECASE,
)
_SAID = re.compile(
    rf"(?:\bhost|\bserver|\bserveur|\bservidor|\bby|\bmx) (?P<host>{HOST}\.[a-z]{{2,24}})\b"
    r".{0,40}?\b(?:said|answer|repl|respon|reject|refus|return)",
    re.IGNORECASE,
)
_BULLETS = (
    "'\u2022\u00b7\u30fb\u25cb\u25cf\u25a0\u25aa\u2023\uff65\u2013\u2014"  # no local part begins so
)
_QUOTED = 3  # lines that begin with ">": a person quotes
_SUBJECT_LENGTH = 300
_TEXT_LENGTH = 16_000
_LINES = 1_000


@lru_cache(maxsize=2)
def _folded(text: str) -> str:
    return fold(one_line(text[:_TEXT_LENGTH]))


def _subject(notice: Notice) -> str:
    return fold(notice.subject[:_SUBJECT_LENGTH])


def looks_failing(notice: Notice) -> bool:
    """Whether a mail system wrote *notice* about a delivery, and no person's program a reply."""
    if _answers(notice) or _HOUSEKEEPING.search(notice.subject):
        return False
    # Some MTAs say auto-replied of their notices too, people's programs always.
    replied = "auto-replied" in (notice.headers.get("Auto-Submitted") or "").lower()
    if _DAEMON.search(notice.from_):
        return True
    if any(name in notice.headers for name in _BULK) or _GOODS.search(notice.subject):
        return False
    if _null(notice) and not replied:
        return named_robot(notice) or failing_subject(notice)
    return bool(_SUBJECT.search(notice.subject)) or (
        named_robot(notice) and failing_subject(notice)
    )


def _answers(notice: Notice) -> bool:
    headers = notice.headers
    precedence = (headers.get("Precedence") or "").lower().replace("-", "_")
    return (
        bool(_AWAY.search(notice.subject))
        or bool(_ANSWER.match(notice.subject) and not _DAEMON.search(notice.from_))
        or any(name in headers for name in _REPLIED)
        or precedence == "auto_reply"
        or (notice.text.count("\n>") >= _QUOTED and not _DAEMON.search(notice.from_))
    )


def _null(notice: Notice) -> bool:
    return notice.null_sender or (notice.headers.get("Return-Path") or "").strip() == "<>"


def failing_subject(notice: Notice) -> bool:
    """Whether the subject says that something was not delivered, or not yet."""
    low = _subject(notice)
    return bool(_SUBJECT.search(low)) or says(_lexicon.FAILED, low) or says(_lexicon.LATE, low)


def named_robot(notice: Notice) -> bool:
    """Whether From names a program."""
    return bool(_DAEMON.search(notice.from_) or _ROBOT.search(notice.from_))


def robot(notice: Notice) -> bool:
    """Whether no person can have written the notice, by its sender, and none about goods."""
    if _DAEMON.search(notice.from_):
        return True
    if any(name in notice.headers for name in _BULK) or _GOODS.search(notice.subject):
        return False
    return named_robot(notice) or (_null(notice) and failing_subject(notice))


def failing(notice: Notice) -> bool:
    """Whether subject or text says that mail was not delivered, or is late, or shows a refusal."""
    low = f"{_subject(notice)} {_folded(notice.text)}"
    if any(says(stems, low) for stems in (_lexicon.FAILED, _lexicon.LATE, _lexicon.OVER)):
        return True
    # A house number in somebody's signature looks like a reply code.
    return (named_robot(notice) or failing_subject(notice)) and any(
        REPLY.search(line.strip()) for line in notice.text.split("\n", _LINES)[:_LINES]
    )


def certain(notice: Notice) -> bool:
    """Whether a mail system says in the subject, and in the text, that mail failed."""
    other = _answers(notice) or _HOUSEKEEPING.search(notice.subject)
    if _QUESTION.search(notice.subject) and not _DAEMON.search(notice.from_):
        return False  # advice, or an advertisement: "Delivery problems? Check your settings"
    return not other and robot(notice) and failing_subject(notice) and failing(notice)


def action_of(about: str) -> Action | None:
    """Return what *about* says was done, or None where it says nothing of that."""
    low = fold(one_line(about))
    if says(_lexicon.ASIDE, low):
        return None
    if says(_lexicon.OVER, low):
        return Action.FAILED
    if says(_lexicon.LATE, low):
        return Action.DELAYED
    if says(_lexicon.FAILED, low):
        return Action.FAILED
    return Action.DELIVERED if says(_lexicon.ARRIVED, low) else None


def late(notice: Notice) -> bool:
    """Whether the notice says that delivery will be tried again, and not that it is over."""
    subject = _subject(notice)
    if any(word in subject for word in _RETURNED):
        return False
    low = f"{subject} {_folded(notice.text)}"
    waits = "deferred" in subject or says(_lexicon.LATE, low) or delayed(notice)
    return waits and not says(_lexicon.OVER, low)


def told(
    dialect: str,
    notice: Notice,
    who: str | None,
    reason: str,
    action: Action,
    *,
    remote: str | None = None,
    hidden: str = "",
) -> RecipientStatus:
    """Return a recipient whose *reason* may hold a reply somewhere, and the host that gave it."""
    reason = one_line(reason).strip(" :[](\uff1a,;|-")
    reply = REPLY.search(reason)
    if host := _SAID.search(reason):
        remote = host["host"]
    return status_of(
        dialect,
        notice,
        address(who.lstrip(_BULLETS)) if who else None,
        reason,
        action=action,
        reply=reply[1] if reply else None,
        remote=remote,
        hidden=hidden,
    )
