"""The tables of smail."""

from __future__ import annotations

from collections.abc import Callable

from bounced.dialects import smail
from bounced.model import Action
from bounced.report.prose import Notice


def test_a_deferred_list_is_no_failure(stored: Callable[[str], Notice]) -> None:
    """The heading of the list says what was done."""
    (found,) = smail.read(stored("smail/deferred"))
    assert found.action is Action.DELAYED


def test_a_local_user_has_no_address(notice: Callable[..., Notice]) -> None:
    """Smail shows it as it was given; no domain is made up for it."""
    text = "|--- Failed addresses follow: ---|\n <anna> ... unknown user\n"
    (found,) = smail.read(notice(text))
    assert (found.address, found.defects[0].text) == (None, "no address: anna")


def test_the_log_above_the_list_names_nobody(notice: Callable[..., Notice]) -> None:
    """Only the list of addresses counts."""
    text = "|--- Message log follows: ---|\n <a@example.com> ... unknown user\n"
    assert smail.read(notice(text)) == ()
