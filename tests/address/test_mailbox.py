"""Addresses: the key they are looked up by, and which of them are any."""

from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bounced.address import MAX_KEY, domain_of, is_address, normalise, normalise_domain
from bounced.address.mailbox import spelled_domain

_ANYTHING = st.text(st.characters(codec=None), max_size=40)
_AWKWARD = st.text(
    st.sampled_from('ab.@<>"\\ \t\r\n\0\x85\u2028\ud800')
    | st.sampled_from("\uff20\uff0e\uff1e\uff33\u017f\u0301Σİẞß☃éxn--"),
    max_size=30,
)
_TEXTS = _ANYTHING | _AWKWARD | st.builds("{}@{}".format, _AWKWARD, _ANYTHING | _AWKWARD)


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("Joe@Example.COM", "joe@example.com"),
        ("<joe@example.com>", "joe@example.com"),
        (" joe@example.com\r\n", "joe@example.com"),
        ("joe@example.com.", "joe@example.com"),
        ("joe@MÜNCHEN.example", "joe@xn--mnchen-3ya.example"),
        ("joe@xn--mnchen-3ya.example", "joe@xn--mnchen-3ya.example"),
        ("joe@\uff45xample\uff0ecom", "joe@example.com"),
        ("joe@例え。example", "joe@xn--r8jz45g.example"),
        ("joe@☃.example", "joe@xn--n3h.example"),
        ("jose\u0301@example.com", "josé@example.com"),
        ("JOSÉ@example.com", "josé@example.com"),
        ('"Joe Doe"@example.com', '"joe doe"@example.com'),
        ('"a@b"@example.com', '"a@b"@example.com'),
        ("joe@[192.0.2.1]", "joe@[192.0.2.1]"),
        ("bounces+Joe=example.net@example.com", "bounces+joe=example.net@example.com"),
        ("@Example.com", "@example.com"),
        (" Nobody ", "nobody"),
        ("", ""),
    ],
)
def test_all_spellings_of_a_mailbox_have_one_key(written: str, key: str) -> None:
    """Case, brackets, a final dot, Unicode forms and forms of the domain make no difference."""
    assert key == normalise(written)


def test_a_sharp_s_is_not_two_letters() -> None:
    """Straße and Strasse are two local parts, and two domains."""
    assert normalise("straße@example.com") != normalise("strasse@example.com")
    assert normalise("a@straße.example") != normalise("a@strasse.example")


@pytest.mark.parametrize("lost", ["\0", "\x1b", "\ud800", "\x85", "\u2028", "\r\n"])
def test_a_lost_character_does_not_make_another_address(lost: str) -> None:
    """What can't be kept stays visible: a garbled address is never the key of a sound one."""
    for garbled in (f"jo{lost}e@example.com", f"joe@exam{lost}ple.com"):
        assert normalise(garbled) != "joe@example.com"
        assert "\N{REPLACEMENT CHARACTER}" in normalise(garbled)


def test_wide_forms_of_the_at_sign_do_not_move_the_domain() -> None:
    """UTS 46 maps a wide commercial at to the real one; in a domain it is refused instead."""
    assert normalise("a@b\uff20example.com").rpartition("@")[0] == "a"


def test_a_key_fits_into_an_index() -> None:
    """What is longer than any mailbox has its hash for a key, and still one of its own."""
    one, other = normalise("x" * 10_000 + "@example.com"), normalise("y" * 10_000 + "@example.com")
    assert one != other
    assert len(one.encode()) <= MAX_KEY


@settings(deadline=None, max_examples=1000)
@given(_TEXTS)
def test_normalising_never_raises_and_a_key_is_its_own_key(text: str) -> None:
    """Whatever the text: no exception, nothing that a database refuses, and a fixed point."""
    key = normalise(text)

    assert key == normalise(key)
    assert len(key.encode()) <= MAX_KEY
    assert not any(unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") for char in key)


@settings(deadline=None, max_examples=300)
@given(_TEXTS)
def test_looking_at_an_address_never_raises(text: str) -> None:
    """The other questions have an answer for every text, too, and agree with the key."""
    assert normalise(text).endswith(domain_of(text))
    assert normalise_domain(normalise_domain(text)) == normalise_domain(text)
    if is_address(text):
        assert domain_of(text)


def test_time_is_linear_in_the_text() -> None:
    """A megabyte of anything takes no longer than a moment."""
    started = time.perf_counter()
    for text in (
        "@" * 10**6,
        "<" * 10**6,
        "é" * 10**6,
        "a@" + "é." * 10**6,
        '"' + "\\" * 10**6 + "@x.y",
    ):
        normalise(text)
        is_address(text)

    assert time.perf_counter() - started < 5


@pytest.mark.parametrize(
    ("address", "domain"),
    [
        ("joe@Example.COM.", "example.com"),
        ('"a@b"@example.com', "example.com"),
        ("joe@münchen.example", "xn--mnchen-3ya.example"),
        ("joe", ""),
        ("joe@", ""),
    ],
)
def test_the_domain_is_what_stands_behind_the_last_at(address: str, domain: str) -> None:
    """As a key, and empty where there is none."""
    assert domain == domain_of(address)


@pytest.mark.parametrize(
    "address",
    [
        "joe@example.com",
        "joe.@example.com",  # Japanese mobile carriers gave these out
        "jo..e@example.com",
        "o'brien+tag=x/y@sub.example.co.test",
        '"joe doe"@example.com',
        r'"joe \"the\" doe"@example.com',
        "josé@example.com",
        "joe@münchen.example",
        "joe@हिन्दी.example",
        "joe@☃.example",
        "joe@a_b.example.com",
        "joe@example.com.",
        "joe@[192.0.2.1]",
        "joe@[IPv6:2001:db8::1]",
    ],
)
def test_these_are_addresses(address: str) -> None:
    """Mail can be sent to them, whatever the older standards say."""
    assert is_address(address)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "joe",
        "@example.com",
        "joe@",
        "joe@localhost",
        "joe doe@example.com",
        "joe@example.com>",
        "joe@exam ple.com",
        "joe@b@example.com",
        "joe@example..com",
        "joe@.example.com",
        "joe@-example.com",
        "joe@example-.com",
        "joe@192.0.2.1",
        "joe@[192.0.2.256]",
        "joe@[IPv6:xyz]",
        "joe@example.com”",
        "joe@exam\N{ZERO WIDTH SPACE}ple.com\N{LINE SEPARATOR}",
        'joe"@example.com',
        '""@example.com',
        "jo\0e@example.com",
        "joe\udcff@example.com",
        "joe@" + "a" * 64 + ".com",
        "joe@" + "é" * 64 + ".com",
        "j" * 400 + "@example.com",
        "é" * 200 + "@example.com",
        "joe@" + "a." * 150 + "com",
    ],
)
def test_these_are_none(address: str) -> None:
    """No mail can be sent to them from anywhere on the Internet."""
    assert not is_address(address)


@pytest.mark.parametrize(
    ("domain", "spelled"),
    [
        ("xn--bcher-kva.example", "bücher.example"),
        ("xn--99999999999.example", "xn--99999999999.example"),  # no punycode
        ("xn--abc-.example", "xn--abc-.example"),  # of letters that need none
        ("example.com", "example.com"),
    ],
)
def test_a_domain_can_be_spelled_again(domain: str, spelled: str) -> None:
    """In the letters that its A-labels stand for."""
    assert spelled_domain(domain) == spelled
