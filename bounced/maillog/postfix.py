"""What Postfix's daemons say of a mail in its queue, one record for each line that matters.

The forms are those of ``log_adhoc`` and ``smtp_sess_fail`` in Postfix's sources, 2.x to 3.x.  An
address is taken to its end, quotes and all, and a line in which the rest doesn't follow is no
record: nobody gets to write a delivery by the name of his mailbox.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from bounced.model import Status

_ADDRESS: Final = r'<((?:"(?:[^"\\]|\\.)*+"|[^"<>])*+)>'
_QUEUE_ID: Final = re.compile(r"([0-9A-Za-z]{6,25}+): ", re.ASCII)
_DELIVERY: Final = re.compile(
    rf"to={_ADDRESS}, (?:orig_to={_ADDRESS}, )?+relay=([^\s,]++), (?:conn_use=\d++, )?+"
    r"delay=[\d.]++, (?:delays=[\d./]++, )?+(?:dsn=([\d.]++), )?+status=(sent|bounced) \((.*)\)$",
    re.ASCII,
)
_FROM: Final = re.compile(rf"from={_ADDRESS}, size=\d++, nrcpt=\d++ \(", re.ASCII)
_SAID: Final = re.compile(
    r"host (?P<host>[^\s\[]++)\[(?P<at>[^\]\s]++)\](?::\d++)?+ (?:said|refused to talk to me): "
    r"(?P<reply>.*?)(?P<command> \(in reply to [A-Za-z ]{1,60}+\))?$",
)
_RELAY: Final = re.compile(r"(?P<host>[^\[\],]*+)\[(?P<at>[^\]]++)\](?::(?P<port>\d{1,5}))?")
_QUEUE_MANAGERS: Final = frozenset({"qmgr", "nqmgr", "oqmgr"})


class MessageId(NamedTuple):
    """The mail has this Message-ID, ``""`` for none."""

    message_id: str


class Sender(NamedTuple):
    """The mail has this reverse path, ``""`` for the null one."""

    sender: str


class Removed(NamedTuple):
    """The mail has left the queue, and its queue id may stand for another one."""


class Relay(NamedTuple):
    """The server that took or refused the mail; ``at`` is its IP address or unix socket."""

    host: str
    at: str
    port: str | None


class Delivery(NamedTuple):
    """What became of the mail for one recipient.

    ``orig_to`` is what was mailed, where aliases have made another address of it.  ``relay`` is
    ``None`` where no other server was asked.  ``reply`` is what the server ``remote_mta`` said;
    without one, ``reply`` holds Postfix's own words.
    """

    to: str
    orig_to: str | None
    relay: Relay | None
    status: Status | None
    sent: bool
    reply: str
    remote_mta: str | None


Record = MessageId | Sender | Removed | Delivery


def read(daemon: str, text: str) -> tuple[str, Record] | None:
    """Return the queue id and what *daemon* says of it; ``None`` for all that doesn't matter."""
    queue_id = _QUEUE_ID.match(text)
    if not queue_id:
        return None
    record = _record(daemon, text[queue_id.end() :])
    return None if record is None else (queue_id[1], record)


def _record(daemon: str, said: str) -> Record | None:
    if said.startswith("to=<"):
        return _delivery(said)
    if daemon == "cleanup" and said.startswith("message-id="):
        return MessageId(said.removeprefix("message-id=").strip().strip("<>"))
    if daemon in _QUEUE_MANAGERS and (found := _FROM.match(said)):
        return Sender(found[1])
    if said == "removed" and (daemon in _QUEUE_MANAGERS or daemon == "postsuper"):
        return Removed()
    return None


def _delivery(said: str) -> Delivery | None:
    found = _DELIVERY.match(said)
    # Old versions write addresses without their quotes: what looks like two lines in one is none.
    if not found or said.count(", relay=") > 1:
        return None
    to, orig_to, relay, dsn, status, why = found.groups()
    answer = _SAID.match(why) if status == "bounced" else None
    return Delivery(
        to=to,
        orig_to=orig_to or None,
        relay=_relay(relay),
        status=Status.find(dsn) if dsn else None,
        sent=status == "sent",
        reply=answer["reply"] if answer else why,
        remote_mta=answer["host"] if answer else None,
    )


def _relay(text: str) -> Relay | None:
    found = _RELAY.fullmatch(text)
    return Relay(found["host"].lower(), found["at"].lower(), found["port"]) if found else None
