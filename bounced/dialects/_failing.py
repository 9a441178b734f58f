"""For the readers that only guess: what looks like a failure, who may be blamed, and why."""

from __future__ import annotations

import re
from typing import Final

from bounced.dialects import _lexicon
from bounced.dialects._entry import ADDRESS, HOST, address, delayed, one_line, status_of
from bounced.dialects._lexicon import fold, says
from bounced.model import Action, RecipientStatus
from bounced.report.prose import Notice

FOUND = re.compile(ADDRESS)
_DAEMON = re.compile(
    r"mailer[-_. ]?daemon|post_?master|mail[ .]deliver|delivery[ .](?:sub)?system"
    r"|system administrator|mailer@|\bdaemon\b|^\s*<>\s*$",
    re.IGNORECASE,
)
_ROBOT = re.compile(
    r"no.?reply|do.?not.?reply|robot|\bsystem|server|admin|gateway|mailer|deliver|notif|service|\bmail\b"
    r"|filter|guard|relay|\bmta\b|bounce|ne.?pas.?repondre|no.?respond",
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
# A reply somewhere in a sentence; "554 Tue 2024", "450 seconds" and the like are none.
REPLY = re.compile(
    r"(?:^|[:;=>|\])}\"'«“「】] ?|\s[(\[<\"'«“-] ?|[-–—|] |[（「『【：] ?"
    r"|\b(?:said|error|code|status|smtp|answered|replied|response|responded|returned|was|with|is):? )"
    r"[(\[<\"'#]?((?:[45]\d\d(?:[ :)\]>#-]|, ?b?[\"'])|[45]\.\d\.\d{1,3} )(?!\w{1,3} \d{4})"
    r"(?! ?(?:second|minute|hour|byte|[KM]B|message|recipient|mail|time|street|st|ave\w*)s?\b).*)",
    re.IGNORECASE,
)
_SAID = re.compile(
    rf"(?:\bhost|\bserver|\bserveur|\bservidor|\bby|\bmx) (?P<host>{HOST}\.[a-z]{{2,24}})\b"
    r".{0,40}?\b(?:said|answer|repl|respon|reject|refus|return)",
    re.IGNORECASE,
)
# The end of a sentence, or of a short line below which another one begins.
_SENTENCE = re.compile(r"(?<=[^.][.!?])\s{1,200}|(?<=[。！？])|\n[ \t]*\n\s{0,200}")
# Scripts without blanks: an address ends where one of their signs begins, and the other way round.
_DENSE = "\u3000-\u30ff\u3400-\u9fff\uac00-\ud7af\uff00-\uffef"
_SEAM = re.compile(rf"(?<=[{_DENSE}])(?=[\w<])(?![{_DENSE}])|(?<=[A-Za-z0-9>])(?=[{_DENSE}])")
_SIGNATURE = re.compile(r"^--[ \t]?$", re.MULTILINE)
_SENTENCES = 2_000
_LINES = 1_000
_REPLIED = ("X-Autoreply", "X-Autorespond", "X-Autoresponder", "X-Mail-Autoreply")
# What looks like an address and is an id, or stands in a link.
_ID = re.compile(r"(?=[^@]{0,120}\d{8})[\w+-]{0,60}[.$][\w.$+-]{0,100}@")
_LINK = re.compile(r"(?:://\S{0,200}|[?&/=]\S{0,60})$")
_LATIN_TAIL = re.compile(r"[\s:：<>\"'(\[«“「=]{0,12}$")
_MACHINES: Final = (
    "postmaster@", "mailer-daemon@", "abuse@", "hostmaster@", "webmaster@", "noreply@", "no-reply@",
    "mailer_daemon@", "support@", "helpdesk@", "donotreply@", "bounce@", "bounces@", "root@",
)  # fmt: skip
_RETURNED: Final = ("returned", "returning", "zuruck an", "retour a", "devuelto", "devolvid")
_SHORT_LINE = 45  # characters: no wrapped line
_NEAR = 90  # characters in front of an address that may say whose it is


def correspondents(notice: Notice) -> frozenset[str]:
    """Return who wrote the notice and who gets it, lower-cased: no failed recipients."""
    fields = ("From", "To", "Reply-To", "Sender", "Delivered-To", "X-Original-To", "Return-Path")
    text = " ".join((notice.headers.get(name) or "")[:4_096] for name in fields)
    return frozenset(found.lower() for found in FOUND.findall(text))


def looks_failing(notice: Notice) -> bool:
    """Whether a mail system wrote *notice* about a delivery, and no person's program a reply."""
    headers = notice.headers
    replied = "auto-replied" in (headers.get("Auto-Submitted") or "").lower()
    precedence = (headers.get("Precedence") or "").lower().replace("-", "_")
    if (
        "@" not in notice.text
        or _AWAY.search(notice.subject)
        or any(name in headers for name in _REPLIED)
        or precedence == "auto_reply"
    ):
        return False
    daemon = bool(_DAEMON.search(notice.from_))
    null = notice.null_sender or (headers.get("Return-Path") or "").strip() == "<>"
    # Some MTAs say auto-replied of their notices too, people's programs always.
    return daemon or (null and not replied) or failing_subject(notice)


def failing_subject(notice: Notice) -> bool:
    """Whether the subject says that something was not delivered, or not yet."""
    if _SUBJECT.search(notice.subject):
        return True
    low = fold(notice.subject[:300])
    return says(_lexicon.FAILED, low) or says(_lexicon.LATE, low)


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
    subject = fold(notice.subject[:300])
    if any(word in subject for word in _RETURNED):
        return False
    low = fold(one_line(f"{subject} {notice.text}"))
    return (
        "deferred" in subject
        or says(_lexicon.LATE, subject)
        or says(_lexicon.LATE, low)
        or delayed(notice)
    ) and not says(_lexicon.OVER, low)


def failing(notice: Notice) -> bool:
    """Whether subject or text says that mail was not delivered, or is late, or shows a refusal."""
    low = fold(one_line(f"{notice.subject} {notice.text}"))
    if says(_lexicon.FAILED, low) or says(_lexicon.LATE, low) or says(_lexicon.OVER, low):
        return True
    # A house number looks like a reply code, too.
    sure = bool(_DAEMON.search(notice.from_) or _ROBOT.search(notice.from_))
    return (sure or failing_subject(notice)) and any(
        REPLY.search(line.strip()) for line in notice.text.split("\n", _LINES)[:_LINES]
    )


def robot(notice: Notice) -> bool:
    """Whether no person can have written the notice, by its sender."""
    null = notice.null_sender or (notice.headers.get("Return-Path") or "").strip() == "<>"
    return null or bool(_DAEMON.search(notice.from_) or _ROBOT.search(notice.from_))


def certain(notice: Notice) -> bool:
    """Whether a mail system says in the subject, and in the text, that mail failed."""
    return (
        robot(notice)
        and not _AWAY.search(notice.subject)
        and failing_subject(notice)
        and failing(notice)
    )


def own(text: str) -> str:
    """Return *text* without the signature below it: who signs has not failed."""
    found = _SIGNATURE.search(text)
    return text[: found.start()] if found and text[: found.start()].strip() else text


def sentences(text: str) -> list[str]:
    """Return the sentences of *text*, each on one line; scripts without blanks get some."""
    if not text.isascii():
        text = _SEAM.sub(" ", text)
    joined: list[str] = []
    for part in _SENTENCE.split(text[:100_000], _SENTENCES):
        begun: list[str] = []
        for line in part.split("\n"):
            line = line.strip()
            if begun and len(begun[-1]) < _SHORT_LINE and not line[:1].islower():
                joined.append(" ".join(begun))
                begun = []
            if line:
                begun.append(line)
        if begun:
            joined.append(" ".join(begun))
    return joined


def asks(line: str) -> bool:
    """Whether *line* names somebody to write to, who is no recipient."""
    return says(_lexicon.ASK, fold(line))


def blamable(who: str, before: str, others: frozenset[str]) -> bool:
    """Whether *who*, with *before* in front of it, may be the one whom the notice is about."""
    if who.lower() in others or _ID.match(who):
        return False
    before = before[-_NEAR:]
    if _LINK.search(before.removesuffix("mailto:")):
        return False
    return not asks(before) and not introduces_author(before)


def introduces_author(text: str) -> bool:
    """Whether *text* ends with a word that stands in front of who wrote, or of an id."""
    words = _LATIN_TAIL.sub("", fold(text[-_NEAR:]))
    return any(
        words.endswith(stem)
        and (not stem[0].isalnum() or stem[0] > "\u2fff" or _begins(words, stem))
        for stem in _lexicon.AUTHOR
    )


def _begins(words: str, stem: str) -> bool:
    at = len(words) - len(stem)
    return at == 0 or not words[at - 1].isalnum()


def machine(who: str) -> bool:
    """Whether *who* is a role of mail systems: named as a recipient perhaps, but not in passing."""
    return who.lower().startswith(_MACHINES)


def told(
    dialect: str, notice: Notice, who: str | None, reason: str, action: Action, hidden: str = ""
) -> RecipientStatus:
    """Return a recipient whose *reason* may hold a reply somewhere."""
    reason = one_line(reason).strip(" :[](：,;|-")
    reply = REPLY.search(reason)
    host = _SAID.search(reason)
    return status_of(
        dialect,
        notice,
        address(who) if who else None,
        reason,
        action=action,
        reply=reply[1] if reply else None,
        remote=host["host"] if host else None,
        hidden=hidden,
    )
