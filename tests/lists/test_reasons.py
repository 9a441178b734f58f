"""Only who is on a list for a known reason is blocked by it."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from bounced.causes import Cause
from bounced.errors import InputError
from bounced.lists import Entry, Listed, Skipped

Read = Callable[..., list[Entry]]


def _csv(columns: str, values: str) -> str:
    return f"email,{columns}\na@example.org,{values}\n"


FINE = [
    ("status", "subscribed", 'says "subscribed", which blocks nobody'),
    ("status", "Active", 'says "Active", which blocks nobody'),
    ("event", "delivered", 'says "delivered", which blocks nobody'),
    ("event", "open", 'says "open", which blocks nobody'),
    ("event", "click", 'says "click", which blocks nobody'),
    ("event", "processed", 'says "processed", which blocks nobody'),
    ("event", "deferred", "soft bounce"),
    ("result", "valid", 'says "valid", which blocks nobody'),
    ("reason", "allowlisted", 'says "allowlisted", which blocks nobody'),
    ("delivered", "true", 'says "delivered=true", which blocks nobody'),
    ("bounce_type,delivered", ",true", 'says "delivered=true", which blocks nobody'),
    ("bounced,complained", "false,false", 'says "bounced=false", which blocks nobody'),
    ("BLOCKLISTED", "false", 'says "BLOCKLISTED=false", which blocks nobody'),
    ("unsubscribed", "0", 'says "unsubscribed=0", which blocks nobody'),
    ("status,bounced", "subscribed,true", 'says "subscribed", which blocks nobody'),
    ("status,source", "subscribed,admin", 'says "subscribed", which blocks nobody'),
    ("event,response", "delivered,550 no", 'says "delivered", which blocks nobody'),
    ("response", "250 2.0.0 OK", "its reply says that it was delivered"),
]


@pytest.mark.parametrize(("columns", "values", "why"), FINE)
@pytest.mark.parametrize("cause", [None, Cause.COMPLAINT])
def test_who_is_fine_by_the_lists_own_words_is_skipped(
    entries: Read, columns: str, values: str, why: str, cause: Cause | None
) -> None:
    """Whatever cause is given for the list; the summary names the word."""
    (found,) = entries(_csv(columns, values), cause=cause)

    assert found == Skipped(2, "a@example.org", why)


@pytest.mark.parametrize(
    ("columns", "values", "why"),
    [
        ("status", "pending", 'says "pending", which blocks nobody'),
        ("status", "", "does not say why it is listed"),
        ("bounced", "", "does not say why it is listed"),
        ("type", "admin", 'says "admin", which blocks nobody'),
        ("type", "permanent", 'says "permanent", which blocks nobody'),
        ("description", "loves cats", 'says "loves cats", which blocks nobody'),
        ("status", "x" * 99, "says nothing that is known as a reason"),
    ],
)
def test_an_unknown_word_blocks_nobody_unless_a_cause_is_given(
    entries: Read, columns: str, values: str, why: str
) -> None:
    """With one, a person has said what the list is."""
    assert entries(_csv(columns, values)) == [Skipped(2, "a@example.org", why)]
    (found,) = entries(_csv(columns, values), cause=Cause.COMPLAINT)
    assert isinstance(found, Listed)
    assert found.cause is Cause.COMPLAINT


@pytest.mark.parametrize(
    ("columns", "values", "cause"),
    [
        ("status", "cleaned", Cause.SUPPRESSED),
        ("status", "unsubscribed", Cause.SUPPRESSED),
        ("result", "invalid", Cause.SUPPRESSED),
        ("status,delivered", "complained,true", Cause.COMPLAINT),
        ("bounced,complained", "true,false", Cause.SUPPRESSED),
        ("bounced,complained", "no,YES", Cause.COMPLAINT),
        ("bounced", "hard", Cause.SUPPRESSED),
        ("BLOCKLISTED", "1", Cause.SUPPRESSED),
        ("Unsubscribed,name", "yes,Ann", Cause.SUPPRESSED),
        ("delivered,error", "false,550 5.1.1 no such user", Cause.MAILBOX_UNKNOWN),
        ("error,code", "odd words,550", Cause.SUPPRESSED),
    ],
)
def test_a_known_reason_blocks(entries: Read, columns: str, values: str, cause: Cause) -> None:
    """A word, a flag that is set, or the reply of a failure."""
    (found,) = entries(_csv(columns, values))

    assert isinstance(found, Listed)
    assert found.cause is cause


def test_flags_in_json_are_read_as_flags(entries: Read) -> None:
    """``false`` is no reason, ``true`` is one, ``null`` says nothing."""
    rows = [{"email": "a@example.org", "bounced": value} for value in (False, True, None)]
    found = entries("\n".join(map(json.dumps, rows)))

    assert [type(one) for one in found] == [Skipped, Listed, Skipped]


CONTACTS = [
    "Email Address,First Name,MEMBER_RATING\na@example.org,Ann,2\n",
    "email,name,tags\na@example.org,Ann,\n",
    "email,name,source\na@example.org,Ann,Manual\n",
    "email,name,code\na@example.org,Ann,550\n",
    "email,signup_date\na@example.org,2024-03-04\n",
    '{"email": "a@example.org", "name": "Ann"}\n{"email": "b@example.org", "age": 7}\n',
    '[{"email": "a@example.org", "name": "Ann"}]',
]


@pytest.mark.parametrize("text", CONTACTS)
def test_a_list_that_says_nowhere_what_it_is_is_refused(entries: Read, text: str) -> None:
    """It may be the audience; the error says how to import it all the same."""
    with pytest.raises(InputError, match=r"none of its columns says why .* with --cause CAUSE"):
        entries(text)


@pytest.mark.parametrize("text", CONTACTS)
def test_with_a_cause_any_list_of_addresses_is_one_of_whom_to_block(
    entries: Read, text: str
) -> None:
    """The person says what it is."""
    found = entries(text, cause=Cause.COMPLAINT)
    assert {one.cause for one in found if isinstance(one, Listed)} == {Cause.COMPLAINT}
    assert all(isinstance(one, Listed) for one in found)


@pytest.mark.parametrize(
    "text",
    [
        "a@example.org\n",
        "Email\na@example.org\n",
        "email,created\na@example.org,1709528767\n",
        "email,ip,created\na@example.org,192.0.2.1,1709528767\n",
        'address,created_at\na@example.org,"Mon, 04 Mar 2024 05:06:07 UTC"\n',
    ],
)
def test_a_list_that_is_known_to_say_no_more_is_taken(entries: Read, text: str) -> None:
    """Addresses alone, and what providers write of unsubscriptions and complaints."""
    (found,) = entries(text)

    assert isinstance(found, Listed)
    assert (found.cause, found.why) == (Cause.SUPPRESSED, "listed")


def test_one_object_without_a_reason_among_others_is_skipped(entries: Read) -> None:
    """The others say what the list is."""
    found = entries(
        '{"email": "a@example.org", "name": "Ann"}\n{"email": "b@example.org", "reason": "spam"}\n'
    )

    assert found[0] == Skipped(1, "a@example.org", "does not say why it is listed")
    assert isinstance(found[1], Listed)


def test_the_words_that_are_no_reason_are_told_only_so_far(entries: Read) -> None:
    """A column of a million different words does not make a million reasons."""
    rows = "".join(f"u{one}@example.org,word{one}\n" for one in range(100))
    found = entries(f"email,status\n{rows}")

    assert len({one.why for one in found if isinstance(one, Skipped)}) == 21
