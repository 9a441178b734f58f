"""One escape for every text from outside, before it gets into a log or onto a terminal."""

from __future__ import annotations

LONGEST = 256


def escape(text: str, longest: int = LONGEST) -> str:
    r"""Make a remote text safe for one line of a log or a terminal, and at most *longest* long.

    Control characters, line separators, invisible ones and those that turn the direction of the
    text around them (all of them unprintable to Python) become ``\u`` and their number.
    """
    safe = "".join(
        letter if letter.isprintable() else f"\\u{ord(letter):04x}" for letter in text[:longest]
    )
    return safe if len(text) <= longest and len(safe) <= longest else f"{safe[:longest]}…"
