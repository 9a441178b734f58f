"""The key of the hashes that stand for forgotten addresses.

It lies in the database itself: every daemon and every look-up needs it, a copy of the database is
nothing without it, and were it lost, so were the blocks.  Whoever has the whole database can
therefore try addresses on a hash, and can't read one out of it.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, exists, select

from bounced.store.schema import forgotten
from bounced.store.schema import secrets as kept

MARK: Final = "#"
"""What a hash begins with, in the place of a key; no address is without an ``@``."""

_NAME: Final = "forgotten"

# Asked with every commit, and so made once.
_IF_NEEDED: Final = select(kept.c.value).where(kept.c.name == _NAME, exists(select(forgotten.c.id)))

SQL: Final = f"SELECT value FROM secrets WHERE name = '{_NAME}'"  # noqa: S608 -- a constant
"""What returns the row for ``hasher_of``, for who speaks to the driver itself."""


@dataclass(frozen=True, slots=True)
class Hasher:
    """Makes the hash of a key."""

    secret: str

    def __call__(self, key: str) -> str:
        """Return 128 bits of HMAC-SHA256."""
        code = hmac.digest(self.secret.encode(), key.encode(), "sha256")
        return f"{MARK}{code[:16].hex()}"


def is_hash(key: str) -> bool:
    """Return whether *key* is what stands for a forgotten address."""
    return key.startswith(MARK) and "@" not in key


def hasher(connection: Connection) -> Hasher:
    """Return what makes the hashes of this database; made when it is first needed."""
    query = select(kept.c.value).where(kept.c.name == _NAME)
    found = connection.execute(query).scalar()
    if found is None:
        found = secrets.token_hex(32)
        connection.execute(kept.insert().values(name=_NAME, value=found))
    return Hasher(found)


def hasher_if_needed(connection: Connection) -> Hasher | None:
    """Return what makes the hashes, ``None`` where no address was ever forgotten."""
    found = connection.execute(_IF_NEEDED).scalar()
    return Hasher(found) if found else None


def hasher_of(row: tuple[str] | None) -> Hasher | None:
    """Return what makes the hashes, from a row that ``SQL`` has returned."""
    return Hasher(row[0]) if row else None
