"""Take in a suppression list: what the command line and the HTTP API do alike."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from typing import Final, TypeVar

from bounced.errors import StoreFullError, StoreUnavailableError
from bounced.listreader import Seen
from bounced.lists import Listed
from bounced.policy import BLOCKING, Effect
from bounced.shapes import Shape
from bounced.store import Import, Store, Taken

_ATTEMPTS: Final = 10  # of some seconds each
_SPELL: Final = 10  # batches without a pause: a second or so
_PAUSE: Final = 0.11  # seconds; SQLite's writers look for the lock every 0.1
_T = TypeVar("_T")


@dataclass(slots=True)
class Summary(Seen):
    """What a list came to."""

    effects: Counter[str] = field(default_factory=Counter)
    causes: Counter[str] = field(default_factory=Counter)

    @property
    def changed(self) -> int:
        """How many addresses are blocked now, or for longer."""
        return sum(self.effects[one] for one in BLOCKING)

    def as_json(self) -> Shape:
        """Return the shape of ``bounced import --json``."""
        return {
            "entries": self.entries,
            "blocked": self.effects[Effect.BLOCKED],
            "extended": self.effects[Effect.EXTENDED],
            "already": self.effects[Effect.UNCHANGED],
            "outdated": self.effects[Effect.RECORDED],
            "known": self.effects["known"],
            "skipped": dict(self.skipped.most_common()),
            "bad": self.bad,
            "causes": dict(self.causes.most_common()),
        }


Batch = Sequence[tuple[Listed, Taken | None]]


def take_in(
    batches: Iterable[Sequence[Listed]],
    store: Store,
    how: Import,
    summary: Summary,
    *,
    dry_run: bool,
) -> Iterator[Batch]:
    """Let the entries take effect batch by batch, and yield each with what it did.

    Whoever asks for no more ends it: what was taken in stays, and does not count twice.
    """
    for batch in _paced(batches):
        did = _patiently(partial(store.imported, batch, how, dry_run=dry_run))
        done = list(zip(batch, did, strict=True))
        summary.effects.update(made.effect if made else "known" for made in did)
        summary.causes.update(one.cause for one, made in done if made and made.effect in BLOCKING)
        yield done


def _patiently(work: Callable[[], _T]) -> _T:
    """Do *work*, again where the database was busy: others come first."""
    for _ in range(_ATTEMPTS - 1):
        try:
            return work()
        except StoreFullError:
            raise
        except StoreUnavailableError:
            continue
    return work()


def _paced(batches: Iterable[_T]) -> Iterator[_T]:
    """Yield the batches, after each second of work with a pause in which others get the lock.

    SQLite has no queue of writers.  Without a pause nobody would ever see it free.  The next ones
    are read meanwhile.
    """
    source = iter(batches)
    yield from islice(source, _SPELL)
    begun = time.monotonic()
    while spell := list(islice(source, _SPELL)):
        time.sleep(max(0.0, begun + _PAUSE - time.monotonic()))
        yield from spell
        begun = time.monotonic()
