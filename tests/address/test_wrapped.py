"""What stands inside BATV tags and SRS."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bounced.address import unwrap
from bounced.address.wrapped import untagged


@pytest.mark.parametrize(
    ("path", "inside"),
    [
        ("bounces@example.org", "bounces@example.org"),
        (" <bounces@example.org> ", "bounces@example.org"),
        ("prvs=1234abcdef=bounces@example.org", "bounces@example.org"),
        ("PRVS=1234ABCDEF=bounces@example.org", "bounces@example.org"),
        ("btv1==123456789==bounces+a=b.test@example.org", "bounces+a=b.test@example.org"),
        ("SRS0=HHHH=TT=example.com=anna@example.org", "anna@example.com"),
        ("SRS0+HHHH=TT=example.com=a=b@example.org", "a=b@example.com"),
        ("srs1=HHH=example.net==HHHH=TT=example.com=anna@example.org", "anna@example.com"),
        ("SRS1=HHH=example.net=-HHHH=TT=example.com=anna@example.org", "anna@example.com"),
        ("prvs=1234abcdef=SRS0=H=TT=example.com=anna@example.org", "anna@example.com"),
        ("SRS0=H=TT=example.com=prvs=1234abcdef=anna@example.org", "anna@example.com"),
        ("SRS0=HHHH=TT=example.com@example.org", "SRS0=HHHH=TT=example.com@example.org"),
        ("SRS0=HHHH", "SRS0=HHHH"),
        ("prvs=12=bounces@example.org", "prvs=12=bounces@example.org"),
        ("", ""),
    ],
)
def test_the_address_inside(path: str, inside: str) -> None:
    """However deep; what is wrapped in nothing, or badly, stays as it is."""
    assert unwrap(path) == inside


def test_a_tag_alone_is_taken_off_a_mailbox() -> None:
    """BATV leaves the mailbox where it is; SRS is another's address."""
    srs = "SRS0=HHHH=TT=example.com=anna@example.org"

    assert untagged("prvs=1234abcdef=bounces@example.org") == "bounces@example.org"
    assert untagged(srs) == srs


def test_layers_without_end_cost_nothing() -> None:
    """They are taken off a few times, and then no more."""
    started = time.perf_counter()
    unwrap("SRS0=H=TT=b.test=" * 20_000 + "a@b.test")
    unwrap("prvs=1234abcdef=" * 20_000 + "a@b.test")
    assert time.perf_counter() - started < 1


@given(st.text(alphabet="SRS01prvs=+-@ab.\x00é", max_size=80))
def test_never_raises(path: str) -> None:
    """Whatever it is."""
    assert isinstance(unwrap(path), str)
