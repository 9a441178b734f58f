"""Who may be blamed: the addresses in a notice's own words, less those named for other reasons.

A notice names its author, its reader, help desks, message ids and whoever the mail was forwarded to
in the same breath as the one who failed.  A wrong person must never be blamed: in doubt, nobody.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from bounced.dialects import _lexicon
from bounced.dialects._entry import ADDRESS
from bounced.dialects._lexicon import fold, says
from bounced.report.prose import Notice

FOUND: Final = re.compile(ADDRESS)
_FIELDS = ("From", "To", "Reply-To", "Sender", "Delivered-To", "X-Original-To", "Return-Path")
# The end of a sentence; a blank line ends one, too.
_SENTENCE = re.compile(r"(?<=[^.][.!?])\s{1,200}|(?<=[\u3002\uff01\uff1f])|\n[ \t]*\n\s{0,200}")
_SHORT_LINE = 45  # characters: no wrapped line, so what begins below it is another sentence
# Scripts without blanks: an address ends where one of their signs begins, and the other way round.
_DENSE = "\u3000-\u30ff\u3400-\u9fff\uac00-\ud7af\uff00-\uffef"
_SEAM = re.compile(rf"(?<=[{_DENSE}])(?=[\w<])(?![{_DENSE}])|(?<=[A-Za-z0-9>])(?=[{_DENSE}])")
_MAX_TEXT = 60_000
_MAX_SENTENCES = 1_000
_MAX_SENTENCE = 2_000
_SIGNATURE = re.compile(r"^--[ \t]?$", re.MULTILINE)
# What looks like an address and is an id: a time stamp and a point.
_ID = re.compile(r"(?=[^@]{0,120}\d{8})[\w+-]{0,60}[.$][\w.$+-]{0,100}@")
# A link or an assignment of which the address is a part: whose it is, nobody knows.
_PART = re.compile(r"[^@]{0,200}(?://|\?)|[a-z_]{1,20}=[^=@]{1,64}@", re.IGNORECASE)
_LINK = re.compile(r"(?:://\S{0,80}|[?&/=]\S{0,60})$")
# An id of a message that is called by its kind, and by no preposition: "message <a.b@host> failed".
_IDENTIFIED = re.compile(
    r"\b(?:message|mail|e-?mail|nachricht|mensaje|mensagem|messaggio) <$", re.IGNORECASE
)
# Whom a person is told to turn to, by a name in front of the address: "ask Maria at maria@host".
_TOLD = re.compile(r"\b(?:ask|tell|call|see) [^.@\n]{1,40} (?:at|on|under) [<(]?$", re.IGNORECASE)
# A list that is named: the mail to it failed for some member.
_MEMBERS = re.compile(
    r"\b(?:mailing[ -]?list|the list|die liste|la liste|la lista) [<\"']?$", re.IGNORECASE
)
# What is told on condition has not happened, however much it speaks of failure.
_CONDITION = re.compile(r"\s{0,5}(?:if|wenn|falls|sollten?|jeśli|pokud|если|якщо) ", re.IGNORECASE)
# Inside of a bracket behind an address: another name of the one in front of it.
_COMMENT = re.compile(rf"{ADDRESS}[>\"']?[ ]?\([^()@<>]{{0,30}}<?$")
# A blank in an address that brackets enclose: half of it is no address.
_TORN = re.compile(r"<(?!mailto:|smtp:)[^<>@=\n]{1,64} $", re.IGNORECASE)
# What an address can't end before: more of a domain, or of a second one.
_GOES_ON = re.compile(r" \.[a-z]{2,24}\b|\\\w|@\w|\.{2}\w|,[a-z]{2,4}\b(?! ?[@\w])", re.IGNORECASE)
_OPENING = " \t\n:\uff1a<>\"'([\u00ab\u201c\u300c="
_NEAR = 90  # characters in front of an address that may say whose it is
_MACHINES: Final = (
    "abuse@",
    "bounce@",
    "bounces@",
    "donotreply@",
    "helpdesk@",
    "hostmaster@",
    "mailer-daemon@",
    "mailer_daemon@",
    "no-reply@",
    "noreply@",
    "postmaster@",
    "root@",
    "support@",
    "webmaster@",
)

_AND = re.compile(rf"(?:,|,? and|;|,? or| &) [\"'<]{{0,2}}(?P<who>{ADDRESS})[\"'>]{{0,2}}")


def correspondents(notice: Notice) -> frozenset[str]:
    """Return who wrote the notice and who gets it, lower-cased: no failed recipients."""
    text = " ".join((notice.headers.get(name) or "")[:4_096] for name in _FIELDS)
    return frozenset(found.lower() for found in FOUND.findall(text))


def own(text: str) -> str:
    """Return *text* without the signature below it: who signs has not failed."""
    found = _SIGNATURE.search(text) if "\n--" in text else None
    return text[: found.start()] if found and text[: found.start()].strip() else text


@lru_cache(maxsize=2)
def sentences(text: str) -> tuple[str, ...]:
    """Return the sentences of *text*, each on one line; scripts without blanks get some."""
    text = text[:_MAX_TEXT]
    if not text.isascii():
        text = _SEAM.sub(" ", text)
    joined: list[str] = []
    for part in _SENTENCE.split(text, _MAX_SENTENCES)[:_MAX_SENTENCES]:
        begun: list[str] = []
        for line in map(str.strip, part.split("\n")):
            if begun and len(begun[-1]) < _SHORT_LINE and not line[:1].islower():
                joined.append(" ".join(begun))
                begun = []
            if line:
                begun.append(line)
        if begun:
            joined.append(" ".join(begun))
    return tuple(one[:_MAX_SENTENCE] for one in joined)


def asks(text: str) -> bool:
    """Whether *text* is about somebody to write to, who is no recipient."""
    return says(_lexicon.ASK, fold(text))


def blamable(who: str, before: str, others: frozenset[str]) -> bool:
    """Whether *who*, with *before* in front of it, may be the one whom the notice is about."""
    if who.lower() in others or _ID.match(who) or _PART.match(who):
        return False
    before = before[-_NEAR:]
    if _IDENTIFIED.search(before) or _TOLD.search(before) or _MEMBERS.search(before):
        return False
    if _LINK.search(before.removesuffix("mailto:")):
        return False
    return not asks(before) and not introduces_author(before)


def introduces_author(text: str) -> bool:
    """Whether *text* ends with a word that stands in front of who wrote, or of an id."""
    words = fold(text[-_NEAR:]).rstrip(_OPENING)
    return words.endswith(_lexicon.AUTHOR) and any(
        words.endswith(stem) and (stem[0] > "\u2fff" or _begins(words, len(words) - len(stem)))
        for stem in _lexicon.AUTHOR
    )


def _begins(words: str, at: int) -> bool:
    return at == 0 or not words[at - 1].isalnum()


def torn(text: str, start: int, end: int) -> bool:
    """Whether what stands from *start* to *end* is a part of an address, or a comment on one."""
    before = text[max(0, start - 400) : start]
    return bool(
        _GOES_ON.match(text, end)
        or (_TORN.search(before[-_NEAR:]) and text[end : end + 1] == ">")
        or (before[-_NEAR:].rpartition("(")[1] and _COMMENT.search(before))
    )


def conditional(sentence: str) -> bool:
    """Whether *sentence* tells what to do in a case that may not be."""
    return bool(_CONDITION.match(sentence))


def joined(rest: str) -> Iterator[str]:
    """Yield the addresses that go on with the enumeration which *rest* stands behind."""
    at = 0
    while found := _AND.match(rest, at):
        yield found["who"]
        at = found.end()


def machine(who: str) -> bool:
    """Whether *who* is a role of mail systems: a recipient perhaps, but not if named in passing."""
    return who.lower().startswith(_MACHINES)
