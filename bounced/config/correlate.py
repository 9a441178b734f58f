"""How a report is put down to a mail of ours, where its return path does not say it."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from bounced.config.kinds import Duration, Section, listed


def _field_name(value: str) -> str:
    if re.fullmatch(r"[A-Za-z][A-Za-z0-9-]{0,60}", value):
        return value.lower()
    msg = 'is no name of a header field; write one without the colon, such as "X-Recipient"'
    raise ValueError(msg)


FieldNames = Annotated[
    tuple[Annotated[str, AfterValidator(_field_name)], ...], BeforeValidator(listed)
]


class Correlate(Section):
    """Which fields of our own mail, when it is returned, tell whose it is."""

    recipient_headers: Annotated[
        FieldNames, Field(description="fields of our mail that hold the address it was sent to")
    ] = ()
    stream_headers: Annotated[
        FieldNames, Field(description="fields of our mail that hold the name of its stream")
    ] = ()
    remember: Annotated[
        Duration, Field(description="how long the messages that we are told of are remembered")
    ] = timedelta(days=60)
