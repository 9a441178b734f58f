"""The only address in a notice."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bounced.dialects import only
from bounced.report.prose import Notice

Make = Callable[..., Notice]


def test_it_is_marked_as_a_guess(stored: Callable[[str], Notice]) -> None:
    """A defect says where the address is from."""
    (found,) = only.read(stored("only/en-hosting"))
    assert [defect.field for defect in found.defects] == ["address"]


@pytest.mark.parametrize(
    "text",
    [
        "Mail failed: a@example.com and b@example.com.",
        "Mail failed.\nQuestions? Ask help-us@example.com",
        "Mail failed.\nMessage-ID: <20240603091501.1001@app.example.com>",
        "Mail failed. See https://example.com/?to=a@example.com",
        "Mail failed, it came from a@example.com",
        "Mail failed, it was sent on behalf of a@example.com",
        "Mail failed.\n\nTo: a@example.com",
        "Mail failed.\n-- \na@example.com",
        "Mail failed.\npostmaster@example.com",
    ],
)
def test_it_names_nobody_in_doubt(notice: Make, text: str) -> None:
    """Two, a help desk, an id, a link, an author, a header's To, a signature, a role."""
    assert only.read(notice(text, Subject="Undeliverable")) == ()


def test_a_person_is_not_read(notice: Make) -> None:
    """Whatever the subject says."""
    text = "Your mail was not delivered to a@example.com"
    fields = {"From": "Karl <karl@example.com>", "Subject": "Undeliverable"}
    assert only.read(notice(text, **fields)) == ()
