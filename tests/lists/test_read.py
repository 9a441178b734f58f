"""Any list: its format, its bad lines, and whatever else stands in it."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bounced.classify import RuleBook
from bounced.errors import InputError
from bounced.lists import Bad, Entry, Format, Listed, Reading, Skipped, objects, read

Read = Callable[..., list[Entry]]
NOW = datetime(2026, 6, 1, tzinfo=UTC)
HOW = Reading(rules=RuleBook.builtin(), now=NOW)


def _addresses(found: list[Entry]) -> list[str]:
    return [one.address for one in found if isinstance(one, Listed)]


@pytest.mark.parametrize(
    "text",
    [
        "a@example.org\nb@example.org\n",
        "\ufeff\n\n<a@example.org>\r\n# a note\r\n\r\n b@example.org,\r\n",
        "Email Address\na@example.org\nb@example.org\n",
        "reason;E-Mail\nspam;a@example.org\nspam;b@example.org\n",
        "bounced\temail\n1\ta@example.org\n\n1\tb@example.org\n",
        '"email"\r\n"a@example.org"\r\n"b@example.org"\r\n',
        '["a@example.org", "b@example.org"]',
        (
            '{"email": "a@example.org"}\n\n'
            '{"address": "b@example.org", "type": "spam", "more": {"x": [1]}}\n'
        ),
        '{\n "results": [\n  {"recipient": "a@example.org"}, {"recipient": "b@example.org"}]}',
    ],
)
def test_the_format_is_found_out(entries: Read, text: str) -> None:
    """By the first line that is not empty."""
    assert _addresses(entries(text)) == ["a@example.org", "b@example.org"]


def test_a_list_in_json_that_is_one_object_is_one_entry(entries: Read) -> None:
    """Over several lines, too."""
    assert _addresses(entries('{\n"email": "a@example.org"\n}\n')) == ["a@example.org"]


@pytest.mark.parametrize(
    ("text", "bad"),
    [
        ("email\na@example.org\nfoo\n@example.org\nb@c\n", [3, 4, 5]),
        ('email,error\na@example.org,"550 two\nlines"\nfoo,\n', [4]),
        ('email,error\n"x"y@example.org,\na@example.org,550 no\n', [2]),
        ("email\na@example.org\n\ufffd@example.org\n", [3]),
        ("email,created\na@example.org,\nb@example.org,01/02/2026\n", [3]),
        ('{"email": "a@example.org"}\n{"email":\n[]\nnull\n{"x": 1}\n', [2, 3, 4, 5]),
        ('{"email" "a@example.org"}\n{"email": "a@example.org"}\n', [1]),
        ('[{"email": "a@example.org"}, 7]', [2]),
    ],
)
def test_a_bad_entry_is_told_with_its_line_and_the_rest_goes_on(
    entries: Read, text: str, bad: list[int]
) -> None:
    """Each with what is wrong."""
    found = entries(text)

    assert [one.line for one in found if isinstance(one, Bad)] == bad
    assert _addresses(found) == ["a@example.org"]


def test_a_quote_that_is_never_closed_is_bad_up_to_the_end(entries: Read) -> None:
    """What is below it was not read, and that is told."""
    found = entries('email,error\na@example.org,fine\nb@example.org,"oops\nc@example.org,\n')

    assert found[1] == Bad(3, "is no CSV, up to line 4: unexpected end of data")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("name,age\nAnn,7\n", "no column with addresses"),
        ("a@example.org,2024-01-01\n", "no column with addresses"),
        ("\x00\x01\x02\n", "no column with addresses"),
        ('{"count": 3}', "a JSON document without a list"),
        ("[1, 2", "is no JSON"),
        ("[" * 100_000, "is no JSON"),
    ],
)
def test_what_is_no_list_is_an_error(entries: Read, text: str, why: str) -> None:
    """It says what would be one."""
    with pytest.raises(InputError, match=why):
        entries(text)


def test_an_empty_list_has_no_entries(entries: Read) -> None:
    """Nor is it wrong."""
    assert entries("") == []
    assert entries("email\n") == []


def test_a_json_document_has_a_bound(monkeypatch: pytest.MonkeyPatch, entries: Read) -> None:
    """It says how to get around that."""
    monkeypatch.setattr(objects, "LONGEST", 20)
    with pytest.raises(InputError, match="make JSON lines of it"):
        entries('[\n"a@example.org",\n"b@example.org"]')


def _all_are_entries(text: str, form: Format | None = None) -> bool:
    found: list[Entry] = []
    try:
        found.extend(read(io.StringIO(text, newline=""), HOW, form))
    except InputError:  # and what came before it blocks nobody
        return all(isinstance(one, Skipped | Bad) for one in found)
    return all(isinstance(one, Listed | Skipped | Bad) for one in found)


@given(
    st.text(max_size=300)
    | st.lists(st.text(alphabet='a@b.c,;"\n\r\t{}[]:', max_size=30)).map("\n".join),
    st.none() | st.sampled_from(list(Format)),
)
def test_any_text_gives_entries_or_an_input_error(text: str, form: Format | None) -> None:
    """Nothing else gets out."""
    assert _all_are_entries(text, form)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=8,
)


def test_contacts_are_refused_before_one_of_them_is_blocked() -> None:
    """Also where tags look like an unsubscription; in JSON lines that is known at the end."""
    rows = [{"email": f"u{one}@example.org", "name": "Ann", "tags": "*"} for one in range(3)]
    found = read(map(json.dumps, rows), HOW)
    assert [type(next(found)) for _ in rows] == [Skipped] * 3
    with pytest.raises(InputError, match="may be a list of contacts; nothing is imported"):
        next(found)


_NAMES = st.sampled_from(["email", "created", "reason", "tags", "code", "blocked", "expired", "x"])


@given(st.lists(st.dictionaries(_NAMES, _JSON, max_size=6), min_size=1, max_size=5))
def test_any_json_gives_entries_or_an_input_error(rows: list[dict[str, object]]) -> None:
    """Nothing else gets out."""
    for text in ("\n".join(map(json.dumps, rows)), json.dumps(rows)):
        assert _all_are_entries(text)
