"""An mbox, cut into its messages."""

from __future__ import annotations

import io

from hypothesis import given, settings
from hypothesis import strategies as st

from bounced.replay import mbox

LINE = b"From a@example.org Tue Nov 24 09:00:00 2026\n"


def _split(content: bytes, limit: int = 1_000_000) -> list[bytes]:
    stream = io.BytesIO(content)
    stream.seek(len(mbox.START))
    return list(mbox.split(stream, limit))


def test_a_message_begins_behind_a_blank_line_only() -> None:
    """In the middle of a text the word From is text, with or without a date behind it."""
    body = b"Subject: x\n\nFrom here on it is easy.\n" + LINE + b"\nFrom the start\n"

    assert _split(LINE + body + b"\n" + LINE + body) == [LINE + body + b"\n", LINE + body]


def test_quoted_lines_stay_quoted() -> None:
    """Which kind of mbox it is can't be known, so nothing is taken away."""
    content = LINE + b"Subject: x\n\n>From " + LINE[5:]

    assert _split(content) == [content]


def test_line_ends_may_be_crlf() -> None:
    """An mbox that went through Windows is cut like any other."""
    content = (LINE + b"Subject: x\n\nbody\n\n" + LINE + b"Subject: y\n\n").replace(b"\n", b"\r\n")

    assert len(_split(content)) == 2


def test_a_sender_may_be_missing_or_a_name() -> None:
    """MAILER-DAEMON, and nothing at all, stand there in the field."""
    content = b"".join(
        line + b"Subject: x\n\n\n"
        for line in (
            b"From MAILER-DAEMON Tue Nov 24 09:00:00 2026\n",
            b"From  Tue Nov 24 09:00:00 2026\n",
            b"From a@example.org  Tue Nov 24 09:00 +0100 2026\n",
        )
    )

    assert len(_split(content)) == 3


@given(
    st.lists(
        st.binary(max_size=200).map(lambda raw: raw.replace(b"From ", b"")), min_size=1, max_size=5
    )
)
@settings(max_examples=100, deadline=None)
def test_no_byte_is_lost(bodies: list[bytes]) -> None:
    """The messages put together again are the file; each starts with its line."""
    content = b"".join(LINE + body + b"\n\n" for body in bodies)
    messages = _split(content)

    assert b"".join(messages) == content
    assert len(messages) == len(bodies)


@given(st.integers(6, 300))
@settings(max_examples=50, deadline=None)
def test_a_message_over_the_limit_is_cut_one_byte_behind_it(limit: int) -> None:
    """So that its length says that it was too long, and no more of it is held."""
    messages = _split(LINE + b"x" * 200 + b"\n\n" + LINE + b"Subject: y\n", limit)

    assert [len(one) for one in messages] == [min(limit + 1, 246), min(limit + 1, 55)]
