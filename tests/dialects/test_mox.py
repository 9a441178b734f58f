"""mox."""

from __future__ import annotations

from collections.abc import Callable

from bounced.dialects import mox
from bounced.model import Action
from bounced.report.prose import Notice

TEXT = """Delivery has been delayed of your email to:

\ta@b.example

Error during the last delivery attempt:

\ttransient error

Full SMTP response:

\t451 4.7.1 later
"""


def test_a_delay_says_so(notice: Callable[..., Notice]) -> None:
    """By its first words; the full response counts where there is one."""
    [one] = mox.read(notice(TEXT))
    assert (one.address, one.action) == ("a@b.example", Action.DELAYED)
    assert one.diagnostic_code == ("smtp", "451 4.7.1 later")


def test_a_failure_has_its_reason_behind_a_sentence(stored: Callable[[str], Notice]) -> None:
    """The reply follows words of mox's own."""
    [one] = mox.read(stored("mox/failed"))
    assert (one.action, one.diagnostic_code) == (
        Action.FAILED,
        ("smtp", "550 5.1.1 no such user"),
    )
