"""Complaints in older forms than RFC 5965."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bounced.model import Kind, Report
from bounced.report import complaint, mime
from bounced.report.mime import Part

Build = Callable[..., Part]
RETURNED = ("message/rfc822", "To: a@example.com\nSubject: x\n\nhello\n")


def _people(report: Report | None) -> list[str | None]:
    assert report is not None
    assert report.kind is Kind.COMPLAINT
    return [one.address for one in report.recipients]


def test_hotmails_old_form_is_the_mail_itself_with_a_mark(multipart: Build) -> None:
    """At the top, or in the attached mail; a report with a type of its own is left alone."""
    mark = "X-HmXmrOriginalRecipient: a@example.com\nSubject: complaint\n"
    inner = ("message/rfc822", f"{mark}\nyo\n")
    assert _people(complaint.read(mime.parse(f"{mark}\nyo\n".encode()))) == ["a@example.com"]
    assert _people(complaint.read(multipart(inner, type_="multipart/mixed"))) == ["a@example.com"]
    assert complaint.read(multipart(inner)) is None


@pytest.mark.parametrize(
    ("author", "subject", "known"),
    [
        ("staff@hotmail.com", "complaint about message from 192.0.2.1", True),
        ("scomp@aol.example", "Client TOS Notification", True),
        ("Loop <feedback@isp.example>", "Spam complaint", True),
        ("abuse-out@isp.example", "Abuse report", True),
        ("Loop <fbl@isp.example>", "hello", False),
        ("anna@isp.example", "Spam complaint", False),
        ("staff@isp.example", "complaint about message from 192.0.2.1", False),
    ],
)
def test_a_loop_is_known_by_name_and_subject(
    multipart: Build,
    author: str,
    subject: str,
    known: bool,  # noqa: FBT001 -- a table's column
) -> None:
    """And by the mail that it returns: To is who complained, where nothing better is there."""
    head = f"From: {author}\nSubject: {subject}\n"
    report = complaint.read(
        multipart(("text/plain", "x"), RETURNED, head=head, type_="multipart/mixed")
    )
    assert _people(report) == ["a@example.com"] if known else report is None
    assert complaint.read(mime.parse(f"{head}\nhello\n".encode())) is None


def test_an_attached_feedback_report_is_not_returned_mail(multipart: Build) -> None:
    """Whoever it was addressed to did not complain."""
    inner = "To: a@example.com\nContent-Type: multipart/report; report-type=feedback-report\n\nx\n"
    head = "From: abuse@isp.example\nSubject: Fwd: Abuse report\n"
    message = multipart(("message/rfc822", inner), head=head, type_="multipart/mixed")
    assert complaint.read(message) is None


def test_spamcop_names_nobody() -> None:
    """By its subject or by its field."""
    for head in ("Subject: [SpamCop (192.0.2.1) id:71]x", "X-SpamCop-sourceip: 192.0.2.1"):
        assert _people(complaint.read(mime.parse(f"{head}\n\nTo: a@example.com\n".encode()))) == [
            None
        ]


@pytest.mark.parametrize(
    ("report", "kind"),
    [
        ("Category: abuse\nReport-Type: spam\n", Kind.COMPLAINT),
        ('{"xarf_version": "4", "category": "messaging", "type": "spam"}', Kind.COMPLAINT),
        ("Category: abuse\nReport-Type: login-attack\n", Kind.REPORT),
        ("", Kind.REPORT),
    ],
)
def test_xarf_reports_spam_and_other_abuse(multipart: Build, report: str, kind: Kind) -> None:
    """Only spam is a complaint about a mail."""
    parts = (("text/plain", "x"), ("text/plain", report), RETURNED)
    read = complaint.read(multipart(*parts, head="X-ARF: Yes\n", type_="multipart/mixed"))
    assert read is not None
    assert read.kind is kind
    assert bool(read.recipients) is (kind is Kind.COMPLAINT)


@pytest.mark.parametrize(
    ("head", "known"),
    [
        ("X-Apple-Unsubscribe: true", True),
        ("Auto-Submitted: auto-replied", True),
        ("X-Apple-Unsubscribe: false", False),
        ("Subject: unsubscribe", False),
    ],
)
def test_apple_mail_unsubscribes_its_author(head: str, known: bool) -> None:  # noqa: FBT001 -- a table's column
    """By its mark, or by its words in an automatic mail."""
    body = "Apple Mail sent this email to unsubscribe from the message."
    report = complaint.read(mime.parse(f"From: A <a@example.com>\n{head}\n\n{body}\n".encode()))
    assert _people(report) == ["a@example.com"] if known else report is None


def test_an_ordinary_message_is_no_complaint(multipart: Build) -> None:
    """Though it has a message attached."""
    assert (
        complaint.read(multipart(("text/plain", "hi"), RETURNED, type_="multipart/mixed")) is None
    )
