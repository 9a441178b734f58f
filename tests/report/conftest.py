"""Messages for the readers' tests, built from the lines that matter."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bounced.report import mime
from bounced.report.mime import Part

Build = Callable[..., Part]
HEAD = "From: MAILER-DAEMON@mail.example.org\nSubject: Undelivered Mail Returned to Sender\n"


@pytest.fixture
def multipart() -> Build:
    """Return a function that builds a message of parts, each ``(type, body)``."""

    def build(*parts: tuple[str, str], type_: str = "multipart/report", head: str = HEAD) -> Part:
        pieces = "".join(f"--b\nContent-Type: {kind}\n\n{body}\n" for kind, body in parts)
        text = f'{head}Content-Type: {type_}; boundary="b"\n\n{pieces}--b--\n'
        return mime.parse(text.encode())

    return build


@pytest.fixture
def status(multipart: Build) -> Build:
    """Return a function that builds a report with a delivery status of the given text."""

    def build(body: str, type_: str = "message/delivery-status") -> Part:
        return multipart(("text/plain", "Sorry."), (type_, body))

    return build
