"""How much of what is taken, of everybody together and of one client.

Nothing here loses a message: whoever is over a limit is told so by a 4xx or a 552, and keeps it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from bounced.config.kinds import Count, Duration, Network, Section, Size, listed

_SHORTEST = 1024  # ORCPT alone may take 500 octets: RFC 3461 §4.2


def _long_enough(value: int) -> int:
    if value >= _SHORTEST:
        return value
    msg = f"is too short for the commands of real senders; write at least {_SHORTEST}"
    raise ValueError(msg)


class Limits(Section):
    """How much of what is taken; beyond it the sender gets a reply that says so."""

    message_size: Annotated[Size, Field(description="largest message")] = 50 * 2**20
    recipients: Annotated[Count, Field(description="recipients in one transaction")] = 100
    connections: Annotated[Count, Field(description="connections at a time")] = 1000
    connections_per_client: Annotated[
        Count, Field(description="of them, those of one client: an IPv4 address, an IPv6 /64")
    ] = 50
    messages_per_client: Annotated[
        Count, Field(description="messages of one client in a minute")
    ] = 600
    exempt: Annotated[
        tuple[Network, ...],
        BeforeValidator(listed),
        Field(description="networks that the two limits for one client are not for: your own MTAs"),
    ] = ("127.0.0.0/8", "::1/128")
    commands: Annotated[
        Count, Field(description="commands without a message among them, then 421")
    ] = 1000
    errors: Annotated[
        Count, Field(description="wrong commands without a message among them, then 421")
    ] = 20
    command_length: Annotated[
        Size, AfterValidator(_long_enough), Field(description="longest command line")
    ] = 4096
    idle: Annotated[Duration, Field(description="a silent client is sent away after this")] = (
        timedelta(minutes=5)
    )
    session: Annotated[
        Duration, Field(description="a client is sent away after this, in between two messages")
    ] = timedelta(hours=1)
    data_rate: Annotated[
        Count, Field(description="octets a second; a message that comes slower is cut off")
    ] = 500
    memory: Annotated[
        Size,
        Field(description="for all messages that are being taken together; at least one gets in"),
    ] = 64 * 2**20
    drain: Annotated[Duration, Field(description="how long a stop waits for what was begun")] = (
        timedelta(seconds=30)
    )
