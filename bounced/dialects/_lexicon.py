"""The words of ``lexicon.toml``, and what it takes to find them: for readers of any language."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from importlib.resources import files
from typing import Any, Final

_ACCENTS = re.compile("[\u0300-\u036f\u3099\u309a]")
_WORD = re.compile(r"[^\W\d_](?:[\w'-]{0,40}[^\W_])?")
_DATA: Final[dict[str, Any]] = tomllib.loads(
    files("bounced.dialects").joinpath("lexicon.toml").read_text("utf-8")
)


def fold(text: str) -> str:
    """Return *text* in lower case and without accents; full-width forms become plain ones."""
    text = text.lower()
    if text.isascii():
        return text
    return _ACCENTS.sub("", unicodedata.normalize("NFKD", text)).replace("\u2019", "'")


def _stems(languages: dict[str, list[str]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(fold(stem) for stems in languages.values() for stem in stems))


FAILED: Final = _stems(_DATA["failed"])
LATE: Final = _stems(_DATA["late"])
OVER: Final = _stems(_DATA["over"])
ARRIVED: Final = _stems(_DATA["arrived"])
ASK: Final = _stems(_DATA["ask"])
ASIDE: Final = _stems(_DATA["aside"])
AUTHOR: Final = _stems(_DATA["author"])
# What a label means, by its words; where it has several, the first of these roles that fits counts.
ROLES: Final = ("sender", "reason", "status", "host", "recipient", "to")
_SHORT: Final = 4  # letters: a preposition, or a word with too many meanings inside a label


def _labels(stems: tuple[str, ...]) -> tuple[tuple[str, ...], frozenset[str]]:
    whole = {stem for stem in stems if stem[0] == "=" or len(stem) <= _SHORT}
    begins = tuple(stem for stem in stems if stem not in whole)
    return begins, frozenset(stem.removeprefix("=") for stem in stems)


_LABELS: Final = {name: _labels(_stems(_DATA["label"][name])) for name in ROLES}
_PARTS: Final = tuple(
    (fold(stem), role)
    for role in ROLES
    for language in ("ja", "zh", "ko")
    for stem in _DATA["label"][role].get(language, ())
)


def says(stems: tuple[str, ...], folded: str) -> bool:
    """Whether *folded* text holds one of *stems*."""
    return any(stem in folded for stem in stems)


def role(label: str) -> str:
    """Return what a line called *label* tells: one of ``ROLES``, or ``""``."""
    low = fold(label)
    if not low.isascii():
        for part, name in _PARTS:
            if part in low:
                return name
    words = _WORD.findall(low)
    if len(words) > 5:  # noqa: PLR2004 -- a label, and no sentence
        return ""
    whole = " ".join(words)
    for name in ROLES:
        begins, alone = _LABELS[name]
        if whole in alone or any(word.startswith(begins) for word in words):
            return name
    return ""
