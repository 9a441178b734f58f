"""The engine: a rule, a book of them in order, and the first one that fits a case.

Every rule that goes by text is asked about the remote's words, then about the notice's own prose;
only where none of them knows the words does the fallback look at codes.  No pattern is run whose
necessary words are not in the text: an index over groups of three letters finds the few that
could match.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache
from typing import TYPE_CHECKING, NamedTuple

from bounced.errors import RuleError
from bounced.report.words import Words
from bounced.rules.builtin import tables
from bounced.rules.case import Text
from bounced.rules.table import rules_of

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from bounced.rules.case import Case
    from bounced.rules.rule import Rule

EVIDENCE = 200  # characters
_GRAM = 3  # letters
_REMEMBERED = 4096  # words
_LONGEST = 32  # letters of a word that is worth it
_AROUND = 60  # characters of context on either side of the words that matched
_NO_TEXT = (Text("reply", Words("")),)


class Hit(NamedTuple):
    """The rule that fits a case, and the words that decided."""

    rule: Rule
    evidence: str


class _Try(NamedTuple):
    """One thing to try: a rule, with one of its alternatives or with none to match.

    A text that it matches contains one word of each of ``needs``.
    """

    rule: Rule
    pattern: re.Pattern[str] | None = None
    needs: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class _Tier:
    """What can be tried, in the order that counts; ``find`` tells what a word of a text may hit."""

    tries: tuple[_Try, ...]
    always: tuple[int, ...]
    find: Callable[[str], tuple[int, ...]] = field(repr=False)

    def candidates(self, text: Text) -> Iterator[_Try]:
        """Yield, in order, what could fit *text*."""
        found = set(self.always)
        for token in text.tokens:
            found.update(self.find(token))
        low = text.words.low
        for at in sorted(found):
            one = self.tries[at]
            for need in one.needs:
                for word in need:
                    if word in low:
                        break
                else:
                    break
            else:
                yield one


@dataclass(frozen=True, slots=True)
class RuleBook:
    """All rules in order, split into those that decide and the fallback."""

    rules: tuple[Rule, ...]
    _tiers: tuple[_Tier, ...] = field(repr=False)

    @staticmethod
    @cache
    def builtin() -> RuleBook:
        """Return the rules that come with the program."""
        return compile_rules(tables())

    def with_first(self, files: Iterable[tuple[str, Mapping[str, object]]]) -> RuleBook:
        """Return a book in which the rules of *files* come before these; raises RuleError."""
        own = (replace(rule, own=True) for rule in _compile(files))
        return _bind((*own, *self.rules))

    def decide(self, case: Case) -> Hit | None:
        """Return the first rule that fits *case*; ``None`` where no rule does."""
        for tier in self._tiers:
            for text in case.texts or _NO_TEXT:
                for one in tier.candidates(text):
                    if (hit := _fit(one, text, case)) is not None:
                        return hit
        return None


def compile_rules(files: Iterable[tuple[str, Mapping[str, object]]]) -> RuleBook:
    """Turn parsed rule files, each with its name, into a book; raises RuleError."""
    return _bind(_compile(files))


def fits(rule: Rule, case: Case) -> Hit | None:
    """Return how *rule* alone fits *case*, or ``None``."""
    tries = _tries(rule)
    fitted = (_fit(one, text, case) for text in case.texts or _NO_TEXT for one in tries)
    return next(filter(None, fitted), None)


def _tries(rule: Rule) -> list[_Try]:
    return [_Try(rule, one.pattern) for one in rule.patterns] or [_Try(rule)]


def _fit(one: _Try, text: Text, case: Case) -> Hit | None:
    rule, said = one.rule, text.words
    if not (rule.always_allowed or rule.allows(text.name, case)):
        return None
    if one.pattern is None:
        return Hit(rule, _first(said, case))
    found = one.pattern.search(said.shown if rule.raw else said.plain)
    return Hit(rule, _around(said.shown, *found.span())) if found else None


def _first(said: Words, case: Case) -> str:
    """Return what to show where a code decided: the words that go with it, or the code."""
    return said.shown[:EVIDENCE] or case.status or case.code or case.action


def _around(text: str, start: int, end: int) -> str:
    """Return the words from *start* to *end* with a little of what stands around them."""
    left, right = max(0, start - _AROUND), min(len(text), end + _AROUND)
    if left:
        left = text.find(" ", left, start) + 1 or left
    if right < len(text):
        right = max(text.rfind(" ", end, right), end)
    return text[left : min(right, left + EVIDENCE)]


def _compile(files: Iterable[tuple[str, Mapping[str, object]]]) -> tuple[Rule, ...]:
    rules = tuple(rule for name, table in files for rule in rules_of(name, table))
    for rule in rules:
        for example in rule.examples:
            if fits(rule, example.case()) is None:
                msg = f"{rule.where}: the example {example} does not hit it"
                raise RuleError(msg)
    return rules


def _bind(rules: tuple[Rule, ...]) -> RuleBook:
    """Refuse ids that are taken, and index the rest."""
    seen: dict[str, Rule] = {}
    for rule in rules:
        if first := seen.get(rule.id):
            late, other = (first, rule) if first.own and not rule.own else (rule, first)
            msg = f"{late.where}: the id is taken by a rule in {other.file}"
            raise RuleError(msg)
        seen[rule.id] = rule
    common = Counter(
        gram for rule in rules for one in rule.examples for gram in _grams(one.reply.lower())
    )
    tiers = ([rule for rule in rules if rule.fallback is fallback] for fallback in (False, True))
    return RuleBook(rules, tuple(_tier(tier, common) for tier in tiers))


def _tier(rules: list[Rule], common: Mapping[str, int]) -> _Tier:
    """Index each alternative under the letters of the words that it needs most."""
    tries: list[_Try] = []
    index: dict[str, list[int]] = {}
    always = []
    for rule in rules:
        for one in rule.patterns:
            long = (need for need in one.needs if all(map(_grams, need)))
            keys = [{_gram_of(word, common) for word in need} for need in long]
            for gram in min(keys, key=lambda key: sum(common[g] for g in key), default=()):
                index.setdefault(gram, []).append(len(tries))
            if not keys:
                always.append(len(tries))
            needs = tuple(tuple(sorted(need)) for need in one.needs)
            tries.append(_Try(rule, one.pattern, needs))
        if not rule.patterns:
            always.append(len(tries))
            tries.append(_Try(rule))
    return _Tier(tuple(tries), tuple(always), _finder(index))


def _finder(index: Mapping[str, list[int]]) -> Callable[[str], tuple[int, ...]]:
    """Return what finds the places of *index* under the letters of a word, and remembers them.

    Replies are made of the same few thousand words.
    """

    def look(token: str) -> tuple[int, ...]:
        return tuple({at for gram in _grams(token) & index.keys() for at in index[gram]})

    remembered = lru_cache(_REMEMBERED)(look)
    return lambda token: remembered(token) if len(token) <= _LONGEST else look(token)


def _gram_of(word: str, common: Mapping[str, int]) -> str:
    """Return the group of letters of *word* that the examples have least often."""
    return min(_grams(word), key=lambda gram: (common[gram], gram))


def _grams(text: str) -> set[str]:
    """Return the groups of neighbouring letters in the words of *text*.

    One sign of Chinese says enough alone.
    """
    found = {word[at : at + _GRAM] for word in text.split() for at in range(len(word) - _GRAM + 1)}
    return found if text.isascii() else found.union(sign for sign in text if sign > "\u2fff")
