"""The shape of the code: one-way imports, small files, a test and a fixture for each dialect."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from bounced import dialects

ROOT = Path(__file__).parent.parent
SOURCES = sorted((ROOT / "bounced").rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
TEXTS = sorted(
    path
    for folder in ("bounced", "tests", "docs", "systemd", "benchmarks", "drills")
    for path in (ROOT / folder).rglob("*")
    if path.suffix in {".py", ".toml", ".md", ".service", ".socket"} and path != Path(__file__)
)
MAX_FILE = 300
MAX_FUNCTION = 60
# Where a file of ours may say that something lies: nobody's home, and no working copy.
MACHINE_PATH = re.compile(
    r"(?<![\w.])/(?:(?:work|root|Users|mnt)/|home/(?!anna\b)|tmp/\w)"  # Anna is the README's
)
IGNORE = re.compile(r"#\s*(?:noqa|pragma)\b")
REASON = re.compile(r"#\s*noqa: [A-Z0-9, ]+ --? \S")


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _functions(path: Path) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, kinds)]


@pytest.mark.parametrize(
    "command",
    ["lint-imports --no-cache", "ruff check", "ruff format --check", "mypy"],
    ids=lambda command: command.partition(" ")[0] + command.rpartition(" ")[2],
)
def test_a_checker_is_content(command: str) -> None:
    """Imports point one way and the core stays pure; style, format and types are as set."""
    name, *options = command.split()
    checker = Path(sys.executable).with_name(name)
    checked = subprocess.run(
        [checker, *options], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.parametrize("path", SOURCES, ids=_name)
def test_a_module_says_what_it_is_for_and_is_short(path: Path) -> None:
    """Under 300 lines, with a docstring; no function of 60 lines or more."""
    text = path.read_text()
    assert ast.get_docstring(ast.parse(text)), "no docstring"
    assert text.count("\n") < MAX_FILE
    for function in _functions(path):
        lines = (function.end_lineno or 0) - function.lineno + 1
        assert lines < MAX_FUNCTION, f"{function.name}: {lines} lines"


@pytest.mark.parametrize("path", TESTS, ids=_name)
def test_every_test_states_a_fact(path: Path) -> None:
    """In its docstring; and no two tests of a file have one name."""
    names = [node.name for node in _functions(path) if node.name.startswith("test_")]
    assert sorted(set(names)) == sorted(names)
    for node in _functions(path):
        assert not node.name.startswith("test_") or ast.get_docstring(node), node.name


def test_every_dialect_has_its_file_its_test_and_its_fixtures() -> None:
    """By one name in all four places, and nothing is left of one that is gone."""
    names = {one.name for one in dialects.READERS}
    files = {path.stem for path in (ROOT / "bounced" / "dialects").glob("[a-z]*.py")}
    assert files == names
    tests = {
        path.stem.removeprefix("test_") for path in (ROOT / "tests" / "dialects").glob("test_*.py")
    }
    assert names <= tests
    assert names <= {path.parent.name for path in (ROOT / "fixtures").glob("*/*.eml")}


def test_the_readers_tests_mirror_the_readers() -> None:
    """Each module of the report package has a test file, and the other way round."""
    modules = {path.stem for path in (ROOT / "bounced" / "report").glob("[a-z]*.py")}
    tests = {
        path.stem.removeprefix("test_") for path in (ROOT / "tests" / "report").glob("test_*.py")
    }
    assert modules == tests


@pytest.mark.parametrize("path", TEXTS, ids=_name)
def test_no_file_knows_the_machine_it_was_written_on(path: Path) -> None:
    """No absolute path of a home, a working copy or a scratch folder."""
    lines = path.read_text().splitlines()
    found = [
        f"{number}: {line}" for number, line in enumerate(lines, 1) if MACHINE_PATH.search(line)
    ]
    assert found == []


@pytest.mark.parametrize("path", SOURCES, ids=_name)
def test_no_code_leaves_work_behind(path: Path) -> None:
    """No TODO, no FIXME, no banner line, and an ignored check says why."""
    for number, line in enumerate(path.read_text().splitlines(), 1):
        assert not re.search(r"\b(?:TODO|FIXME|XXX)\b(?=[ :(])", line), number
        assert not re.fullmatch(r"\s*#\s*[-=*#]{5,}.*", line), number
        assert not IGNORE.search(line) or REASON.search(line), number
