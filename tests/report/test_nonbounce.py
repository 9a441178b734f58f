"""What comes to a return address and is no bounce."""

from __future__ import annotations

import pytest

from bounced.model import Envelope, Kind, Report
from bounced.report import mime, nonbounce, prose


def _read(head: str, body: str = "hello") -> Report | None:
    message = mime.parse(f"{head}\n\n{body}\n".encode())
    return nonbounce.read(message, prose.notice(message), Envelope())


def _leftover(head: str, body: str = "hello") -> Report:
    message = mime.parse(f"{head}\n\n{body}\n".encode())
    return nonbounce.leftover(message, prose.notice(message), Envelope())


@pytest.mark.parametrize(
    ("head", "body", "kind"),
    [
        ("Subject: Automatic reply: x", "x", Kind.AUTO_REPLY),
        ("Subject: Talk Digest, Vol 5, Issue 3", "<a@example.com>: 550 no", Kind.OTHER),
        ("From: a@example.com\nSubject: unsubscribe", "x", Kind.OTHER),
        ("From: a@example.com\nSubject: Désabonnement", "x", Kind.OTHER),
        ("From: a@example.com\nSubject: 退订", "x", Kind.OTHER),
        ("Subject: x\nContent-class: urn:content-classes:mdn", "x", Kind.MDN),
        ("From: a@example.com\nSubject: Re: Undelivered Mail", "<b@example.com>: no", Kind.OTHER),
        ("Subject: x", "Your message has been quarantined", Kind.AUTO_REPLY),
        (
            (
                "Return-Path: <>\nFrom: a@example.com\nSubject: x\nIn-Reply-To: <1@example.org>\n"
                "Auto-Submitted: auto-generated"
            ),
            "could not be delivered to:\nb@example.com",
            Kind.AUTO_REPLY,
        ),
    ],
)
def test_what_is_clear_before_any_dialect_is_asked(head: str, body: str, kind: Kind) -> None:
    """By header, subject or words."""
    report = _read(head, body)
    assert report is not None
    assert report.kind is kind


@pytest.mark.parametrize(
    "head",
    [
        "From: MAILER-DAEMON@example.com\nSubject: unsubscribe",
        "From: MAILER-DAEMON@example.com\nSubject: Re: hello",
        "From: anna@example.com\nSubject: hello",
        (
            "Return-Path: <>\nFrom: MAILER-DAEMON@example.com\nIn-Reply-To: <1@example.org>\n"
            "Auto-Submitted: auto-replied\nSubject: failed"
        ),
    ],
)
def test_what_may_be_a_bounce_after_all(head: str) -> None:
    """A mail system's notice above all."""
    assert _read(head) is None


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        ("From: anna@example.com\nSubject: hello", Kind.OTHER),
        ("From: anna@example.com\nSubject: Re: Undelivered Mail Returned to Sender", Kind.OTHER),
        ("Return-Path: <>\nFrom: anna@example.com\nSubject: hello", Kind.AUTO_REPLY),
        ("From: anna@example.com\nAuto-Submitted: auto-generated\nSubject: hello", Kind.AUTO_REPLY),
        ("From: announce-bounces@lists.example.net\nX-List-Administrivia: yes", Kind.AUTO_REPLY),
        ("From: MAILER-DAEMON@example.com\nSubject: hello", Kind.UNRECOGNISED),
        ("From: x@example.com\nSubject: Undeliverable: hello", Kind.UNRECOGNISED),
        ("Content-Type: multipart/report; boundary=b", Kind.UNRECOGNISED),
        ("Return-Path: <>\nSubject: hello", Kind.UNRECOGNISED),
        ("From: a@example.com\nSubject: Delivered: hello", Kind.AUTO_REPLY),
        ("", Kind.UNRECOGNISED),
    ],
)
def test_what_no_reader_could_read(head: str, kind: Kind) -> None:
    """A person's mail, a machine's, or a mail system's that somebody should look at."""
    assert _leftover(head).kind is kind


def test_a_person_who_quotes_a_bounce_writes_himself() -> None:
    """Under a subject of failure, without a mark of an answer."""
    head = "From: anna@example.com\nSubject: a delivery failure"
    assert _leftover(head, "what is this?").kind is Kind.UNRECOGNISED
    assert _leftover(head, "what is this?\n> a\n> b\n> c").kind is Kind.OTHER


def test_words_tell_an_automatic_reply_that_nothing_else_tells() -> None:
    """At the last, when no dialect could read it."""
    assert _leftover("From: a@example.com", "This is an automated reply.").kind is Kind.AUTO_REPLY


@pytest.mark.parametrize(
    ("author", "path", "body", "letter"),
    [
        ("Anna <anna@example.com>", "<anna@example.com>", "Hi, it failed", True),
        ("anna@example.com", "<anna@example.com>", "Sehr geehrte Damen und Herren,", True),
        ("anna@example.com", "<anna@example.com>", "History: it failed", False),
        ("anna@example.com", "<>", "Hi, it failed", False),
        ("anna@example.com", "<bob@example.com>", "Hi, it failed", False),
        ("postmaster@example.com", "<postmaster@example.com>", "Hi, it failed", False),
        (
            "anna@example.com",
            "<anna@example.com>",
            "Hi\n\n-----Original Message-----\nTo: x",
            False,
        ),
    ],
)
def test_a_letter_is_a_persons(author: str, path: str, body: str, letter: bool) -> None:  # noqa: FBT001 -- a table's column
    """It greets, comes from its author, and passes nothing on."""
    head = f"Return-Path: {path}\nFrom: {author}\nSubject: mail failure"
    message = mime.parse(f"{head}\n\n{body}\n".encode())
    assert nonbounce.is_letter(message, prose.notice(message)) is letter
