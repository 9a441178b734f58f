"""What of a mail log counts: which mails are ours, which deliveries are proof, who has failed.

A delivery is proof when the server of the recipient has taken the mail, or the mailbox is here.
What a relay has taken, a content filter or a smarthost, has not arrived yet.
"""

from __future__ import annotations

import ipaddress
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from bounced import verdicts
from bounced.address import is_address
from bounced.classify import RuleBook
from bounced.maillog import Delivery, Relay, Seen
from bounced.model import DEFAULT_STREAM, Action, Judged, Kind, RecipientStatus, Report, Typed
from bounced.store import Observed, Sent
from bounced.store.facts import queued
from bounced.store.followed import LOG
from bounced.whose import NOTHING_KNOWN, Ours

WHO: Final = "postfix log"
_CLIENTS: Final = frozenset({"smtp", "lmtp"})
_IN_MAILBOX: Final = ("delivered to mailbox", "delivered to maildir")


@dataclass(frozen=True, slots=True, kw_only=True)
class Counting:
    """The rules by which it counts.

    ``own`` says whether a sender address is a return path of ours, ``returns`` whether a recipient
    is; ``ours`` what such a path tells.  ``stream`` goes before that.  ``relay_only`` and ``final``
    name relays by host, IP address or unix socket, with or without a port: which only pass mail on,
    and which deliver although they are on this machine.  ``skipped`` counts what doesn't count, by
    the reason.
    """

    rules: RuleBook
    own: Callable[[str], bool]
    returns: Callable[[str], bool]
    ours: Ours = NOTHING_KNOWN
    stream: str | None = None
    relay_only: frozenset[str] = frozenset()
    final: frozenset[str] = frozenset()
    skipped: Counter[str] = field(default_factory=Counter)

    def observed(self, seen: Seen) -> Observed | None:
        """Return what *seen* says of whom we mailed; ``None`` where it doesn't count."""
        if why := self._aside(seen):
            self.skipped[why] += 1
            return None
        mail, delivery = seen.mail, seen.delivery
        address, stream = self._mailed(seen)
        return Observed(
            address=address,
            at=seen.at,
            origin=LOG,
            who=WHO,
            judged=None if delivery.sent else self._judged(delivery),
            original=mail.message_id or queued(seen.queue_id),
            stream=stream,
        )

    def sent(self, seen: Seen) -> Sent | None:
        """Return whom a mail of ours was sent to, arrived or not; a report of it is then ours."""
        name = seen.mail.message_id
        if not name or self._not_ours(seen):
            return None
        address, stream = self._mailed(seen)
        return Sent(name=name, address=address, at=seen.at, stream=stream)

    def _aside(self, seen: Seen) -> str | None:
        mail, delivery = seen.mail, seen.delivery
        if not_ours := self._not_ours(seen):
            return not_ours
        if mail.message_id is None and not delivery.sent:
            return "begun before the log"
        return None if not delivery.sent or self._arrived(seen) else "passed on"

    def _not_ours(self, seen: Seen) -> str | None:
        sender = seen.mail.sender
        if sender is None:
            return "begun before the log"
        if not sender:
            return "null sender"
        if not self.own(sender):
            return "other sender"
        return "returned mail" if self.returns(seen.delivery.to) else None

    def _mailed(self, seen: Seen) -> tuple[str, str]:
        """Return whom we mailed, as a report about it would be understood, and in which stream.

        A signed sender address says both.  Else it is what was mailed, before any alias.
        """
        delivery, sender = seen.delivery, seen.mail.sender or ""
        asked = delivery.orig_to
        address = asked if asked and is_address(asked) else delivery.to
        seal = self.ours.seal(sender, seen.at)
        if seal and seal.signed:
            address = seal.signed.recipient or address
            return address, self.stream or seal.signed.stream
        return address, self.stream or self.ours.stream_of(sender) or DEFAULT_STREAM

    def _arrived(self, seen: Seen) -> bool:
        """Whether *seen*, which was sent, is proof of a delivery."""
        relay = seen.delivery.relay
        if relay is None or seen.daemon not in _CLIENTS:
            return seen.delivery.reply.startswith(_IN_MAILBOX)
        names = set(_names(relay))
        return not names & self.relay_only and (bool(names & self.final) or not _is_here(relay))

    def _judged(self, delivery: Delivery) -> Judged:
        """Judge a rejection as its report would be judged: the report says the same."""
        recipient = RecipientStatus(
            address=delivery.to,
            action=Action.FAILED,
            status=delivery.status,
            remote_mta=Typed("dns", delivery.remote_mta) if delivery.remote_mta else None,
            diagnostic_code=Typed("smtp" if delivery.remote_mta else "x-postfix", delivery.reply),
            source=LOG,
        )
        report = Report(kind=Kind.BOUNCE, source=LOG, recipients=(recipient,))
        return verdicts.judge(report, self.rules)[0]


def relays(names: Iterable[str]) -> frozenset[str]:
    """Return names of relays as they are compared: ``[MX.example.org]:25`` and the like."""
    return frozenset(name.lower().replace("[", "").replace("]", "") for name in names)


def _names(relay: Relay) -> Iterator[str]:
    for name in (relay.host, relay.at):
        yield name
        yield f"{name}:{relay.port}"


def _is_here(relay: Relay) -> bool:
    """Whether the relay is on this machine, as content filters are, and unix sockets."""
    try:
        at = ipaddress.ip_address(relay.at)
    except ValueError:
        return True
    mapped = at.ipv4_mapped if isinstance(at, ipaddress.IPv6Address) else None
    return (mapped or at).is_loopback
