"""How much was delivered to which domain, and when: most deliveries are too many to be events.

Only what our own client saw is counted: a report of a success can be forged.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, delete, exists, select
from sqlalchemy.dialects import postgresql, sqlite

from bounced.address import domain_of
from bounced.policy import What
from bounced.policy.breaker import slot
from bounced.policy.outage import BLAMING, Span, moved
from bounced.store.facts import Fact
from bounced.store.schema import deliveries, events

KEPT: Final = timedelta(days=7)
"""How long deliveries are kept of domains that have refused nobody meanwhile."""


def count(connection: Connection, facts: Iterable[Fact]) -> None:
    """Count the deliveries among *facts*; in the order of the rows, so that writers don't cross."""
    told = Counter(
        (slot(fact.at), domain_of(fact.place.key))
        for fact in facts
        if fact.what is What.DELIVERED and fact.place
    )
    if not told:
        return
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    insert = dialect.insert(deliveries)
    more = insert.on_conflict_do_update(
        index_elements=["at", "domain"],
        set_={"count": deliveries.c.count + insert.excluded.count},
    )
    rows = [{"at": at, "domain": to, "count": times} for (at, to), times in sorted(told.items())]
    connection.execute(more, rows)


def to(connection: Connection, domain: str, around: Span) -> Sequence[tuple[datetime, int]]:
    """Return when how much was delivered to *domain*, by slots."""
    table = deliveries.c
    query = select(table.at, table["count"]).where(
        table.domain == domain, table.at.between(*around)
    )
    return [(at, times) for at, times in connection.execute(query)]


def slots(connection: Connection, span: Span) -> list[datetime]:
    """Return the slots in *span* in which something was delivered."""
    at = deliveries.c.at
    query = select(at).where(at.between(*span)).distinct().order_by(at)
    return list(connection.execute(query).scalars())


def forget_idle(connection: Connection, at: datetime, reach: timedelta) -> int:
    """Forget the deliveries of one slot to domains that refused nobody around it; return how many.

    The others are what tells, when mail is judged again, that so many refusals were no storm.
    """
    refused = exists(
        select(events.c.id).where(
            events.c.domain == deliveries.c.domain,
            events.c.at.between(moved(at, -reach), moved(at, reach)),
            events.c.what == What.FAILED,
            events.c.cause.in_(sorted(BLAMING)),
        )
    )
    return connection.execute(delete(deliveries).where(deliveries.c.at == at, ~refused)).rowcount


def forget(connection: Connection, before: datetime) -> int:
    """Forget all deliveries *before* then; return how many."""
    return connection.execute(delete(deliveries).where(deliveries.c.at < before)).rowcount
