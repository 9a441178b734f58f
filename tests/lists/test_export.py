"""Our own list: what is written is read again."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bounced.causes import Cause
from bounced.classify import RuleBook
from bounced.lists import Entry, Format, Listed, Reading, Skipped, export, read
from bounced.lists.export import COLUMNS
from bounced.policy import AddressState

Read = Callable[..., list[Entry]]
NOW = datetime(2026, 6, 1, tzinfo=UTC)
HOW = Reading(rules=RuleBook.builtin(), now=NOW)
_TIMES = st.datetimes(datetime(2000, 1, 1), datetime(2026, 5, 1), timezones=st.just(UTC))  # noqa: DTZ001 -- the zone is beside it
_TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60).map(str.strip)
_STATES = st.builds(
    AddressState,
    address=st.sampled_from(
        ["a@example.org", "=1+1@example.org", "'x@example.org", "-b@example.net", "@example.com"]
    ),
    key=st.just(""),
    stream=st.sampled_from(["default", "=news", "@x"]),
    blocked=st.just(True),  # noqa: FBT003 -- the value of the field
    since=_TIMES,
    expires_at=st.none() | st.just(NOW + timedelta(days=3)),
    why=_TEXTS,
    cause=st.sampled_from(list(Cause)),
    rule=st.none() | st.just("mailbox-unknown"),
    evidence=st.none() | _TEXTS,
)


@given(st.lists(_STATES, max_size=5), st.sampled_from(list(Format)))
def test_what_is_exported_is_read_again(states: list[AddressState], form: Format) -> None:
    """Address, stream, cause, rule, words, reason, beginning and end: the same, in both formats."""
    lines = "".join(export(states, form))
    found = list(read(io.StringIO(lines, newline=""), HOW, form))

    assert len(found) == len(states)
    for one, state in zip(found, states, strict=True):
        assert isinstance(one, Listed)
        assert (one.address, one.stream, one.cause) == (state.address, state.stream, state.cause)
        assert (one.since, one.until) == (state.since, state.expires_at)
        assert (one.rule, one.evidence or None) == (state.rule, state.evidence or None)
        assert one.why == (state.why or "blocked")


@pytest.mark.parametrize("first", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_begins_a_formula(first: str) -> None:
    """A spreadsheet shows it as text; RFC 4180 quotes hold the rest together."""
    state = AddressState(address="a@example.org", key="a@example.org", why=f'{first}cmd|"x",\n1')
    lines = "".join(export([state], Format.CSV))
    header, row = csv.reader(io.StringIO(lines, newline=""))

    assert tuple(header) == COLUMNS
    assert row[COLUMNS.index("why")] == f"'{state.why}"
    assert lines.endswith("\r\n")


def test_who_is_not_blocked_is_not_blocked_by_an_import(entries: Read) -> None:
    """Nor is one whose time is over."""
    free = AddressState(address="a@example.org", key="a@example.org", soft_count=3)
    over = AddressState(address="b@example.org", key="b@example.org", blocked=True, expires_at=NOW)
    found = entries("".join(export([free, over], Format.CSV)))

    assert [one.why for one in found if isinstance(one, Skipped)] == [
        "not blocked",
        "no longer on the list",
    ]
