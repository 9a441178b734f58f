"""The fingerprint, in pieces: tests/test_pipeline.py has what it is of real messages."""

from __future__ import annotations

import hashlib
import re
import tracemalloc
from unittest import mock

from hypothesis import given, settings
from hypothesis import strategies as st

from bounced.fingerprint import fingerprint

BODY = st.lists(
    st.sampled_from([b"\r", b"\n", b"\r\n", b"x", b"Subject: a", b"\0", b"\n\n\n\n"]), max_size=40
).map(b"".join)


def _at_once(raw: bytes) -> str:
    """Return the same of a message as a whole."""
    text = re.sub(rb"\r\n?", b"\n", raw)
    return hashlib.sha256(text.rstrip(b"\n")).hexdigest()


@given(BODY, st.integers(2, 9))
@settings(deadline=None)
def test_where_it_is_cut_makes_no_difference(raw: bytes, size: int) -> None:
    """Between CR and LF, in blank lines, at the end."""
    with mock.patch("bounced.fingerprint._PIECE", size):
        assert fingerprint(raw) == _at_once(raw)


def test_a_large_message_is_not_copied_as_a_whole() -> None:
    """Two readers at a time have one of 33 MB each."""
    raw = b"xxxxxxxx\r\n" * 1_000_000
    tracemalloc.start()
    fingerprint(raw)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert most < len(raw) / 2
