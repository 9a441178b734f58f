"""What a stored message still tells of its arrival."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from bounced.model import Envelope
from bounced.replay import envelope

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def test_the_envelope_is_in_the_trace_fields() -> None:
    """Return-Path is the reverse path; three fields hold the forward path, each address once."""
    raw = (
        b"Return-Path: <>\nDelivered-To: bounces@example.org\n"
        b"X-Original-To: bounces+1@example.org\nEnvelope-To: bounces@example.org\n\nbody\n"
    )

    assert envelope.envelope(raw) == Envelope(
        reverse_path="", forward_paths=("bounces@example.org", "bounces+1@example.org")
    )


def test_a_bare_file_tells_nothing() -> None:
    """Without trace fields both paths are unknown, which is not the same as empty."""
    assert envelope.envelope(b"Subject: x\n\nReturn-Path: <a@example.org>\n") == Envelope()


def test_the_line_of_an_mbox_names_the_sender() -> None:
    """MAILER-DAEMON, or any name, stands for the null reverse path."""
    line = b"From %s Tue Nov 24 09:00:00 2026\nSubject: x\n\n"

    assert envelope.envelope(line % b"a@example.org").reverse_path == "a@example.org"
    assert envelope.envelope(line % b"MAILER-DAEMON").reverse_path == ""


def test_a_message_came_when_its_topmost_received_field_says() -> None:
    """The lower ones, and Date, are earlier hops."""
    raw = (
        b"Received: from a.example by b.example\n\twith ESMTP; Tue, 24 Nov 2026 10:00:00 +0100\n"
        b"Received: from x by a.example; Mon, 23 Nov 2026 10:00:00 +0000\n"
        b"Date: Sun, 22 Nov 2026 10:00:00 +0000\n\n"
    )

    assert envelope.received_at(raw, NOW) == datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


def test_without_received_the_date_counts_and_without_both_now() -> None:
    """An unreadable date is none."""
    date = b"Date: Sun, 22 Nov 2026 10:00:00 +0000\n\n"

    assert envelope.received_at(date, NOW) == datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
    assert envelope.received_at(b"Received: by x; soon\n" + date, NOW).day == 22
    assert envelope.received_at(b"Date: soon\n\n", NOW) == NOW


def test_no_message_comes_from_the_future() -> None:
    """A clock that was wrong on the way changes nothing here."""
    assert envelope.received_at(b"Date: Sun, 22 Nov 2099 10:00:00 +0000\n\n", NOW) == NOW


@given(st.binary(max_size=300))
@settings(max_examples=200, deadline=None)
def test_no_bytes_break_it(raw: bytes) -> None:
    """Whatever the bytes are, there is an envelope, and a time not later than now."""
    envelope.envelope(raw)

    assert envelope.received_at(raw, NOW) <= NOW
