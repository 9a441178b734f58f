"""On which line of a TOML text does a setting stand?  ``tomllib`` does not say.

Walks the tokens of a text that ``tomllib`` has read already, and notes the line of every key,
table and list entry.  It judges nothing: a text that is not TOML gives nonsense, never an error.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple, TypeAlias

Path: TypeAlias = tuple[str | int, ...]

_TOKEN = re.compile(
    r"""(?P<string> \"{3} (?:[^"\\]|\\.|"(?!""))*+ "{3,5}
                  | '{3} (?:[^']|'(?!''))*+ '{3,5}
                  | "(?:[^"\\\n]|\\.)*+" | '[^'\n]*+' )
      | (?P<comment> \#[^\n]*+ )
      | (?P<newline> \n )
      | (?P<mark> [\[\]{}=,.] )
      | (?P<bare> [^\s\[\]{}=,."'\#]++ )""",
    re.VERBOSE | re.DOTALL,
)


_ENDS = ("]", "}", ",")


class _Token(NamedTuple):
    kind: str
    text: str
    line: int


def _tokens(text: str) -> Iterator[_Token]:
    line, at = 1, 0
    for found in _TOKEN.finditer(text):
        line += text.count("\n", at, found.start())
        at = found.start()
        if found.lastgroup != "comment":
            yield _Token(str(found.lastgroup), found[0], line)


class _Walk:
    """One pass over the tokens; ``lines`` is what it found."""

    def __init__(self, text: str) -> None:
        self.lines: dict[Path, int] = {}
        self._tokens = [*_tokens(text), _Token("newline", "\n", 0), _Token("end", "", 0)]
        self._at = 0
        self._counts: dict[Path, int] = {}
        self._run()

    def _run(self) -> None:
        table: Path = ()
        while self._peek.kind != "end":
            if self._peek.kind == "newline":
                self._at += 1
            elif self._peek.text == "[":
                table = self._header()
            else:
                self._pair(table)

    @property
    def _peek(self) -> _Token:
        return self._tokens[self._at]

    def _take(self) -> _Token:
        token = self._peek
        self._at = min(self._at + 1, len(self._tokens) - 1)
        return token

    def _header(self) -> Path:
        first = self._take()
        many = self._peek.text == "["
        table: Path = ()
        *parents, last = self._key()
        for name in parents:
            table = self._entered((*table, name))
        table = (*table, last)
        if many:
            self._counts[table] = self._counts.get(table, -1) + 1
            self.lines.setdefault(table, first.line)
            table = self._entered(table)
        self.lines.setdefault(table, first.line)
        return table

    def _entered(self, table: Path) -> Path:
        return (*table, self._counts[table]) if table in self._counts else table

    def _key(self) -> list[str]:
        """Read a key up to its ``=`` or the end of its header."""
        names: list[str] = []
        while (token := self._take()).kind not in ("newline", "end") and token.text != "=":
            if token.kind == "bare":
                names.append(token.text)
            elif token.kind == "string":
                names.append(token.text[1:-1])
        return names or [""]

    def _pair(self, table: Path) -> None:
        line = self._peek.line
        for name in self._key():
            table = (*table, name)
            self.lines.setdefault(table, line)
        self._value(table)

    def _value(self, path: Path) -> None:
        if self._peek.text == "[":
            self._list(path)
        elif self._peek.text == "{":
            self._inline(path)
        else:
            while self._peek.kind not in ("newline", "end") and self._peek.text not in _ENDS:
                self._at += 1

    def _list(self, path: Path) -> None:
        self._take()
        index = 0
        while self._peek.kind != "end" and self._peek.text != "]":
            if self._peek.kind == "newline" or self._peek.text == ",":
                self._at += 1
                continue
            self.lines.setdefault((*path, index), self._peek.line)
            before = self._at
            self._value((*path, index))
            index += 1
            self._at += self._at == before  # a stray mark: never in TOML, and never for ever
        self._take()

    def _inline(self, path: Path) -> None:
        self._take()
        while self._peek.kind != "end" and self._peek.text != "}":
            if self._peek.kind == "newline" or self._peek.text == ",":
                self._at += 1
                continue
            self._pair(path)
        self._take()


def lines(text: str) -> Mapping[Path, int]:
    """Return the line of every key, table and list entry of a valid TOML text."""
    return _Walk(text.replace("\r\n", "\n")).lines


def find(known: Mapping[Path, int], path: Path) -> int | None:
    """Return the line of *path*, or of the nearest thing around it that has one."""
    for length in range(len(path), 0, -1):
        if path[:length] in known:
            return known[path[:length]]
    return None
