"""Who complained, by the header of the returned mail."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bounced.model import Typed
from bounced.report import complainant
from bounced.report.mime import Headers, Part

Build = Callable[..., Part]
FOR = "Received: from a by b with ESMTP id 1\n\tfor <a@example.com>; Tue, 24 Nov 2026\n"


def _who(header: str) -> list[str | None]:
    found = complainant.in_returned(Headers.parse(header), "3", "arf")
    return [one.address for one in found]


@pytest.mark.parametrize(
    ("header", "address"),
    [
        ("X-HmXmrOriginalRecipient: <a@example.com>\nTo: b@example.com\n", "a@example.com"),
        ("Delivered-To: a@example.com\nTo: undisclosed-recipients:;\n", "a@example.com"),
        ("X-Apparently-To: a@example.com; Tue, 24 Nov 2026\nTo: x\n", "a@example.com"),
        (f"{FOR}To: friends@example.org, b@example.org\n", "a@example.com"),
        (FOR.replace("<a@example.com>", "a@example.com"), "a@example.com"),
        (
            "Received: from a by b\nDelivered-To: b@example.com\nTo: a@example.com\n",
            "a@example.com",
        ),
        ("Delivered-To: *****\nTo: a@example.com\n", "a@example.com"),
        ("To: a@news.example.org\nList-Id: <weekly.news.example.org>\n", "a@news.example.org"),
        ("To: talk@example.org\nList-Id: Talk <talk.example.org>\n", None),
        ("To: talk@example.org\nList-Post: <mailto:talk@example.org>\n", None),
        ("To: shop@example.org\nFrom: Shop <shop@example.org>\n", None),
        ("To: a@example.com, b@example.com\n", None),
        ("To: a@example.com\nCc: b@example.com\n", None),
        ("Subject: nobody\n", None),
    ],
)
def test_the_last_server_knows_and_the_author_may(header: str, address: str | None) -> None:
    """Marks, then the trace above and in the first Received, then a lone To that is a person's."""
    assert _who(header) == [address]


def test_marks_are_the_providers_own() -> None:
    """And only addresses count."""
    headers = Headers.parse("X-Original-Rcpt-To: a@example.com\nX-Original-Recipient: redacted\n")
    assert complainant.marked(headers) == [Typed("rfc822", "a@example.com")]


@pytest.mark.parametrize("type_", ["message/rfc822", "text/rfc822-headers"])
def test_the_returned_header_is_found_in_either_form(multipart: Build, type_: str) -> None:
    """RFC 6522 §3; and there may be none."""
    message = multipart(("text/plain", "x"), (type_, "Subject: inner\n\n"))
    assert complainant.returned_headers(message).get("Subject") == "inner"
    assert not complainant.returned_headers(multipart(("text/plain", "x")))


def test_one_address_is_one_person() -> None:
    """However often it is named."""
    one = Typed("rfc822", "a@example.com")
    assert [who.address for who in complainant.people([one, one], "2", "arf")] == ["a@example.com"]
    assert [who.address for who in complainant.people([], "2", "arf")] == [None]
