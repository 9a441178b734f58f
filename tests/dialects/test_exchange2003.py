"""The entries of Exchange 5.5 to 2003."""

from __future__ import annotations

from collections.abc import Callable

from bounced.dialects import exchange2003
from bounced.model import Typed
from bounced.report.prose import Notice


def test_the_summary_of_the_message_names_no_recipient(stored: Callable[[str], Notice]) -> None:
    """To, Subject and Sent of the returned message stand above the list."""
    found = exchange2003.read(stored("exchange2003/unknown-recipients"))
    assert [one.address for one in found] == ["nobody@example.com", "gone@example.com"]


def test_the_reply_stands_in_angle_brackets(stored: Callable[[str], Notice]) -> None:
    """`<host #status smtp;reply>`."""
    (found,) = exchange2003.read(stored("exchange2003/could-not-be-reached"))
    assert found.diagnostic_code == Typed("smtp", "550 5.1.1 <nobody@example.net>... User unknown")
    assert found.remote_mta == Typed("dns", "mx.example.net")


def test_names_are_not_made_into_addresses(stored: Callable[[str], Notice]) -> None:
    """A display name or an X.400 name is told in a defect."""
    for name in ("display-name-only", "x400-name"):
        (found,) = exchange2003.read(stored(f"exchange2003/{name}"))
        assert (found.address, len(found.defects)) == (None, 1)


def test_a_calendar_is_not_its_own(notice: Callable[..., Notice]) -> None:
    """Who and when is common in mail; the heading is not."""
    text = "Meetings:\n\nanna@example.com on 2/10/2005 9:26 AM\n  in room 5\n"
    assert exchange2003.read(notice(text, From="postmaster@example.com")) == ()


def test_the_status_in_angle_brackets_is_a_sign_in_any_language(
    stored: Callable[[str], Notice],
) -> None:
    """With or without a word between address and date."""
    for language in ("finnish", "korean", "russian", "turkish"):
        [one] = exchange2003.read(stored(f"exchange2003/no-account-{language}"))
        assert (one.address, str(one.status)) == ("nobody@example.com", "5.1.1")
