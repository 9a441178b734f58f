"""Feedback reports: who complained, about what, and when nobody did."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bounced.model import Kind, Report, Typed
from bounced.report import arf, mime
from bounced.report.mime import Part

Build = Callable[..., Part]
ABUSE = "Feedback-Type: abuse\nUser-Agent: X/1\nVersion: 1\n"


@pytest.fixture
def complaint(multipart: Build) -> Callable[..., Report]:
    """Return a function that reads a complaint with the given fields about the given mail."""

    def build(
        body: str, returned: str = "Subject: hi\n\nyo\n", type_: str = "message/rfc822"
    ) -> Report:
        parts = (("text/plain", "Spam!"), ("message/feedback-report", body), (type_, returned))
        report = arf.read(multipart(*parts, head="From: fbl@example.net\n"))
        assert report is not None
        return report

    return build


def _addresses(report: Report) -> list[str | None]:
    return [one.address for one in report.recipients]


def test_every_field_has_its_place(complaint: Callable[..., Report]) -> None:
    """RFC 5965 §3, in its own names; the rest is an extension."""
    report = complaint(
        f"{ABUSE}Original-Mail-From: <b@example.org>\nOriginal-Rcpt-To: <a@example.com>\n"
        "Original-Rcpt-To: c@example.com\nArrival-Date: Tue, 24 Nov 2026 09:00:03 +0000\n"
        "Source-IP: 192.0.2.10\nReporting-MTA: dns; mx.example.net\nReported-Domain: example.org\n"
        "Incidents: 3\nOriginal-Envelope-Id: e1\nX-More: m1\n"
    )
    feedback = report.feedback
    assert feedback is not None
    assert (report.kind, feedback.feedback_type, feedback.user_agent) == (
        Kind.COMPLAINT,
        "abuse",
        "X/1",
    )
    assert feedback.original_rcpt_to == ("<a@example.com>", "c@example.com")
    assert (feedback.source_ip, feedback.incidents) == ("192.0.2.10", 3)
    assert feedback.reported_domain == ("example.org",)
    assert feedback.arrival_date is not None
    assert report.reporting_mta == Typed("dns", "mx.example.net")
    assert report.original_envelope_id == "e1"
    assert ("x-more", "m1") in feedback.extensions
    assert _addresses(report) == ["a@example.com", "c@example.com"]


@pytest.mark.parametrize(
    ("field", "returned", "address"),
    [
        ("Removal-Recipient: a@example.com\n", "", "a@example.com"),
        ("Final-Recipient: rfc822; a@example.com\n", "", "a@example.com"),
        ("Original-Recipient: rfc822; a@example.com\n", "To: b@example.com\n", "a@example.com"),
        ("Original-Rcpt-To: redacted\n", "To: redacted\n", None),
        ("", "X-HmXmrOriginalRecipient: <a@example.com>\nTo: b@example.com\n", "a@example.com"),
        ("", "To: A Person <a@example.com>\n", "a@example.com"),
        ("", 'To: "a@example.com" <a@example.com>\n', "a@example.com"),
        ("", "To: a@example.com\nList-Id: News <news.example.org>\n", "a@example.com"),
        ("", "To: news@example.org\nList-Id: News <news.example.org>\n", None),
        ("", "To: news@lists.example.org\nList-Post: <mailto:news@lists.example.org>\n", None),
        ("", "To: a@example.com, b@example.com\n", None),
        ("", "To: a@example.com\nCc: b@example.com\n", None),
        ("", "To: undisclosed-recipients:;\n", None),
        ("", "Subject: no To at all\n", None),
    ],
)
@pytest.mark.parametrize("type_", ["message/rfc822", "text/rfc822-headers"])
def test_who_complained(
    complaint: Callable[..., Report], field: str, returned: str, address: str | None, type_: str
) -> None:
    """The report says; else the provider's mark; else the one person in To, if it is no list."""
    assert _addresses(complaint(f"{ABUSE}{field}", f"{returned}\n", type_)) == [address]


def test_fields_in_several_blocks_are_one_report(complaint: Callable[..., Report]) -> None:
    """Stray blank lines divide nothing here."""
    assert _addresses(complaint(f"{ABUSE}\nOriginal-Rcpt-To: a@example.com\n")) == ["a@example.com"]


def test_not_spam_is_no_complaint(complaint: Callable[..., Report]) -> None:
    """RFC 6430: the recipient took the mail out of the spam folder."""
    for kind in ("not-spam", "Not-Spam", '"not-spam"', "not-spam (by a user)", "miscategorized"):
        report = complaint(f"Feedback-Type: {kind}\nOriginal-Rcpt-To: a@example.com\n")
        assert (report.kind, report.recipients) == (Kind.REPORT, ())


def test_a_report_whose_fields_are_lost_is_known_by_its_type(multipart: Build) -> None:
    """What it returns still tells who complained."""
    parts = (("text/plain", "x"), ("message/rfc822", "To: a@example.com\n\nhello\n"))
    report = arf.read(multipart(*parts, type_="multipart/report; report-type=feedback-report"))
    assert report is not None
    assert _addresses(report) == ["a@example.com"]


def test_a_feedback_report_that_lost_its_type_is_known_by_its_first_field(multipart: Build) -> None:
    """And a text that only mentions the field is not."""
    report = arf.read(multipart(("text/plain", f"{ABUSE}Original-Rcpt-To: a@example.com\n")))
    assert report is not None
    assert _addresses(report) == ["a@example.com"]
    assert arf.read(multipart(("text/plain", f"Hello, I have a question.\n{ABUSE}"))) is None


def test_an_ordinary_message_is_no_complaint(multipart: Build) -> None:
    """Nor is a returned mail that is a complaint."""
    inner = f"Content-Type: message/feedback-report\n\n{ABUSE}"
    assert arf.read(multipart(("text/plain", "hi"), ("message/rfc822", inner))) is None


@given(st.text(max_size=300))
@settings(max_examples=200, deadline=None)
def test_any_text_can_be_a_feedback_report(text: str) -> None:
    """Never an exception."""
    raw = f"Content-Type: message/feedback-report; charset=utf-8\n\n{text}".encode()
    assert arf.read(mime.parse(raw)) is not None
