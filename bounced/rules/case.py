"""A case: all that rules can ask about one recipient, worked out once.

Text beats code.  Where Status and diagnostic disagree the diagnostic counts (the Status is often
made up by the reporting MTA), and X.0.0 never votes: it means only that no better code is known
(RFC 3461 §6.3).  Pure; never raises on any text.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from bounced.report.reply import Reply, reply_of
from bounced.report.words import LIMIT, Words

if TYPE_CHECKING:
    from bounced.model import RecipientStatus, Typed

NOTICE_LIMIT = 2 * LIMIT  # characters of a notice's prose that are looked at


class Text:
    """One text that rules are asked about, with the name of its field: ``reply`` or ``notice``."""

    def __init__(self, name: str, words: Words) -> None:
        self.name = name
        self.words = words

    @cached_property
    def reply(self) -> Reply:
        """The reply code and the status in it."""
        return reply_of(self.words)

    @cached_property
    def tokens(self) -> frozenset[str]:
        """What stands between blanks in it, in lower case."""
        return frozenset(self.words.low.split())


class Case:
    """What is known of one failure; each part is worked out when the first rule asks for it.

    ``texts`` are the remote's words and the notice's own prose, in the order in which they are
    asked; a notice with no diagnostic speaks for it.
    """

    def __init__(self, recipient: RecipientStatus, reporting_mta: Typed | None) -> None:
        self._recipient = recipient
        self._reporting_mta = reporting_mta
        said, words = recipient.diagnostic_code, recipient.words
        texts = [Text("reply", Words(said.value))] if said and said.value.strip() else []
        if words and words.strip():
            texts.append(Text("notice", Words(words, NOTICE_LIMIT)))
        self.texts = tuple(texts)
        self.said = texts[0] if texts and texts[0].name == "reply" else None
        self.action = str(recipient.action or "")
        self.type = said.type if said else ""

    @cached_property
    def hosts(self) -> tuple[str, ...]:
        """Who may have said it: the remote hosts, and the reporting one where none is named."""
        remote = self._recipient.remote_mta
        hosts = [remote.value] if remote else []
        hosts += [text.words.host for text in self.texts if text.words.host]
        if not hosts and self._reporting_mta:
            hosts = [self._reporting_mta.value]
        # Many put the IP address behind the name, and a root dot.
        names = (host.strip().partition(" ")[0].rstrip(".") for host in hosts)
        return tuple(name.lower()[:255] for name in names)

    @cached_property
    def status(self) -> str:
        """The status that counts, ``""`` if unknown."""
        votes = (*(text.reply.status for text in self.texts), self._recipient.status)
        return next((str(vote) for vote in votes if vote and not vote.says_nothing), "")

    @cached_property
    def code(self) -> str:
        """The reply code, ``""`` if unknown."""
        return next((str(text.reply.code) for text in self.texts if text.reply.code), "")

    @cached_property
    def stage(self) -> str | None:
        """When in the dialogue it was said."""
        return next((text.words.stage for text in self.texts if text.words.stage), None)
