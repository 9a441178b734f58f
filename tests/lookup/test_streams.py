"""Streams, by the envelope sender."""

from __future__ import annotations

from bounced.lookup.streams import stream_of


def test_a_stream_has_its_bounce_addresses() -> None:
    """The first stream that has the address; the default one where none has, as for ``<>``."""
    stream = stream_of({"news": ["@news.example.com"], "shop": ["*@*.example.com"]}, "default")

    assert stream("bounces+1@news.example.com") == "news"
    assert stream("Bounces@Shop.example.com") == "shop"
    assert stream("bounces@example.org") == "default"
    assert stream("") == "default"
