"""What comes to a return address and is no bounce: told apart, so that it is never counted."""

from __future__ import annotations

import re
from typing import Final

from bounced.model import Envelope, Kind, Report, Typed
from bounced.report import autoreply, disguise, disposition, fields, subscription
from bounced.report.author import from_daemon, is_digest, is_failing, is_reply, null_sender
from bounced.report.mime import Part
from bounced.report.prose import Notice

_ARRIVED: Final = re.compile(
    r"\((?:success|relay(?:ed)?|delivered)\)|^\s{0,5}(?:delivered|relayed|zugestellt|remis|entregado)"
    r"[ \xa0]?:|\bdeliver(?:y|ed) (?:confirmation|receipt|successful(?:ly)?)\b"
    r"|\bsuccessful(?:ly)? (?:mail )?deliver|^\s{0,5}return receipt\b",
    re.IGNORECASE,
)
_UNSUBSCRIBE: Final = re.compile(
    r"\s{0,5}(?:unsubscribe|un-subscribe|remove(?: me)?|opt[ -]?out|abmelden|abmeldung"
    r"|abbestell\w{1,4}"
    r"|désabonne\w{1,5}|désinscri\w{1,5}|desuscribir\w{0,4}|(?:dar(?:me)? de )?baja"
    r"|descadastr\w{1,5}|cancel(?:ar|la) (?:suscripción|inscrição|iscrizione)|cancellami"
    r"|uitschrijven|afmelden"
    r"|wypisz|odhlásit|отпис(?:ать|к)\w{0,4}|配信停止|購読解除|退订|取消订阅|退訂|수신\s?거부)\b",
    re.IGNORECASE,
)
_QUOTED: Final = 3  # lines that begin with ">": a person quotes


_GREETING: Final = re.compile(
    r"\s{0,20}(?:(?:hi|hello|hey|dear|good (?:morning|day)|hall?o|guten (?:tag|morgen)|moin"
    r"|liebe[rs]?|sehr geehrte[rs]?|bonjour|bonsoir|madame|hola|buen[oa]s|estimad[oa]s?|ol(?:á|a)"
    r"|prezad[oa]s?|caro|ciao|gentile|buongiorno|salve|beste|geachte|dzień dobry|witam|dobrý den"
    r"|hej|hei|moi|szia|merhaba|sayın|здравствуйте|привет|добрый день)\b"
    r"|уважаем|你好|您好|안녕|お世話に)",
    re.IGNORECASE,
)

# A person who asks about the notice that he puts below, whole and unmarked.
_WONDERS: Final = re.compile(
    r"\s{0,20}(?:i (?:just )?(?:get|got|keep|received|am getting)\b"
    r"|i(?:'ve| have) (?:got|received)\b"
    r"|fyi\b"
    r"|see below|why (?:do|does|is|are|did)\b|what(?:'s| is| does)\b|how come\b|any idea\b"
    r"|(?:can|could) (?:you|anyone|somebody)\b|do you know\b|ich (?:bekomme|erhalte|habe)\b"
    r"|warum\b|was ist\b"
    r"|siehe unten|je re[çc]ois\b|pourquoi\b|recib[oí]\b|por qu[eéê]\b|ricevo\b|perch[eé]\b)",
    re.IGNORECASE,
)


def read(message: Part, notice: Notice, envelope: Envelope) -> Report | None:
    """Return what *message* is, where it is clear before any dialect is asked that it is no bounce.

    ``reports.read`` has been asked before, so *message* has no part that is a report of its own.
    """
    if report := (
        autoreply.read(message) or disposition.in_words(notice) or subscription.read(notice)
    ):
        return report
    if is_digest(message):
        return _other("a digest of a list's postings")
    if _answers(message, envelope):
        return _automatic("a machine's answer for a person")
    if not from_daemon(message):
        if _UNSUBSCRIBE.match(notice.subject[:300]):
            return _other("asks to be taken off a list")
        if is_reply(message):  # a person's, with a bounce quoted below
            return leftover(message, notice, envelope)
    return disguise.read(message, notice)


def _answers(message: Part, envelope: Envelope) -> bool:
    """Whether a person's machine answers, RFC 3834 §3.1: a mail system names itself somewhere."""
    headers = message.headers
    automatic = (headers.get("Auto-Submitted") or "no").strip().lower().startswith("auto-")
    return (
        automatic
        and "In-Reply-To" in headers
        and null_sender(message, envelope)
        and not (from_daemon(message) or is_failing(message))
    )


def is_letter(message: Part, notice: Notice) -> bool:
    """Whether a person writes to us of a failure in words of his own, and passes nothing on."""
    author = fields.address(Typed("rfc822", message.headers.get("From") or ""))
    path = fields.address(Typed("rfc822", message.headers.get("Return-Path") or ""))
    return (
        author is not None
        and author == path
        and not from_daemon(message)
        and not notice.returned
        and bool(_GREETING.match(notice.text) or _WONDERS.match(notice.text))
    )


def leftover(message: Part, notice: Notice, envelope: Envelope) -> Report:
    """Say what a message is that no reader could read."""
    if because := _says_automatic(message, notice, envelope):
        return _automatic(because)
    failing = is_failing(message) and not _quotes(notice)
    if failing or from_daemon(message) or null_sender(message, envelope):
        return _unrecognised("from a mail system, in no known form")
    if message.type == "multipart/report":
        return _unrecognised("a report of no known type")
    if not message.headers:
        return _unrecognised("no header field")
    return _other("no sign of a report")


def _says_automatic(message: Part, notice: Notice, envelope: Envelope) -> str:
    submitted = (message.headers.get("Auto-Submitted") or "no").strip().lower()
    if _ARRIVED.search(notice.subject[:300]):
        return f"says that it arrived: {notice.subject[:80]}"
    if "X-List-Administrivia" in message.headers:
        return "X-List-Administrivia: from a list"
    if from_daemon(message) or is_failing(message):
        return ""
    if null_sender(message, envelope) and notice.from_.strip():
        return "null reverse-path and a person as author"
    if not submitted.startswith("no"):
        return f"Auto-Submitted: {submitted[:60]}"
    return autoreply.in_words(notice)


def _quotes(notice: Notice) -> bool:
    return notice.text.startswith(">") + notice.text[:20_000].count("\n>") >= _QUOTED


def _automatic(because: str) -> Report:
    return Report(kind=Kind.AUTO_REPLY, source="auto_reply", because=because)


def _other(because: str) -> Report:
    return Report(kind=Kind.OTHER, source="none", because=because)


def _unrecognised(because: str) -> Report:
    return Report(kind=Kind.UNRECOGNISED, source="none", because=because)
