"""A sentence with the address in it.

    Unknown user: user@example.com
    Could not be delivered to: <user@example.com>
    Ihre Nachricht an user@example.com konnte nicht zugestellt werden, da das Postfach voll ist.

IMail, InterScan, KDDI, CommuniGate Pro, Dovecot, Postal, maddy and many a home-made gateway write
so.  First the sentences of which it is known where the address stands in them; else any that says
in any language that mail failed, or is late, and names somebody who is neither its author nor a
help desk.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from bounced.dialects import _lexicon
from bounced.dialects._blame import (
    FOUND,
    asks,
    blamable,
    conditional,
    correspondents,
    joined,
    machine,
    own,
    sentences,
    torn,
)
from bounced.dialects._entry import ADDRESS, unique
from bounced.dialects._failing import REPLY, action_of, late, looks_failing, told
from bounced.dialects._lexicon import fold, place
from bounced.model import Action, RecipientStatus
from bounced.report.prose import Notice

SIGNS: Final = ("@",)
_REASON = 1_500  # characters
_NEXT = 20  # sentences
_AGAIN = (
    r"[ \t]{0,8}(?:unknown\ user|recipient|rcpt\ to:|undeliverable\ to|invalid\ final"
    r"|delivery\ to)\b"
)
_OBJECT = re.compile(
    rf"""^[^\n@]{{0,120}}?\b(?:unknown\ user:|undeliverable\ to|invalid\ final\ delivery\ userid:
          |user\ mailbox\ exceeds\ allowed\ size:|delivery\ failed\ \d{{1,5}}\ attempts:
          |(?:could\ not\ be|cannot\ be|failed\ to|unable\ to)\ deliver(?:ed)?
             (?:\ (?:your\ )?message)?\ to:?
          |did\ not\ reach\ the\ following\ recipient:|target\ mail\ address:
          |delivery\ of\ e?mail\ to\ this\ address\s{{1,4}}(?=[^\n]{{1,330}}\s{{1,4}}has\ failed)
          |your\ message\ to:?(?=[^\n]{{1,330}}\s(?:was|has\ been)\ (?:automatically\ )?
             (?:rejected|blocked))
          |delivery\ to(?=[^\n]{{1,330}}\sfailed\ with\ error:)
          |message\ you(?:'ve|\ have)?\ sent\ to
             (?=[^\n]{{1,330}}\s(?:cannot|could\ not)\ be\ delivered)
          |recipient:(?=[^\n]{{1,330}}\n[ \t]{{0,20}}>>>)
          |rcpt\ to:(?=[^\n]{{1,330}}\n[^\n]{{0,20}}[<>]{{3}}\ [45]\d\d))
        [ ]{{0,2}}["'<]{{0,2}}(?P<who>{ADDRESS})["'>]{{0,2}}
        (?P<rest>.{{0,300}}(?:\n[ \t]*\n?(?!{_AGAIN})[^\n]{{1,500}}){{0,6}})""",
    re.IGNORECASE | re.VERBOSE | re.MULTILINE,
)


def read(notice: Notice) -> tuple[RecipientStatus, ...]:
    """Return a status for each address that a sentence says was not delivered to."""
    if "@" not in notice.text or not looks_failing(notice):
        return ()
    others = correspondents(notice)
    action = Action.DELAYED if late(notice) else Action.FAILED
    return unique(
        told("sentence", notice, who, entry["rest"].lstrip(" :.,\n"), action)
        for entry in _OBJECT.finditer(notice.text)
        if not torn(notice.text, *entry.span("who"))
        for who in (entry["who"], *joined(entry["rest"]))
        if who.lower() not in others
    ) or unique(_in_any_language(notice, others))


def _in_any_language(notice: Notice, others: frozenset[str]) -> Iterator[RecipientStatus]:
    said = sentences(own(notice.text))
    action = Action.DELAYED if late(notice) else Action.FAILED
    seen = set()
    for number, sentence in enumerate(said):
        if "@" not in sentence or sentence in seen or conditional(sentence):
            continue
        seen.add(sentence)  # said again it names nobody new
        if action_of(sentence) not in (Action.FAILED, Action.DELAYED):
            continue
        named = _named(sentence, others)
        if named:
            reason = f"{sentence} {_behind(said[number + 1 : number + _NEXT], named)}"
        for who in named:
            yield told("sentence", notice, who, reason, action)


def _named(sentence: str, others: frozenset[str]) -> list[str]:
    """Return whom *sentence* names; where some stand behind the word of failure, only those."""
    low = fold(sentence)
    failed = place(_lexicon.FAILED, low)
    named: list[tuple[str, bool]] = []
    start = 0
    for found in FOUND.finditer(sentence):
        before, after = sentence[start : found.start()], sentence[found.end() :][:30]
        start = found.end()
        if torn(sentence, *found.span()) or machine(found[0]):
            continue
        if asks(after) or not blamable(found[0], before, others):
            continue
        named.append((found[0], low.find(found[0].lower()) > failed >= 0))
    behind = [who for who, is_behind in named if is_behind]
    return behind or [who for who, _ in named]


def _behind(said: tuple[str, ...], named: list[str]) -> str:
    """Return what the next sentences add, up to a reply, or to a help desk or another address."""
    text = ""
    for sentence in said:
        reply = REPLY.search(sentence)
        strangers = set(FOUND.findall(sentence)) - set(named)
        if strangers or len(text) > _REASON or (asks(sentence) and not reply):
            break
        text += f" {sentence}"
        if reply:
            break
    return text
