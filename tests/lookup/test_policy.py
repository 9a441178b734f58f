"""The policy protocol: attributes in pieces, together, broken and too long."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bounced.lookup.dialogue import MalformedError, Trouble
from bounced.lookup.policy import MAX_REQUEST, Policy

ANSWERS: dict[tuple[str, str], str | Trouble] = {
    ("dead@example.net", "default"): "REJECT dead",
    ("dead@example.net", "news"): "REJECT for news",
    ("away@example.net", "default"): Trouble.UNAVAILABLE,
}


def dialogue() -> Policy:
    """Return a new connection."""
    return Policy(
        lambda *asked: ANSWERS.get(asked),
        lambda sender: "news" if sender.endswith("@news.example.com") else "default",
    )


def request(**attributes: str) -> bytes:
    """Return a request."""
    lines = {"request": "smtpd_access_policy", "protocol_state": "RCPT"} | attributes
    return "".join(f"{name}={value}\n" for name, value in lines.items()).encode() + b"\n"


@pytest.mark.parametrize(
    ("attributes", "action"),
    [
        ({"recipient": "dead@example.net", "sender": "a@example.com"}, "REJECT dead"),
        ({"recipient": "dead@example.net"}, "REJECT dead"),
        ({"recipient": "dead@example.net", "sender": "b@news.example.com"}, "REJECT for news"),
        ({"recipient": "alive@example.net", "sender": "a=b@example.com"}, "DUNNO"),
        ({"recipient": "", "protocol_state": "DATA", "recipient_count": "2"}, "DUNNO"),
        ({}, "DUNNO"),
        (
            {"recipient": "away@example.net"},
            "DEFER_IF_PERMIT 4.3.0 can't tell whether the recipient is blocked; try again later",
        ),
    ],
)
def test_each_recipient_has_its_action(attributes: dict[str, str], action: str) -> None:
    """In the stream that the envelope sender belongs to."""
    assert dialogue().receive(request(**attributes)) == f"action={action}\n\n".encode()


@given(st.lists(st.sampled_from(["dead@example.net", "alive@example.net"]), max_size=5), st.data())
def test_however_it_is_cut_the_answers_are_the_same(asked: list[str], data: st.DataObject) -> None:
    """Many requests in one piece, or one in many: every one is answered once, in order."""
    sent = b"".join(request(recipient=one) for one in asked)
    connection, replies = dialogue(), b""
    while sent:
        size = data.draw(st.integers(1, len(sent)))
        replies += connection.receive(sent[:size])
        sent = sent[size:]

    assert replies == b"".join(
        b"action=REJECT dead\n\n" if one.startswith("dead") else b"action=DUNNO\n\n"
        for one in asked
    )


@pytest.mark.parametrize(
    ("sent", "why"),
    [
        (b"GET / HTTP/1.1\n\n", "a line without an equals sign"),
        (b"\n\n", "a line without an equals sign"),
        (b"recipient=dead@example.net\n\n", "no request=smtpd_access_policy"),
        (b"request=junk_policy\nrecipient=dead@example.net\n\n", "no request=smtpd_access_policy"),
        (b"x=" + b"y" * MAX_REQUEST, "more than 65536 octets"),
        (b"x=" + b"y" * MAX_REQUEST + b"\n\n", "more than 65536 octets"),
    ],
)
def test_what_is_no_request_ends_the_connection(sent: bytes, why: str) -> None:
    """Without a word, as Postfix wants it; what came before it is answered."""
    before = request(recipient="dead@example.net")

    with pytest.raises(MalformedError, match=why) as error:
        dialogue().receive(before + sent)

    assert error.value.replies == b"action=REJECT dead\n\n"


@given(st.lists(st.binary(max_size=60) | st.just(b"\n\n") | st.just(request()), max_size=20))
def test_any_bytes_are_answered_or_refused(pieces: list[bytes]) -> None:
    """Never another error, and never more in memory than one request."""
    connection = dialogue()
    for piece in pieces:
        try:
            replies = connection.receive(piece)
        except MalformedError:
            return
        assert replies in {b"", b"action=DUNNO\n\n"}
        assert len(connection._buffer) <= MAX_REQUEST
