"""The notices of mobile carriers."""

from __future__ import annotations

from collections.abc import Callable

from bounced.dialects import mmsc
from bounced.report.prose import Notice


def test_only_the_carriers_own_subscribers_count(stored: Callable[[str], Notice]) -> None:
    """The summary names all recipients of the message, of whom most are elsewhere."""
    (found,) = mmsc.read(stored("mmsc/no-valid-recipients"))
    assert found.address == "2125550100@mms.example.com"


def test_a_host_that_only_ends_alike_is_another(notice: Callable[..., Notice]) -> None:
    """A label is whole or it is not."""
    text = (
        "Message could not be delivered to mobile.\nError: x\n\n"
        "Original Message:\nTo: a@ms.example.com\n"
    )
    assert mmsc.read(notice(text, From="sysadmin@m01.mms.example.com")) == ()


def test_half_a_notice_is_nothing(notice: Callable[..., Notice]) -> None:
    """Neither the error nor the quotation alone names anybody."""
    for text in (
        "Error: x\n\nError message below:\n550 no\n",
        "Message could not be delivered to mobile.\nError: x\n",
        "Message could not be delivered to mobile.\n",
    ):
        assert mmsc.read(notice(text)) == ()
