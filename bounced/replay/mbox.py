"""Cut an mbox into its messages, one pass, whatever its size.  RFC 4155.

A message begins with a line ``From sender date`` at the start or behind a blank line; that line
stays in front of it.  Quoted lines (``>From``) are left as they are: which of the four kinds of
mbox wrote them can't be known.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO

START = b"From "
_CHUNK = 65_536
# "From a@example.org Thu Jan  1 00:00:00 2026", the sender perhaps empty or with blanks in it.
_FROM = re.compile(rb"From .{0,400}\d{1,2}:\d\d(?::\d\d)? .{0,40}\d{4}")


def split(stream: BinaryIO, limit: int) -> Iterator[bytes]:
    """Yield every message of *stream*, whose first ``From `` has been read already.

    Of one that is longer than *limit* only the first ``limit + 1`` bytes are given.
    """
    kept, length = [START], len(START)
    first, blank, whole = True, False, True  # whole: the last piece ended its line
    while line := stream.readline(_CHUNK):
        if blank and whole and _FROM.match(line):
            yield b"".join(kept)
            kept, length = [], 0
        if length <= limit:
            kept.append(line[: limit + 1 - length])
            length += len(kept[-1])
        blank = whole and not first and line.strip(b"\r\n") == b""
        whole, first = line.endswith(b"\n"), False
    yield b"".join(kept)
