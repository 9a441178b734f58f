"""The notices of UUCP."""

from __future__ import annotations

from collections.abc import Callable

from bounced.dialects import uucp
from bounced.model import Action
from bounced.report.prose import Notice


def test_every_argument_of_rmail_is_a_recipient(notice: Callable[..., Notice]) -> None:
    """One job serves several."""
    text = (
        "remote execution\t[uucp job siteN1 (2/10-9:26:00)]\n"
        "\trmail a@example.com b@example.com\nexited with status 67\n"
    )
    found = uucp.read(notice(text))
    assert [one.address for one in found] == ["a@example.com", "b@example.com"]


def test_a_job_that_waits_is_no_failure(stored: Callable[[str], Notice]) -> None:
    """It says that it goes on trying; later, that it was deleted."""
    (found,) = uucp.read(stored("uucp/cannot-contact"))
    assert found.action is Action.DELAYED


def test_a_job_that_is_no_mail_is_nothing(notice: Callable[..., Notice]) -> None:
    """Rnews fails in the same words."""
    text = "remote execution\t[uucp job siteN1 (2/10-9:26:00)]\n\trnews\nexited with status 1\n"
    assert uucp.read(notice(text)) == ()
