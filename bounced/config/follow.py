"""What `bounced follow` makes of the servers that take our mail."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from bounced.config.kinds import Section, Text, listed

_RELAY = re.compile(r"[\w.:/\[\]-]+")


def _relay(value: str) -> str:
    if _RELAY.fullmatch(value):
        return value
    msg = (
        'is no relay; write it as the log has it after "relay=": "smarthost.example.com", '
        '"192.0.2.25:25" or "private/dovecot-lmtp"'
    )
    raise ValueError(msg)


Relays = Annotated[
    tuple[Annotated[Text, AfterValidator(_relay)], ...],
    BeforeValidator(listed),
]


class Follow(Section):
    """Which relays are an end of the way, and which are not."""

    relay_only: Annotated[
        Relays,
        Field(description="relays that only pass mail on: what they take has not arrived yet"),
    ] = ()
    final: Annotated[
        Relays,
        Field(description="relays on this machine that deliver, such as Dovecot's LMTP"),
    ] = ()
