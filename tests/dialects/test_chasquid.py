"""chasquid."""

from __future__ import annotations

from collections.abc import Callable

from bounced.dialects import chasquid
from bounced.model import Action
from bounced.report.prose import Notice

TEXT = """Delivery of your message to the following recipient(s) failed permanently:

  - a@b.example


Technical details:
- "/usr/bin/filter" (PIPE) failed permanently with error:
    exit status 1
"""


def test_a_pipe_is_named_by_the_address_that_led_to_it(notice: Callable[..., Notice]) -> None:
    """Where only one was written to."""
    [one] = chasquid.read(notice(TEXT))
    assert (one.address, one.action) == ("a@b.example", Action.FAILED)


def test_a_pipe_of_one_of_several_has_no_address(notice: Callable[..., Notice]) -> None:
    """Nothing tells whose it is."""
    [one] = chasquid.read(notice(TEXT.replace("- a@b", "- c@d.example\n  - a@b")))
    assert (one.address, one.defects[0].text) == (None, "no address: /usr/bin/filter")
