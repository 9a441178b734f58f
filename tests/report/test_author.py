"""Who wrote a message, by its header."""

from __future__ import annotations

import pytest

from bounced.model import Envelope
from bounced.report import author, mime
from bounced.report.mime import Part


def _message(head: str) -> Part:
    return mime.parse(f"{head}\n\nhello\n".encode())


@pytest.mark.parametrize(
    ("who", "daemon"),
    [
        ("MAILER-DAEMON@example.com", True),
        ("Mail Delivery Subsystem <x@example.com>", True),
        ("=?utf-8?q?Mail_Delivery_System?= <x@example.com>", True),
        ("postmaster@example.com", True),
        ("<>", True),
        ('"Example System" <>', True),
        ("Microsoft Outlook <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@example.com>", True),
        ("Anna <anna@example.com>", False),
        ("root@example.com (Cron Daemon)", False),
        ("", False),
    ],
)
def test_a_mail_system_is_known_by_its_name(who: str, daemon: bool) -> None:  # noqa: FBT001 -- a table's column
    """In From, or in Sender where that is missing."""
    assert author.from_daemon(_message(f"From: {who}\nSubject: x")) is daemon
    assert author.from_daemon(_message(f"Sender: {who}\nSubject: x")) is daemon


@pytest.mark.parametrize(
    "mark",
    [
        "Re:",
        "RE :",
        "Aw:",
        "SV:",
        "VS:",
        "Antw:",
        "Odp:",
        "RES:",
        "R:",
        "YNT:",
        "VÁ:",
        "Re[2]:",
        "Re^2:",
        "  re:",
        "回复:",
        "答复：",
        "답장:",
        "Ответ:",
    ],
)
def test_an_answer_is_known_by_its_subject(mark: str) -> None:
    """In the languages that have a word of their own for it."""
    assert author.is_reply(_message(f"Subject: {mark} Undelivered Mail"))
    assert not author.is_failing(_message(f"Subject: {mark} Undelivered Mail"))


@pytest.mark.parametrize("subject", ["Regarding: hello", "Fwd: hello", "WG: hello", "Returned: x"])
def test_another_mark_is_no_answer(subject: str) -> None:
    """A forward least of all."""
    assert not author.is_reply(_message(f"Subject: {subject}"))


def test_a_subject_says_that_a_delivery_failed() -> None:
    """Unless it is an answer to such a one."""
    assert author.is_failing(_message("Subject: Undelivered Mail Returned to Sender"))
    assert not author.is_failing(_message("Subject: hello"))


def test_a_digest_is_known_by_its_subject_or_its_type() -> None:
    """A bounce that returns a digest is none."""
    subject = "Subject: Talk Digest, Vol 5, Issue 3"
    assert author.is_digest(_message(subject))
    assert author.is_digest(_message("Subject: Talk Digest #77"))
    assert author.is_digest(_message("Content-Type: multipart/digest; boundary=b"))
    assert not author.is_digest(_message(f"From: MAILER-DAEMON@example.com\n{subject}"))
    assert not author.is_digest(_message("Subject: how to digest it"))


def test_the_null_sender_is_the_envelopes_or_else_the_headers() -> None:
    """The envelope is the better witness: Return-Path may be an earlier hop's."""
    message = _message("Return-Path: <>")
    assert author.null_sender(message, Envelope())
    assert author.null_sender(message, Envelope(reverse_path=""))
    assert not author.null_sender(message, Envelope(reverse_path="a@example.com"))
    assert not author.null_sender(_message("Subject: x"), Envelope())
