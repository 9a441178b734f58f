"""What a sending Postfix is told that asks whether an address is blocked."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from bounced.config.kinds import Section


class Postfix(Section):
    """The answers of the listeners ``socketmap`` and ``policy``."""

    paused: Annotated[
        Literal["reject", "defer"],
        Field(description="answer for a block that ends by itself: `reject` or `defer`"),
    ] = "reject"
    on_error: Annotated[
        Literal["defer", "accept"],
        Field(description="answer while the database is away: `defer` or `accept`"),
    ] = "defer"
