"""Where a row of a suppression list has what, found out by the names of its columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from bounced.lists import words
from bounced.lists.words import Means

_SHOWN: Final = 5


class Columns(NamedTuple):
    """Where a row has what: positions in it, the first that is filled counts.

    ``reasons`` are those of ``category`` and ``flags`` that hold nothing but reasons.  ``bare``
    rows are of a list that is known to say no more than whom it has; ``silent`` ones may be
    anybody's contacts.
    """

    names: tuple[str, ...]
    address: tuple[int, ...]
    since: tuple[int, ...]
    category: tuple[int, ...]
    reasons: frozenset[int]
    flags: tuple[tuple[int, Means], ...]
    text: tuple[int, ...]
    code: tuple[int, ...]
    expired: tuple[int, ...]
    tags: tuple[int, ...]
    own: dict[str, int] | None
    bare: bool
    silent: bool

    @classmethod
    def of(cls, names: Sequence[str]) -> Columns:
        """Find out by the *names* of the columns; ``address`` is empty where there is none."""
        at = {words.squeezed(name): number for number, name in reversed(list(enumerate(names)))}

        def find(known: Sequence[str]) -> tuple[int, ...]:
            return tuple(at[name] for name in known if name in at)

        category = find(words.CATEGORY)
        if at.keys() >= words.SPARKPOST:
            category += (at["source"],)
        text = find(words.TEXT)
        # A column that is just "code", without a reply, may be a coupon's.
        code = find([name for name in words.CODE if text or name != "code"])
        flags = tuple(
            sorted((at[name], means) for name, means in words.FLAGS.items() if name in at)
        )
        address = find(words.ADDRESS)
        bare = at.keys() in words.SAY_NOTHING or (len(at) == 1 and bool(address))
        return cls(
            names=tuple(names),
            address=address,
            since=find(words.SINCE),
            category=category,
            reasons=frozenset(at[name] for name in (*words.REASONS, *words.FLAGS) if name in at),
            flags=flags,
            text=text,
            code=code,
            expired=find(words.EXPIRED),
            tags=find(words.TAGS),
            own={name: at[name] for name in words.OWN} if at.keys() >= set(words.OWN) else None,
            bare=bare,
            silent=not (bare or category or flags or text or code),
        )

    @property
    def says_nothing(self) -> str:
        """What is wrong with a list whose columns are all like these, and what to do."""
        others = [name for place, name in enumerate(self.names) if place not in self.address]
        shown = ", ".join(name[:40] for name in others[:_SHOWN])
        more = f" and {len(others) - _SHOWN} more" if len(others) > _SHOWN else ""
        return (
            f"none of its columns says why an address is listed ({shown}{more}), so it may be a "
            "list of contacts; nothing is imported. If it is a list of whom not to mail, give the "
            "cause with --cause CAUSE, for instance --cause suppressed"
        )
