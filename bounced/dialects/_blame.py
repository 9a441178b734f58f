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
    if _LINK.search(before.removesuffix("mailto:")):
        return False
    return not asks(before) and not introduces_author(before)


def introduces_author(text: str) -> bool:
    """Whether *text* ends with a word that stands in front of who wrote, or of an id."""
    words = fold(text[-_NEAR:]).rstrip(_OPENING)
    return any(
        words.endswith(stem) and (stem[0] > "\u2fff" or _begins(words, len(words) - len(stem)))
        for stem in _lexicon.AUTHOR
    )


def _begins(words: str, at: int) -> bool:
    return at == 0 or not words[at - 1].isalnum()


def joined(rest: str) -> Iterator[str]:
    """Yield the addresses that go on with the enumeration which *rest* stands behind."""
    at = 0
    while found := _AND.match(rest, at):
        yield found["who"]
        at = found.end()


def machine(who: str) -> bool:
    """Whether *who* is a role of mail systems: a recipient perhaps, but not if named in passing."""
    return who.lower().startswith(_MACHINES)
