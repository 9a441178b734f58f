"""The reader of a message's bytes."""

from __future__ import annotations

import random
import time
import tracemalloc
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bounced.smtpd.data import DataReader

_PIECES = st.sampled_from([b"\r\n", b"\r", b"\n", b".", b"..", b"\0", b"x", b"\xff", b"\r\n."])
_BODIES = st.lists(st.one_of(_PIECES, st.binary(max_size=8)), max_size=40).map(b"".join)


def _stuffed(body: bytes) -> bytes:
    """Return *body* as a client sends it: RFC 5321 §4.5.2, line by line."""
    lines = body.split(b"\r\n")
    assert lines.pop() == b""
    return b"".join((b"." if line[:1] == b"." else b"") + line + b"\r\n" for line in lines)


def _cut(data: bytes, cuts: list[int]) -> list[bytes]:
    places = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    return [data[a:b] for a, b in pairwise(places)]


def _read(chunks: list[bytes], limit: int = 10**6) -> DataReader:
    reader = DataReader(limit)
    for index, chunk in enumerate(chunks):
        if reader.feed(chunk):
            reader.left += b"".join(chunks[index + 1 :])
            break
    return reader


@given(body=_BODIES, cuts=st.lists(st.integers(0, 10**6), max_size=12), behind=_BODIES)
@settings(max_examples=400, deadline=None)
def test_any_body_in_any_chunks(body: bytes, cuts: list[int], behind: bytes) -> None:
    """Whatever the bytes and wherever they are cut, the body comes out and the rest is left."""
    body += b"\r\n" if body and not body.endswith(b"\r\n") else b""
    sent = _stuffed(body) + b".\r\n" + behind

    whole = _read([sent])
    cut = _read(_cut(sent, cuts))

    assert (True, body, behind) == (whole.done, whole.take(), whole.left)
    assert (True, body, behind) == (cut.done, cut.take(), cut.left)


@given(sent=_BODIES)
@settings(max_examples=300, deadline=None)
def test_byte_by_byte_is_the_same_as_whole(sent: bytes) -> None:
    """Even what is no proper message is read alike, however it is cut."""
    whole, bytewise = DataReader(10**6), DataReader(10**6)

    whole.feed(sent)
    for index in range(len(sent)):
        if bytewise.feed(sent[index : index + 1]):
            break

    assert whole.done == bytewise.done
    assert whole.take() == bytewise.take()


@pytest.mark.parametrize(
    "end",
    [
        b"\n.\n",
        b"\n.\r\n",
        b"\r\n.\n",
        b"\r.\r",
        b"\r.\r\n",
        b"\r\n.\r",
        b"\r\n\0.\r\n",
        b"\r\n.\0\r\n",
        b"\r\n.\r\r\n",
        b"\r\n..\r\n",
    ],
)
def test_nothing_but_crlf_dot_crlf_ends_a_message(end: bytes) -> None:
    """Ten look-alikes of the end, used to smuggle a second message, are part of the body."""
    reader = _read([b"one", end, b"MAIL FROM:<smuggled@example.com>\r\n"])

    assert not reader.done

    reader.feed(b"\r\n.\r\n")
    body = reader.take()

    assert body.startswith(b"one")
    assert b"MAIL FROM:<smuggled@example.com>\r\n" in body


def test_ten_thousand_bodies_in_random_chunks() -> None:
    """Random octets, rich in dots and ends of lines, cut anywhere: each comes out as it went in."""
    dice = random.Random(5321)
    pieces = [b"\r\n", b"\r\n.", b".", b"..", b"\r", b"\n", b"\r\n.\r", b"x", b"\0", b"\xff"]
    for number in range(10_000):
        body = b"".join(dice.choices(pieces, k=dice.randrange(30))) + b"\r\n" * (number % 3 > 0)
        body += b"\r\n" if body and not body.endswith(b"\r\n") else b""
        sent = _stuffed(body) + b".\r\nQUIT\r\n"
        reader = _read(_cut(sent, [dice.randrange(len(sent)) for _ in range(dice.randrange(9))]))

        assert (number, reader.take(), reader.left) == (number, body, b"QUIT\r\n")


def test_crlf_dot_crlf_ends_a_message_behind_a_stray_cr() -> None:
    """CR CR LF . CR LF contains the end, and ends."""
    reader = _read([b"one\r\r\n.\r\nQUIT\r\n"])

    assert (reader.take(), reader.left) == (b"one\r\r\n", b"QUIT\r\n")


def test_an_empty_message() -> None:
    """A dot on the first line ends a message of no bytes."""
    reader = _read([b".\r\nQUIT\r\n"])

    assert (reader.done, reader.take(), reader.left) == (True, b"", b"QUIT\r\n")


def test_a_first_line_that_begins_with_a_dot() -> None:
    """The first line is unstuffed as all others are."""
    assert _read([b"..x\r\n.\r\n"]).take() == b".x\r\n"


def test_the_limit_counts_the_body_alone() -> None:
    """As many octets as the limit are taken; dots, the end and the next commands don't count."""
    sent = b"..xxxxx\r\n.\r\nQUIT\r\n"

    assert (_read([sent], 8).take(), _read([sent], 8).too_large) == (b".xxxxx\r\n", False)
    assert _read([sent], 7).too_large


def test_beyond_the_limit_nothing_is_kept_and_the_end_is_still_found() -> None:
    """A message that is too large is read to its end, so that the reply comes in its place."""
    reader = _read([b"x" * 5000, b"\r\n.\r\n", b"QUIT\r\n"], 1000)

    assert (reader.done, reader.too_large, reader.take()) == (True, True, b"")
    assert reader.left == b"QUIT\r\n"
    assert not reader.hopeless


def test_far_beyond_the_limit_it_is_hopeless() -> None:
    """A client that never ends is not read for ever."""
    reader = _read([b"x" * 2**20] * 2, 1000)

    assert reader.hopeless


@pytest.mark.parametrize("line", [b"\r\n", b".\r", b"\r\n.x", b"x" * 10 + b"\r\n", b"x"])
def test_time_and_memory_stay_in_proportion(line: bytes) -> None:
    """Eight megabytes of the worst lines take less than a second and no multiple of their size."""
    chunks = [(line * (2**18 // len(line)))] * 32
    reader = DataReader(2**24)
    tracemalloc.start()
    started = time.process_time()
    for chunk in chunks:
        reader.feed(chunk)
    spent, peak = time.process_time() - started, tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert spent < 1
    assert peak < 2.5 * 2**23
