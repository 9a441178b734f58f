"""What is answered, for the description alone: the JSON itself is made by ``bounced.shapes``."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from bounced.causes import Cause, Scope, Type
from bounced.model import Action, Kind, Match, Trust
from bounced.policy import Effect, What
from bounced.web.problems import Fault


class _Answer(BaseModel):
    # Every key is always there.  More may be added, so a reader must not mind them.
    model_config = ConfigDict(json_schema_serialization_defaults_required=True)


class State(_Answer):
    """How an address stands, or its whole domain where that is blocked."""

    address: Annotated[str, Field(description="`@example.org` where the whole domain is blocked")]
    stream: str
    blocked: Annotated[bool, Field(description="whether not to mail it")]
    since: datetime | None
    expires_at: Annotated[datetime | None, Field(description="null: until it is unblocked")]
    blocked_by: Annotated[str | None, Field(description="who, null where reports did it")]
    why: str | None
    cause: Annotated[Cause | None, Field(description="of the block, or of the last failure")]
    type: Type | None
    rule: str | None
    evidence: Annotated[str | None, Field(description="the very words that decided")]
    soft_count: Annotated[int, Field(description="soft failures in a row")]
    soft_limit: Annotated[int, Field(description="how many of them block")]
    complaints: int
    last_failure_at: datetime | None
    last_delivery_at: datetime | None


class Standing(State):
    """How an address stands that was asked about."""

    asked: Annotated[str, Field(description="the address as it was asked")]


class Decision(_Answer):
    """What an event did to an address."""

    effect: Effect
    why: str


class Changed(Standing):
    """How an address stands after a change."""

    decision: Decision


class Verdict(_Answer):
    """What a reply is put down to."""

    cause: Cause
    type: Type
    scope: Scope
    rule: str
    evidence: str


class Judged(Changed):
    """How an address stands after a rejection."""

    verdict: Verdict


class Event(_Answer):
    """Something that happened to an address."""

    at: datetime
    stream: str
    address: str
    origin: str
    what: What
    effect: Effect
    why: str
    action: Action | None
    status: str | None
    smtp_code: int | None
    cause: Cause | None
    type: Type | None
    rule: str | None
    evidence: str | None
    trust: Trust | None
    who: str | None
    original: Annotated[str | None, Field(description="which message of ours it is about")]
    queue_id: str | None
    source: str | None
    kind: Kind | None
    reporting_mta: str | None


class Standings(_Answer):
    """One for each address that was asked about, in their order."""

    addresses: list[Standing]


class Page(_Answer):
    """Addresses, by stream and address."""

    addresses: list[State]
    next: Annotated[str | None, Field(description="for `after`; null on the last page")]


class Changes(_Answer):
    """One for each address, in their order."""

    addresses: list[Changed]


class Judgements(_Answer):
    """One for each rejection, in their order."""

    addresses: list[Judged]


class History(_Answer):
    """What happened to an address, oldest first."""

    events: list[Event]


class Counts(_Answer):
    """How many messages came in."""

    since: datetime | None
    messages: Annotated[int, Field(description="each once")]
    again: Annotated[int, Field(description="how often one was delivered anew")]
    kinds: dict[Kind, int]
    trust: Annotated[
        dict[Trust, int], Field(description="`forged`: to a return path with a wrong signature")
    ]
    matched: Annotated[
        dict[Match | Literal["nobody"], int],
        Field(
            description="bounces and complaints by what told whom we had mailed; `nobody`: they "
            "can't be put down to anybody"
        ),
    ]


class Imported(_Answer):
    """What a list came to: how many of its entries did what."""

    entries: int
    blocked: int
    extended: Annotated[int, Field(description="blocked for longer than before")]
    already: Annotated[int, Field(description="blocked already")]
    outdated: Annotated[int, Field(description="older than what is known here")]
    known: Annotated[int, Field(description="imported before")]
    skipped: Annotated[dict[str, int], Field(description="no reason to block, by why not")]
    bad: Annotated[int, Field(description="can't be read")]
    causes: dict[str, int]
    dry_run: bool
    errors: Annotated[list[Fault], Field(description="the first hundred that can't be read")]


class Health(_Answer):
    """The daemon is up, and its database answers."""

    status: Literal["ok"]
