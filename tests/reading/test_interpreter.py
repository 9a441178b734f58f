"""A Python that a charset can crash: found out by doing it, and kept away from mail."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from bounced.reading.interpreter import Interpreter

_SHOW = """
import codecs, dataclasses, json, sys
from bounced.reading import interpreter
{before}
found = interpreter.examine()
known = []
for name in {names!r}:
    try:
        codecs.lookup(name)
    except LookupError:
        continue
    known.append(name)
print(json.dumps([dataclasses.asdict(found), known]))
"""
_BAD = ["unicode_escape", "Unicode-Escape", "raw_unicode_escape", "utf-7", "U7", "zip", "hex"]
_BAD += ["base64", "rot13", "uu", "idna", "undefined", "bz2", "quopri"]
_GOOD = ["utf-8", "iso-8859-15", "cp1252", "koi8-r", "gb18030", "big5", "euc-jp", "iso-2022-jp"]
_GOOD += ["shift_jis", "euc-kr", "ascii", "latin-1", "tis-620", "mac_roman", "punycode"]


def _ask(before: str) -> tuple[Interpreter, list[str]]:
    program = _SHOW.format(before=before, names=_BAD + _GOOD)
    command = [sys.executable, "-W", "error", "-c", program]
    said = subprocess.run(command, check=True, capture_output=True, timeout=60).stdout
    found, known = json.loads(said)
    return Interpreter(**found), known


def test_behind_the_guard_no_charset_leads_to_the_defect() -> None:
    """On every Python; the charsets of mail are there, what is none is not."""
    found, known = _ask("interpreter.guard()")

    assert not found.exposed
    assert known == _GOOD


def test_without_the_guard_the_defect_is_found_where_it_is() -> None:
    """The control: a Python that has it is exposed to it; one that is new enough is not asked."""
    found, known = _ask("")

    assert found.exposed == found.unfixed
    assert known == _BAD + _GOOD
    if sys.version_info >= (3, 13, 4):
        assert found == Interpreter(unfixed=False, exposed=False)


def test_a_new_python_is_not_asked() -> None:
    """No process has to crash for it."""
    found, _ = _ask("sys.version_info = (3, 13, 4)\ninterpreter.os.fork = None")

    assert found == Interpreter(unfixed=False, exposed=False)


@pytest.mark.parametrize(
    ("found", "accepted"),
    [
        (Interpreter(unfixed=False, exposed=False), {"safe", "fixed", "any"}),
        (Interpreter(unfixed=True, exposed=False), {"safe", "any"}),
        (Interpreter(unfixed=True, exposed=True), {"any"}),
    ],
)
def test_what_is_accepted(found: Interpreter, accepted: set[str]) -> None:
    """By the setting, and a refusal says what to do."""
    words = {one: found.refused(one) for one in ("safe", "fixed", "any")}

    assert {one for one, why in words.items() if why is None} == accepted
    for why in filter(None, words.values()):
        assert "CVE-2025-4516" in why
        assert "reading.python" in why
