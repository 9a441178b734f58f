"""A long list, put in order on the disk."""

from __future__ import annotations

import random
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from bounced.causes import Cause
from bounced.lists import Listed
from bounced.model import Status
from bounced.store.spool import in_order

_TIMES = st.none() | st.datetimes(timezones=st.just(UTC))
_TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
_ENTRIES = st.builds(
    Listed,
    address=_TEXTS,
    key=st.sampled_from(["a@example.org", "b@example.org", "é@example.org"]),
    cause=st.sampled_from(list(Cause)),
    why=_TEXTS,
    since=_TIMES,
    until=_TIMES,
    stream=st.none() | st.sampled_from(["default", "news"]),
    status=st.none() | st.just(Status(5, 1, 1)),
    smtp_code=st.none() | st.just(550),
    rule=st.none() | _TEXTS,
    evidence=st.none() | _TEXTS,
)


@given(st.lists(_ENTRIES, max_size=20))
def test_the_same_entries_come_out_by_stream_and_key(entries: list[Listed]) -> None:
    """Those of one key in the order in which they came."""
    with in_order(entries) as found:
        ordered = list(found)
    assert ordered == sorted(entries, key=lambda one: (one.stream or "", one.key))


def test_a_long_list_is_not_held_in_memory() -> None:
    """The entries are made one by one, and come out one by one."""
    since = datetime(2026, 1, 1, tzinfo=UTC)

    def entries(count: int) -> Iterator[Listed]:
        lots = random.Random(1)
        for _ in range(count):
            key = f"{lots.random()}@example.org"
            yield Listed(key, key, Cause.SUPPRESSED, "listed", since)

    def peak(count: int) -> int:
        tracemalloc.start()
        with in_order(entries(count)) as found:
            assert sum(1 for _ in found) == count
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    assert peak(20_000) < peak(2_000) + 100_000
