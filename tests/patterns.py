"""Every regular expression of the package, how the code runs it, and texts made to slow it down.

``recorded`` notes what is compiled while all modules are imported and the fixtures are read, so it
finds what a rule file or a function compiles as well.  ``attacks`` takes a pattern to pieces and
repeats what may begin a match, and what stands inside a repeat.
"""

from __future__ import annotations

import ast
import importlib
import json
import pkgutil
import re
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

_parser: Any = importlib.import_module("re._parser")

ROOT: Final = Path(__file__).parent.parent
UNITS: Final = (
    *" \n\t<>(\"'[{=a0.@,:;-\\",
    *(
        "\n ",
        "\n\n",
        "a@",
        "a.",
        "a.a.",
        "a@b.c ",
        "<a@b.c>",
        "=?",
        "=?a?q?",
        "\\\\",
        '"a',
        "a: b\n",
    ),
    *(
        " a",
        "a \n",
        "5.1.1 ",
        "550 ",
        "1.2.3.4",
        "--\n",
        "> ",
        "<a ",
        "a=b;",
        "\xe9",
        "\u3002",
        "\0",
    ),
)
_METHODS: Final = ("match", "fullmatch", "search", "finditer", "findall", "sub", "subn", "split")
_MOST_DERIVED: Final = 16
_RICH: Final = 6  # turns of a repeat inside a repeat


@dataclass(frozen=True)
class Found:
    """A pattern: where it is compiled, and the methods that the code calls on it."""

    where: str
    pattern: str
    flags: int
    octets: bool
    methods: tuple[str, ...]

    @property
    def of_rule(self) -> bool:
        """Whether it is an alternative of a rule."""
        return self.where.startswith("bounced/rules/table.py:") and self.where.endswith(" ")

    @property
    def compiled(self) -> re.Pattern[Any]:
        """The pattern, to run."""
        return re.compile(
            self.pattern.encode("latin-1") if self.octets else self.pattern, self.flags
        )


# --- finding them ---------------------------------------------------------------------------------


def everything() -> list[Found]:
    """Return every pattern that the package compiles, recorded in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", __file__],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=True,
    )
    called = {path: _calls(path) for path in ROOT.glob("bounced/**/*.py")}
    shared: dict[str, set[str]] = {}
    for calls in called.values():
        for name, methods in calls.items():
            shared.setdefault(name, set()).update(methods)
    found = []
    for where, name, pattern, flags, octets in json.loads(done.stdout):
        own = called[ROOT / where.partition(":")[0]]
        methods = own.get(name) if name.startswith("_") else shared.get(name)
        found.append(
            Found(where, pattern, flags, octets, tuple(sorted(methods or {"search", "finditer"})))
        )
    return found


def _calls(path: Path) -> dict[str, set[str]]:
    """Return which methods are called on which name in one module."""
    found: dict[str, set[str]] = {}
    for node in ast.walk(ast.parse(path.read_text())):
        if (
            isinstance(node, ast.Attribute)
            and node.attr in _METHODS
            and isinstance(node.value, ast.Name)
        ):
            found.setdefault(node.value.id, set()).add(node.attr)
    return found


@cache
def _named(path: str) -> dict[int, str]:
    """Return the name to which each line of a module belongs, where it is assigned to one."""
    found = {}
    for node in ast.walk(ast.parse(Path(path).read_text())):
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(target, ast.Name):
            found |= dict.fromkeys(range(node.lineno, (node.end_lineno or 0) + 1), target.id)
    return found


def _record() -> None:
    """Print what is compiled while all of the package is imported and reads its fixtures."""
    seen: dict[tuple[str, str, int, bool], str] = {}
    compile_ = re._compile

    def spy(pattern: Any, flags: Any) -> Any:
        compiled = compile_(pattern, flags)
        frame = sys._getframe(1)
        while frame and frame.f_code.co_filename == re.__file__:
            frame = frame.f_back
        file = frame.f_code.co_filename
        if file.startswith(str(ROOT / "bounced")):
            octets = isinstance(compiled.pattern, bytes)
            text = compiled.pattern.decode("latin-1") if octets else compiled.pattern
            name = (
                _named(file).get(frame.f_lineno, "") if frame.f_code.co_name == "<module>" else ""
            )
            where = f"{Path(file).relative_to(ROOT)}:{frame.f_lineno} {name}"
            given = compiled.flags & ~re.UNICODE.value
            seen[where, text, given, octets] = name
        return compiled

    re._compile = spy
    import bounced  # noqa: PLC0415 -- what it compiles is looked at

    for module in pkgutil.walk_packages(bounced.__path__, "bounced."):
        if not module.name.endswith(("__main__", "migrations.env")):  # they run when imported
            importlib.import_module(module.name)
    from bounced import pipeline  # noqa: PLC0415 -- the same
    from bounced.classify import RuleBook  # noqa: PLC0415 -- the same
    from bounced.model import Envelope  # noqa: PLC0415 -- the same

    rules = RuleBook.builtin()
    for path in sorted(ROOT.glob("fixtures/*/*.eml")):
        pipeline.examine(path.read_bytes()[:100_000], Envelope(), rules)
    rows = [
        [where, name, text, flags, octets] for (where, text, flags, octets), name in seen.items()
    ]
    json.dump(rows, sys.stdout)


# --- attacking them -------------------------------------------------------------------------------


def attacks(found: Found) -> Iterator[tuple[str, str, str]]:
    """Yield a prefix, a unit to repeat, and a suffix, many times: common ones, then its own."""
    for unit in UNITS:
        yield "", unit, "\x01"
    seen: set[tuple[str, str]] = set()
    for prefix, unit in _derived(found.pattern, found.flags):
        if unit and (prefix, unit) not in seen and len(seen) < _MOST_DERIVED:
            seen.add((prefix, unit))
            yield prefix, unit, "\x01"


def _derived(pattern: str, flags: int) -> Iterator[tuple[str, str]]:
    """Yield prefixes of what matches; and what a repeat eats, behind what leads there."""
    tree = _parser.parse(pattern, flags)
    begun = ""
    starts, pumps = [], []
    for op, arg in _flat(tree):
        text, unit = _sample(op, arg)
        if unit:
            rich = _sample(op, arg, least=_RICH)[1]
            pumps.append((begun, rich if len(rich) > _RICH else unit))
        begun += text
        starts.append(begun)
    yield from (("", start[:200]) for start in starts[-1:])
    for begin, unit in sorted(pumps, key=lambda pump: -len(pump[1]))[:4]:
        yield begin, unit
        yield "", begin + unit * 3
        yield "", f"\n{begin}"
        yield "", f"{begin} \n"
    yield from (("", start[:200]) for start in starts[:4])


def _flat(tree: Any) -> Iterator[tuple[Any, Any]]:
    """Yield the pieces of a pattern in a row: of alternatives the longest, of groups the inside."""
    for op, arg in tree:
        name = str(op)
        if name == "SUBPATTERN":
            yield from _flat(arg[3])
        elif name == "ATOMIC_GROUP":
            yield from _flat(arg)
        elif name == "BRANCH":
            yield from _flat(max(arg[1], key=len))
        else:
            yield op, arg


def _sample(op: Any, arg: Any, least: int = 0) -> tuple[str, str]:
    """Return a short text that one piece matches, and if it repeats, what it repeats.

    What repeats inside stands there *least* times: so a repeat in a repeat has ways to choose from.
    """
    name = str(op)
    if name == "LITERAL":
        return chr(arg), ""
    if name == "NOT_LITERAL":
        return "b" if arg != ord("b") else "c", ""
    if name == "ANY":
        return "x", ""
    if name == "IN":
        return _member(arg), ""
    if name in {"MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"}:
        low, high, inner = arg
        text = "".join(_sample(*one, least)[0] for one in _flat(inner))
        return text * max(int(low), min(int(high), least)), text if int(high) > 1 else ""
    return "", ""


_SOME: Final = "a1 x.-_@<:/A\n\t#é\u3042,;'\"()=>&!?*+"


def _member(parts: Any) -> str:
    """Return a character of a class."""
    if str(parts[0][0]) == "NEGATE" or any(str(op) == "CATEGORY" for op, _ in parts):
        return next((sign for sign in _SOME if _within(sign, parts)), "a")
    op, arg = parts[0]
    return chr(arg if str(op) == "LITERAL" else arg[0])


def _within(sign: str, parts: Any) -> bool:
    negate = str(parts[0][0]) == "NEGATE"
    tests: dict[str, Callable[[str], Any]] = {
        "CATEGORY_DIGIT": str.isdigit,
        "CATEGORY_SPACE": str.isspace,
        "CATEGORY_WORD": lambda one: one.isalnum() or one == "_",
        "CATEGORY_NOT_DIGIT": lambda one: not one.isdigit(),
        "CATEGORY_NOT_SPACE": lambda one: not one.isspace(),
        "CATEGORY_NOT_WORD": lambda one: not (one.isalnum() or one == "_"),
    }
    inside = False
    for op, arg in parts:
        name = str(op)
        inside |= (
            (name == "LITERAL" and ord(sign) == arg)
            or (name == "RANGE" and arg[0] <= ord(sign) <= arg[1])
            or (name == "CATEGORY" and bool(tests[str(arg)](sign)))
        )
    return inside != negate


def runs(found: Found) -> Iterable[tuple[str, Callable[[Any], Any]]]:
    """Return each way in which the code runs a pattern, the dearest of those that do the same."""
    pattern = found.compiled
    methods = set(found.methods)
    if methods & {"finditer", "findall", "sub", "subn", "split"}:
        yield "finditer", lambda text: sum(1 for _ in pattern.finditer(text))
    elif "search" in methods:
        yield "search", pattern.search
    if "match" in methods:
        yield "match", pattern.match
    if "fullmatch" in methods:
        yield "fullmatch", pattern.fullmatch


if __name__ == "__main__":
    _record()
