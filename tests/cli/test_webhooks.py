"""``webhooks list``, ``resend`` and ``test``, and who is told by other commands."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from receiver import Answer, Receiver, receiving, write_secret
from typer.testing import Result

from bounced.config import load
from bounced.store import Outbox, Settled, Store

Invoke = Callable[..., Result]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Return a web server that takes everything."""
    with receiving() as running:
        yield running


@pytest.fixture
def told(call: Invoke, tmp_path: Path, receiver: Receiver) -> Invoke:
    """Return a function that runs ``bounced`` with a webhook in its settings."""
    write_secret(tmp_path / "secret")
    (tmp_path / "bounced.toml").write_text(
        f'[[webhook]]\nname = "crm"\nurl = "{receiver.url}"\nsecret = "{tmp_path}/secret"\n'
    )
    return call


def rows(result: Result) -> list[dict[str, Any]]:
    """Return the objects that were printed."""
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def give_up(tmp_path: Path) -> None:
    """Let the daemon have given up all that waits."""
    config = load(None, {"STATE_DIRECTORY": str(tmp_path / "state")})
    store = Store.open(
        config.store.url, policies=config.policies, raw_retention=None, outbox=Outbox.of(config)
    )
    now = datetime.now(UTC)
    letters = store.letters.claim("crm", now, timedelta(seconds=9), 10)
    store.letters.settle([Settled(letter=one, error="answered 410 Gone") for one in letters], now)
    store.close()


def test_what_waits_is_listed(told: Invoke) -> None:
    """What an operator has done, until the daemon has told it; for programs with all of it."""
    told("block", "a@example.net", "--reason", "asked by phone")

    (row,) = rows(told("webhooks", "list", "--json"))
    assert (row["to"], row["event"], row["dead"], row["attempts"], row["why"]) == (
        "crm",
        "recipient.blocked",
        False,
        0,
        None,
    )
    assert row["data"]["address"] == "a@example.net"
    line = told("webhooks", "list").stdout
    assert line == f"{row['id']}\tcrm\trecipient.blocked\ta@example.net\twaits\t0\t-\n"
    assert told("webhooks", "list", "--dead").stdout == ""


def test_what_was_given_up_is_sent_again(told: Invoke, tmp_path: Path) -> None:
    """By its id; an id of something else is told, with the exit code 1."""
    told("block", "a@example.net", "b@example.net", "--reason", "asked by phone")
    give_up(tmp_path)
    first, second = rows(told("webhooks", "list", "--dead", "--json"))

    assert (first["why"], first["next_at"]) == ("answered 410 Gone", None)
    done = told("webhooks", "resend", first["id"], "msg_nobody")
    assert (done.exit_code, done.stdout) == (1, "1 will be sent again\n")
    assert "`bounced webhooks list --dead` shows" in done.stderr
    assert rows(told("webhooks", "list", "--dead", "--json")) == [second]
    assert rows(told("webhooks", "resend", "--all", "--json")) == [{"resent": 1}]


@pytest.mark.parametrize("arguments", [(), ("msg_1", "--all")])
def test_it_must_be_said_what_to_send_again(told: Invoke, arguments: tuple[str, ...]) -> None:
    """Some or all, and nothing by accident."""
    done = told("webhooks", "resend", *arguments)

    assert done.exit_code == 2
    assert "say which: some IDs, or --all" in done.stderr


def test_a_webhook_can_be_tried_out(told: Invoke, receiver: Receiver) -> None:
    """A signed event that says what it is; nothing is recorded, and no database needed."""
    done = told("webhooks", "test", "crm")

    assert done.exit_code == 0
    assert done.stdout.startswith("crm: taken in ")
    (call,) = receiver.calls
    assert call.json["type"] == "test"
    assert call.headers["webhook-signature"].startswith("v1,")


def test_a_webhook_that_does_not_answer_well_fails(told: Invoke, receiver: Receiver) -> None:
    """The exit code is 3, and it says what came back."""
    receiver.answer = lambda _: Answer(401, body=b"bad signature")
    done = told("webhooks", "test", "crm")

    assert done.exit_code == 3
    assert done.stdout == (
        f"crm: not taken: {receiver.url} answered 401 Unauthorized: bad signature\n"
    )


@pytest.mark.parametrize(
    ("name", "hint"), [("crn", "did you mean crm?"), ("zebra", "there are: crm")]
)
def test_a_webhook_that_is_none_is_wrong_use(told: Invoke, name: str, hint: str) -> None:
    """With the name that was meant."""
    done = told("webhooks", "test", name)

    assert done.exit_code == 2
    assert hint in done.stderr


def test_what_is_for_a_webhook_that_is_no_more_is_marked(told: Invoke, tmp_path: Path) -> None:
    """It waits in vain, and the list shows why."""
    told("block", "a@example.net", "--reason", "asked by phone")
    (tmp_path / "bounced.toml").write_text("")

    assert "\tcrm (not in the settings)\t" in told("webhooks", "list").stdout
