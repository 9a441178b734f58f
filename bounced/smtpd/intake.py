"""Take one message: read it, store it, log it, answer.  Here the daemon takes responsibility, once.

:meth:`Intake.take` answers 250 after the commit that holds the raw message, its events and the
changed state, synced to disk; every other way out of it is a 4xx.  A message that no reader comes
to an end with is stored as unrecognised; where no reader is to be had, the sender keeps it.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import secrets
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

from bounced.errors import ReadersAwayError, StoreUnavailableError, UnreadableError
from bounced.log import Failed, Log
from bounced.model import DEFAULT_STREAM, Defect, Envelope, Kind, Reading, Report
from bounced.smtpd import reply
from bounced.store import Incoming, Recorded

_DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32, which sorts as its numbers do
_TIME_DIGITS = 11  # 55 bits of microseconds: until the year 3111


class Writes(Protocol):
    """Whatever commits a message and then says so."""

    def submit(self, incoming: Incoming, /) -> Future[Recorded]:
        """Hand over one message; the result comes after its commit."""


class QueueIds:
    """Names for messages: short, never twice, and later ones sort behind.

    Microseconds since 1970, and two digits drawn once that keep two daemons apart.
    """

    def __init__(self, clock: Callable[[], int] = time.time_ns) -> None:
        self._clock = clock
        self._last = 0
        self._mark = "".join(secrets.choice(_DIGITS) for _ in range(2))

    def __call__(self) -> str:
        """Return the next name."""
        self._last = max(self._last + 1, self._clock() // 1000)
        digits = (_DIGITS[self._last >> 5 * place & 31] for place in range(_TIME_DIGITS))
        return "".join(digits)[::-1] + self._mark


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(slots=True, kw_only=True)
class Intake:
    """What the way of a message needs; each step can be made to fail on its own.

    ``read`` returns reading and fingerprint; it raises UnreadableError for a message to keep as
    unrecognised.  ``taken`` counts what was answered 250.
    """

    read: Callable[[bytes, Envelope], Awaitable[tuple[Reading, str]]]
    writer: Writes
    log: Log
    now: Callable[[], datetime] = _now
    queue_ids: Callable[[], str] = field(default_factory=QueueIds)
    taken: int = 0
    _waiting: dict[str, float] = field(default_factory=dict)

    @property
    def waited(self) -> float:
        """For how many seconds the oldest message has been waiting for its commit by now."""
        return time.monotonic() - min(self._waiting.values(), default=time.monotonic())

    async def take(self, raw: bytes, envelope: Envelope, *, source: str, peer: str) -> reply.Row:
        """Store one message and return the reply to it; never raises."""
        queue_id = self.queue_ids()
        try:
            await self._store(raw, envelope, queue_id, source=source, peer=peer)
        except Exception as error:  # noqa: BLE001 - the table says what the sender is told
            answer = reply.for_error(error)
            # Whatever becomes of the log, the sender gets its answer.
            with contextlib.suppress(Exception):
                self.log.deferred(queue_id=queue_id, reply=str(answer), why=_words(error))
                if not isinstance(error, StoreUnavailableError | ReadersAwayError):
                    self.log.failure(doing="storing a message", error=error)
            return answer
        self.taken += 1
        return reply.queued(queue_id)

    async def _store(
        self, raw: bytes, envelope: Envelope, queue_id: str, *, source: str, peer: str
    ) -> None:
        started = time.perf_counter()
        reading, fingerprint = await self._examine(raw, envelope, queue_id)
        incoming = Incoming(
            raw=raw,
            reading=reading,
            envelope=envelope,
            received_at=self.now(),
            fingerprint=fingerprint,
            queue_id=queue_id,
            source=source,
            peer=peer,
            stream=reading.claim.stream or DEFAULT_STREAM,
            trust=reading.claim.trust,
        )
        self._waiting[queue_id] = time.monotonic()
        try:
            recorded = await _committed(self.writer.submit(incoming))
        finally:
            del self._waiting[queue_id]
        # It is committed; no failure of the log may make the sender send it again.
        with contextlib.suppress(Exception):
            self._tell(incoming, recorded, 1000 * (time.perf_counter() - started))

    async def _examine(self, raw: bytes, envelope: Envelope, queue_id: str) -> tuple[Reading, str]:
        try:
            return await self.read(raw, envelope)
        except UnreadableError as error:
            self.log.reader_failed(queue_id=queue_id, reader="read", why=str(error))
            digest = await asyncio.to_thread(hashlib.sha256, raw)
            return _unrecognised(error), digest.hexdigest()

    def _tell(self, incoming: Incoming, recorded: Recorded, milliseconds: float) -> None:
        claim = recorded.claim or incoming.reading.claim
        self.log.message(
            queue_id=incoming.queue_id,
            reverse_path=incoming.envelope.reverse_path,
            forward_paths=incoming.envelope.forward_paths,
            parameters=(incoming.envelope.parameters, *incoming.envelope.forward_parameters),
            kind=incoming.reading.report.kind,
            stream=incoming.stream,
            trust=claim.trust,
            matched=claim.matched,
            failed=[
                Failed(
                    address=one.address,
                    cause=str(one.cause),
                    type=str(one.type),
                    rule=one.rule or "",
                    decision=str(one.decision or ""),
                )
                for one in recorded.outcomes
                if one.cause is not None
            ],
            duplicate=recorded.duplicate,
            milliseconds=milliseconds,
            source=incoming.source,
            peer=incoming.peer,
            size=len(incoming.raw),
        )


async def _committed(future: Future[Recorded]) -> Recorded:
    """Wait for a commit; unlike ``asyncio.wrap_future``, never cancel it, whoever is cancelled."""
    done, loop = asyncio.Event(), asyncio.get_running_loop()
    future.add_done_callback(lambda _: loop.call_soon_threadsafe(done.set))
    await done.wait()
    return future.result()


def _words(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"


def _unrecognised(error: UnreadableError) -> Reading:
    defect = Defect(field="reader", text=f"failed: {error.name}")
    report = Report(
        kind=Kind.UNRECOGNISED, source="none", because="a reader failed on it", defects=(defect,)
    )
    return Reading(report=report)
