"""When an address is blocked: the policy's numbers, and those of mail streams with their own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from functools import cached_property
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from bounced import policy
from bounced.causes import Cause
from bounced.config.kinds import Count, Duration, Section, Text, listed, recipient_pattern


class Policy(Section):
    """When an address is blocked."""

    soft_limit: Annotated[
        Count, Field(description="soft failures in a row that block an address")
    ] = 5
    soft_window: Annotated[
        Duration, Field(description="silence after which soft failures are forgotten")
    ] = timedelta(days=90)
    soft_interval: Annotated[
        Duration, Field(description="failures of one address within this time count once")
    ] = timedelta(0)
    complaint_limit: Annotated[Count, Field(description="complaints that block an address")] = 1
    storm_recipients: Annotated[
        Count,
        Field(description="recipients of one domain or provider that fail alike and make a storm"),
    ] = 50
    storm_window: Annotated[
        Duration, Field(description="within this time; failures in a storm are not counted")
    ] = timedelta(hours=1)
    hard_storm_recipients: Annotated[
        Count, Field(description="recipients of one domain that are refused for good alike")
    ] = 50
    hard_storm_share: Annotated[
        int,
        Field(
            ge=0,
            le=100,
            description="make a storm as well if they are more than this percentage of its mail; "
            "100 for never",
        ),
    ] = 10
    confirm_after: Annotated[
        Duration,
        Field(description="who is refused in such storms for longer than this is blocked"),
    ] = timedelta(days=30)
    down_after: Annotated[
        Duration,
        Field(description="a server that is down for longer, in every report, is down for good"),
    ] = timedelta(days=14)
    trust: Annotated[
        Literal["any", "signed"],
        Field(description="`any` report, or only those to a `signed` return path, change a state"),
    ] = "any"
    expire: Annotated[
        Mapping[Cause, Duration],
        Field(description="cause = how long a block for it lasts; other blocks are permanent"),
    ] = {}

    @cached_property
    def settings(self) -> policy.Settings:
        """The same numbers as the core wants them."""
        numbers = self.model_dump(include=_NUMBERS)
        return policy.Settings(**numbers, signed_only=self.trust == "signed")


_NUMBERS = set(Policy.model_fields) - {"trust"}


class Stream(Section):
    """One mail stream (tenant, list, brand): its bounce addresses, and where its policy differs."""

    addresses: Annotated[
        tuple[Annotated[Text, AfterValidator(recipient_pattern)], ...],
        BeforeValidator(listed),
        Field(description="its bounce addresses, written as in `accept`"),
    ] = ()
    soft_limit: Count | None = None
    soft_window: Duration | None = None
    soft_interval: Duration | None = None
    complaint_limit: Count | None = None
    down_after: Duration | None = None
    trust: Literal["any", "signed"] | None = None
    expire: Mapping[Cause, Duration] | None = None

    def settings(self, otherwise: Policy) -> policy.Settings:
        """Return the numbers of this stream; *otherwise* fills in what it leaves out."""
        own = self.model_dump(exclude={"addresses"}, exclude_none=True)
        return otherwise.model_copy(update=own).settings


def _stream_name(value: str) -> str:
    if re.fullmatch(r"[a-z0-9_-]{1,32}", value):
        return value
    msg = "is no name of a stream; write 1 to 32 of a-z, 0-9, - and _, as in [streams.news]"
    raise ValueError(msg)


StreamName = Annotated[str, AfterValidator(_stream_name)]


def policies(default: Policy, streams: Mapping[str, Stream]) -> policy.Policies:
    """Return what the core wants to know of all streams."""
    own = {name: stream.settings(default) for name, stream in streams.items()}
    return policy.Policies(default=default.settings, streams=own)
