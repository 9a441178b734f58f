"""Stores on real files, and messages made by hand for them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from sqlalchemy import event, select

from bounced.causes import Cause
from bounced.model import (
    Action,
    Envelope,
    Judged,
    Kind,
    Reading,
    RecipientStatus,
    Report,
    Returned,
    Status,
    Verdict,
)
from bounced.policy import Effect, Policies, Settings
from bounced.store import Incoming, Store, schema

START = datetime(2026, 1, 1, tzinfo=UTC)

_NUMBERS = count(1)


def judged(
    address: str | None, cause: Cause | None = Cause.MAILBOX_FULL, action: Action = Action.FAILED
) -> Judged:
    """Return one recipient with its verdict; without a cause nothing failed."""
    words = f"552 5.2.2 <{address}> over quota"
    return Judged(
        recipient=RecipientStatus(address=address, action=action, source="dsn", part="1.2"),
        verdict=Verdict(cause=cause, rule=f"test/{cause}", evidence=words) if cause else None,
        status=Status(5, 2, 2) if cause else None,
        smtp_code=552 if cause else None,
    )


def reading(*recipients: Judged, kind: Kind = Kind.BOUNCE, **fields: Any) -> Reading:
    """Return what the core makes of a message about these recipients."""
    found = tuple(one.recipient for one in recipients)
    return Reading(
        report=Report(kind=kind, source="dsn", recipients=found, **fields), judged=recipients
    )


def incoming(
    *recipients: Judged | str,
    day: float = 0,
    original: str | None = None,
    kind: Kind = Kind.BOUNCE,
    **fields: Any,
) -> Incoming:
    """Return one message; each is another one, unless its fingerprint is given."""
    number = next(_NUMBERS)
    whole = [judged(one) if isinstance(one, str) else one for one in recipients]
    returned = Returned(message_id=original) if original else None
    values: dict[str, Any] = {
        "raw": b"Subject: returned mail\r\n\r\n" + b"text\r\n" * 50,
        "reading": reading(*whole, kind=kind, returned=returned),
        "envelope": Envelope(reverse_path="", forward_paths=("bounces@example.org",)),
        "received_at": START + timedelta(days=day),
        "fingerprint": f"fingerprint {number}",
        "queue_id": f"Q{number}",
        "source": "smtp",
    }
    return Incoming(**values | fields)


@pytest.fixture
def opened(url: str) -> Iterator[Callable[..., Store]]:
    """Return a function that opens the database, under settings of one's own."""
    stores: list[Store] = []

    def open_it(**options: Any) -> Store:
        options = {"policies": Policies(), "raw_retention": timedelta(days=30)} | options
        stores.append(Store.open(url, **options))
        return stores[-1]

    yield open_it
    for one in stores:
        one.close()


@pytest.fixture
def store(opened: Callable[..., Store], request: pytest.FixtureRequest) -> Store:
    """Return an empty store; a test may ask for settings by ``indirect``."""
    return opened(policies=Policies(default=getattr(request, "param", Settings())))


@pytest.fixture
def message() -> Callable[..., Incoming]:
    """Return the function that makes messages."""
    return incoming


@pytest.fixture
def one() -> Callable[..., Judged]:
    """Return the function that makes judged recipients."""
    return judged


@pytest.fixture
def rows(store: Store) -> Callable[[str], list[Any]]:
    """Return a function that returns all rows of a table."""

    def read(table: str) -> list[Any]:
        with store.database.read() as connection:
            return list(connection.execute(select(schema.metadata.tables[table])))

    return read


@pytest.fixture
def effects(store: Store) -> Callable[..., list[list[Effect | None]]]:
    """Return a function that records a batch and returns what each of its messages did."""

    def record(*batch: Incoming) -> list[list[Effect | None]]:
        return [
            [one.decision.effect if one.decision else None for one in recorded.outcomes]
            for recorded in store.record(batch)
        ]

    return record


@pytest.fixture
def steps(store: Store) -> Iterator[Callable[[], int]]:
    """Return a function that says how much SQLite has computed since it was last asked."""
    each = 100
    taken = 0

    def count() -> int:
        nonlocal taken
        taken += each
        return 0

    def connected(connection: Any, *_: object) -> None:
        connection.set_progress_handler(count, each)

    def since() -> int:
        nonlocal taken
        before, taken = taken, 0
        return before

    engine = store.database.engine
    event.listen(engine, "checkout", connected)
    yield since
    event.remove(engine, "checkout", connected)
