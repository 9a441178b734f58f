"""Disposition notices, with their structure or in words, and Dovecot's bounce among them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bounced.model import Action, Kind, Status, Typed
from bounced.report import disposition, mime, prose
from bounced.report.mime import Part

Build = Callable[..., Part]
LAYOUT = "Your message\n\n  To: Anna\n  Subject: x\n  Sent: today\n\n{}\n"


def _message(head: str, body: str = "hello") -> Part:
    return mime.parse(f"{head}\n\n{body}\n".encode())


def test_a_disposition_notice_is_no_bounce(multipart: Build) -> None:
    """Read, or deleted unread: the mail did arrive."""
    body = (
        "Final-Recipient: rfc822; a@example.com\nDisposition: manual-action/MDN-sent; displayed\n"
    )
    report = disposition.read(
        multipart(("text/plain", "Read."), ("message/disposition-notification", body))
    )
    assert report is not None
    assert (report.kind, report.recipients) == (Kind.MDN, ())
    lost = _message('Content-Type: multipart/report; report-type="disposition-notification"')
    report = disposition.read(lost)
    assert report is not None
    assert report.kind is Kind.MDN
    assert disposition.read(_message("Subject: x")) is None


def test_dovecots_rejection_is_a_bounce_in_the_form_of_a_disposition_notice(
    multipart: Build,
) -> None:
    """Its words say so, and the disposition is an automatic deletion."""
    words = (
        "Your message to <full@example.com> was automatically rejected:\nQuota exceeded\n(mailbox)"
    )
    body = (
        "Final-Recipient: rfc822; full@example.com\nOriginal-Recipient: rfc822; f@example.com\n"
        "Disposition: automatic-action/MDN-sent-automatically; deleted\nX-More: m1\n"
    )
    report = disposition.read(
        multipart(("text/plain", words), ("message/disposition-notification", body))
    )
    assert report is not None
    assert report.kind is Kind.BOUNCE
    [one] = report.recipients
    assert (one.address, one.action) == ("full@example.com", Action.FAILED)
    assert one.original_recipient == Typed("rfc822", "f@example.com")
    assert one.diagnostic_code == Typed("x-dovecot", "Quota exceeded (mailbox)")
    assert one.status is None
    assert one.extensions == (("x-more", "m1"),)
    words = words.replace("Quota", "550 5.2.2 Quota")
    body = body.replace("Final-Recipient: rfc822; full@example.com\n", "")
    report = disposition.read(
        multipart(("text/plain", words), ("message/disposition-notification", body))
    )
    assert report is not None
    assert report.recipients[0].address == "full@example.com"
    assert report.recipients[0].status == Status(5, 2, 2)


@pytest.mark.parametrize(
    ("head", "body", "receipt"),
    [
        ("Subject: Read: x", LAYOUT.format("was read on Tuesday"), True),
        ("Subject: Gelesen: x", LAYOUT.format("wurde am Dienstag gelesen."), True),
        ("Subject: x", LAYOUT.format("was deleted without being read on Tuesday"), True),
        ("Subject: x\nContent-class: urn:content-classes:mdn", "hello", True),
        ("Subject: x", "Your document: x\nwas received by: Anna", True),
        ("Subject: x (Opened)", "  Recipient: Anna\n  Action: Opened\n", True),
        ("Subject: Read: this", "Please read it.", False),
        ("Subject: Undeliverable: x", LAYOUT.format("did not reach anna@example.com"), False),
        ("Subject: x", "Action: failed", False),
    ],
)
def test_a_receipt_without_its_structure(head: str, body: str, receipt: bool) -> None:  # noqa: FBT001 -- a table's column
    """By its class, or by words and layout; a subject alone is not enough."""
    report = disposition.in_words(prose.notice(_message(head, body)))
    assert (report is not None) is receipt
    assert report is None or report.kind is Kind.MDN
