"""Message bytes to a tree of parts, tolerant of everything (RFC 5322, RFC 2045, RFC 2046).

Written for notices, not for mail at large: CRLF, LF and CR read the same, nested messages are read
only when asked, and everything is capped before it is looked at.  Repetitions over lines are
possessive: they can't backtrack, and take no memory for each line.  Never raises.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import islice
from typing import Final

from bounced.report import charset

MAX_MESSAGE: Final = 8_388_608  # a report stands before the mail it returns
MAX_HEADER_BLOCK: Final = 262_144
MAX_FIELDS: Final = 1_000
MAX_FIELD: Final = 16_384
MAX_PARTS: Final = 200
MAX_DEPTH: Final = 20
MAX_TEXT: Final = 65_536
MAX_STATUS: Final = 524_288  # a delivery status of 1,000 recipients, with their diagnostics

_FIELD = re.compile(r"^([!-9;-~]{1,100})[ \t]*+:[ \t]*+(.*+(?:\n[ \t].*+)*+)", re.MULTILINE)
_BLOCK = re.compile(r"(?:[!-9;-~]{1,100}+[ \t]*+:.*+\n(?:[ \t].*+\n)*+)*+")
_ONE_FIELD = re.compile(r"[!-9;-~]{1,100}+[ \t]*+:.*+\n")
# Field names that prove that a header block goes on behind a broken line, or starts behind junk.
_KNOWN = re.compile(
    r"^(?:Content-Type|From|To|Subject|Date|Message-ID|Received|MIME-Version|Return-Path)[ \t]*:",
    re.MULTILINE | re.IGNORECASE,
)
_PARAM = re.compile(
    r";\s{0,200}([\w!#$&.+-]{1,40})(?:\*\d{0,2}\*?)?\s{0,10}=\s{0,10}"
    r'(?:"((?:[^"\\]|\\.){0,1000})"|([^;\s"]{0,500}))'
)
_TYPE = re.compile(r'\s*"?([\w.+-]{1,64}/[\w.+-]{1,64})')
# A boundary line that nobody declared: a relay lost the Content-Type field or its parameter.
_GUESS = re.compile(
    r"(?:^|\n)--([^\s-][^\n]{0,68}|-{1,40}[^\s-][^\n]{0,68})\nContent-", re.IGNORECASE
)

_PREAMBLE = re.compile(r"\n{0,5}(?:This is a .{0,80}\n\n?)?--")


class Headers:
    """The fields of one header block, in order; look-up ignores case."""

    def __init__(self, fields: Iterable[tuple[str, str]] = ()) -> None:
        self._fields = tuple(fields)
        self._index: dict[str, list[str]] = {}
        for name, value in self._fields:
            self._index.setdefault(name.lower(), []).append(value)

    @classmethod
    def parse(cls, block: str) -> Headers:
        """Read the fields in *block*; lines that are none are passed over."""
        if len(block) <= MAX_FIELD:
            return cls(_FIELD.findall(block)[:MAX_FIELDS])
        found = islice(_FIELD.finditer(block[:MAX_HEADER_BLOCK]), MAX_FIELDS)
        return cls((match[1], match[2][:MAX_FIELD]) for match in found)

    def all(self, name: str) -> list[str]:
        """Return the values of every field *name*, unfolded, octets beyond ASCII read as UTF-8."""
        return [_unfold(value) for value in self._index.get(name.lower(), ())]

    def get(self, name: str) -> str | None:
        """Return the first field *name*, or None."""
        values = self._index.get(name.lower())
        return _unfold(values[0]) if values else None

    def text(self, name: str) -> str:
        """Return the first field *name* with its encoded words decoded, or ``""``."""
        return charset.unfold_words(self.get(name) or "")

    def names(self) -> Iterable[str]:
        """Return the name of every field once, in lower case."""
        return self._index.keys()

    def items(self) -> Iterator[tuple[str, str]]:
        """Yield every field: name as it came, value unfolded."""
        return ((name, _unfold(value)) for name, value in self._fields)

    def __contains__(self, name: object) -> bool:
        """Whether there is a field *name*, in any case."""
        return isinstance(name, str) and name.lower() in self._index

    def __len__(self) -> int:
        """Return the number of fields."""
        return len(self._fields)


def _unfold(value: str) -> str:
    if not value.isascii():
        value = charset.decode(octets(value))
    return " ".join(value.split()) if "\n" in value or "\t" in value else value.strip()


class Part:
    """One part of a message: its header, its body still encoded, and its children.

    ``path`` numbers it as in IMAP ("1.2"; "" is the message itself); ``source`` is the text of the
    body as Latin-1, one character an octet.
    """

    def __init__(
        self, text: str, path: str = "", depth: int = 0, default: str = "text/plain"
    ) -> None:
        self.path = path
        self.depth = depth
        self.defects: list[str] = []
        block, self.source = self._split(text)
        self.headers = Headers.parse(block)
        self.type, self.params = content_type(self.headers.get("Content-Type") or "", default)

    def _split(self, text: str) -> tuple[str, str]:
        if text.startswith("\n"):
            return "", text[1:]
        end = text.find("\n\n", 0, MAX_HEADER_BLOCK)
        block = text[: end + 1] if end >= 0 else text[:MAX_HEADER_BLOCK]
        fields = _BLOCK.match(block)
        read = fields.end() if fields else 0
        if read == len(block):
            return block, text[len(block) + 1 :]
        self.defects.append("a line of the header is no field")
        if _KNOWN.search(block, read):
            return block, text[len(block) + 1 :]
        return text[:read], text[read:]

    @cached_property
    def children(self) -> tuple[Part, ...]:
        """The parts of a multipart, or the one message in a message/rfc822 part."""
        if self.depth >= MAX_DEPTH:
            return ()
        if self.type.startswith("multipart/"):
            return self._parts()
        if self.type in {"message/rfc822", "message/global"} and self.source.strip():
            inner = charset.transfer_decode(octets(self.source), self.encoding)
            text = inner.decode("latin-1").lstrip("\n")
            return (Part(normalise(text), f"{self.path}.1".lstrip("."), self.depth + 1),)
        return ()

    def _parts(self) -> tuple[Part, ...]:
        boundary = self.params.get("boundary", "").rstrip()
        texts = split_multipart(self.source, boundary) if boundary else []
        if not texts and (guessed := _GUESS.search(self.source)):
            texts = split_multipart(self.source, guessed[1].rstrip())
        default = "message/rfc822" if self.type == "multipart/digest" else "text/plain"
        prefix = f"{self.path}." if self.path else ""
        return tuple(
            Part(text, f"{prefix}{number}", self.depth + 1, default)
            for number, text in enumerate(texts, 1)
        )

    @property
    def encoding(self) -> str:
        """The Content-Transfer-Encoding, lower-cased, without comments."""
        return (
            (self.headers.get("Content-Transfer-Encoding") or "").partition("(")[0].strip().lower()
        )

    def data(self, limit: int = MAX_TEXT) -> bytes:
        """Return at most about *limit* octets of the body, decoded."""
        source = octets(self.source[: limit * 3])
        return charset.transfer_decode(source, self.encoding)[:limit]

    @cached_property
    def text(self) -> str:
        """The body as text with LF line ends, capped at MAX_TEXT octets, a status at MAX_STATUS."""
        return normalise(charset.decode(self.data(self._limit), self.params.get("charset", "")))

    @property
    def is_cut(self) -> bool:
        """Whether ``text`` may not be the whole body."""
        return len(self.source) > self._limit

    @property
    def _limit(self) -> int:
        return MAX_STATUS if self.type.startswith("message/") else MAX_TEXT

    def walk(self, into_messages: bool = True) -> Iterator[Part]:  # noqa: FBT001, FBT002 -- one flag
        """Yield this part and all below it, depth first, at most MAX_PARTS."""
        yield from self._below(into_messages=True) if into_messages else self._flat

    @cached_property
    def _flat(self) -> tuple[Part, ...]:
        return tuple(self._below(into_messages=False))

    def _below(self, *, into_messages: bool) -> Iterator[Part]:
        stack, seen = [self], 0
        while stack and seen < MAX_PARTS:
            part = stack.pop()
            seen += 1
            yield part
            if into_messages or part is self or part.type.startswith("multipart/"):
                stack.extend(reversed(part.children[:MAX_PARTS]))


def parse(raw: bytes) -> Part:
    """Read a whole message.  An mbox line or other junk before the first field is dropped."""
    text = normalise(raw[:MAX_MESSAGE].decode("latin-1")).lstrip("\n")
    if not _ONE_FIELD.match(text):
        known = _KNOWN.search(text, 0, 4_096)
        text = text[known.start() :] if known else "\n" + text
    root = Part(text)
    untyped = "Content-Type" not in root.headers and _PREAMBLE.match(root.source)
    if untyped and _GUESS.search(root.source[:MAX_TEXT]):
        root.type = "multipart/mixed"
        root.defects.append("multipart body without a Content-Type field")
    return root


def octets(text: str) -> bytes:
    """Return the octets that *text* stands for; with characters beyond Latin-1 it is plain text."""
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode()


def normalise(text: str) -> str:
    """Return *text* with every line end as LF."""
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def content_type(value: str, default: str = "text/plain") -> tuple[str, dict[str, str]]:
    """Read a Content-Type: type lower-cased, parameters with lower-case names.  RFC 2045 §5.1."""
    match = _TYPE.match(value)
    params: dict[str, str] = {}
    if ";" in value:
        for name, quoted, bare in _PARAM.findall(value[:2_000]):
            params.setdefault(name.lower(), quoted or bare)
    return (match[1].lower() if match else default), params


def split_multipart(body: str, boundary: str) -> list[str]:
    """Cut *body* at its boundary lines; a missing end is the end of the body.  RFC 2046 §5.1.1."""
    texts: list[list[str]] = []
    for piece in f"\n{body}".split(f"\n--{boundary}", MAX_PARTS):
        line, newline, rest = piece.partition("\n")
        if texts and line.strip() and not line.startswith("--"):
            # A longer boundary that begins with this one.
            texts[-1] += f"\n--{boundary}", piece
        elif texts and line.startswith("--"):
            break
        else:
            texts.append([rest if newline else ""])
    return ["".join(text) for text in texts[1:]]
