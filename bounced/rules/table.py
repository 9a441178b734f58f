"""Parsed rule files into rules: every check that needs one rule alone.

All is checked here, once, so that a broken rule stops the start and not a message.  Every
complaint names the file, the rule and the nearest known word.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import translate
from typing import NoReturn

from bounced.causes import Cause
from bounced.errors import RuleError, nearest
from bounced.model import Action, Status
from bounced.rules.patterns import PatternError, pieces
from bounced.rules.rule import Alternative, Example, Rule

FIELDS = ("any", "reply", "notice")
STAGES = ("connect", "helo", "starttls", "auth", "mail", "rcpt", "data")
ACTIONS = tuple(Action)
# fmt: off
KEYS = (
    "id", "cause", "pattern", "raw", "field", "mta", "status", "code", "stage", "action", "type",
    "source", "example", "not",
)
# fmt: on
_DECIDES = {"pattern", "status", "code", "stage", "action"}
_EXAMPLE_KEYS = ("reply", "notice", "mta", "status", "action", "type")
_NAME = re.compile(r"\{([A-Z]{1,20})\}")
_ID = re.compile(r"[a-z0-9]{1,40}(?:[.-][a-z0-9]{1,40}){0,12}")


def rules_of(file: str, table: Mapping[str, object]) -> Iterator[Rule]:
    """Return the rules of one parsed file called *file*; raises RuleError."""
    for key in table:
        if key not in ("rule", "fallback", "let"):
            msg = f"{file}: unknown key {key!r}: a rule file is a list of [[rule]] tables"
            raise RuleError(msg)
    let = table.get("let", {})
    if not isinstance(let, Mapping) or not all(isinstance(v, str) for v in let.values()):
        msg = f"{file}: 'let' is a table of patterns"
        raise RuleError(msg)
    rows = table.get("rule", [])
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
        msg = f"{file}: 'rule' is a list of tables; write each under a [[rule]] of its own"
        raise RuleError(msg)
    for number, row in enumerate(rows, 1):
        where = f"{file}: rule {row.get('id') or number!r}"
        yield _Row(where, row, let).rule(file, fallback=table.get("fallback") is True)


class _Row:
    """One ``[[rule]]`` on its way to a Rule."""

    def __init__(self, where: str, row: Mapping[str, object], let: Mapping[str, str]) -> None:
        self.where = where
        self.row = row
        self.let = let

    def rule(self, file: str, *, fallback: bool) -> Rule:
        self.check_keys()
        return Rule(
            id=self.id(),
            cause=self.cause(),
            file=file,
            source=self.string("source"),
            examples=self.examples("example"),
            counter_examples=self.examples("not"),
            patterns=self.patterns("pattern"),
            raw=self.flag("raw"),
            field=next(iter(self.names("field", FIELDS)), FIELDS[0]),
            mta=tuple(one.pattern for one in self.patterns("mta")),
            status=self.glob("status"),
            code=self.glob("code"),
            stage=self.names("stage", STAGES) or None,
            action=self.names("action", ACTIONS) or None,
            type=self.names("type", ()) or None,
            fallback=fallback,
        )

    def fail(self, why: str) -> NoReturn:
        msg = f"{self.where}: {why}"
        raise RuleError(msg) from None

    def check_keys(self) -> None:
        for key in self.row:
            if key not in KEYS:
                self.fail(f"unknown key {key!r}{nearest(key, KEYS)}")
        for key in ("id", "cause", "source", "example"):
            if not self.row.get(key):
                self.fail(f"{key!r} is missing")
        if _DECIDES.isdisjoint(self.row):
            self.fail("nothing to go by: give it a 'pattern', or a 'status', 'code', 'stage'")

    def id(self) -> str:
        name = self.string("id")
        if not _ID.fullmatch(name):
            self.fail("an 'id' is lower-case words joined by - or .")
        return name

    def cause(self) -> Cause:
        name = self.string("cause")
        if name not in tuple(Cause):
            hint = nearest(name, Cause) or f": known are {', '.join(Cause)}"
            self.fail(f"unknown cause {name!r}{hint}")
        return Cause(name)

    def patterns(self, key: str) -> tuple[Alternative, ...]:
        found: list[Alternative] = []
        for text in self.strings(key):
            try:
                found += [
                    Alternative(re.compile(piece.text, re.IGNORECASE), piece.needs)
                    for piece in pieces(_NAME.sub(self.named, text))
                ]
            except (re.error, PatternError) as error:
                self.fail(f"bad {key!r}: {error}")
        if any(one.pattern.search("") for one in found):
            self.fail(f"bad {key!r}: it matches the empty text")
        return tuple(found)

    def named(self, found: re.Match[str]) -> str:
        """Return the words that stand behind a name of the file's ``let``."""
        if found[1] not in self.let:
            self.fail(f"no {found[1]!r} in 'let'{nearest(found[1], self.let)}")
        return f"(?:{self.let[found[1]]})"

    def glob(self, key: str) -> re.Pattern[str] | None:
        globs = self.strings(key)
        return re.compile("|".join(map(translate, globs))) if globs else None

    def names(self, key: str, known: Iterable[str]) -> frozenset[str]:
        names = self.strings(key)
        for name in names:
            if known and name not in known:
                self.fail(f"unknown {key} {name!r}: known are {', '.join(known)}")
        return frozenset(names)

    def flag(self, key: str) -> bool:
        value = self.row.get(key, False)
        if not isinstance(value, bool):
            self.fail(f"{key!r} is true or false")
        return value

    def string(self, key: str) -> str:
        value = self.row.get(key, "")
        if not isinstance(value, str):
            self.fail(f"{key!r} is a string")
        return value

    def strings(self, key: str) -> list[str]:
        value = self.row.get(key, [])
        values = value if isinstance(value, list) else [value]
        strings = [one for one in values if isinstance(one, str) and one]
        if len(strings) < len(values):
            self.fail(f"{key!r} is a string or a list of strings")
        return strings

    def examples(self, key: str) -> tuple[Example, ...]:
        value = self.row.get(key, [])
        return tuple(map(self.example, value if isinstance(value, list) else [value]))

    def example(self, value: object) -> Example:
        if isinstance(value, str):
            value = {"notice" if self.row.get("field") == "notice" else "reply": value}
        if not isinstance(value, Mapping) or not all(isinstance(v, str) for v in value.values()):
            self.fail("an example is a string or a table of strings")
        for name in value:
            if name not in _EXAMPLE_KEYS:
                self.fail(f"unknown key {name!r} in an example{nearest(name, _EXAMPLE_KEYS)}")
        if value.get("action", "failed") not in ACTIONS:
            self.fail(f"unknown action {value['action']!r} in an example")
        if "status" in value and not Status.find(value["status"]):
            self.fail(f"{value['status']!r} in an example is no status")
        return Example(**value)
