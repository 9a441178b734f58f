"""The line of every setting in a TOML text."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from bounced.config import positions


def test_lines_are_found_in_any_toml() -> None:
    """Comments, brackets in texts, lists over lines, inline tables and dotted keys count right."""
    text = (
        "# [x]\n"
        'a = """\n'
        "[not.a.table]\n"
        '"""\n'
        "b.c = 'x # y'\n"
        "l = [\n  1,  # one\n  { p = 2 },\n]\n"
        "[t]\n"
        'k = "=[]"\n'
        "[[r]]\n"
        "x = 1\n"
        "[[r]]\n"
        "x = 2\n"
        "[r.sub]\n"
        "y = 1\n"
    )
    found = positions.lines(text)

    assert found["a",] == 2
    assert found["b", "c"] == 5
    assert found["l",] == 6
    assert found["l", 1] == 8
    assert found["l", 1, "p"] == 8
    assert found["t", "k"] == 11
    assert found["r", 0, "x"] == 13
    assert found["r", 1, "x"] == 15
    assert found["r", 1, "sub", "y"] == 17


@given(st.text(alphabet="ab=[]{},.\"'#\n \\", max_size=60))
@settings(max_examples=200, deadline=None)
def test_looking_for_lines_never_fails(text: str) -> None:
    """Any text, TOML or not, gives line numbers that are in it."""
    last = text.count("\n") + 1

    assert all(0 <= line <= last for line in positions.lines(text).values())
