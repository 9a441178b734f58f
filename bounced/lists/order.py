"""Put the entries of a list roughly in the order of their keys, in little memory.

The indexes of a database are in that order: so thousands of new rows touch a few pages of each,
where in the order of a list they touch nearly as many pages as they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from heapq import heappop, heappush
from itertools import islice
from typing import Final

from bounced.lists.values import Listed

_BATCH: Final = 2_000  # others wait for some 100 ms while it is written
ROOM: Final = 32 * 2**20
_EACH: Final = 700  # octets of an entry without its long texts


def in_order(entries: Iterable[Listed], room: int = ROOM) -> Iterator[Listed]:
    """Yield the same entries in long runs by stream and key; those of one key keep their order.

    Some *room* octets of them are held at a time, and a run is about twice as long as that: the
    least of them that can still go on with the run is the next one (replacement selection).
    """
    held: list[tuple[int, str, int, Listed]] = []
    run, last = 0, ""
    for number, one in enumerate(entries):
        at = f"{one.stream or ''}\0{one.key}"
        # What comes too late for this run waits for the next, and so do all later ones of its key.
        heappush(held, (run + (at < last), at, number, one))
        room -= _size(one)
        while room < 0:
            run, last, _, least = heappop(held)
            room += _size(least)
            yield least
    while held:
        yield heappop(held)[-1]


def batches(entries: Iterable[Listed]) -> Iterator[list[Listed]]:
    """Yield the entries in order, as many at a time as one transaction takes."""
    ordered = in_order(entries)
    while batch := list(islice(ordered, _BATCH)):
        yield batch


def _size(one: Listed) -> int:
    return _EACH + len(one.why) + (len(one.evidence) if one.evidence else 0)
