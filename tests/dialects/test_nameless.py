"""A notice that names nobody."""

from __future__ import annotations

from collections.abc import Callable

from bounced.dialects import nameless
from bounced.model import Action
from bounced.report.prose import Notice

Make = Callable[..., Notice]


def test_nobody_is_blamed_and_a_defect_says_so(notice: Make) -> None:
    """The words stand for the reason."""
    (found,) = nameless.read(notice("User karl is unknown.", Subject="Undeliverable mail"))
    assert found.address is None
    assert [defect.field for defect in found.defects] == ["recipient"]
    assert found.diagnostic_code == ("x-nameless", "User karl is unknown.")


def test_a_delay_is_a_delay(notice: Make) -> None:
    """Here too."""
    (found,) = nameless.read(notice("We will keep trying.", Subject="Delayed mail"))
    assert found.action is Action.DELAYED


def test_it_wants_a_mail_system_and_a_subject(notice: Make) -> None:
    """Neither a person, nor a list, nor a daemon that speaks of something else."""
    text = "Your message could not be delivered."
    person = {"From": "Karl <karl@example.com>", "Subject": "Undeliverable mail"}
    assert nameless.read(notice(text, **person)) == ()
    news = {"From": "Mail News <news@example.com>", "Subject": "Undeliverable", "List-Id": "<n>"}
    assert nameless.read(notice(text, **news)) == ()
    assert nameless.read(notice(text, Subject="Weekly statistics")) == ()
    assert nameless.read(notice(text, Subject="Automatic reply: Undeliverable")) == ()
