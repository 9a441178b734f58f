"""Look into a regular expression: which words must be there, and may it run long.

``pieces`` splits a pattern into its alternatives and finds for each a set of lower-case words of
which every match contains at least one, so that most alternatives of most rules are passed over
with a look into an index, without running them.  On the way it refuses what could take more than
linear time on hostile text: repeats without a bound, and repeats inside repeats.  It reads the part
of Python's syntax that rules use.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

from bounced.report.words import ADDRESS, HOST

_CLASSES = "dDwWsSbBAZ"
_SPECIAL = ".^$"
_BLANKS = (ADDRESS, HOST)  # stand for something else in the text that the index sees
MANY = 1000  # an upper bound that large is no bound
MOST_NEEDS = 3  # more are not worth asking for


class PatternError(ValueError):
    """The pattern can't be used in a rule, and why."""


@dataclass(frozen=True, slots=True)
class _Node:
    """What a piece of a pattern needs, a word of each of ``needs``, best first; and its shape."""

    needs: tuple[frozenset[str], ...] = ()
    repeated: frozenset[str] = frozenset()  # the pieces in it that repeat, as written
    plain: str | None = None  # a single literal character
    last: str | None = None  # the literal character that a match ends with


class Piece(NamedTuple):
    """One alternative of a pattern; a match contains a word of each of ``needs``, best first."""

    text: str
    needs: tuple[frozenset[str], ...]


def pieces(pattern: str) -> list[Piece]:
    """Return the alternatives of *pattern*, each with lower-case words one of which it needs.

    Raises PatternError for a pattern that could run long or that the parser can't read.
    """
    found = []
    reader = _Reader(pattern)
    while True:
        start = reader.at
        node = reader.sequence()
        found.append(Piece(pattern[start : reader.at], node.needs))
        if reader.take() != "|":
            break
    if reader.at <= len(pattern):
        msg = f"unbalanced parenthesis at position {reader.at - 1}"
        raise PatternError(msg)
    return found


def _worth(words: frozenset[str]) -> tuple[int, int]:
    """Say how many texts the need for one of *words* rules out, for sorting."""
    return min(map(len, words)), -len(words)


def _best(needs: list[frozenset[str]]) -> tuple[frozenset[str], ...]:
    """Return the needs that are worth a look, the best first."""
    useful = {words for words in needs if all(len(one) > 1 or one > "\u2fff" for one in words)}
    ordered = sorted(useful, key=sorted)  # the same in every process
    return tuple(sorted(ordered, key=_worth, reverse=True)[:MOST_NEEDS])


def _either(branches: list[_Node]) -> list[frozenset[str]]:
    """Return what one of *branches* needs: the best need of each, together."""
    if not all(branch.needs for branch in branches):
        return []
    return [frozenset[str]().union(*(branch.needs[0] for branch in branches))]


def _runs_over(piece: str, last: str | None) -> bool:
    r"""Whether a repeated *piece* can eat the character that ends each turn of the outer repeat.

    ``(?:\w{1,12} ){0,3}`` has one way to match and is fine; ``(?:.{1,12} ){0,3}`` has many.
    """
    return last is None or re.fullmatch(piece, last, re.IGNORECASE) is not None


class _Reader:
    """A recursive descent over one pattern."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.at = 0

    def alternation(self) -> _Node:
        branches = [self.sequence()]
        while self.peek() == "|":
            self.at += 1
            branches.append(self.sequence())
        lasts = {branch.last for branch in branches}
        if len(branches) == 1:
            return branches[0]
        return _Node(
            _best(_either(branches)),
            frozenset[str]().union(*(branch.repeated for branch in branches)),
            last=lasts.pop() if len(lasts) == 1 else None,
        )

    def sequence(self) -> _Node:
        needs: list[frozenset[str]] = []
        run, last, repeated = "", None, frozenset[str]()
        while self.peek() not in ("", "|", ")"):
            start = self.at
            node = self.atom()
            piece = self.pattern[start : self.at]
            low, high = self.quantifier(node)
            repeated |= node.repeated | ({piece} if high > 1 else frozenset())
            last = (node.plain or node.last) if low == high == 1 else None
            if node.plain is not None and node.plain not in _BLANKS and low:
                run += node.plain.lower()
                if high == 1:
                    continue
            elif low:
                needs += node.needs
            needs += [frozenset((run,))] if run else []
            run = ""
        needs += [frozenset((run,))] if run else []
        return _Node(_best(needs), repeated, last=last)

    def atom(self) -> _Node:
        sign = self.take()
        if sign == "(":
            return self.group()
        if sign == "[":
            self.skip_class()
            return _Node()
        if sign == "\\":
            return self.escape()
        if sign in "*+?{":
            msg = f"nothing to repeat at position {self.at - 1}"
            raise PatternError(msg)
        return _Node() if sign in _SPECIAL else _Node(plain=sign)

    def escape(self) -> _Node:
        sign = self.take()
        if sign in _CLASSES:
            return _Node()
        if sign.isalnum():
            msg = f"\\{sign} is not for rules"
            raise PatternError(msg)
        return _Node(plain=sign)

    def group(self) -> _Node:
        start = self.at
        looks = False
        for opening in ("?:", "?=", "?!", "?<=", "?<!"):
            if self.pattern.startswith(opening, start):
                self.at += len(opening)
                looks = opening != "?:"
                break
        node = self.alternation()
        if self.take() != ")":
            msg = f"missing ) for the group at position {start - 1}"
            raise PatternError(msg)
        return _Node(repeated=node.repeated) if looks else node

    def skip_class(self) -> None:
        start = self.at - 1
        if self.peek() == "^":
            self.at += 1
        self.at += 1  # a ] in front stands for itself
        while (sign := self.take()) != "]":
            if not sign:
                msg = f"missing ] for the class at position {start}"
                raise PatternError(msg)
            if sign == "\\":
                self.at += 1

    def quantifier(self, node: _Node) -> tuple[int, int]:
        start, sign = self.at, self.peek()
        if sign in ("*", "+"):
            msg = f"unbounded {sign} at position {self.at}: write {{0,40}} or the like"
            raise PatternError(msg)
        low, high = 1, 1
        if sign == "?":
            self.at += 1
            low = 0
        elif sign == "{":
            low, high = self.bounds()
        if self.peek() in ("?", "+") and self.pattern[start : self.at]:  # lazy, possessive
            self.at += 1
        if high > 1 and any(_runs_over(piece, node.last) for piece in node.repeated):
            msg = f"a repeat inside a repeat before position {self.at} could run long"
            raise PatternError(msg)
        return low, high

    def bounds(self) -> tuple[int, int]:
        end = self.pattern.find("}", self.at)
        low, comma, high = self.pattern[self.at + 1 : end].partition(",")
        if end < 0 or not low.isdigit() or (comma and not high.isdigit()):
            msg = f"the repeat at position {self.at} needs two bounds, as in {{0,40}}"
            raise PatternError(msg)
        self.at = end + 1
        if int(high or low) >= MANY:
            msg = f"the repeat before position {self.at} is too long: less than {MANY}"
            raise PatternError(msg)
        return int(low), int(high or low)

    def peek(self) -> str:
        return self.pattern[self.at : self.at + 1]

    def take(self) -> str:
        self.at += 1
        return self.pattern[self.at - 1 : self.at]
