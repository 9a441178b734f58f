"""Does a bounce address match?  The patterns of the settings, as a pure function."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from bounced.address.mailbox import normalise
from bounced.address.wrapped import untagged, unwrap

_ANY = "*"


def matcher(patterns: Iterable[str]) -> Callable[[str], bool]:
    """Return the question "is this forward path accepted?" for the patterns of the settings.

    A pattern is ``*``, ``@domain``, or an address in which each ``*`` stands for any characters on
    its side of the ``@``.  Case does not count, nor how an international domain is written, nor a
    BATV tag in front.
    """
    exact, wild = set[tuple[str, str]](), list[tuple[str, str]]()
    for pattern in patterns:
        if pattern == _ANY:
            return lambda _: True
        local, _, domain = normalise(pattern).rpartition("@")
        if _ANY in local + domain or not local:
            wild.append((local or _ANY, domain))
        else:
            exact.add((local, domain))

    def accepts(forward_path: str) -> bool:
        local, at, domain = normalise(untagged(forward_path)).rpartition("@")
        return bool(at) and (
            (local, domain) in exact
            or any(_like(one[1], domain) and _like(one[0], local) for one in wild)
        )

    return accepts


def chooser(patterns: Mapping[str, Iterable[str]]) -> Callable[[str], str | None]:
    """Return the question "whose bounce address is this?" for the patterns of each name.

    The first name that has it, in their order; where none has, the first that has what forwarders
    have wrapped in it.
    """
    questions = [(name, matcher(some)) for name, some in patterns.items()]

    def choose(path: str) -> str | None:
        tried = dict.fromkeys((path, unwrap(path)))
        return next((name for one in tried for name, has in questions if has(one)), None)

    return choose


def _like(pattern: str, text: str) -> bool:
    """Compare by looking for one piece after the other: linear, however many stars there are."""
    first, *rest = pattern.split(_ANY)
    if not rest:
        return pattern == text
    *middle, last = rest
    at, end = len(first), len(text) - len(last)
    if at > end or not text.startswith(first) or not text.endswith(last):
        return False
    for piece in middle:
        found = text.find(piece, at, end)
        if found < 0:
            return False
        at = found + len(piece)
    return True
