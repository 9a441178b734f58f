"""Record stored messages as if they came in now, in batches, each batch one commit.

Recording is idempotent by the message's own content, so a run that was interrupted is started again
with the same arguments: what is known already is counted as known and changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bounced import pipeline
from bounced.classify import RuleBook
from bounced.policy import BLOCKING
from bounced.replay import envelope
from bounced.replay.files import Bad, Found
from bounced.replay.summary import Summary
from bounced.store import Incoming, Outcome, Store

BATCH = 200
# A batch is held in memory; large messages make it shorter.
BATCH_BYTES = 16 * 2**20


def incoming(raw: bytes, *, rules: RuleBook, now: datetime, stream: str = "default") -> Incoming:
    """Read one message, with what its trace fields tell of how and when it came."""
    came_in = envelope.envelope(raw)
    fingerprint = pipeline.fingerprint(raw)
    return Incoming(
        raw=raw,
        reading=pipeline.read(raw, came_in, rules),
        envelope=came_in,
        received_at=envelope.received_at(raw, now),
        fingerprint=fingerprint,
        queue_id=f"replay-{fingerprint[:12]}",
        source="replay",
        stream=stream,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """What a run needs; ``now`` is its one clock, for messages that don't say when they came."""

    rules: RuleBook
    store: Store
    now: datetime
    dry_run: bool = False
    batch: int = BATCH
    _seen: set[str] = field(default_factory=set)

    def run(
        self,
        messages: Iterable[Found | Bad],
        summary: Summary,
        *,
        on_bad: Callable[[Bad], None],
        on_done: Callable[[Sequence[Incoming]], None],
    ) -> None:
        """Record *messages* and count them in *summary*; tell of each bad one and of each batch."""
        for batch in self._batches(messages, summary, on_bad):
            for one, duplicate, outcomes in self._record(batch):
                summary.add(one.reading, duplicate=duplicate, blocked=_blocked(outcomes))
            on_done(batch)

    def _batches(
        self,
        messages: Iterable[Found | Bad],
        summary: Summary,
        on_bad: Callable[[Bad], None],
    ) -> Iterator[Sequence[Incoming]]:
        batch: list[Incoming] = []
        size = 0
        for message in messages:
            if isinstance(message, Bad):
                summary.bad += 1
                on_bad(message)
                continue
            batch.append(incoming(message.raw, rules=self.rules, now=self.now))
            size += len(message.raw)
            if len(batch) >= self.batch or size >= BATCH_BYTES:
                yield batch
                batch, size = [], 0
        if batch:
            yield batch

    def _record(
        self, batch: Sequence[Incoming]
    ) -> Iterator[tuple[Incoming, bool, Sequence[Outcome]]]:
        if self.dry_run:
            yield from self._preview(batch)
            return
        for one, recorded in zip(batch, self.store.record(batch), strict=True):
            yield one, recorded.duplicate, recorded.outcomes

    def _preview(
        self, batch: Sequence[Incoming]
    ) -> Iterator[tuple[Incoming, bool, Sequence[Outcome]]]:
        for one in batch:
            outcomes = self.store.preview(one)
            # Of a message with recipients only a redelivery does nothing at all.
            recorded = bool(one.reading.judged) and not outcomes
            known = recorded or one.fingerprint in self._seen
            self._seen.add(one.fingerprint)
            yield one, known, [] if known else outcomes


def _blocked(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """Yield the addresses that one message blocked."""
    for one in outcomes:
        if one.address and one.decision and one.decision.effect in BLOCKING:
            yield one.address
