"""What the processes that read are told: the rules, what is ours, the budget of one message.

Sent as JSON by the daemon, so that they read no files and know nothing else of the settings.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final, Self

from bounced.address import Key, chooser
from bounced.classify import RuleBook
from bounced.config import Config
from bounced.whose import Ours

_BUSY: Final = 5  # times as long on the clock as on a machine of its own


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """``tables`` are the operator's own rule files, parsed; ``streams`` the addresses of each.

    ``seconds`` of processor time and ``memory``, in octets, are what one message may take;
    ``longest`` is for how many seconds to wait for it on a machine that is busy with other things.
    ``python`` is which Python to refuse, and ``log`` how to log.
    """

    tables: Sequence[tuple[str, Mapping[str, object]]] = ()
    ours: Ours = field(default_factory=Ours)
    streams: Mapping[str, Sequence[str]] = field(default_factory=dict)
    seconds: float = 2.0
    longest: float = 10.0
    memory: int = 2**30
    python: str = "safe"
    log: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(
        cls, config: Config, tables: Sequence[tuple[str, Mapping[str, object]]], ours: Ours
    ) -> Self:
        """Return it by the settings, with the rule files and what is ours as they are now."""
        return cls(
            tables=tables,
            ours=ours,
            streams={name: one.addresses for name, one in config.streams.items()},
            seconds=config.reading.time.total_seconds(),
            longest=_BUSY * config.reading.time.total_seconds(),
            memory=config.reading.memory,
            python=config.reading.python,
            log=config.log.model_dump(),
        )

    def dump(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {
            "tables": list(self.tables),
            "keys": [(key.id, key.secret.decode("latin-1")) for key in self.ours.keys],
            "validity": self.ours.validity.total_seconds(),
            "recipient_headers": self.ours.recipient_headers,
            "stream_headers": self.ours.stream_headers,
            "streams": dict(self.streams),
            "seconds": self.seconds,
            "longest": self.longest,
            "memory": self.memory,
            "log": dict(self.log),
        }

    @classmethod
    def load(cls, plain: Mapping[str, Any]) -> Self:
        """Return what ``dump`` has made plain."""
        return cls(
            tables=plain["tables"],
            ours=Ours(
                keys=tuple(Key(name, secret.encode("latin-1")) for name, secret in plain["keys"]),
                validity=timedelta(seconds=plain["validity"]),
                recipient_headers=tuple(plain["recipient_headers"]),
                stream_headers=tuple(plain["stream_headers"]),
                stream_of=chooser(plain["streams"]),
            ),
            streams=plain["streams"],
            seconds=plain["seconds"],
            longest=plain["longest"],
            memory=plain["memory"],
            log=plain["log"],
        )

    def rules(self) -> RuleBook:
        """Return the rules in force, compiled, which takes a second; raises RuleError."""
        builtin = RuleBook.builtin()
        return builtin.with_first(self.tables) if self.tables else builtin
