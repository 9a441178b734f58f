"""The one sentence of the DragonFly Mail Agent."""

from __future__ import annotations

from collections.abc import Callable

from bounced.dialects import dragonfly
from bounced.model import Typed
from bounced.report.prose import Notice


def test_the_reply_is_joined_over_its_empty_lines(stored: Callable[[str], Notice]) -> None:
    """The lines of a multi-line reply stand apart in the notice."""
    (found,) = dragonfly.read(stored("dragonfly/multi-line-reply"))
    assert found.remote_mta == Typed("dns", "mx.example.com")
    assert found.diagnostic_code is not None
    assert found.diagnostic_code.value.endswith("550 5.7.26 example.org to authenticate it.")


def test_other_mail_is_not_its_own(notice: Callable[..., Notice]) -> None:
    """The sentence without the agent's name proves nothing."""
    text = "There was an error delivering your mail to <a@example.com>.\n\nunknown user"
    assert dragonfly.read(notice(text)) == ()
