"""What looks like a notice of failure and is none."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bounced.model import Kind, Report
from bounced.report import disguise, mime, prose
from bounced.report.mime import Part

Build = Callable[..., Part]
HEAD = "From: MAILER-DAEMON@example.com\nSubject: Undelivered Mail\n"


def _read(message: Part) -> Report | None:
    return disguise.read(message, prose.notice(message))


def _text(body: str) -> Report | None:
    return _read(mime.parse(f"{HEAD}\n{body}\n".encode()))


@pytest.mark.parametrize(
    "body",
    [
        "Your message to talk is being held until the moderator can review it.",
        "Your message has been quarantined.",
        "Your mail is awaiting approval.",
        "It could not be delivered until you verify that you are a person.",
        "To release your message for delivery, reply.",
        "Votre message est en attente de modération.",
    ],
)
def test_a_message_that_waits_has_not_failed(body: str) -> None:
    """For a moderator, in a quarantine, for the sender's word; a refusal is another thing."""
    report = _text(body)
    assert report is not None
    assert report.kind is Kind.AUTO_REPLY
    assert _text(f"550 5.7.1 {body}") is None


@pytest.mark.parametrize(
    "body",
    [
        "<anna@example.com>: 550. Click here to release your pending messages.",
        "Could not deliver. Sign in to validate your mailbox.",
        "Failure to verify means loss.",
        "Your password will expire today.",
    ],
)
def test_who_wants_an_act_is_no_mail_system(body: str) -> None:
    """A lure names addresses that nobody wrote to."""
    report = _text(body)
    assert report is not None
    assert report.kind is Kind.UNRECOGNISED
    plain = _read(mime.parse(f"From: a@example.com\nSubject: x\n\n{body}\n".encode()))
    assert plain is not None
    assert plain.kind is Kind.OTHER


@pytest.mark.parametrize(
    "body",
    [
        "<anna@example.com>: 550 5.1.1 User unknown",
        "The mailbox is full. Learn more at https://example.com/help",
        "Your message contained a virus. It has not been delivered, and was quarantined.",
        "Your account is not allowed to send to this group.",
    ],
)
def test_a_notice_of_failure_goes_on_to_the_dialects(body: str) -> None:
    """Nothing in it waits or lures."""
    assert _text(body) is None


@pytest.mark.parametrize(
    ("file", "bait"),
    [
        ("transcript.zip", True),
        ("message.txt .pif", True),
        ("mail.html", True),
        ("details.txt", False),
        ("logo.png", False),
    ],
)
def test_a_program_in_the_place_of_the_returned_message(
    multipart: Build,
    file: str,
    bait: bool,  # noqa: FBT001 -- a table's column
) -> None:
    """Worms come so; a bounce that returns a message may return what was attached to it."""
    part = (f'application/octet-stream; name="{file}"', "TVqQ")
    words = ("text/plain", "<anna@example.com>: could not be delivered")
    assert (_read(multipart(words, part, type_="multipart/mixed")) is not None) is bait
    words = ("text/plain", "<anna@example.com>: 550 5.1.1 User unknown")
    kept = file.endswith(".pif")
    assert (_read(multipart(words, part, type_="multipart/mixed")) is not None) is kept
    returned = ("message/rfc822", "Subject: x\n\nhello\n")
    assert _read(multipart(words, part, returned, type_="multipart/mixed")) is None


def test_the_notice_itself_may_have_a_name(multipart: Build) -> None:
    """An attachment is another thing."""
    body = "<p>could not be delivered</p>"
    named = ('text/html; name="message.html"', body)
    assert _read(multipart(named, type_="multipart/mixed")) is None
    attached = ('text/html; name="a.html"\nContent-Disposition: attachment', body)
    assert _read(multipart(attached, type_="multipart/mixed")) is not None
