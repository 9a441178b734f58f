"""Prove that rules do what they say, through the whole book: ``bounced rules check``."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bounced.rules.book import RuleBook
    from bounced.rules.rule import Rule


def check_rules(book: RuleBook) -> list[str]:
    """Return what is wrong with *book*: examples that another rule takes, counter-examples hit."""
    return [problem for rule in book.rules for problem in _check(book, rule)]


def _check(book: RuleBook, rule: Rule) -> Iterator[str]:
    for example in rule.examples:
        hit = book.decide(example.case())
        if hit and hit.rule.own and not rule.own:
            continue  # that is what the operator wrote it for
        if hit is None or hit.rule is not rule:
            winner = f"{hit.rule.id!r} in {hit.rule.file}" if hit else "no rule"
            yield f"{rule.where}: its example {example} is taken by {winner}"
    for example in rule.counter_examples:
        hit = book.decide(example.case())
        if hit is not None and hit.rule is rule:
            yield f"{rule.where}: it takes its counter-example {example}"
