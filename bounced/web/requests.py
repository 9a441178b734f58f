"""What may be asked: the query of each GET, the body of each POST."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from bounced.causes import Cause
from bounced.web.fields import (
    MOST_ASKED,
    MOST_REPORTED,
    Address,
    Body,
    Cursor,
    Domain,
    Mailbox,
    Name,
    Reply,
    Stream,
    Time,
    Words,
)

_STREAM = "the mail stream (tenant, list, brand)"


class OneStream(Body):
    """The query of a look-up."""

    stream: Annotated[Stream, Field(description=_STREAM)] = "default"


class AnyStream(Body):
    """The query of a history."""

    stream: Annotated[Stream | None, Field(description=_STREAM + "; all, where left out")] = None


class CountQuery(AnyStream):
    """The query of a count."""

    since: Annotated[Time | None, Field(description="only what came in at that time or later")] = (
        None
    )


class Filters(Body):
    """The query of a list; what is left out filters nothing."""

    blocked: Annotated[
        Literal["true", "false"] | None, Field(description="only those that are, or are not")
    ] = None
    cause: Annotated[Cause | None, Field(description="only this cause")] = None
    domain: Annotated[Domain | None, Field(description="only addresses there")] = None
    since: Annotated[
        Time | None, Field(description="only what was blocked, or failed, at that time or later")
    ] = None
    stream: Annotated[Stream | None, Field(description=_STREAM)] = None
    limit: Annotated[int, Field(ge=1, le=1000, description="how many on a page")] = 100
    after: Annotated[Cursor | None, Field(description="`next` of the page before")] = None


class ImportQuery(OneStream):
    """The query of an import."""

    source: Annotated[
        Words,
        Field(description="what to call the list, in the history of each address"),
    ]
    cause: Annotated[
        Cause | None, Field(description="for entries that don't say why they are listed")
    ] = None
    dry_run: Annotated[
        Literal["true", "false"], Field(description="change nothing, and say what would be")
    ] = "false"


class Wanted(OneStream):
    """Addresses to look up."""

    addresses: Annotated[
        list[Address],
        Field(
            min_length=1,
            max_length=MOST_ASKED,
            description="addresses; `@example.org` is a whole domain",
            examples=[["anna@example.org", "nobody@example.com"]],
        ),
    ]
    only_blocked: Annotated[
        bool, Field(strict=True, description="answer with those alone that are blocked")
    ] = False


class Unblocked(OneStream):
    """Addresses whose block is lifted."""

    addresses: Annotated[
        list[Address],
        Field(
            min_length=1,
            max_length=MOST_REPORTED,
            description="addresses; `@example.org` is a whole domain",
            examples=[["nobody@example.com"]],
        ),
    ]
    reason: Annotated[
        Words,
        Field(description="why, for the audit trail", examples=["asked by phone, ticket 1042"]),
    ]


class Blocked(Unblocked):
    """Addresses that are blocked by hand, until they are unblocked."""

    cause: Annotated[Cause | None, Field(description="what to put it down to, if known")] = None


class Delivery(OneStream):
    """A mail that was delivered."""

    address: Annotated[Mailbox, Field(examples=["anna@example.org"])]
    at: Annotated[Time | None, Field(description="when; now, where left out")] = None
    message_id: Annotated[
        Name | None,
        Field(description="its Message-ID", examples=["<1042@app.example.org>"]),
    ] = None


class Rejection(Delivery):
    """A mail that a server refused while the sender spoke with it."""

    address: Annotated[Mailbox, Field(examples=["nobody@example.com"])]
    reply: Annotated[
        Reply,
        Field(
            description="the server's reply, all of it",
            examples=["550 5.1.1 <nobody@example.com>: User unknown"],
        ),
    ]
    remote_mta: Annotated[
        Name | None, Field(description="the server's name", examples=["mx.example.com"])
    ] = None
    message_id: Annotated[
        Name | None,
        Field(
            description="its Message-ID: one message counts once, however often it is told of, "
            "here or by a bounce",
            examples=["<1042@app.example.org>"],
        ),
    ] = None


class Deliveries(Body):
    """Deliveries, of one mail or of many."""

    deliveries: Annotated[list[Delivery], Field(min_length=1, max_length=MOST_REPORTED)]


class Rejections(Body):
    """Rejections, of one mail or of many."""

    rejections: Annotated[list[Rejection], Field(min_length=1, max_length=MOST_REPORTED)]
