"""Netstrings in pieces, together, broken and too long; and what is asked at all."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bounced.lookup.dialogue import MalformedError, Trouble
from bounced.lookup.socketmap import MAX_REQUEST, Socketmap, netstring

ANSWERS: dict[tuple[str, str], str | Trouble] = {
    ("dead@example.net", "default"): "REJECT dead",
    ("dead@example.net", "news"): "REJECT for news",
    ("@example.org", "default"): "REJECT all",
    ("away@example.net", "default"): Trouble.UNAVAILABLE,
}


def dialogue() -> Socketmap:
    """Return a new connection."""
    return Socketmap(lambda *asked: ANSWERS.get(asked), {"default", "news"})


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ("blocked dead@example.net", "OK REJECT dead"),
        ("blocked/default dead@example.net", "OK REJECT dead"),
        ("blocked/news dead@example.net", "OK REJECT for news"),
        ("blocked alive@example.net", "NOTFOUND "),
        ("blocked @example.org", "OK REJECT all"),
        ("blocked example.org", "NOTFOUND "),
        ("blocked dead@", "NOTFOUND "),
        ("blocked ", "NOTFOUND "),
        ("blocked away@example.net", "TEMP the store can't be asked"),
        ("blocked/nws dead@example.net", "PERM there is no stream of this name in the settings"),
        ("blocked/ dead@example.net", "PERM there is no stream of this name in the settings"),
        (
            "virtual a@example.net",
            "PERM there is no map of this name; ask blocked, or blocked/STREAM",
        ),
        ("blocked", "PERM there is no map of this name; ask blocked, or blocked/STREAM"),
        ("", "PERM there is no map of this name; ask blocked, or blocked/STREAM"),
    ],
)
def test_each_question_has_its_answer(asked: str, answer: str) -> None:
    """Only whole addresses and ``@domain`` are looked up; a wrong name never says "not blocked"."""
    assert dialogue().receive(netstring(asked)) == netstring(answer)


@given(st.lists(st.sampled_from(sorted(ANSWERS)), max_size=8), st.data())
def test_however_it_is_cut_the_answers_are_the_same(
    asked: list[tuple[str, str]], data: st.DataObject
) -> None:
    """Many requests in one piece, or one in many: every one is answered once, in order."""
    sent = b"".join(netstring(f"blocked/{stream} {address}") for address, stream in asked)
    connection, replies = dialogue(), b""
    while sent:
        size = data.draw(st.integers(1, len(sent)))
        replies += connection.receive(sent[:size])
        sent = sent[size:]

    found = [ANSWERS[one] for one in asked]
    assert replies == b"".join(
        netstring("TEMP the store can't be asked" if isinstance(one, Trouble) else f"OK {one}")
        for one in found
    )


@pytest.mark.parametrize(
    ("sent", "why"),
    [
        (b"GET / HTTP/1.1\r\n", "no netstring"),
        (b"01:x,", "no netstring"),
        (b":,", "no netstring"),
        (b"1234567890", "no netstring"),
        (b"3:abcd", "a netstring without its comma"),
        (b"%d:" % (MAX_REQUEST + 1), "a request of 4097 octets"),
    ],
)
def test_what_is_no_request_ends_the_connection(sent: bytes, why: str) -> None:
    """What came before it is answered; then PERM, which Postfix logs."""
    before = netstring("blocked dead@example.net")

    with pytest.raises(MalformedError, match=why) as error:
        dialogue().receive(before + sent)

    answered = netstring("OK REJECT dead")
    assert error.value.replies.startswith(answered)
    assert b":PERM " in error.value.replies[len(answered) :]


@given(st.lists(st.binary(max_size=60), max_size=20))
@example([b"9:blocked \xff@,"])
def test_any_bytes_are_answered_or_refused(pieces: list[bytes]) -> None:
    """Never another error, and never more in memory than one request."""
    connection = dialogue()
    for piece in pieces:
        try:
            replies = connection.receive(piece)
        except MalformedError:
            return
        assert not replies or replies.endswith(b",")
        assert len(connection._buffer) <= MAX_REQUEST + 12
