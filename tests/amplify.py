"""Make any message large in ways that suit whoever reads it: what is in it, many times over.

A reader is slow on what it likes, so the fixtures of each dialect, many times repeated, find what
texts made of one letter don't: work for each recipient that looks at all others, or at all text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

_ADDRESS: Final = re.compile(rb"[\w.+-]{1,64}(?=@[\w-]{1,63}\.)")
_MOST_BLOCKS: Final = 3


def amplified(raw: bytes, size: int) -> Iterator[tuple[str, bytes]]:
    """Yield *raw* made about *size* octets long, each time by repeating something else in it.

    A block of lines with its addresses numbered, the same block word for word, each line of it, the
    words of its longest line, and each field of the header.
    """
    text = raw.replace(b"\r\n", b"\n")
    head, _, body = text.partition(b"\n\n")
    blocks = body.split(b"\n\n")
    told = [at for at, block in enumerate(blocks) if block.strip() and _interesting(block)]
    for at in told[:_MOST_BLOCKS]:
        block = blocks[at]
        times = max(2, size // (len(block) + 2))

        def made(new: bytes, at: int = at) -> bytes:
            return head + b"\n\n" + b"\n\n".join([*blocks[:at], new, *blocks[at + 1 :]])

        yield f"block {at} numbered", made(b"\n\n".join(_numbered(block, n) for n in range(times)))
        yield f"block {at} as one", made(b"\n".join(_numbered(block, n) for n in range(times)))
        yield f"block {at} again", made(b"\n\n".join([block] * times))
        lines = block.split(b"\n")
        each = max(2, times // 2)
        yield f"lines of block {at}", made(b"\n".join(b"\n".join([line] * each) for line in lines))
        longest = max(lines, key=len)
        long = b" ".join([longest] * (size // max(1, len(longest))))
        yield f"line of block {at}", made(block.replace(longest, long, 1))
    fields = head.split(b"\n")
    again = b"\n".join(b"\n".join([line] * max(2, size // len(head))) for line in fields)
    yield "header", again + b"\n\n" + body
    wide = b"\n".join(line + b" " + line * (size // len(head)) for line in fields)
    yield "fields", wide + b"\n\n" + body


def _interesting(block: bytes) -> bool:
    """Whether a block can be repeated: the header of a part would only spoil the parts."""
    return not block.lstrip().startswith((b"--", b"Content-", b"Received:", b"Return-Path:"))


def _numbered(block: bytes, number: int) -> bytes:
    return _ADDRESS.sub(lambda found: found[0] + b"%d" % number, block)
