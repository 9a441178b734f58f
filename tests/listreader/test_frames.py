"""What goes through the pipe."""

from __future__ import annotations

import io
from datetime import UTC

from hypothesis import given
from hypothesis import strategies as st

from bounced.causes import Cause
from bounced.listreader import frames
from bounced.listreader.frames import Kind
from bounced.lists import Listed
from bounced.model import Status

_TIMES = st.none() | st.datetimes(timezones=st.just(UTC))
_TEXTS = st.text(max_size=20)
_ENTRIES = st.builds(
    Listed,
    address=_TEXTS,
    key=_TEXTS,
    cause=st.sampled_from(list(Cause)),
    why=_TEXTS,
    since=_TIMES,
    until=_TIMES,
    stream=st.none() | _TEXTS,
    status=st.none() | st.builds(Status, *[st.integers(0, 999)] * 3),
    smtp_code=st.none() | st.integers(200, 599),
    rule=st.none() | _TEXTS,
    evidence=st.none() | _TEXTS,
)


@given(st.lists(_ENTRIES, max_size=5))
def test_the_same_entries_come_out(entries: list[Listed]) -> None:
    """Half a surrogate pair and all."""
    pipe = io.BytesIO()
    frames.put(pipe, Kind.BATCH, 7, list(map(frames.packed, entries)))
    pipe.seek(0)
    kind, size, found = frames.parsed(frames.get(pipe))
    assert (kind, size, list(map(frames.unpacked, found))) == (Kind.BATCH, 7, entries)
    assert frames.get(pipe) == b""


def test_half_a_frame_is_none() -> None:
    """Wherever it breaks off."""
    pipe = io.BytesIO()
    frames.put(pipe, Kind.BAD, 3, "no address", "line")
    whole = pipe.getvalue()
    for cut in range(len(whole)):
        assert frames.get(io.BytesIO(whole[:cut])) == b""
    assert frames.parsed(frames.get(io.BytesIO(whole))) == (Kind.BAD, 3, "no address", "line")
