"""Messages inside a message: attached, as a file, or pasted below a header."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bounced.report import forward, mime, prose
from bounced.report.mime import Part

Build = Callable[..., Part]
BOUNCE = "From: MAILER-DAEMON@example.com\nSubject: failed\n\n<a@example.net>: no\n"
WHO = "Mail Delivery System <MAILER-DAEMON@example.com>"


def _inside(message: Part) -> list[Part]:
    return list(forward.inside(message, prose.notice(message)))


def _pasted(text: str) -> Part | None:
    found = _inside(mime.parse(f"From: bob@example.com\nSubject: Fwd: x\n\n{text}\n".encode()))
    return found[-1] if found else None


def test_an_attached_message_is_inside(multipart: Build) -> None:
    """As message/rfc822, or as a file whose name says so."""
    for type_ in (
        "message/rfc822",
        'application/octet-stream; name="x.eml"',
        "text/plain; name=x.eml",
    ):
        found = _inside(multipart(("text/plain", "see"), (type_, BOUNCE), type_="multipart/mixed"))
        assert [one.headers.get("Subject") for one in found][:1] == ["failed"]


@pytest.mark.parametrize(
    "header",
    [
        f"From: {WHO}\nSent: today\nTo: b\nSubject: failed",
        f"-------- x --------\nBetreff: failed\nDatum: heute\nVon: {WHO}\nAn: b",
        f"De\xa0: {WHO}\nEnvoyé\xa0: hier\nObjet\xa0: failed",
        f"*From:* {WHO}\n*Subject:* failed",
        f"От: {WHO}\nТема: failed",
        f"差出人: {WHO}\n件名: failed",
        f"发件人： {WHO}\n主题： failed",
        f"Kimden: {WHO}\nKonu: failed",
        f"Lähettäjä: {WHO}\nAihe: failed",
    ],
)
@pytest.mark.parametrize("quote", ["", "> "])
def test_a_header_in_any_language_begins_a_message(header: str, quote: str) -> None:
    """Quoted or not; what stands above it is the person's who passes it on."""
    text = "\n".join(quote + line for line in f"{header}\n\n<a@example.net>: no".split("\n"))
    one = _pasted(f"what is this?\n\n{text}")
    assert one is not None
    assert one.headers.text("From") == WHO
    assert one.headers.text("Subject") == "failed"
    assert one.text.strip() == "<a@example.net>: no"


@pytest.mark.parametrize(
    "text",
    [
        "hello",
        "From: Anna <anna@example.com>\nSubject: hello\n\nhi",
        f"From: {WHO}",
        f"I got mail from {WHO}\n\nSubject: none",
        f"On Tuesday, {WHO} wrote:\n> <a@example.net>: no",
    ],
)
def test_what_is_no_header_of_a_mail_system(text: str) -> None:
    """A person's header, or a line alone."""
    one = _pasted(text)
    assert one is None or one.headers.text("From") != WHO or not one.text.strip()
