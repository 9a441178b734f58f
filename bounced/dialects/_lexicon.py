"""The words of ``lexicon.toml``, and what it takes to find them: for readers of any language."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any, Final, NamedTuple

_GAP = 60  # characters between the halves of a pair
_LABEL = 5  # words; what has more of them is a sentence
_REMEMBERED = 2_048  # answers
_TRIES = 20  # places of its first half that are looked at
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


@dataclass(frozen=True, slots=True, eq=False)  # each is itself alone: quick to look up
class Stems:
    """Beginnings of words, and pairs of them of which the second stands not far behind.

    ``ascii`` is how many of the literals, which stand in front, an ASCII text can hold.
    """

    literals: tuple[str, ...]
    pairs: tuple[tuple[str, str], ...]
    ascii: int = 0


def _stems(languages: dict[str, list[str]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(fold(stem) for stems in languages.values() for stem in stems))


def _meaning(name: str) -> Stems:
    stems = _stems(_DATA[name])
    pairs = [stem.partition("*") for stem in stems if "*" in stem]
    literals = sorted(
        (stem for stem in stems if "*" not in stem), key=lambda one: not one.isascii()
    )
    plain = sum(stem.isascii() for stem in literals)
    return Stems(tuple(literals), tuple((one, two) for one, _, two in pairs), plain)


FAILED: Final = _meaning("failed")
LATE: Final = _meaning("late")
OVER: Final = _meaning("over")
ARRIVED: Final = _meaning("arrived")
ASK: Final = _meaning("ask")
ASIDE: Final = _meaning("aside")
AUTHOR: Final = _stems(_DATA["author"])
# What a label means, by its words; where it has several, the first of these roles that fits counts.
ROLES: Final = ("sender", "reason", "status", "host", "recipient", "to")
_SHORT: Final = 4  # letters: a preposition, or a word with too many meanings inside a label


class _Labels(NamedTuple):
    begins: tuple[str, ...]  # of words anywhere in a label
    words: frozenset[str]  # short ones: whole words in it
    whole: frozenset[str]  # all of it


def _labels(name: str) -> _Labels:
    stems = _stems(_DATA["label"][name])
    short = {stem for stem in stems if len(stem) <= _SHORT}
    return _Labels(
        tuple(stem for stem in stems if stem not in short and stem[0] != "="),
        frozenset(short if name in ("reason", "status") else ()),
        frozenset(stem.removeprefix("=") for stem in stems),
    )


_LABELS: Final = {name: _labels(name) for name in ROLES}
_PARTS: Final = tuple(
    (fold(stem), role)
    for role in ROLES
    for language in ("ja", "zh", "ko")
    for stem in _DATA["label"][role].get(language, ())
)


def says(stems: Stems, folded: str) -> bool:
    """Whether *folded* text holds one of *stems*."""
    return place(stems, folded) >= 0


@lru_cache(_REMEMBERED)
def place(stems: Stems, folded: str) -> int:
    """Return where one of *stems* stands in *folded* text, or -1.

    Remembered, as several readers ask about each sentence, and again in a forward.
    """
    for stem in stems.literals[: stems.ascii] if folded.isascii() else stems.literals:
        if (at := folded.find(stem)) >= 0:
            return at
    for one, two in stems.pairs:
        at = folded.find(one)
        for _ in range(_TRIES):
            if at < 0:
                break
            if folded.find(two, at + len(one), at + len(one) + _GAP) >= 0:
                return at
            at = folded.find(one, at + 1)
    return -1


def role(label: str) -> str:
    """Return what a line called *label* tells: one of ``ROLES``, or ``""``."""
    low = fold(label)
    if not low.isascii():
        for part, meant in _PARTS:
            if part in low:
                return meant
    words = _WORD.findall(low)
    if len(words) > _LABEL:
        return ""
    whole = " ".join(words)
    for name, known in _LABELS.items():
        if whole in known.whole or any(
            word.startswith(known.begins) or word in known.words for word in words
        ):
            return name
    return ""


def hint(word: str) -> str:
    """Return the role that a word inside a sentence or a table's head stands for, or ``""``."""
    low = fold(word).strip("():.")
    if not low.isascii():
        return role(word)
    for name, label in _LABELS.items():
        if low.startswith(label.begins) or low in label.words:
            return name
    return ""
