"""Damage a message as transports, gateways and attackers do; the same seed does the same damage."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parent.parent
MAX: Final = 40_000  # octets of a mutant
_WORDS: Final = re.compile(rb"[\w.@+-]{3,40}")
_CHARSETS: Final = (
    *(b"utf-8", b"utf-16", b"utf-7", b"unicode_escape", b"punycode", b"iso-2022-jp", b"gb18030"),
    *(b"idna", b"undefined", b"zlib", b"\xff\0", b"x" * 300, b"big5", b"shift_jis", b"base64"),
)
_ENCODINGS: Final = (b"base64", b"quoted-printable", b"8bit", b"uuencode", b"", b"7bit (x)")
_JUNK: Final = (
    *(
        b"\0",
        b"\r",
        b"\xff\xfe",
        b"<",
        b"@",
        b"\n\n",
        b"\r\n.\r\n",
        b"\x1b$B",
        b"=?utf-8?b?",
        b"%s",
    ),
    *(b"5.1.1", b"550 ", b"--", b"&#0;", b"\xf0\x9f\x98\x80", b"\xe2\x80\xae", b"<a@b.test>", b'"'),
)

Change = Callable[[random.Random, bytes, Sequence[bytes]], bytes]


def seeds(*more: Path) -> list[bytes]:
    """Return the messages of the fixtures, and of all folders in *more*."""
    folders = (ROOT / "fixtures", *more)
    paths = (path for folder in folders for path in sorted(folder.rglob("*.eml")))
    return [path.read_bytes()[:MAX] for path in paths]


def mutant(chance: random.Random, seeds: Sequence[bytes]) -> bytes:
    """Return one of *seeds* after one to four changes."""
    raw = chance.choice(seeds)[:MAX]
    for _ in range(chance.randint(1, 4)):
        raw = chance.choice(CHANGES)(chance, raw or b"\n", seeds)
    return raw[:MAX]


def _span(chance: random.Random, pieces: int) -> tuple[int, int]:
    start = chance.randrange(pieces)
    return start, min(pieces, start + 1 + int(chance.expovariate(0.5)))


def _flip(chance: random.Random, raw: bytes, seeds: Sequence[bytes]) -> bytes:
    text = bytearray(raw)
    for _ in range(chance.choice((1, 1, 3, 30))):
        text[chance.randrange(len(text))] = chance.randrange(256)
    return bytes(text)


def _insert(chance: random.Random, raw: bytes, seeds: Sequence[bytes]) -> bytes:
    at = chance.randrange(len(raw))
    return raw[:at] + chance.choice(_JUNK) * chance.choice((1, 1, 2, 500)) + raw[at:]


def _truncate(chance: random.Random, raw: bytes, seeds: Sequence[bytes]) -> bytes:
    return raw[: chance.randrange(len(raw))]


def _behead(chance: random.Random, raw: bytes, seeds: Sequence[bytes]) -> bytes:
    return raw[chance.randrange(min(len(raw), 400)) :]


def _pieces(separator: bytes) -> tuple[Change, Change, Change]:
    """Return changes that delete, repeat and move what stands between two separators."""

    def delete(chance: random.Random, raw: bytes, seeds: Sequence[bytes]) -> bytes:
        pieces = raw.split(separator)
        start, end = _span(chance, len(pieces))
        return separator.join(pieces[:start] + pieces[end:])

    def repeat(chance: random.Random, raw: bytes, seeds: Sequence[bytes]) -> bytes:
        pieces = raw.split(separator)
        start, end = _span(chance, len(pieces))
        times = chance.choice((2, 3, 50))
        return separator.join(pieces[:start] + pieces[start:end] * times + pieces[end:])

    def move(chance: random.Random, raw: bytes, seeds: Sequence[bytes]) -> bytes:
        pieces = raw.split(separator)
        start, end = _span(chance, len(pieces))
        taken = pieces[start:end]
        rest = pieces[:start] + pieces[end:]
        at = chance.randrange(len(rest) + 1)
        return separator.join(rest[:at] + taken + rest[at:])

    return delete, repeat, move


def _swap(separator: bytes) -> Change:
    """Return a change that puts a piece of another message in place of one of its own."""

    def swap(chance: random.Random, raw: bytes, seeds: Sequence[bytes]) -> bytes:
        pieces, others = raw.split(separator), chance.choice(seeds)[:MAX].split(separator)
        start, end = _span(chance, len(pieces))
        first, last = _span(chance, len(others))
        return separator.join(pieces[:start] + others[first:last] + pieces[end:])

    return swap


def _cross(chance: random.Random, raw: bytes, seeds: Sequence[bytes]) -> bytes:
    other = chance.choice(seeds)[:MAX] or b"\n"
    return raw[: chance.randrange(len(raw))] + other[chance.randrange(len(other)) :]


def _parameter(name: bytes, values: Sequence[bytes]) -> Change:
    """Return a change of a field or parameter to another value."""
    pattern = re.compile(rb"(?i)(" + name + rb'"?)[^\s;"]{0,80}')

    def change(chance: random.Random, raw: bytes, seeds: Sequence[bytes]) -> bytes:
        value = chance.choice(values)
        return pattern.sub(lambda found: found[1] + value, raw, chance.choice((0, 1)))

    return change


def _word(chance: random.Random, raw: bytes, seeds: Sequence[bytes]) -> bytes:
    """Put a word of another message where one stands."""
    own, others = list(_WORDS.finditer(raw)), _WORDS.findall(chance.choice(seeds)[:MAX])
    if not own or not others:
        return raw
    old = chance.choice(own)
    return raw[: old.start()] + chance.choice(others) + raw[old.end() :]


def _ends(chance: random.Random, raw: bytes, seeds: Sequence[bytes]) -> bytes:
    return raw.replace(b"\r\n", b"\n").replace(
        b"\n", chance.choice((b"\r\n", b"\r", b"\n\n", b"\r\r\n"))
    )


CHANGES: Final[tuple[Change, ...]] = (
    *(_flip, _insert, _truncate, _behead, _cross, _word, _ends),
    *_pieces(b"\n"),
    *_pieces(b"\n\n"),
    *_pieces(b"\n--"),
    *(_swap(b"\n"), _swap(b"\n\n"), _swap(b"\n--")),
    _parameter(rb"charset=", _CHARSETS),
    _parameter(rb"=\?", _CHARSETS),
    _parameter(rb"content-transfer-encoding: ?", _ENCODINGS),
    _parameter(rb"boundary=", (b"", b"x", b"-", b"a" * 90, b"\xff", b"=_b")),
    _parameter(
        rb"content-type: ?", (b"text/html", b"message/rfc822", b"multipart/mixed", b"", b"x")
    ),
    _parameter(
        rb"(?:final|original)-recipient: ?", (b"rfc822;", b"x400;", b"", b"utf-8; \\x{41}@b")
    ),
)
