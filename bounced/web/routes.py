"""The operations: each takes what was checked already, asks the store in a thread, and answers."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated
from urllib.parse import quote, unquote

from fastapi import Query, Request, Response

from bounced import pipeline, shapes
from bounced.classify import RuleBook
from bounced.policy import Decision, What
from bounced.shapes import Shape
from bounced.store import Observed, Store, by_operator
from bounced.web.fields import Address
from bounced.web.importing import Imports
from bounced.web.requests import (
    AnyStream,
    Blocked,
    CountQuery,
    Deliveries,
    Delivery,
    Filters,
    ImportQuery,
    OneStream,
    Rejection,
    Rejections,
    Unblocked,
    Wanted,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Operations:
    """What is done, over a store; ``rules`` returns those in force."""

    store: Store
    rules: Callable[[], RuleBook]
    pool: Executor
    imports: Imports

    async def look_up(self, address: Address, query: Annotated[OneStream, Query()]) -> Response:
        """May this address be mailed?"""
        return await self._answered(lambda: self._known([address], query.stream)[0])

    async def look_up_many(self, wanted: Wanted) -> Response:
        """May these addresses be mailed?"""

        def work() -> Shape:
            found = self._known(wanted.addresses, wanted.stream)
            some = [one for one in found if one["blocked"]] if wanted.only_blocked else found
            return {"addresses": some}

        return await self._answered(work)

    async def list_addresses(self, query: Annotated[Filters, Query()]) -> Response:
        """List the addresses that something is known of, page by page."""
        return await self._answered(lambda: self._page(query))

    async def history(self, address: Address, query: Annotated[AnyStream, Query()]) -> Response:
        """Tell all that happened to an address, and why."""

        def work() -> Shape:
            found = self.store.history(address, query.stream)
            if not found:
                self.store.require_stream(query.stream)
            return {"events": [shapes.event(one) for one in found]}

        return await self._answered(work)

    async def count_messages(self, query: Annotated[CountQuery, Query()]) -> Response:
        """Count the messages that came in, by kind, trust, and what told whom we had mailed."""

        def work() -> Shape:
            found = self.store.counts(since=query.since, stream=query.stream)
            if not found.messages:
                self.store.require_stream(query.stream)
            return shapes.counts(found, query.since)

        return await self._answered(work)

    async def block(self, request: Request, blocked: Blocked) -> Response:
        """Block addresses or whole domains by hand, until somebody unblocks them."""
        who = _who(request)
        return await self._answered(lambda: self._operated(What.BLOCK, blocked, who))

    async def unblock(self, request: Request, unblocked: Unblocked) -> Response:
        """Lift the block of addresses or domains; they start clean."""
        who = _who(request)
        return await self._answered(lambda: self._operated(What.UNBLOCK, unblocked, who))

    async def report_deliveries(self, request: Request, told: Deliveries) -> Response:
        """Say that mail has arrived: soft failures are forgotten, no block is lifted."""
        who = _who(request)

        def work() -> Shape:
            seen = [_observed(one, who) for one in told.deliveries]
            return {"addresses": self._changed(seen, self.store.observe(seen))}

        return await self._answered(work)

    async def report_rejections(self, request: Request, told: Rejections) -> Response:
        """Say what a server refused while the sender spoke with it; it counts as a bounce does."""
        who = _who(request)
        return await self._answered(lambda: self._rejected(told.rejections, who))

    async def import_list(
        self, request: Request, query: Annotated[ImportQuery, Query()]
    ) -> Response:
        """Take in a suppression list: CSV or JSON lines, as ``bounced import`` does."""
        done = await self.imports.take_in(request, query, _who(request))
        return await self._answered(lambda: done)

    async def health(self) -> Response:
        """Is the daemon up, and does its database answer?"""

        def work() -> Shape:
            self.store.ping()
            return {"status": "ok"}

        return await self._answered(work)

    async def _answered(self, work: Callable[[], Shape]) -> Response:
        """Do *work*, and write its JSON, in a thread: mail comes in by this loop."""
        body = await asyncio.get_running_loop().run_in_executor(
            self.pool, lambda: json.dumps(work(), separators=(",", ":")).encode()
        )
        return Response(body, media_type="application/json")

    def _known(self, addresses: Sequence[str], stream: str) -> list[Shape]:
        """Return how *addresses* stand in a stream that there is; raises UnknownStreamError."""
        self.store.require_stream(stream)
        return self._standings(addresses, stream)

    def _standings(self, addresses: Sequence[str], stream: str) -> list[Shape]:
        limit = self.store.policies.of(stream).soft_limit
        states = self.store.lookup(addresses, stream)
        return [
            {
                "asked": asked,
                **(shapes.state(one, limit) if one else shapes.nothing(asked, stream, limit)),
            }
            for asked, one in zip(addresses, states, strict=True)
        ]

    def _page(self, query: Filters) -> Shape:
        self.store.require_stream(query.stream)
        found = list(
            self.store.states(
                stream=query.stream,
                blocked=None if query.blocked is None else query.blocked == "true",
                cause=query.cause,
                domain=query.domain,
                since=query.since,
                limit=query.limit + 1,
                after=_position(query.after),
            )
        )
        page = found[: query.limit]
        last = page[-1] if len(found) > len(page) else None
        limits = self.store.policies
        return {
            "addresses": [shapes.state(one, limits.of(one.stream).soft_limit) for one in page],
            "next": last and f"{quote(last.stream, safe='')}/{quote(last.key, safe='')}",
        }

    def _operated(self, what: What, told: Unblocked, who: str) -> Shape:
        self.store.require_stream(told.stream)
        now = datetime.now(UTC)
        cause = told.cause if isinstance(told, Blocked) else None
        made = self.store.operate(
            [
                by_operator(what, one, told.stream, now, who=who, reason=told.reason, cause=cause)
                for one in told.addresses
            ]
        )
        standings = self._standings(told.addresses, told.stream)
        return {
            "addresses": [
                {**standing, "decision": shapes.decision(one)}
                for standing, one in zip(standings, made, strict=True)
            ]
        }

    def _rejected(self, told: Iterable[Rejection], who: str) -> Shape:
        rules = self.rules()
        seen = [_refused(one, who, rules) for one in told]
        changed = self._changed(seen, self.store.observe(seen))
        return {
            "addresses": [
                {**one, "verdict": shapes.verdict(about.judged.verdict if about.judged else None)}
                for one, about in zip(changed, seen, strict=True)
            ]
        }

    def _changed(self, seen: Sequence[Observed], made: Sequence[Decision | None]) -> list[Shape]:
        """Return how the addresses stand now, each in its stream, and what was decided."""
        standings: dict[tuple[str, str], Shape] = {}
        for stream in {one.stream for one in seen}:
            addresses = [one.address for one in seen if one.stream == stream]
            found = self._standings(addresses, stream)
            standings |= {(stream, str(one["asked"])): one for one in found}
        return [
            {**standings[one.stream, one.address], "decision": shapes.decision(decision)}
            for one, decision in zip(seen, made, strict=True)
        ]


def _who(request: Request) -> str:
    """Return who asks, as the audit trail names them."""
    return f"api:{request.state.token.name}"


def _observed(told: Delivery, who: str) -> Observed:
    return Observed(
        address=told.address,
        at=told.at or datetime.now(UTC),
        origin="api",
        who=who,
        original=told.message_id,
        stream=told.stream,
    )


def _refused(told: Rejection, who: str, rules: RuleBook) -> Observed:
    return Observed(
        address=told.address,
        at=told.at or datetime.now(UTC),
        origin="api",
        who=who,
        judged=pipeline.rejection(told.address, told.reply, told.remote_mta, rules),
        original=told.message_id,
        stream=told.stream,
    )


def _position(cursor: str | None) -> tuple[str, str] | None:
    """Return where a page begins; what nobody was given as a cursor is some place all the same."""
    if cursor is None:
        return None
    stream, _, key = cursor.partition("/")
    return unquote(stream).replace("\0", ""), unquote(key).replace("\0", "")
