"""The rules: do they load, and do what their examples say?"""

from __future__ import annotations

from collections.abc import Iterator

from bounced.classify import check_rules
from bounced.config import Config, rulebook
from bounced.doctor.finding import Finding, bad, blame, ok
from bounced.errors import RuleError


def rules(config: Config) -> Iterator[Finding]:
    """Yield a finding for each rule that does not do what it says."""
    try:
        book = rulebook.load(config.rules.files)
    except RuleError as error:
        yield blame("rules", error)
        return
    faults = check_rules(book)
    yield from (bad("rules", one, "mend the rule or its example") for one in faults)
    if not faults:
        yield ok("rules", f"all {len(book.rules)} do what their examples say")
