"""The message that did not arrive."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from bounced.report import mime, returned
from bounced.report.mime import Part

Build = Callable[..., Part]
HEADER = (
    "Return-Path: <bounces@example.org>\nMessage-ID: <m1@example.org>\n"
    "From: =?utf-8?q?Gr=C3=BCn?= <g@example.org>\nTo: nobody@example.com\n"
    "Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\nDate: Tue, 24 Nov 2026 09:00:07 +0000\n"
    "List-Id: <news.example.org>\nFeedback-ID: 1:2:3\nX-Private: no\n"
)


@pytest.mark.parametrize(
    "type_", ["message/rfc822", "message/global", "text/rfc822-headers", "message/global-headers"]
)
def test_what_is_known_of_it(multipart: Build, type_: str) -> None:
    """The same from the whole message and from its header alone, and only chosen headers."""
    found = returned.find(multipart(("text/plain", "Sorry."), (type_, f"{HEADER}\nbody")))
    assert found is not None
    assert (found.message_id, found.part) == ("<m1@example.org>", "2")
    assert (found.from_, found.to) == ("Grün <g@example.org>", "nobody@example.com")
    assert (found.subject, found.list_id) == ("Grüße", "<news.example.org>")
    assert found.date == datetime(2026, 11, 24, 9, 0, 7, tzinfo=UTC)
    assert found.headers == (("feedback-id", "1:2:3"), ("return-path", "<bounces@example.org>"))


def test_a_header_in_utf_8_is_read_as_that(multipart: Build) -> None:
    """RFC 6533 §4: message/global-headers has no encoded words."""
    type_ = "message/global-headers; charset=utf-8"
    found = returned.find(
        multipart(("text/plain", "x"), (type_, "Subject: Привет\nFrom: ü@example.org\n"))
    )
    assert found is not None
    assert (found.subject, found.from_) == ("Привет", "ü@example.org")


def test_it_may_stand_in_the_text_of_the_notice() -> None:
    """A part of its own goes first; a part without a header is none."""
    message = mime.parse(b"Content-Type: message/rfc822\n\n\n\n")
    found = returned.inline(HEADER)
    assert found is not None
    assert (found.message_id, found.part) == ("<m1@example.org>", "")
    assert returned.inline("no header\n\nat all") is None
    assert returned.find(message) is None


def test_a_part_without_a_header_is_passed_over(multipart: Build) -> None:
    """Some gateways return an empty one in front."""
    found = returned.find(
        multipart(("text/rfc822-headers", "\n"), ("message/rfc822", f"{HEADER}\nx"))
    )
    assert found is not None
    assert found.part == "2"


def test_the_message_itself_is_not_what_it_returns() -> None:
    """A message/rfc822 at the top is a forward, and its header the returned one's container."""
    assert (
        returned.find(mime.parse(f"Content-Type: text/rfc822-headers\n\n{HEADER}".encode())) is None
    )
