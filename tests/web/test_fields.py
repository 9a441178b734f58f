"""What may stand in a request."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from bounced.address import normalise
from bounced.web.fields import Address, Mailbox, Time

_ADDRESS: TypeAdapter[str] = TypeAdapter(Address)
_MAILBOX: TypeAdapter[str] = TypeAdapter(Mailbox)
_TIME: TypeAdapter[datetime] = TypeAdapter(Time)
_NOW = datetime.now(UTC)


def _taken(kind: TypeAdapter[Any], value: object) -> bool:
    try:
        kind.validate_python(value)
    except ValidationError:
        return False
    return True


_SPICED = st.text(st.sampled_from("ab@*<>./\u3000\u00a0\u200b\u00ad\u2028\x00 \"'+%\u226e\u0338"))


@given(st.one_of(_SPICED, st.text(), st.emails(), _SPICED.map(lambda text: f"{text}@example.org")))
def test_only_what_is_written_as_a_domain_is_one(text: str) -> None:
    """No mailbox that is taken has the key of a whole domain, and no domain that of a mailbox."""
    if _taken(_MAILBOX, text):
        assert not normalise(text).startswith("@")
        assert _taken(_ADDRESS, text)
    elif _taken(_ADDRESS, text):
        assert text.startswith("@")
        assert normalise(text).startswith("@")


@given(st.emails())
def test_addresses_of_the_internet_are_taken(address: str) -> None:
    """As RFC 5321 has them, but for a star, which means more than one."""
    assert _taken(_MAILBOX, address) or address.startswith("*@")


@pytest.mark.parametrize(
    "text", ["anna", "Anna <a@b.example>", "<a@b.example>", "*@b.example", "a@"]
)
def test_what_only_looks_like_an_address_is_not_taken(text: str) -> None:
    """It would be looked up as it stands, and found to be fine."""
    assert not _taken(_ADDRESS, text)


@given(st.datetimes(timezones=st.timezones()) | st.text() | st.integers() | st.floats())
def test_a_time_is_between_1970_and_now(value: object) -> None:
    """Whatever is taken; and it is a text with a zone."""
    told = value.isoformat() if isinstance(value, datetime) else value
    if not _taken(_TIME, told):
        assert not isinstance(value, datetime) or re.search(r":\d\d:\d\d$", str(told))
        return
    read = _TIME.validate_python(told)
    assert datetime(1970, 1, 1, tzinfo=UTC) <= read <= datetime.now(UTC)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("2026-01-02T03:04:05Z", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("2026-01-02t03:04:05.25+01:00", datetime(2026, 1, 2, 2, 4, 5, 250_000, tzinfo=UTC)),
        ("2016-12-31T23:59:60Z", datetime(2016, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ("0001-01-01T00:00:00+23:00", datetime(1970, 1, 1, tzinfo=UTC)),
    ],
)
def test_a_time_is_read_as_rfc_3339_has_it(text: str, read: datetime) -> None:
    """With fractions, zones and leap seconds."""
    assert _TIME.validate_python(text) == read


@pytest.mark.parametrize(
    "value",
    ["2026-01-02", "2026-01-02T03:04:05", "20260102T030405Z", 1, None, "2026-02-30T00:00:00Z"],
)
def test_what_is_no_time(value: object) -> None:
    """A zone must be there: nobody knows where the client is."""
    assert not _taken(_TIME, value)
