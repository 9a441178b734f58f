"""Field blocks: drained by name, and nothing in them gets lost."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bounced.model import Action, Defect, Status, Typed
from bounced.report import fields
from bounced.report.fields import Fields


def test_what_is_taken_is_gone_and_what_is_left_is_an_extension() -> None:
    """Names ignore case, folded lines are joined, and order is kept."""
    block = Fields("ACTION : failed\nX-Queue-Id: 1\nx-queue-id:\n\t2\n  3\nnonsense\n")
    assert block.take("action", fields.action) is Action.FAILED
    assert block.take("status", fields.status) is None
    assert block.rest() == (("x-queue-id", "1"), ("x-queue-id", "2 3"))
    assert block.defects == []


def test_what_cannot_be_read_stays_and_is_a_defect() -> None:
    """The value is shown in the extensions, as it came."""
    block = Fields("Status: soon\n")
    assert block.take("status", fields.status) is None
    assert block.defects == [Defect(field="status", text="unreadable: soon")]
    assert block.rest() == (("status", "soon"),)


def test_a_status_may_carry_its_reason() -> None:
    """The comment behind the code is kept: rfc3464/appendix-multi-recipient.eml."""
    block = Fields("Status: 4.0.0 (lab.example.com: host name lookup failure)\n")
    said = (Status(4, 0, 0), "lab.example.com: host name lookup failure")
    assert block.take("status", fields.status) == said


def test_of_a_repeated_field_the_first_counts_and_the_rest_stays() -> None:
    """RFC 3464 §2.3 allows each field once; some gateways add their own."""
    block = Fields("Status: 5.1.1\nStatus: 4.0.0\n")
    assert block.take("status", fields.status) == (Status(5, 1, 1), "")
    assert block.defects == [Defect(field="status", text="repeated")]
    assert block.rest() == (("status", "4.0.0"),)


def test_blocks_end_at_blank_lines_of_any_kind() -> None:
    """A line of blanks divides too; a block without a field is none."""
    names = [block.names() for block in fields.blocks("A1: 1\n \t\nno field\n\n\nB1: 2\nC1: 3\n")]
    assert names == [{"a1"}, {"b1", "c1"}]


def test_a_block_is_divided_and_joined_by_name() -> None:
    """Nothing is read again on the way."""
    block = Fields("A1: x: y\nB1: 2\n")
    taken = block.split("a1")
    assert (taken.rest(), block.rest()) == ((("a1", "x: y"),), (("b1", "2"),))
    assert not block.split("a1")
    block.join(taken)
    assert "a1" in block
    assert block.take_all("a1") == ("x: y",)
    assert block.take_all("a1") == ()


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("rfc822; a@b.example", Typed("rfc822", "a@b.example")),
        ("RFC822;a@b.example", Typed("rfc822", "a@b.example")),
        ("X-Notes; Error; twice", Typed("x-notes", "Error; twice")),
        ("550 no; sorry", Typed("", "550 no; sorry")),
        ("a@b.example", Typed("", "a@b.example")),
        (";a", Typed("", "a")),
        ("smtp;", Typed("smtp", "")),
        ("smtp; SMTP;550 no", Typed("smtp", "550 no")),
        ("", None),
    ],
)
def test_e7_any_type_of_a_typed_field_is_kept(value: str, expected: Typed | None) -> None:
    """X-Postfix, X-Unix, X-Notes: what stands before the semicolon is the type."""
    assert fields.typed(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("failed", Action.FAILED),
        ("Failed", Action.FAILED),
        ("FAILED (bad mailbox)", Action.FAILED),
        ("failed.", Action.FAILED),
        ("error", Action.FAILED),
        ("failed (permanent)", Action.FAILED),
        ("deferred", Action.DELAYED),
        ("delivered to mailbox", Action.DELIVERED),
        ("rfc822; failed", Action.FAILED),
        ("permanent-failure", Action.FAILED),
        ("bounced", Action.FAILED),
        ("failed\0", Action.FAILED),
        ("warning", Action.DELAYED),
        ("deliverable to mailbox", Action.DELIVERED),
        ("relay", Action.RELAYED),
        ("expanded", Action.EXPANDED),
        ("", None),
        ("unknown", None),
    ],
)
def test_e7_an_action_may_be_capital_or_another_word_for_it(
    value: str, expected: Action | None
) -> None:
    """What is in no table stays unknown."""
    assert fields.action(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("nobody@example.com", "nobody@example.com"),
        ("<nobody@example.com>", "nobody@example.com"),
        ("mailto:nobody@example.com", "nobody@example.com"),
        ("@relay.example,@b.example:nobody@example.com", "nobody@example.com"),
        ("<@relay.example:nobody@example.com>", "nobody@example.com"),
        ("nobody@example.com (Nobody)", "nobody@example.com"),
        ("nobody@example.com.", "nobody@example.com"),
        ('"no body"@example.com', '"no body"@example.com'),
        ("Nobody <nobody@example.com>", "nobody@example.com"),
        ("nobody\\x{2B}tag@example.com", "nobody+tag@example.com"),
        ("\\x{D0B0}@example.com", "\N{HANGUL SYLLABLE KILS}@example.com"),
        ("\\x{D800}@example.com", "\N{REPLACEMENT CHARACTER}@example.com"),
        ("\\x{FFFFFF}@example.com", "\N{REPLACEMENT CHARACTER}@example.com"),
        ("=?utf-8?q?nobody?=@example.com", "=?utf-8?q?nobody?=@example.com"),
        ("=?utf-8?q?nobody=40example.com?=", "nobody@example.com"),
        ("'nobody@example.com'", "nobody@example.com"),
        ("nobody", None),
        ("@", None),
        ("a@", None),
        ("@example.com", None),
    ],
)
def test_the_address_in_a_recipient_field(value: str, expected: str | None) -> None:
    """Without brackets, comments, routes, display name, final stop and RFC 6533's escapes."""
    assert fields.address(Typed("rfc822", value)) == expected


def test_an_address_of_another_type_keeps_its_escapes() -> None:
    """Only the types of RFC 3464 and RFC 6533 have them."""
    assert fields.address(Typed("x400", "a\\x{2B}@b.example")) == "a\\x{2B}@b.example"
    assert fields.address(None) is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Tue, 24 Nov 2026 09:00:07 +0100", datetime(2026, 11, 24, 8, 0, 7, tzinfo=UTC)),
        ("Tue, 24 Nov 2026 09:00:07 -0000 (CET)", datetime(2026, 11, 24, 9, 0, 7, tzinfo=UTC)),
        ("24 Nov 2026 09:00", datetime(2026, 11, 24, 9, 0, tzinfo=UTC)),
        ("tue,  4 nov 2026 9:00 -0530", datetime(2026, 11, 4, 14, 30, tzinfo=UTC)),
        ("Tue, 24 Nov 2026 23:59:60 +0000", datetime(2026, 11, 24, 23, 59, 59, tzinfo=UTC)),
        ("Tue, 24 Foo 2026 09:00:07 +0100", None),
        ("Tue, 31 Feb 2026 09:00:07 +0100", None),
        ("Sat, 01 Jan 0100 00:00:00 +0000", datetime(100, 1, 1, tzinfo=UTC)),
        ("Fri, 31 Dec 9999 23:00:00 -0500", None),
        ("Tue, 99 Nov 2026 09:00:07 +0100", None),
        ("Tue, 24 Nov 2026 09:00:07 +9999999999", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_dates_are_aware_or_absent(value: str, expected: datetime | None) -> None:
    """A date without a zone is UTC; one that no calendar has is none."""
    assert fields.date(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("12", 12),
        ("", None),
        ("-1", None),
        ("\N{ARABIC-INDIC DIGIT ONE}", None),
        ("1" * 10, None),
    ],
)
def test_numbers_are_ascii_and_small(value: str, expected: int | None) -> None:
    """A count of incidents, and nothing that ``int`` would also read."""
    assert fields.number(value) == expected


NAMES = st.sampled_from(["action", "status", "final-recipient", "last-attempt-date", "x-other"])
VALUES = st.text(st.characters(codec="utf-8", exclude_characters="\n\r\f\v"), max_size=30)


@given(st.lists(st.tuples(NAMES, VALUES), max_size=12))
@settings(max_examples=200, deadline=None)
def test_drain_loses_nothing(lines: list[tuple[str, str]]) -> None:
    """Every field of a block is taken or left, whatever its value; what is unreadable is left."""
    lines = [(name, " ".join(value.split())) for name, value in lines]
    block = Fields("".join(f"{name}: {value}\n" for name, value in lines))
    taken = [
        (name, value is not None)
        for name, convert in (
            ("action", fields.action),
            ("status", fields.status),
            ("final-recipient", fields.typed),
            ("last-attempt-date", fields.date),
        )
        if (value := block.take(name, convert)) is not None
    ]
    assert len(taken) + len(block.rest()) == len(lines)
    assert set(block.rest()) <= set(lines)


@given(st.text(max_size=200))
@settings(max_examples=300, deadline=None)
def test_no_value_makes_a_reader_raise(value: str) -> None:
    """Each converter returns a value or None."""
    for convert in (fields.typed, fields.action, fields.status, fields.date, fields.number):
        convert(value)
    fields.address(Typed("utf-8", f"{value}@{value}"))
