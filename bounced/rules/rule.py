"""One rule, compiled, and the examples that prove it.  docs/rules.md describes every key."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from bounced.model import Action, RecipientStatus, Status, Typed
from bounced.rules.case import Case

if TYPE_CHECKING:
    import re

    from bounced.causes import Cause


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A case that a rule must hit, or with ``not`` must miss.  Names as in the rule files."""

    reply: str = ""
    notice: str = ""
    mta: str = ""
    status: str = ""
    action: str = ""
    type: str = "smtp"

    def case(self) -> Case:
        """Return the case that a recipient with these words would make."""
        recipient = RecipientStatus(
            action=Action(self.action) if self.action else None,
            status=Status.find(self.status),
            remote_mta=Typed("dns", self.mta) if self.mta else None,
            diagnostic_code=Typed(self.type, self.reply) if self.reply else None,
            words=self.notice or None,
        )
        return Case(recipient, None)

    def __str__(self) -> str:
        """Show what is special about this example, for complaints."""
        said = repr(self.reply or self.notice or self.status or self.action)
        return said + (f" from {self.mta}" if self.mta else "")


class Alternative(NamedTuple):
    """One alternative of a rule's patterns; a match contains a word of each of ``needs``."""

    pattern: re.Pattern[str]
    needs: tuple[frozenset[str], ...]


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One ``[[rule]]``.  One of its patterns must match, and every condition given must hold."""

    id: str
    cause: Cause
    file: str
    source: str
    examples: tuple[Example, ...]
    counter_examples: tuple[Example, ...] = ()
    patterns: tuple[Alternative, ...] = ()
    raw: bool = False
    field: str = "any"
    mta: tuple[re.Pattern[str], ...] = ()
    status: re.Pattern[str] | None = None
    code: re.Pattern[str] | None = None
    stage: frozenset[str] | None = None
    action: frozenset[str] | None = None
    type: frozenset[str] | None = None
    fallback: bool = False
    own: bool = False  # the operator's, and no built-in one

    @property
    def where(self) -> str:
        """Say where this rule stands, as every complaint about one begins."""
        return f"{self.file}: rule {self.id!r}"

    @cached_property
    def always_allowed(self) -> bool:
        """Whether there is no condition beside the pattern: most rules go by words alone."""
        conditions = (self.status, self.code, self.stage, self.action, self.type)
        return self.field == "any" and not self.mta and not any(conditions)

    def allows(self, name: str, case: Case) -> bool:
        """Whether every condition beside the pattern holds for the text called *name*."""
        return (
            (self.field in ("any", name))
            and (self.status is None or self.status.match(case.status) is not None)
            and (self.code is None or self.code.match(case.code) is not None)
            and (not self.mta or any(mta.search(host) for mta in self.mta for host in case.hosts))
            and (self.stage is None or case.stage in self.stage)
            and (self.action is None or case.action in self.action)
            and (self.type is None or case.type in self.type)
        )
