"""The part of the daemon that sends: a courier for each webhook, and one for forwarded mail."""

from __future__ import annotations

import asyncio
import contextlib
import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, Self

from bounced.config import Config
from bounced.errors import StoreError
from bounced.log import Log
from bounced.outgoing import forwarding, webhook
from bounced.outgoing.courier import Courier
from bounced.outgoing.forwarding import Forwarder
from bounced.outgoing.webhook import Hook
from bounced.store import FORWARD, Store

_HOUR: Final = 3_600.0
_GRACE: Final = 5.0  # for what is under way when the daemon is stopped


@dataclass(slots=True, kw_only=True)
class Outgoing:
    """Sends what the outbox of *store* holds, while it is entered."""

    config: Config
    store: Store
    log: Log
    environ: Mapping[str, str]
    addresses: tuple[str, ...] = ()  # it listens nowhere
    _senders: list[Hook | Forwarder] = field(default_factory=list, init=False)
    _couriers: list[Courier] = field(default_factory=list, init=False)
    _runs: list[asyncio.Task[None]] = field(default_factory=list, init=False)
    _chores: list[asyncio.Task[None]] = field(default_factory=list, init=False)

    async def __aenter__(self) -> Self:
        """Begin to send; raises ConfigError where a key or a library is missing."""
        self._hire()
        loop = asyncio.get_running_loop()
        self.store.outbox.on_added = lambda: _from_thread(loop, self._wake)
        self._runs = [asyncio.create_task(one.run()) for one in self._couriers]
        targets = [one.target for one in self._couriers]
        expire = functools.partial(self.store.letters.expire, targets=targets)
        self._keep_doing(_HOUR, expire)
        return self

    async def __aexit__(self, *_: object) -> None:
        """Finish what is under way, but not for long, and give the rest back."""
        self.store.outbox.on_added = None
        for chore in self._chores:
            chore.cancel()
        for courier in self._couriers:
            courier.stop()
        if self._runs:
            await asyncio.wait(self._runs, timeout=_GRACE)
        for run in self._runs:
            run.cancel()
        await asyncio.gather(*self._runs, *self._chores, return_exceptions=True)
        for sender in self._senders:
            await sender.close()

    def _hire(self) -> None:
        letters = self.store.letters
        for one in self.config.webhook:
            hook = Hook.open(one, self.environ)
            self._senders.append(hook)
            self._couriers.append(
                Courier(
                    target=one.name,
                    name=f"webhook {one.name}",
                    letters=letters,
                    send=hook,
                    timeout=one.timeout,
                    log=self.log,
                    slots=webhook.SLOTS,
                )
            )
        if self.config.forward.to:
            forwarder = Forwarder(
                settings=self.config.forward, hostname=self.config.hostname, raw=letters.raw
            )
            self._senders.append(forwarder)
            self._couriers.append(
                Courier(
                    target=FORWARD,
                    name=FORWARD,
                    letters=letters,
                    send=forwarder,
                    timeout=forwarding.LONGEST,
                    log=self.log,
                    slots=forwarding.SLOTS,
                )
            )

    def _wake(self) -> None:
        for courier in self._couriers:
            courier.wake()

    def _keep_doing(self, seconds: float, work: Callable[[datetime], object]) -> None:
        async def keep() -> None:
            while True:
                try:
                    await asyncio.to_thread(work, datetime.now(UTC))
                except StoreError as error:
                    self.log.store_unavailable(why=str(error))
                except Exception as error:  # noqa: BLE001 - the next time may go well
                    self.log.failure(doing="regular work of webhooks", error=error)
                await asyncio.sleep(seconds)

        self._chores.append(asyncio.create_task(keep()))


def _from_thread(loop: asyncio.AbstractEventLoop, work: Callable[[], None]) -> None:
    with contextlib.suppress(RuntimeError):  # the loop has ended; the next start finds it
        loop.call_soon_threadsafe(work)
