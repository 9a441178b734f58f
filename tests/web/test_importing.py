"""Import over HTTP."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bounced import listreader
from bounced.web.importing import TYPES

CSV = (
    "email,created,reason\n"
    "nobody@example.com,2026-01-31T12:00:00Z,550 5.1.1 User unknown\n"
    "full@example.net,2026-01-31T12:00:00Z,452 4.2.2 Mailbox full\n"
    "nobody,,\n"
)


def _import(api: Any, body: str | bytes, kind: str = "text/csv", **query: str) -> Any:
    query = {"source": "the old provider", **query}
    headers = {"Content-Type": kind}
    return api.ask("POST", "/v1/import", content=body, headers=headers, params=query)


def test_a_list_is_taken_in_as_bounced_import_does(api: Any) -> None:
    """With source and date; what is soft is skipped, what can't be read is told by its line."""
    told = _import(api, CSV).json()

    assert (told["entries"], told["blocked"], told["bad"]) == (3, 1, 1)
    assert sum(told["skipped"].values()) == 1
    (fault,) = told["errors"]
    assert fault["at"] == "line 4"
    state = api.ask("GET", "/v1/addresses/nobody@example.com").json()
    assert (state["blocked"], state["since"]) == (True, "2026-01-31T12:00:00+00:00")
    assert state["cause"] == "mailbox_unknown"
    (event,) = api.ask("GET", "/v1/addresses/nobody@example.com/history").json()["events"]
    assert event["who"] == "api:shop"
    assert "the old provider" in event["why"]


def test_importing_again_changes_nothing(api: Any) -> None:
    """So a call that failed half way is simply repeated."""
    _import(api, CSV)
    told = _import(api, CSV).json()
    assert (told["blocked"], told["known"]) == (0, 1)


def test_a_dry_run_says_what_would_be_and_changes_nothing(api: Any) -> None:
    """The same numbers, and no state."""
    told = _import(api, CSV, dry_run="true").json()
    assert (told["blocked"], told["dry_run"]) == (1, True)
    assert api.ask("GET", "/v1/addresses").json()["addresses"] == []


@pytest.mark.parametrize("kind", [one for one in TYPES if one != "text/csv"])
def test_json_lines(api: Any, kind: str) -> None:
    """By either of their types; an object a line."""
    rows = [{"email": f"u{number}@example.com"} for number in range(3)]
    body = "".join(json.dumps(row) + "\n" for row in rows)
    assert _import(api, body, kind).json()["blocked"] == 3
    assert _import(api, body, kind).json()["known"] == 3


def test_a_list_that_is_none(api: Any) -> None:
    """422 and what a list must have; 415 for another type; 403 for a token to read."""
    told = _import(api, "name,age\nanna,3\n")
    assert told.status_code == 422
    assert "no column with addresses" in told.json()["errors"][0]["detail"]
    assert _import(api, "").status_code == 422
    assert _import(api, CSV, "text/plain").status_code == 415
    headers = {"Content-Type": "text/csv"}
    told = api.ask("POST", "/v1/import?source=x", "read", content=CSV, headers=headers)
    assert told.status_code == 403


def test_a_list_may_be_larger_than_any_other_body(start: Callable[..., Any]) -> None:
    """Up to http.import_size, in pieces; beyond it 413 and nothing is imported."""
    api = start(body_size=1000, import_size=2_000_000)

    def pieces(number: int) -> Iterator[bytes]:
        yield b"email\n"
        for first in range(0, number, 1000):
            some = (f"u{one}@example.org\n" for one in range(first, first + 1000))
            yield "".join(some).encode()

    headers = {"Content-Type": "text/csv"}
    path = "/v1/import?source=x"
    told = api.ask("POST", path, content=pieces(50_000), headers=headers)
    assert told.json()["blocked"] == 50_000
    told = api.ask("POST", path, content=pieces(150_000), headers=headers)
    assert told.status_code == 413
    assert api.ask("GET", "/v1/addresses/u149999@example.org").json()["blocked"] is False


def test_an_import_that_is_stopped_can_be_repeated(api: Any) -> None:
    """503 at the end of the batch under way; and what was imported stays."""
    api.service._stopping.set()
    body = "email\n" + "".join(f"u{one}@example.org\n" for one in range(5_000))
    assert _import(api, body).status_code == 503
    api.service._stopping.clear()
    told = _import(api, body).json()
    assert told["known"] == 2_000
    assert told["blocked"] == 3_000


def test_look_ups_are_answered_while_lists_are_taken_in(api: Any) -> None:
    """Imports wait for each other, and nobody else does."""
    body = "email\n" + "".join(f"u{one}@example.org\n" for one in range(20_000))
    imports = [threading.Thread(target=_import, args=(api, body)) for _ in range(6)]
    for one in imports:
        one.start()
    while any(one.is_alive() for one in imports):
        assert api.ask("POST", "/v1/lookup", json={"addresses": ["a@b.example"]}).is_success
    assert {one["status"] for one in api.events()} == {200}


@pytest.mark.parametrize("kind", TYPES)
@given(body=st.binary(min_size=1) | st.text(min_size=1).map(str.encode))
@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_no_body_is_a_defect(api: Any, kind: str, body: bytes) -> None:
    """Whatever comes is a list or is told not to be one."""
    assert _import(api, body, kind).status_code in (200, 422)


def test_the_lines_of_a_list_are_those_of_a_spreadsheet() -> None:
    """UTF-16 as well, with its mark."""
    for encoding in ("utf-8", "utf-16"):
        file = io.BufferedReader(io.BytesIO("email\r\nä@b.example\r\n".encode(encoding)))  # type: ignore[arg-type]
        assert list(listreader.lines(file)) == ["email\r\n", "ä@b.example\r\n"]
