"""What the values in a request may be, for the check and for the description alike."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Final, TypeAlias

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    StringConstraints,
    WithJsonSchema,
)

from bounced.address import normalise

MOST_ASKED: Final = 10_000
MOST_REPORTED: Final = 1_000

# No white space, no controls, no angle brackets: "Anna <anna@example.org>" would be looked up as it
# stands, and found to be fine.  A local part "*" is somebody who means the whole domain.
# Regular expressions differ in what white space is (U+0085, U+FEFF), so those are named.
_BLANK: Final = r"\s\x00-\x1f\x7f-\x9f\ufeff"
_BAD: Final = rf"{_BLANK}<>"
_LOCAL_PART: Final = rf"(?:[^{_BAD}@*]|[^{_BAD}@][^{_BAD}]+)"
_DOMAIN: Final = rf"@[^{_BAD}@/.][^{_BAD}@/]*"
_LONGEST: Final = 320

_TIME: Final = re.compile(
    r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)", re.ASCII
)
_EARLIEST: Final = datetime(1970, 1, 1, tzinfo=UTC)


def _addressed(value: str) -> str:
    """Refuse what only looks like an address of one mailbox, and is a domain's by its key."""
    if normalise(value).startswith("@") == value.startswith("@"):
        return value
    msg = "is no mail address"
    raise ValueError(msg)


def _text(pattern: str, longest: int, *, shortest: int = 1) -> StringConstraints:
    return StringConstraints(
        strict=True, min_length=shortest, max_length=longest, pattern=pattern or None
    )


def _time(value: object) -> datetime:
    """Read RFC 3339; the future is taken for now, and the time before 1970 for its beginning."""
    if not isinstance(value, str) or not _TIME.fullmatch(value):
        msg = 'is no time; write RFC 3339 with a zone, such as "2026-11-26T09:00:00Z"'
        raise ValueError(msg)
    text = value.upper().replace(":60", ":59")  # a leap second
    try:
        read = datetime.fromisoformat(text).astimezone(UTC)
    except OverflowError:  # the first or last day that there is, in a zone of its own
        read = datetime.fromisoformat(text).replace(tzinfo=UTC)
    return min(max(read, _EARLIEST), datetime.now(UTC))


Mailbox: TypeAlias = Annotated[
    str, _text(rf"^{_LOCAL_PART}{_DOMAIN}$", _LONGEST), AfterValidator(_addressed)
]
Address: TypeAlias = Annotated[
    str, _text(rf"^(?:{_LOCAL_PART})?{_DOMAIN}$", _LONGEST), AfterValidator(_addressed)
]
Stream: TypeAlias = Annotated[str, _text("^[a-z0-9_-]{1,32}$", 32)]
Domain: TypeAlias = Annotated[str, _text(rf"^[^{_BAD}@/]+$", 255)]
Cursor: TypeAlias = Annotated[str, _text("^[A-Za-z0-9_.~%-]+/[!-~]+$", 10_000)]
Words: TypeAlias = Annotated[str, _text(f"[^{_BLANK}]", 500)]
# A rejection: what a server took, 2xx, is none.  RFC 5321 §4.2.1.
Reply: TypeAlias = Annotated[str, _text(r"^[45][0-9][0-9](?:[ -]|$)", 10_000)]
Name: TypeAlias = Annotated[str, _text(r"^[!-~]+$", 998)]
Time: TypeAlias = Annotated[
    datetime,
    BeforeValidator(_time),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]


class Body(BaseModel):
    """An object in a request: knows all its names."""

    model_config = ConfigDict(extra="forbid", frozen=True)
