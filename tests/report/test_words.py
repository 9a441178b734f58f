"""The remote's own words: who says it and what only looks like a reason are taken away."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bounced.report.words import LIMIT, Words


@pytest.mark.parametrize(
    ("text", "shown", "host", "stage"),
    [
        (
            "host mx.example.com[192.0.2.1] said: 550 5.1.1 No user (in reply to RCPT TO command)",
            "550 5.1.1 No user",
            "mx.example.com",
            "rcpt",
        ),
        (
            (
                "SMTP error from remote mail server after end of data: "
                "host mx.example.com [192.0.2.1]: 550 no"
            ),
            "550 no",
            "mx.example.com",
            "data",
        ),
        (
            "192.0.2.1 does not like recipient.\nRemote host said: 550 no\nGiving up on 192.0.2.1.",
            "550 no",
            None,
            "rcpt",
        ),
        (
            "... while talking to mx.example.com.:\n>>> RCPT To:<a@example.com>\n<<< 550 no",
            "550 no",
            None,
            "rcpt",
        ),
        (
            "host a.example[192.0.2.1] said: 550 host b.example[192.0.2.2] said: 550 5.1.1 gone",
            "550 5.1.1 gone",
            "b.example",
            None,
        ),
        (
            (
                "No such user. (#5.1.1)\nI'm not going to try again; this message has been in the "
                "queue too long."
            ),
            "No such user. (#5.1.1)",
            None,
            None,
        ),
        ("mailbox full", "mailbox full", None, None),
        ("", "", None, None),
    ],
)
def test_who_says_it_is_cut_off(text: str, shown: str, host: str | None, stage: str | None) -> None:
    """What the reporting MTA puts around the reply is no part of it, but tells host and stage."""
    said = Words(text)
    assert (said.shown, said.host, said.stage) == (shown, host, stage)


@pytest.mark.parametrize(
    "text",
    [
        "550-5.7.1 one\n550-5.7.1 two\n550 5.7.1 three",
        "550-5.7.1 one\r\n550-5.7.1 two\r\n550 5.7.1 three",
        "550-5.7.1 one 550-5.7.1 two 550 5.7.1 three",
        "550 5.7.1 one\n  two\n\tthree",
    ],
)
def test_lines_are_joined(text: str) -> None:
    """The code that every line of a reply repeats is shown once."""
    assert Words(text).shown == "550 5.7.1 one two three"


def test_another_code_in_the_text_stays() -> None:
    """Only a repetition of the reply's own code is dropped."""
    assert Words("550-5.7.1 see\n550 5.7.1 error 551").shown == "550 5.7.1 see error 551"


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("no <spam@example.com> here", "no <@@@@@@@@@@@@@@@@> here"),
        ("a@example.com:550 no", "@@@@@@@@@@@@@:550 no"),
        ("by spam.example.com now", "by ################ now"),
        ("see https://a.example/spam?p=1 now", "see ########################## now"),
        ("see a.example.com/spam now", "see ################## now"),
        ("from [192.0.2.1] no", "from [#########] no"),
        ("from 2001:db8::1 no", "from ########### no"),
        ("554 IP=192.0.2.1 no", "554 IP=######### no"),
        ("User unknown.Please check", "User unknown.Please check"),
        ("RESOLVER.ADR.RecipNotFound", "RESOLVER.ADR.RecipNotFound"),
        ("550 5.1.1 no", "550 5.1.1 no"),
    ],
)
def test_names_are_blanked(text: str, plain: str) -> None:
    """Addresses, hosts, links and IP addresses are blanked, each sign for a sign."""
    assert Words(text).plain == plain


@given(st.text())
@settings(max_examples=300, deadline=None)
def test_never_raises_and_keeps_places(text: str) -> None:
    """Any text gives one line, and both forms of it are equally long."""
    said = Words(text)
    assert len(said.shown) == len(said.plain) <= LIMIT + 1
    assert len(said.shown.splitlines()) <= 1


@pytest.mark.parametrize("piece", ["a", "a.", "a@", "host a[b] said: ", "550-", "\n", "<<< ", "::"])
def test_time_does_not_grow_with_the_text(piece: str) -> None:
    """Only the first LIMIT characters are looked at."""
    begin = time.perf_counter()
    assert len(Words(piece * (1_000_000 // len(piece))).plain) <= LIMIT
    assert time.perf_counter() - begin < 0.5
