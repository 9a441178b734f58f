"""Ask the store about addresses, or change what it knows, and print the answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from bounced import shapes
from bounced.causes import Cause
from bounced.cli import guard, options, output, standing
from bounced.cli.filters import Filters
from bounced.config import Config
from bounced.policy import AddressState
from bounced.store import HistoryEntry, Store


class Change(Protocol):
    """What an operator does to an address."""

    def apply(self, store: Store, address: str, *, stream: str, now: datetime) -> None:
        """Do it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Block by hand."""

    why: str
    who: str
    cause: Cause | None = None

    def apply(self, store: Store, address: str, *, stream: str, now: datetime) -> None:
        """Block *address*."""
        store.block(address, why=self.why, who=self.who, now=now, stream=stream, cause=self.cause)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unblock:
    """Lift a block."""

    why: str
    who: str

    def apply(self, store: Store, address: str, *, stream: str, now: datetime) -> None:
        """Unblock *address*."""
        store.unblock(address, why=self.why, who=self.who, now=now, stream=stream)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """Mail has arrived."""

    who: str

    def apply(self, store: Store, address: str, *, stream: str, now: datetime) -> None:
        """Forget the soft failures of *address*."""
        store.delivered(address, who=self.who, now=now, stream=stream)


def check(addresses: Sequence[str], settings: Config, *, stream: str, as_json: bool) -> int:
    """Print how each address stands; return how many are blocked."""
    with options.opened_store(settings, read_only=True) as store:
        store.require_stream(stream)
        shown = (_show(store, one, settings, stream=stream, as_json=as_json) for one in addresses)
        return sum(state.blocked for state in shown if state)


def change(
    addresses: Sequence[str], settings: Config, *, stream: str, as_json: bool, change: Change
) -> None:
    """Do something to each address, and print how it stands then."""
    with options.opened_store(settings, create=True) as store:
        store.require_stream(stream)
        for one in addresses:
            change.apply(store, one, stream=stream, now=datetime.now(UTC))
            state = _show(store, one, settings, stream=stream, as_json=as_json)
            if isinstance(change, Unblock) and state and state.blocked:
                guard.complain(_still(one, state))


def _still(address: str, state: AddressState) -> str:
    """Say what stands in the way of mail to *address*, whose own block is lifted."""
    stream = "" if state.stream == "default" else f" --stream {state.stream}"
    return (
        f"mail to {address} stays refused, for all of {state.address} is blocked; lift that with: "
        f"bounced unblock {state.address}{stream} --reason ..."
    )


def _show(
    store: Store, address: str, settings: Config, *, stream: str, as_json: bool
) -> AddressState | None:
    """Print how one address stands, and return it."""
    limit = settings.policies.of(stream).soft_limit
    state = store.state(address, now=datetime.now(UTC), stream=stream)
    if as_json:
        known = shapes.state(state, limit) if state else shapes.nothing(address, stream, limit)
        output.json_line({"asked": address, **known})
    elif state:
        output.line(*standing.sentence(address, state, limit))
    else:
        output.line((address, "bold"), ": ", ("not blocked", "green"), ", nothing known of it")
    return state


def show(settings: Config, wanted: Filters, *, limit: int | None, as_json: bool) -> None:
    """Print every address that the filters let through, *limit* of them at most."""
    policies = settings.policies
    with options.opened_store(settings, read_only=True) as store:
        store.require_stream(wanted.stream)
        found = wanted.states(store, datetime.now(UTC), limit)
        if as_json:
            for state in found:
                output.json_line(shapes.state(state, policies.of(state.stream).soft_limit))
        else:
            rows = (standing.row(one, policies.of(one.stream).soft_limit) for one in found)
            output.table(standing.COLUMNS, rows, folds="address")


def history(address: str, settings: Config, *, stream: str | None, as_json: bool) -> None:
    """Print all that happened to one address, the newest last."""
    with options.opened_store(settings, read_only=True) as store:
        entries: Sequence[HistoryEntry] = store.history(address, stream=stream)
        if not entries:
            store.require_stream(stream)
        state = store.state(address, now=datetime.now(UTC), stream=stream or "default")
    if as_json:
        for one in entries:
            output.json_line(shapes.event(one))
        return
    several = any(one.stream != "default" for one in entries)
    for line in (line for one in entries for line in standing.event(one, stream=several)):
        output.line(*line)
    if not entries and state:  # its whole domain is blocked
        output.line(
            *standing.sentence(address, state, settings.policies.of(state.stream).soft_limit)
        )
    elif not entries:
        output.line((address, "bold"), ": nothing known of it")
