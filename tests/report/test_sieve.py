"""Refusals by a Sieve script."""

from __future__ import annotations

from pathlib import Path

import pytest

from bounced.report import mime, sieve

FIXTURES = Path(__file__).parents[2] / "fixtures"
CYRUS = (FIXTURES / "sieve/cyrus-reject.eml").read_bytes()


def test_the_recipient_is_that_of_the_disposition_notice() -> None:
    """The text names nobody."""
    report = sieve.read(mime.parse(CYRUS))
    assert report is not None
    (found,) = report.recipients
    assert (found.address, found.diagnostic_code) == (
        "anna@example.com",
        ("x-sieve", "I take no newsletters here, thank you."),
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"; deleted", b"; displayed"),
        (b"automatic-action/", b"manual-action/"),
        (b"Disposition:", b"X-Disposition:"),
        (b"automatically rejected by", b"shown to"),
        (b"message/disposition-notification", b"text/x-note"),
    ],
)
def test_any_other_disposition_is_no_refusal(old: bytes, new: bytes) -> None:
    """Deleted by a program, and said so in words: all of it is needed."""
    assert sieve.read(mime.parse(CYRUS.replace(old, new))) is None
