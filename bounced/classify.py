"""Classify: why one recipient failed, which rule said so, and the words that decided.

First match wins; the rules and their order are data in ``bounced.rules``.  Text beats code, X.0.0
never votes (RFC 3461 §6.3), and what no rule knows is ``unknown``: never a guess.  Pure; never
raises on any text.
"""

from __future__ import annotations

from bounced.causes import Cause
from bounced.model import Verdict
from bounced.rules import RuleBook, check_rules, compile_rules
from bounced.rules.book import EVIDENCE
from bounced.rules.case import Case

__all__ = ["NO_RULE", "Case", "RuleBook", "check_rules", "classify", "compile_rules"]

NO_RULE = "none"  # the rule id of a verdict where no rule fits


def classify(case: Case, rules: RuleBook) -> Verdict:
    """Return why the recipient of *case* failed, by the first of *rules* that fits."""
    if hit := rules.decide(case):
        return Verdict(cause=hit.rule.cause, rule=hit.rule.id, evidence=hit.evidence)
    said = case.texts[0].words.shown if case.texts else case.status
    return Verdict(cause=Cause.UNKNOWN, rule=NO_RULE, evidence=said[:EVIDENCE])
