"""One address in any text: found however it is written there, and no other taken for it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bounced.address.mention import BLANK, Mention

ANNA = Mention("Anna@Example.com")


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("<anna@example.com>: unknown", f"<{BLANK}>: unknown"),
        ("ANNA@EXAMPLE.COM.", f"{BLANK}."),
        ("rfc822;anna@example.com", f"rfc822;{BLANK}"),
        ("to=anna@example.com, relay=x", f"to={BLANK}, relay=x"),
        ("bounces+anna=example.com@ours.test", f"bounces+{BLANK}@ours.test"),
        ("SRS0=HHH=TT=example.com=anna@ours.test", f"SRS0=HHH=TT={BLANK}@ours.test"),
        ("https://x.test/?who=anna%40example.com&a=b", f"https://x.test/?who={BLANK}&a=b"),
        ("anna=40example.com", BLANK),
        (
            "ORCPT=rfc822;bounces+2Banna+3Dexample.com@ours.test",
            f"ORCPT=rfc822;bounces+2B{BLANK}@ours.test",
        ),
        ("ORCPT=rfc822;example.com+3Danna@ours.test", f"ORCPT=rfc822;{BLANK}@ours.test"),
    ],
)
def test_an_address_is_found_in_every_form(text: str, left: str) -> None:
    """In replies, header fields, logs, bounce addresses, encoded words and links."""
    assert ANNA.blotted(text) == left
    assert ANNA.is_in(text.encode())


@pytest.mark.parametrize(
    "text",
    [
        "joanna@example.com",
        "x+anna@example.com",
        "anna@example.com.au",
        "anna@example.community",
        "joanna=example.com@ours.test",
        "b+2Bjoanna+3Dexample.com@ours.test",
        "bounces+3danna=example.com@ours.test",
        "bounces+2banna=example.com@ours.test",
        "ann@example.com",
        "example.com",
    ],
)
def test_another_address_that_begins_or_ends_alike_stays(text: str) -> None:
    """It is another person's."""
    assert ANNA.blotted(text) == text
    assert not ANNA.is_in(text.encode())


def test_a_line_of_quoted_printable_that_goes_on_hides_nothing() -> None:
    """A soft line break may stand anywhere."""
    assert ANNA.is_in(b"Dear anna=40exam=\r\nple.com,")


def test_a_domain_is_found_in_both_of_its_forms() -> None:
    """As A-labels and in letters."""
    mention = Mention("anna@b\N{LATIN SMALL LETTER U WITH DIAERESIS}cher.example")

    for one in (mention, Mention(mention.key)):  # whichever of them is asked for
        assert one.blotted(mention.key) == BLANK
        assert one.blotted(mention.address) == BLANK


@given(
    st.recursive(
        st.text() | st.none() | st.integers(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)
    )
)
def test_nothing_is_found_where_nothing_is(value: object) -> None:
    """What JSON can hold comes back as it was."""
    assert Mention("anna@no-such-domain.example").blotted_all(value) == value


@given(st.text(), st.text())
def test_the_address_is_gone_at_any_depth(before: str, after: str) -> None:
    """Whatever stands around it, behind spaces."""
    value = {"a": [f"{before} anna@example.com {after}", {"anna@example.com": None}]}

    assert "anna@example.com" not in json.dumps(ANNA.blotted_all(value))


@pytest.mark.parametrize("address", ["a+b.longest=x@ex.org", "\N{SNOWMAN}@ex.org", "A-1@ex.org"])
def test_the_needle_stands_in_every_form(address: str) -> None:
    """So that whatever lacks it need not be looked at."""
    mention = Mention(address)

    assert all(mention.needle in form for form in mention.forms)
