"""Incidents, storms, and judging again, as an operator sees them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from bounced.causes import Cause

Call = Callable[..., Result]
Notice = Callable[..., Path]

LISTED = "554 5.7.1 Client host [192.0.2.7] blocked using zen.spamhaus.org"
ODD = "550 5.0.0 zorblax condition"
RULE = """
[[rule]]
id = "zorblax"
cause = "mailbox_unknown"
pattern = 'zorblax'
source = "the partner's handbook"
example = "550 5.0.0 zorblax condition"
"""


def _rows(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_an_incident_tells_what_to_do_about_it(call: Call, notice: Notice) -> None:
    """Who refuses what of ours, since when, how many are hit, where to ask, whom to write to."""
    notice("a@example.com", LISTED, day=1)
    notice("b@example.net", LISTED, day=2)
    call("replay", ".")

    said = call("incidents").stdout.splitlines()

    assert said == [
        "1  Spamhaus refuses 192.0.2.7 since 2026-11-01 09:00, sender_blocked",
        f"   {Cause.SENDER_BLOCKED.info.means}",
        "   2 refused, 2 recipients, the last 2026-11-02 09:00",
        f"   {LISTED}",
        "   ask for removal: https://check.spamhaus.org/",
        "   or write to: postmaster@example.com, postmaster@example.net",
    ]
    (row,) = _rows(call("incidents", "--json"))
    assert row["postmasters"] == ["postmaster@example.com", "postmaster@example.net"]
    assert (row["failures"], row["recipients"], row["closed_at"]) == (2, 2, None)


def test_an_incident_is_closed_by_its_number(call: Call, notice: Notice) -> None:
    """A number that is not open is an answer, not a failure."""
    notice("a@example.com", LISTED)
    call("replay", ".")

    assert call("incidents", "--close", "1", "--who", "alice").stdout == "incident 1 closed\n"
    assert call("incidents").stdout == "no incidents are open\n"
    assert "closed" in call("incidents", "--all").stdout
    again = call("incidents", "--close", "1")
    assert again.exit_code == 1
    assert again.stderr == "bounced: no open incident 1; `bounced incidents` lists them\n"


def test_storms_are_listed(call: Call, notice: Notice, tmp_path: Path) -> None:
    """With who failed alike, when, and how many were spared."""
    (tmp_path / "bounced.toml").write_text("policy.storm_recipients = 3\n")
    for number in range(3):
        notice(f"u{number}@example.com", "452 4.2.2 Mailbox full", day=3)
    call("replay", ".")

    assert call("storms").stdout == (
        "example.com\tgoing on\t2026-11-03 09:00\t2026-11-03 09:00\tmailbox_full\t3\n"
    )
    (row,) = _rows(call("storms", "--json"))
    assert (row["scope"], row["name"], row["recipients"]) == ("domain", "example.com", 3)
    assert "not blocked, soft" not in call("check", "u0@example.com").stdout


def test_messages_are_counted_with_those_that_are_forged_or_match_nobody(
    call: Call, notice: Notice, tmp_path: Path
) -> None:
    """What came to a path that only looks signed, and what is about nobody whom we have mailed."""
    (tmp_path / "keys").write_text("b Zm9yLWV4YW1wbGVzLW9ubHktbmV2ZXItdXNlLWl0\n")
    (tmp_path / "keys").chmod(0o600)
    (tmp_path / "bounced.toml").write_text('return_path.keys = "keys"\n')
    notice("a@example.com", day=1)
    forged = notice("b@example.com", day=2)
    path = "bounces+s1-b-512d=anna=example.com=aaaaaaaaaaaaaaaa@example.org"
    forged.write_text(
        forged.read_text().replace("Delivered-To: bounces@example.org", f"Delivered-To: {path}")
    )
    call("replay", ".")

    told = call("messages").stdout.splitlines()
    assert told[0] == "2 messages"
    assert "kind\tbounce\t2" in told
    assert "trust\tforged\t1" in told
    assert "trust\texpired\t0" in told
    assert "matched\tfinal_recipient\t1" in told
    assert told[-1] == "matched\tnobody\t1"
    (row,) = _rows(call("messages", "--json"))
    assert (row["trust"]["forged"], row["matched"]["nobody"]) == (1, 1)
    assert call("messages", "--since", "1h").stdout.startswith("0 messages since 20")


@pytest.fixture
def odd(call: Call, notice: Notice, tmp_path: Path) -> Call:
    """Return the command line on a refusal that has got a rule since it came in."""
    notice("joe@example.com", ODD, day=3)
    assert call("replay", ".").exit_code == 0
    assert call("check", "joe@example.com").exit_code == 0
    (tmp_path / "own.toml").write_text(RULE)
    (tmp_path / "bounced.toml").write_text('rules.files = ["own.toml"]\n')
    return call


def test_rejudge_shows_what_would_change_before_it_does_it(odd: Call) -> None:
    """Verdicts and states; without somebody to ask it changes nothing, and says how to."""
    done = odd("rejudge")

    verdict, state, summary = done.stdout.splitlines()
    assert "joe@example.com: failed, unknown by none -> failed, mailbox_unknown by" in verdict
    assert state == "joe@example.com: would be blocked: hard failure (mailbox_unknown)"
    assert summary == "messages 1, verdicts 1, states 1, blocked 1, unblocked 0"
    assert done.exit_code == 1
    assert done.stderr == "bounced: nothing was changed; say --yes to do it\n"
    assert odd("check", "joe@example.com").exit_code == 0


def test_a_dry_run_of_rejudge_is_done_when_it_has_shown(odd: Call) -> None:
    """It succeeds, and changes nothing."""
    done = odd("rejudge", "--dry-run", "--json")
    assert done.exit_code == 0
    *_, summary = _rows(done)
    assert summary == {"messages": 1, "verdicts": 1, "states": 1, "blocked": 1, "unblocked": 0}
    assert odd("check", "joe@example.com").exit_code == 0


def test_rejudge_does_it(odd: Call) -> None:
    """As of the day of the message; a second time there is nothing to do."""
    assert odd("rejudge", "--yes").stdout.endswith("done\n")
    told = odd("check", "joe@example.com").stdout
    assert told.startswith("joe@example.com: blocked since 2026-11-03, mailbox_unknown (hard)")
    again = odd("rejudge", "--yes")
    assert again.stdout == "messages 1, verdicts 0, states 0, blocked 0, unblocked 0\n"
    told = odd("history", "joe@example.com").stdout
    assert "recorded: judged again, in the place of what was recorded" in told
    assert "blocked: judged again" in told


def test_rejudge_takes_only_what_came_in_lately(odd: Call) -> None:
    """The message is older than an hour."""
    done = odd("rejudge", "--since", "1h", "--dry-run")
    assert done.stdout == "messages 0, verdicts 0, states 0, blocked 0, unblocked 0\n"
