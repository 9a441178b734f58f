"""Which recipients are ours."""

from __future__ import annotations

import time

import pytest

from bounced.address import chooser, matcher

_OURS = matcher(
    ["bounces@example.org", "b+*@example.org", "@bounces.example.org", "*@*.mail.example.org"]
)


@pytest.mark.parametrize(
    "address",
    [
        "bounces@example.org",
        "Bounces@EXAMPLE.ORG",
        "b+@example.org",
        "b+list=user@example.org",
        "B+a+b@example.org",
        "anyone@bounces.example.org",
        "any.one@a.mail.example.org",
    ],
)
def test_ours(address: str) -> None:
    """Exact addresses, wildcards and whole domains match, whatever the case."""
    assert _OURS(address)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "bounces",
        "bounce@example.org",
        "xbounces@example.org",
        "b@example.org",
        "bounces@example.org.example.net",
        "b+x@sub.example.org",
        "anyone@example.org",
        "anyone@xbounces.example.org",
        "anyone@mail.example.org",
        "b+x@example.org@example.net",
    ],
)
def test_not_ours(address: str) -> None:
    """Neighbours of what is accepted are not."""
    assert not _OURS(address)


def test_everything() -> None:
    """A lone star accepts all, even what has no domain."""
    assert matcher(["x@example.org", "*"])("postmaster")


def test_an_international_domain_in_both_spellings() -> None:
    """The U-label in the settings is the A-label on the wire."""
    accepts = matcher(["@bücher.example"])

    assert accepts("x@xn--bcher-kva.example")
    assert accepts("x@BÜCHER.example")


def test_many_stars_cost_no_time() -> None:
    """A pattern with many wildcards is compared in proportion to the address."""
    accepts = matcher(["*".join("a" * 60) + "b@example.org"])
    started = time.process_time()

    assert not accepts("a" * 4000 + "@example.org")
    assert time.process_time() - started < 0.5


def test_pieces_do_not_overlap() -> None:
    """What the beginning has taken, the end can't take again."""
    assert not matcher(["ab*ba@example.org"])("aba@example.org")
    assert matcher(["ab*ba@example.org"])("abba@example.org")


def test_a_stream_has_its_bounce_addresses() -> None:
    """The first one that has the address, also behind a forwarder; none where none has it."""
    stream = chooser({"news": ["@news.example.com"], "shop": ["*@*.example.com"]})

    assert stream("bounces+1@news.example.com") == "news"
    assert stream("Bounces@Shop.example.com") == "shop"
    assert stream("SRS0=abcd=3D=news.example.com=bounces@example.net") == "news"
    assert stream("bounces@example.org") is None
    assert stream("") is None
