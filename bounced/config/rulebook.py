"""The rules in force: the operator's own files first, then those that come with the program."""

from __future__ import annotations

import glob
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from bounced.classify import RuleBook
from bounced.errors import RuleError

_WILD = frozenset("*?[")

Table = tuple[str, Mapping[str, object]]
"""The name of a rule file, and what is in it."""


def load(patterns: Iterable[str]) -> RuleBook:
    """Return the book of rules for ``rules.files``; ``RuleError`` names the file and the rule."""
    return compiled(tables(patterns))


def tables(patterns: Iterable[str]) -> list[Table]:
    """Return the operator's own rule files, each with its name; raises RuleError."""
    return [(str(file), _table(file)) for file in find(patterns)]


def compiled(own: Iterable[Table]) -> RuleBook:
    """Return the book of rules in which those of *own* come first; raises RuleError."""
    first = list(own)
    return RuleBook.builtin().with_first(first) if first else RuleBook.builtin()


def find(patterns: Iterable[str]) -> Iterator[Path]:
    """Yield the files that *patterns* name, sorted; one without a wildcard must exist."""
    for pattern in patterns:
        if _WILD.isdisjoint(pattern):
            yield Path(pattern)
        else:
            yield from (Path(name) for name in sorted(glob.glob(pattern, recursive=True)))  # noqa: PTH207 - whole paths, not one folder's


def _table(file: Path) -> Mapping[str, object]:
    try:
        return tomllib.loads(file.read_bytes().decode("utf-8"))
    except OSError as error:
        msg = f"{file}: can't be read: {error.strerror}; see rules.files in the settings"
    except UnicodeDecodeError:
        msg = f"{file}: is not UTF-8 text; save it as UTF-8"
    except tomllib.TOMLDecodeError as error:
        msg = f"{file}: is not TOML: {error}"
    raise RuleError(msg)
