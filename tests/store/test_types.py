"""Column types: what goes in comes out, made storable."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given, settings
from hypothesis import strategies as st

from bounced.causes import Cause
from bounced.model import Defect, Status, Typed
from bounced.store.types import plain, storable, utc

_ZONES = st.none() | st.timezones() | st.just(timezone(timedelta(hours=14)))


@settings(deadline=None)
@given(st.text(st.characters(codec=None)))
def test_every_text_becomes_storable_and_stays_so(text: str) -> None:
    """As long as before, encodable, without NUL; sound text is left alone."""
    kept = storable(text)

    kept.encode()
    assert "\0" not in kept
    assert len(kept) == len(text)
    assert storable(kept) == kept
    assert all(
        new in (old, "\N{REPLACEMENT CHARACTER}") for old, new in zip(text, kept, strict=True)
    )


@settings(deadline=None)
@given(st.datetimes(timezones=_ZONES))
def test_every_time_becomes_utc(when: datetime) -> None:
    """Even the first and the last that there are, in zones beyond them."""
    assert utc(when).tzinfo is UTC


def test_times_keep_their_moment() -> None:
    """A zone is translated, not dropped; without one it is taken for UTC."""
    noon = datetime(2026, 1, 1, 12, tzinfo=timezone(timedelta(hours=2)))

    assert utc(noon) == datetime(2026, 1, 1, 10, tzinfo=UTC)
    assert utc(noon.replace(tzinfo=None)) == datetime(2026, 1, 1, 12, tzinfo=UTC)


def test_records_become_plain() -> None:
    """As JSON has it: objects, lists, texts; codes and times in their usual form."""
    value = {
        "cause": Cause.MAILBOX_FULL,
        "status": Status(5, 2, 2),
        "typed": Typed("dns", "a\0b"),
        "defects": (Defect(field="date", text="odd"),),
        "at": datetime(2026, 1, 1, tzinfo=UTC),
        "none": None,
        "number": 3,
    }

    assert plain(value) == {
        "cause": "mailbox_full",
        "status": "5.2.2",
        "typed": {"type": "dns", "value": "a\N{REPLACEMENT CHARACTER}b"},
        "defects": [{"field": "date", "text": "odd"}],
        "at": "2026-01-01T00:00:00+00:00",
        "none": None,
        "number": 3,
    }
