"""Column types that take whatever mail contains and keep it as every database can store it.

The one place where values are made storable: a NUL or half a surrogate pair in a text, a date
without a zone.  SQLite and PostgreSQL refuse different ones of them.
"""

from __future__ import annotations

import dataclasses
import re
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import JSON, BigInteger, DateTime, Dialect, Integer, Text, TypeDecorator

from bounced.model import Status

_UNSTORABLE: Final = re.compile(r"[\x00\ud800-\udfff]")

BigId: Final = BigInteger().with_variant(Integer, "sqlite")  # SQLite numbers rows by INTEGER only


def storable(text: str) -> str:
    """Return *text* with U+FFFD for what databases refuse."""
    return _UNSTORABLE.sub("\N{REPLACEMENT CHARACTER}", text)


def utc(when: datetime) -> datetime:
    """Return *when* in UTC; without a zone it is taken for UTC."""
    if when.tzinfo is UTC:
        return when
    if when.tzinfo is None:
        return when.replace(tzinfo=UTC)
    try:
        return when.astimezone(UTC)
    except OverflowError:  # the first or last day that there is, in a zone of its own
        return when.replace(tzinfo=UTC)


def plain(value: object) -> Any:
    """Return *value* as JSON can hold it: records as objects, codes and times as texts."""
    if isinstance(value, str):
        return storable(str(value))
    if isinstance(value, Status):
        return str(value)
    if isinstance(value, datetime):
        return utc(value).isoformat()
    if hasattr(value, "_asdict"):
        value = value._asdict()
    elif dataclasses.is_dataclass(value):
        value = {one.name: getattr(value, one.name) for one in dataclasses.fields(value)}
    if isinstance(value, dict):
        return {storable(str(name)): plain(one) for name, one in value.items()}
    return [plain(one) for one in value] if isinstance(value, list | tuple) else value


class SafeText(TypeDecorator[str]):
    """Text, made storable on its way in, and compared octet by octet.

    SQLite always does.  PostgreSQL would sort by the rules of a language, which change with the
    server's system and then leave broken indexes behind.
    """

    impl = Text().with_variant(Text(collation="C"), "postgresql")
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002 -- SQLAlchemy's signature
        """Give the database a text that it takes."""
        return None if value is None else storable(str(value))


class SafeJson(TypeDecorator[Any]):
    """JSON of plain values, records, enums and times."""

    impl = JSON(none_as_null=True)
    cache_ok = True

    def process_bind_param(self, value: object, dialect: Dialect) -> Any:  # noqa: ARG002 -- SQLAlchemy's signature
        """Give the database plain values only."""
        return plain(value)


class UtcDateTime(TypeDecorator[datetime]):
    """A moment: UTC in the database, aware in Python."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the database UTC; SQLite has no zones, and compares these as texts."""
        if value is None:
            return None
        return utc(value).replace(tzinfo=None) if dialect.name == "sqlite" else utc(value)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 -- SQLAlchemy's signature
        """Return an aware time."""
        return None if value is None else utc(value)
