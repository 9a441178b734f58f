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
from bounced.classify import RuleBook
from bounced.maillog import Delivery, Relay, Seen
from bounced.model import Action, Judged, Kind, RecipientStatus, Report, Typed
from bounced.store import Observed
from bounced.store.facts import queued
from bounced.store.followed import LOG

WHO: Final = "postfix log"
_CLIENTS: Final = frozenset({"smtp", "lmtp"})
_IN_MAILBOX: Final = ("delivered to mailbox", "delivered to maildir")


@dataclass(frozen=True, slots=True, kw_only=True)
class Counting:
    """The rules by which it counts.

    ``ours`` says whether a sender address is a return path of ours, ``returns`` whether a recipient
    is.  ``relay_only`` and ``final`` name relays by host, IP address or unix socket, with or
    without a port: which only pass mail on, and which deliver although they are on this machine.
    ``skipped`` counts what doesn't count, by the reason.
    """

    rules: RuleBook
    ours: Callable[[str], bool]
    returns: Callable[[str], bool]
    stream: Callable[[str], str]
    relay_only: frozenset[str] = frozenset()
    final: frozenset[str] = frozenset()
    skipped: Counter[str] = field(default_factory=Counter)

    def observed(self, seen: Seen) -> Iterator[Observed]:
        """Yield what *seen* says of its recipient: nothing, if it doesn't count."""
        if why := self._aside(seen):
            self.skipped[why] += 1
            return
        mail, delivery = seen.mail, seen.delivery
        for address in _addresses(delivery):
            yield Observed(
                address=address,
                at=seen.at,
                origin=LOG,
                who=WHO,
                judged=None if delivery.sent else self._judged(delivery),
                original=mail.message_id or queued(seen.queue_id),
                stream=self.stream(mail.sender or ""),
            )

    def _aside(self, seen: Seen) -> str | None:
        mail, delivery = seen.mail, seen.delivery
        if mail.sender is None or (mail.message_id is None and not delivery.sent):
            return "begun before the log"
        if not mail.sender:
            return "null sender"
        if not self.ours(mail.sender):
            return "other sender"
        if self.returns(delivery.to):
            return "returned mail"
        return None if not delivery.sent or self._arrived(seen) else "passed on"

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


def _addresses(delivery: Delivery) -> Iterator[str]:
    """Yield whom it is about: a failure the final recipient, as its report does.

    A delivery is proof of both, the address that was mailed and the one that aliases made of it.
    """
    yield delivery.to
    mailed = delivery.orig_to
    if delivery.sent and mailed and "@" in mailed and mailed.lower() != delivery.to.lower():
        yield mailed


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
