"""A long list, put in order while it is read."""

from __future__ import annotations

import random
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from bounced.causes import Cause
from bounced.lists import Listed, batches, in_order

_KEYS = st.sampled_from(["a@example.org", "b@example.org", "c@example.org", "é@example.org"])
_STREAMS = st.none() | st.sampled_from(["default", "news"])


@given(st.lists(st.tuples(_KEYS, _STREAMS)), st.integers(0, 5_000))
def test_those_of_one_key_keep_their_order(places: list[tuple[str, str | None]], room: int) -> None:
    """The same entries come out, however few are held at a time."""
    entries = [
        Listed(key, key, Cause.SUPPRESSED, str(number), stream=stream)
        for number, (key, stream) in enumerate(places)
    ]
    found = list(in_order(entries, room))
    assert sorted(found, key=lambda one: int(one.why)) == entries
    for place in places:
        mine = [int(one.why) for one in found if (one.key, one.stream) == place]
        assert mine == sorted(mine)


def test_a_list_that_fits_comes_out_by_stream_and_key() -> None:
    """As the indexes of the database are."""
    found = list(in_order(_entries(5_000)))
    assert found == sorted(_entries(5_000), key=lambda one: one.key)


def test_a_long_list_comes_out_in_few_runs() -> None:
    """Each about twice as long as what is held; one in order already in a single one."""
    room = 1_000 * 750  # entries
    keys = [one.key for one in in_order(_entries(20_000), room)]
    assert 1 < 1 + sum(left > right for left, right in pairwise(keys)) < 15
    ordered = sorted(_entries(20_000), key=lambda one: one.key)
    assert list(in_order(ordered, room)) == ordered


def test_a_long_list_is_not_held_in_memory() -> None:
    """The entries are made one by one, and come out one by one; nor are long texts held."""

    def peak(count: int, why: str) -> int:
        tracemalloc.start()
        assert sum(1 for _ in in_order(_entries(count, why), room=2**20)) == count
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    for why in ("listed", "é" * 100_000):
        assert peak(4_000, why) < peak(2_000, why) + 300_000
        assert peak(2_000, why) < 2 * 2**20


def test_batches_are_of_a_size_that_one_transaction_takes() -> None:
    """The last one has the rest."""
    assert [len(one) for one in batches(_entries(4_500))] == [2_000, 2_000, 500]


def _entries(count: int, why: str = "listed") -> Iterator[Listed]:
    since = datetime(2026, 1, 1, tzinfo=UTC)
    lots = random.Random(1)
    for number in range(count):
        key = f"{lots.random()}@example.org"
        yield Listed(key, key, Cause.SUPPRESSED, f"{why}{number}", since)
