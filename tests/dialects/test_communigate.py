"""The modules of CommuniGate Pro."""

from __future__ import annotations

from collections.abc import Callable

from bounced.dialects import communigate
from bounced.model import Action
from bounced.report.prose import Notice


def test_the_host_that_spoke_is_the_remote_one(stored: Callable[[str], Notice]) -> None:
    """It stands before what it said; a local module has none."""
    found = communigate.read(stored("communigate/remote-says"))
    hosts = [one.remote_mta.value if one.remote_mta else None for one in found]
    assert hosts == ["mail.example.com", None, None]


def test_a_warning_is_no_failure(stored: Callable[[str], Notice]) -> None:
    """Its first line says so."""
    (found,) = communigate.read(stored("communigate/delayed"))
    assert found.action is Action.DELAYED


def test_a_line_without_a_module_is_left_to_others(notice: Callable[..., Notice]) -> None:
    """Gateways write the first line too."""
    assert communigate.read(notice("Failed to deliver to 'a@example.com'\n\n550 no\n")) == ()
