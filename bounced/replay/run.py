"""Record stored messages as of when they came in, in batches, each batch one commit.

Recording is idempotent by the message's own content, so a run that was interrupted is started again
with the same arguments: what is known already is counted as known and changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from bounced import pipeline
from bounced.classify import RuleBook
from bounced.model import DEFAULT_STREAM
from bounced.policy import BLOCKING
from bounced.replay import envelope
from bounced.replay.files import Bad, Found
from bounced.replay.summary import Summary
from bounced.store import Incoming, Kept, Outcome, Store
from bounced.whose import Ours

BATCH = 200
# A batch is held in memory; large messages make it shorter.
BATCH_BYTES = 16 * 2**20


def incoming(
    raw: bytes, *, rules: RuleBook, ours: Ours, now: datetime, stream: str = DEFAULT_STREAM
) -> Incoming:
    """Read one message, with what its trace fields tell of how and when it came.

    *stream* is that of a message which does not tell its own.
    """
    came_in, came_at = envelope.envelope(raw), envelope.received_at(raw, now)
    fingerprint = pipeline.fingerprint(raw)
    reading = pipeline.read(raw, came_in, rules, ours, came_at)
    return Incoming(
        raw=raw,
        reading=reading,
        envelope=came_in,
        received_at=came_at,
        recorded_at=now,
        fingerprint=fingerprint,
        queue_id=f"replay-{fingerprint[:12]}",
        source="replay",
        stream=reading.claim.stream or stream,
        trust=reading.claim.trust,
    )


def again(kept: Kept, rules: RuleBook, ours: Ours) -> Incoming:
    """Read a message that was kept, as it came in, by today's rules and today's keys."""
    reading = pipeline.read(kept.raw, kept.envelope, rules, ours, kept.received_at)
    return Incoming(
        raw=kept.raw,
        reading=reading,
        envelope=kept.envelope,
        received_at=kept.received_at,
        fingerprint=kept.fingerprint,
        queue_id=kept.queue_id,
        source=kept.source,
        peer=kept.peer,
        stream=reading.claim.stream or kept.stream,
        trust=reading.claim.trust,
    )


class Done(NamedTuple):
    """One message, by its place, and what became of it; a duplicate has no outcomes."""

    name: str
    incoming: Incoming
    duplicate: bool
    outcomes: Sequence[Outcome]


Keep = Callable[[Sequence[Incoming]], Iterable[tuple[bool, Sequence[Outcome]]]]
"""What is done with a batch: returns for each message whether it was known, and its outcomes."""


def recording(store: Store) -> Keep:
    """Record each batch in one commit."""

    def keep(batch: Sequence[Incoming]) -> Iterator[tuple[bool, Sequence[Outcome]]]:
        return ((one.duplicate, one.outcomes) for one in store.record(batch))

    return keep


def previewing(preview: Callable[[Incoming], Sequence[Outcome]]) -> Keep:
    """Only say what each message alone would do, by *preview*."""
    seen: set[str] = set()

    def keep(batch: Sequence[Incoming]) -> Iterator[tuple[bool, Sequence[Outcome]]]:
        for one in batch:
            outcomes = preview(one)
            # Of a message with recipients only a redelivery does nothing at all.
            known = (bool(one.reading.judged) and not outcomes) or one.fingerprint in seen
            seen.add(one.fingerprint)
            yield known, [] if known else outcomes

    return keep


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """What a run needs; ``now`` is its one clock, for messages that don't say when they came."""

    rules: RuleBook
    ours: Ours
    keep: Keep
    now: datetime
    batch: int = BATCH

    def run(
        self,
        messages: Iterable[Found | Bad],
        summary: Summary,
        *,
        on_bad: Callable[[Bad], None],
        on_done: Callable[[Sequence[Done]], None],
    ) -> None:
        """Keep *messages* and count them in *summary*; tell of each bad one and of each batch."""
        for batch in self._batches(messages, summary, on_bad):
            kept = self.keep([one for _, one in batch])
            done = [Done(*named, *what) for named, what in zip(batch, kept, strict=True)]
            for one in done:
                summary.add(
                    one.incoming.reading, duplicate=one.duplicate, blocked=_blocked(one.outcomes)
                )
            on_done(done)

    def _batches(
        self,
        messages: Iterable[Found | Bad],
        summary: Summary,
        on_bad: Callable[[Bad], None],
    ) -> Iterator[Sequence[tuple[str, Incoming]]]:
        batch: list[tuple[str, Incoming]] = []
        size = 0
        for message in messages:
            if isinstance(message, Bad):
                summary.bad += 1
                on_bad(message)
                continue
            read = incoming(message.raw, rules=self.rules, ours=self.ours, now=self.now)
            batch.append((message.name, read))
            size += len(message.raw)
            if len(batch) >= self.batch or size >= BATCH_BYTES:
                yield batch
                batch, size = [], 0
        if batch:
            yield batch


def _blocked(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """Yield the addresses that one message blocked."""
    for one in outcomes:
        if one.address and one.decision and one.decision.effect in BLOCKING:
            yield one.address
