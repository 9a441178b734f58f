"""A list's warning to its reader."""

from __future__ import annotations

import pytest

from bounced.model import Kind
from bounced.report import subscription
from bounced.report.mime import Headers
from bounced.report.prose import Notice


@pytest.mark.parametrize(
    "text",
    [
        "Messages to you from the news mailing list seem to\nhave been bouncing.",
        "Your membership in the mailing list News has been disabled due to\nexcessive bounces",
        "Some messages to you could not be delivered. If you're seeing this\nmessage it means",
    ],
)
def test_a_list_that_warns_is_no_bounce(text: str) -> None:
    """The address that bounced is the one that the warning came to."""
    report = subscription.read(Notice(headers=Headers(()), text=text))
    assert report is not None
    assert (report.kind, report.recipients) == (Kind.AUTO_REPLY, ())


def test_a_bounce_is_no_warning() -> None:
    """What a mail server says of a recipient is left to the other readers."""
    text = "Your message to a@example.com could not be delivered."
    assert subscription.read(Notice(headers=Headers(()), text=text)) is None
