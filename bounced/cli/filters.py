"""Which addresses ``list`` and ``export`` are to show."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Self, TypeAlias

import typer

from bounced.causes import Cause
from bounced.cli import options

if TYPE_CHECKING:
    from bounced.policy import AddressState
    from bounced.store import Store

CauseName: TypeAlias = Annotated[
    str | None,
    typer.Option("--cause", metavar="CAUSE", help="Only this cause, such as mailbox_full."),
]
Domain: TypeAlias = Annotated[
    str | None, typer.Option("--domain", metavar="DOMAIN", help="Only addresses there.")
]
Since: TypeAlias = Annotated[
    str | None,
    typer.Option("--since", metavar="TIME", help="Only what failed this lately, such as 7d."),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What is left out filters nothing."""

    blocked: bool | None
    cause: Cause | None
    domain: str | None
    since: timedelta | None
    stream: str | None

    @classmethod
    def read(
        cls,
        *,
        blocked: bool | None,
        cause: str | None,
        domain: str | None,
        since: str | None,
        stream: str | None,
    ) -> Self:
        """Read the options; what is none of them is wrong use."""
        return cls(
            blocked=blocked,
            cause=options.cause(cause) if cause else None,
            domain=domain,
            since=options.duration(since) if since else None,
            stream=stream,
        )

    def states(
        self, store: Store, now: datetime, limit: int | None = None
    ) -> Iterator[AddressState]:
        """Yield the states that they let through, as they are at *now*."""
        return store.states(
            now=now,
            stream=self.stream,
            blocked=self.blocked,
            cause=self.cause,
            domain=self.domain,
            since=now - self.since if self.since else None,
            limit=limit,
        )
