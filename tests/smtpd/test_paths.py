"""The arguments of MAIL and RCPT."""

from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bounced.smtpd import paths


@pytest.mark.parametrize(
    ("argument", "address"),
    [
        ("FROM:<>", ""),
        ("from:<>", ""),
        ("FROM: <a@example.com>", "a@example.com"),
        ("FROM :<a@example.com>", "a@example.com"),
        ("FROM:a@example.com", "a@example.com"),
        ("FROM:a@example.com SIZE=10", "a@example.com"),
        ("FROM:< a@example.com >", "a@example.com"),
        ("FROM:<a@example.com>SIZE=10", "a@example.com"),
        ("FROM:<@one.example,@two.example:a@example.com>", "a@example.com"),
        ('FROM:<"a b>c"@example.com> BODY=8BITMIME', '"a b>c"@example.com'),
        ('FROM:<o"brien@example.com>', 'o"brien@example.com'),
        ("FROM:<a b@example.com>", "a b@example.com"),
        ("FROM:<ä@bücher.example> SMTPUTF8", "ä@bücher.example"),
        ("FROM:<b+u=example.net@example.org>\tSIZE=10", "b+u=example.net@example.org"),
        ("FROM:<postmaster>", "postmaster"),
    ],
)
def test_paths_that_are_sent(argument: str, address: str) -> None:
    """Whatever real senders write is taken; routes and brackets are left off."""
    path = paths.read(argument, "FROM")

    assert path is not None
    assert address == path.address


@pytest.mark.parametrize(
    "argument",
    [
        "",
        "FROM",
        "FROM:",
        "FROM: ",
        "TO:<a@example.com>",
        "<a@example.com>",
        "FROM:<a@example.com",
        "FROM:<a\r@example.com>",
        "FROM:<a\0@example.com>",
        "FROM:<a\x7f@example.com>",
        "FROM:<a\x85@example.com>",
        "FROM:<a\N{LINE SEPARATOR}@example.com>",
        b"FROM:<\xff@example.com>".decode(errors="surrogateescape"),
        "FROM:<> ENVID=\x1b[31m",
    ],
)
def test_what_can_not_be_kept(argument: str) -> None:
    """No path, an open bracket, control characters and broken UTF-8 are refused."""
    assert paths.read(argument, "FROM") is None


def test_parameters_are_kept_whether_known_or_not() -> None:
    """Microsoft 365 sends AUTH=<> and XOORG= to servers that offer neither."""
    path = paths.read(
        "FROM:<> size=1234 AUTH=<> RET=HDRS ENVID=q+2B1 XOORG=contoso.example BODY=8BITMIME =",
        "FROM",
    )

    assert path is not None
    assert path.size == 1234
    assert path.parameters == {
        "SIZE": "1234",
        "AUTH": "<>",
        "RET": "HDRS",
        "ENVID": "q+2B1",
        "XOORG": "contoso.example",
        "BODY": "8BITMIME",
    }
    assert path.words == (
        "SIZE=1234 AUTH=<> RET=HDRS ENVID=q+2B1 XOORG=contoso.example BODY=8BITMIME"
    )


@pytest.mark.parametrize("size", ["", "SIZE", "SIZE=", "SIZE=-1", "SIZE=1e9", "SIZE=²"])
def test_a_size_that_is_no_number_says_nothing(size: str) -> None:
    """A malformed SIZE is as if there were none; the message itself is counted anyway."""
    path = paths.read(f"FROM:<> {size}", "FROM")

    assert path is not None
    assert path.size == 0


@given(text=st.text(st.characters(), max_size=200), odd=st.characters(categories=["Cc", "Cs"]))
@settings(max_examples=300, deadline=None)
def test_nothing_raises_and_no_control_character_passes(text: str, odd: str) -> None:
    """Whatever comes behind the keyword gives a path or none; surrogates are no UTF-8."""
    for argument in (text, f"<a{odd}b@example.org>", f"<a@example.org> ENVID=a{odd}b"):
        path = paths.read(f"TO:{argument}", "TO")
        kept = path.address + path.words if path else ""

        assert not {"Cc", "Cs"} & set(map(unicodedata.category, kept))


@pytest.mark.parametrize("unit", ["<", '"', "\\", "@a,", "@a:", " ", "\t", "a=b ", '<"', "\\\\"])
def test_no_argument_takes_long(unit: str) -> None:
    """Long repetitions of every special character are read in proportion to their length."""
    started = time.process_time()
    paths.read("FROM:<" + unit * (30000 // len(unit)), "FROM")

    assert time.process_time() - started < 0.2
