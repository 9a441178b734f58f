"""What a run over many messages came to: counts by kind, cause and type."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from bounced.causes import Type
from bounced.model import Reading
from bounced.store import Effects


@dataclass(slots=True, kw_only=True)
class Summary:
    """The counts of one run; the same again when a run is repeated, but for new and known.

    ``recorded`` and ``known`` divide the messages into those that were new to the store and those
    that it had already; ``blocked`` are the addresses that the run blocked.
    """

    messages: int = 0
    recorded: int = 0
    known: int = 0
    bad: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    causes: Counter[str] = field(default_factory=Counter)
    types: Counter[str] = field(default_factory=Counter)
    blocked: set[str] = field(default_factory=set)
    unconfirmed: int = 0  # storms of refusals, which block nobody yet

    def add(self, reading: Reading, *, duplicate: bool, blocked: Iterable[str]) -> None:
        """Count one message."""
        self.messages += 1
        self.known += duplicate
        self.recorded += not duplicate
        self.kinds[str(reading.report.kind)] += 1
        self.blocked.update(blocked)
        for judged in reading.judged:
            if judged.verdict:
                self.causes[str(judged.verdict.cause)] += 1
                self.types[str(judged.verdict.type)] += 1

    def correct(self, happened: Effects) -> None:
        """Take note of what is beyond one message: storms, and blocks that were taken back."""
        self.unconfirmed += sum(one.type is Type.HARD for one in happened.storms)
        for one in happened.revised:
            if not one.after.blocked:
                self.blocked.discard(one.after.address)

    def as_json(self) -> dict[str, object]:
        """Return the counts as JSON has them, the largest first."""
        return {
            "messages": self.messages,
            "recorded": self.recorded,
            "known": self.known,
            "bad": self.bad,
            "kinds": dict(self.kinds.most_common()),
            "causes": dict(self.causes.most_common()),
            "types": dict(self.types.most_common()),
            "blocked": sorted(self.blocked),
            "unconfirmed_storms": self.unconfirmed,
        }
