"""What the tests of the dialects share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bounced.report import mime, prose
from bounced.report.mime import Headers
from bounced.report.prose import Notice

FIXTURES = Path(__file__).parents[2] / "fixtures"


@pytest.fixture
def notice() -> Callable[..., Notice]:
    """Return a maker of notices: a text, and header fields by keyword (``_`` for ``-``)."""

    def make(text: str, **fields: str) -> Notice:
        named = {name.replace("_", "-"): value for name, value in fields.items()}
        named = {"From": "MAILER-DAEMON@mail.example.org", **named}
        return Notice(
            headers=Headers(tuple(named.items())),
            from_=named["From"],
            subject=named.get("Subject", ""),
            text=text,
            part="1",
        )

    return make


@pytest.fixture
def stored() -> Callable[[str], Notice]:
    """Return a reader of fixtures by path: ``"postfix/delayed"``."""

    def read(name: str) -> Notice:
        return prose.notice(mime.parse((FIXTURES / f"{name}.eml").read_bytes()))

    return read
