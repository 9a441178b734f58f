"""Which messages a person gets to see, and which would go round in circles."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bounced.model import Envelope, Kind, Reading, Report
from bounced.store import Incoming
from bounced.store.forwarding import refusal, told

LETTER = b"From: Anna <anna@example.net>\r\nSubject: Where is it?\r\n{}\r\nHello?\r\n"
Message = Callable[..., Incoming]


def _raw(*fields: str) -> bytes:
    return LETTER.replace(b"{}", "".join(f"{one}\r\n" for one in fields).encode())


@pytest.mark.parametrize(
    ("fields", "reverse_path", "kind", "why"),
    [
        ((), "anna@example.net", Kind.OTHER, None),
        (("Auto-Submitted: no",), "anna@example.net", Kind.OTHER, None),
        ((), None, Kind.OTHER, None),
        ((), "", Kind.OTHER, "it has no sender"),
        ((), "", Kind.UNRECOGNISED, None),
        (("Auto-Submitted: auto-replied",), "a@example.net", Kind.UNRECOGNISED, None),
        (
            ("auto-submitted: Auto-Replied; x=y",),
            "a@example.net",
            Kind.OTHER,
            "it is automatic: auto-replied",
        ),
        (("X-Bounced-Forward: x",), "a@example.net", Kind.OTHER, "it was forwarded by us before"),
        (("x-bounced-forward:",), "", Kind.UNRECOGNISED, "it was forwarded by us before"),
        (
            ("Received: from a by b",) * 51,
            "a@example.net",
            Kind.UNRECOGNISED,
            "it has gone through more than 50 hosts",
        ),
        (("Received: from a by b",) * 50, "a@example.net", Kind.OTHER, None),
    ],
)
def test_what_is_forwarded(
    message: Message, fields: tuple[str, ...], reverse_path: str | None, kind: Kind, why: str | None
) -> None:
    """Letters of people and what nobody understands; never automatic mail, never in a circle."""
    one = message(kind=kind, raw=_raw(*fields), envelope=Envelope(reverse_path=reverse_path))

    assert refusal(one) == why


def test_a_mark_in_the_text_is_none(message: Message) -> None:
    """Who answers quotes what we wrote; only the header of the message itself counts."""
    raw = _raw().replace(b"Hello?", b"> X-Bounced-Forward: x")

    assert refusal(message(kind=Kind.OTHER, raw=raw, envelope=Envelope(reverse_path="a@b"))) is None


def test_the_person_is_told_what_it_was_taken_for(message: Message) -> None:
    """Kind, reason, sender, envelope and queue id."""
    found = told(message(kind=Kind.OTHER))

    assert found["kind"] == "other"
    assert found["forward_paths"] == ("bounces@example.org",)


@given(raw=st.binary(max_size=300), kind=st.sampled_from([Kind.OTHER, Kind.UNRECOGNISED]))
def test_no_bytes_are_too_strange(raw: bytes, kind: Kind) -> None:
    """Whatever came, there is an answer; what has no mark, no hops and a sender is forwarded."""
    one = Incoming(
        raw=raw,
        reading=Reading(report=Report(kind=kind, source="none")),
        envelope=Envelope(reverse_path="anna@example.net"),
        received_at=datetime(2026, 1, 1, tzinfo=UTC),
        fingerprint="",
        queue_id="",
        source="smtp",
    )
    assume(b"x-bounced" not in raw.lower() and b"auto-submitted" not in raw.lower())

    assert refusal(one) is None
