"""Which mail streams there are: those of the settings, and those that something is known of.

A signed return path, a list or a sender's report may name one that is in no settings; from then on
it is known.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from sqlalchemy import Connection, func, select

from bounced.errors import UnknownStreamError, nearest
from bounced.model import DEFAULT_STREAM
from bounced.store.schema import recipients
from bounced.store.state import place

_MOST_READ: Final = 1_000
_MOST_NAMED: Final = 20


def require(connection: Connection, stream: str, settings: Collection[str]) -> None:
    """Make sure that *stream* is known, or in *settings*; raises UnknownStreamError.

    Else a mistyped one would read as one in which nobody is blocked.
    """
    stream = place(stream, "").stream
    if stream in settings or stream == DEFAULT_STREAM:
        return
    column = recipients.c.stream
    if connection.execute(select(column).where(column == stream).limit(1)).first() is None:
        known = sorted({DEFAULT_STREAM, *settings, *_known(connection)})
        raise UnknownStreamError(_told(stream, known))


def _known(connection: Connection) -> list[str]:
    """Return the streams of all states: from one to the next by the index, however many states."""
    column = recipients.c.stream
    first = select(func.min(column).label("stream")).cte("known", recursive=True)
    following = select(func.min(column)).where(column > first.c.stream).scalar_subquery()
    found = first.union_all(select(following).where(first.c.stream.is_not(None)))
    query = select(found.c.stream).where(found.c.stream.is_not(None)).limit(_MOST_READ)
    return list(connection.execute(query).scalars())


def _told(stream: str, known: list[str]) -> str:
    meant = nearest(stream, known) or "."
    more = f" and {len(known) - _MOST_NAMED:,} more" if len(known) > _MOST_NAMED else ""
    return (
        f"there is no mail stream {stream!r}{meant} Known are {', '.join(known[:_MOST_NAMED])}"
        f"{more}; a new one gets a table of its own in the settings, as [streams.news]"
    )
