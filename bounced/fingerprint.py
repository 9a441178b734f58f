"""What makes a message the same when it comes again, by another way or by the same."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from typing import Final

# Possessive: a field folded over a million lines must not cost memory for each of them.
_TRACE: Final = re.compile(
    rb"(?:Received|X-Received|Return-Path|Delivered-To|X-Original-To|Envelope-To|Delivery-Date"
    rb"|Received-SPF|Authentication-Results|X-Envelope-To|X-Envelope-From|Status|X-Status|X-UID)"
    rb"[ \t]*+:[^\n]*+\n(?:[ \t][^\n]*+\n)*+",
    re.IGNORECASE,
)
_MBOX_LINE: Final = re.compile(rb"From [^\n]*\n")
_PIECE: Final = 2**20  # octets; no trace is longer, and a large message is not copied as a whole


def fingerprint(raw: bytes) -> str:
    """Return the SHA-256, in hex, of what does not change when the same message comes again.

    Left out are the trace fields that each transport adds in front (RFC 5321 §4.4), an mbox line,
    the kind of the line ends and blank lines at the end.
    """
    digest, blank = hashlib.sha256(), 0
    for number, piece in enumerate(_pieces(raw)):
        text = piece if number else piece[_behind_trace(piece) :]
        said = text.rstrip(b"\n")
        while said and blank:  # lines that turn out to be none at the end
            digest.update(b"\n" * min(blank, _PIECE))
            blank -= min(blank, _PIECE)
        digest.update(said)
        blank += len(text) - len(said)
    return digest.hexdigest()


def _pieces(raw: bytes) -> Iterator[bytes]:
    """Yield the message bit by bit, with LF for every line end."""
    start = 0
    while start < len(raw):
        end = start + _PIECE
        end += raw[end - 1 : end + 1] == b"\r\n"
        yield raw[start:end].replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        start = end


def _behind_trace(text: bytes) -> int:
    mbox = _MBOX_LINE.match(text)
    start = mbox.end() if mbox else 0
    while trace := _TRACE.match(text, start):
        start = trace.end()
    return start
