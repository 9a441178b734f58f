"""How addresses stand, and what an operator does about it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest
from typer.testing import Result

Run = Callable[..., "CompletedProcess[str]"]
Call = Callable[..., Result]
Notice = Callable[..., Path]

FULL = "452 4.2.2 Mailbox full"


@pytest.fixture
def filled(call: Call, notice: Notice) -> Call:
    """Return the command line on data: one address is dead, one has failed three times."""
    notice("nobody@example.com")
    for day in (2, 3, 4):
        notice("full@example.net", FULL, day=day)
    assert call("replay", ".").exit_code == 0
    return call


def _rows(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_check_says_of_each_address_how_it_stands(filled: Call) -> None:
    """Blocked with since, cause, rule and words; or not, with the soft failures in a row."""
    done = filled("check", "nobody@example.com", "full@example.net", "new@example.org")

    dead, full, new = done.stdout.splitlines()
    assert dead.startswith(
        "nobody@example.com: blocked since 2026-11-01, mailbox_unknown (hard), by rule "
    )
    assert dead.endswith("User unknown")
    assert full == (
        "full@example.net: not blocked, soft failures 3 of 5: mailbox_full, the last 2026-11-04"
    )
    assert new == "new@example.org: not blocked, nothing known of it"


def test_check_is_one_if_any_is_blocked_and_zero_if_none_is(filled: Call) -> None:
    """The exit code is the answer for a script."""
    assert filled("check", "full@example.net").exit_code == 0
    assert filled("check", "full@example.net", "nobody@example.com").exit_code == 1
    assert filled("check", "--json", "nobody@example.com").exit_code == 1


def test_check_knows_an_address_however_it_is_written(filled: Call) -> None:
    """Case and brackets make no other address."""
    assert filled("check", "<Nobody@EXAMPLE.com>").exit_code == 1


def test_check_in_json_has_the_whole_state(filled: Call) -> None:
    """One object an address, in the order asked, also where nothing is known."""
    dead, new = _rows(filled("check", "--json", "nobody@example.com", "new@example.org"))

    assert dead["blocked"] is True
    assert dead["since"] == "2026-11-01T09:00:00+00:00"
    assert (dead["cause"], dead["type"]) == ("mailbox_unknown", "hard")
    assert new["blocked"] is False
    assert (new["soft_count"], new["soft_limit"]) == (0, 5)
    assert dead.keys() == new.keys()


def test_check_without_a_database_is_an_error_not_an_all_clear(run: Run) -> None:
    """A forgotten --config must not read as "not blocked"."""
    done = run("check", "nobody@example.com")

    assert done.returncode == 3
    assert done.stdout == ""
    assert "Traceback" not in done.stderr


def test_list_has_filters(filled: Call) -> None:
    """Into a pipe it is lines with tabs, without a head."""

    def listed(*filters: str) -> list[str]:
        lines = filled("list", *filters).stdout.splitlines()
        return sorted(line.split("\t")[0] for line in lines)

    assert listed() == ["full@example.net", "nobody@example.com"]
    assert listed("--blocked") == ["nobody@example.com"]
    assert listed("--not-blocked") == ["full@example.net"]
    assert listed("--cause", "mailbox_full") == ["full@example.net"]
    assert listed("--domain", "example.com") == ["nobody@example.com"]
    assert listed("--stream", "default") == listed()
    assert len(listed("--limit", "1")) == 1
    assert {row["address"] for row in _rows(filled("list", "--json"))} == set(listed())


def test_history_tells_the_newest_last_with_effect_and_why(filled: Call) -> None:
    """One line for each event."""
    filled("delivered", "full@example.net", "--who", "nightly job")
    rows = _rows(filled("history", "--json", "full@example.net"))
    lines = filled("history", "full@example.net").stdout.splitlines()

    assert [row["effect"] for row in rows] == ["counted", "counted", "counted", "reset"]
    assert [row["at"] for row in rows] == sorted(row["at"] for row in rows)
    assert rows[-1]["who"] == "nightly job"
    assert rows[0]["why"] == "1st soft failure in a row (mailbox_full); 5 block"
    assert lines[0] == (
        "2026-11-02 09:00  failed, mailbox_full (soft): counted: "
        "1st soft failure in a row (mailbox_full); 5 block"
    )
    assert lines[1].startswith("                  by rule ")
    assert lines[1].endswith(": 452 4.2.2 Mailbox full")
    assert lines[-1].endswith("delivered: reset: delivered; 3 soft in a row forgotten")


def test_history_of_a_stranger_is_empty(filled: Call) -> None:
    """Nothing known is no failure."""
    done = filled("history", "new@example.org")

    assert (done.exit_code, done.stdout) == (0, "new@example.org: nothing known of it\n")
    assert filled("history", "--json", "new@example.org").stdout == ""


def test_an_operator_blocks_and_unblocks_with_who_and_why_on_record(filled: Call) -> None:
    """Each change prints how the address stands then, and stays in the history."""
    blocked = filled("block", "a@example.org", "--reason", "asked by phone", "--who", "anna")
    lifted = filled("unblock", "a@example.org", "--reason", "asked back", "--who", "berta")

    assert blocked.exit_code == lifted.exit_code == 0
    assert blocked.stdout.startswith("a@example.org: blocked since ")
    assert "blocked by anna: asked by phone" in blocked.stdout
    assert lifted.stdout == "a@example.org: not blocked\n"
    told = filled("history", "a@example.org").stdout
    assert "blocked by anna: asked by phone" in told
    assert "unblocked by berta: asked back" in told


def test_delivered_forgets_soft_failures_and_lifts_no_block(filled: Call) -> None:
    """It is proof that mail arrives, not an operator's decision."""
    assert filled("delivered", "full@example.net").stdout == "full@example.net: not blocked\n"
    assert filled("delivered", "nobody@example.com").stdout.startswith(
        "nobody@example.com: blocked since "
    )


def test_who_is_at_the_keyboard_goes_on_record(
    filled: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without --who it is the name of the login, that behind sudo first."""
    monkeypatch.setenv("SUDO_USER", "carla")
    filled("block", "a@example.org", "--reason", "x")

    (row,) = _rows(filled("history", "--json", "a@example.org"))
    assert row["who"] == "carla"


def test_check_in_json_names_what_was_asked(filled: Call) -> None:
    """Also where a whole domain is blocked, or the address was first seen in another spelling."""
    filled("block", "@example.org", "--reason", "gone")
    (row,) = _rows(filled("check", "--json", "Any@Example.org"))

    assert (row["asked"], row["address"], row["blocked"]) == (
        "Any@Example.org",
        "@example.org",
        True,
    )


def test_a_domain_is_blocked_by_its_name_and_not_by_a_star(call: Call) -> None:
    """Which would be an address that nobody has."""
    done = call("block", "*@example.org", "--reason", "gone")

    assert done.exit_code == 2
    assert "@example.org for all there" in done.output


def test_history_tells_of_a_domain_that_is_blocked(filled: Call) -> None:
    """What check says of the address, its history does not deny."""
    filled("block", "@example.org", "--reason", "gone")

    assert "blocked with all of @example.org" in filled("history", "any@example.org").stdout


def test_unblocking_one_of_a_blocked_domain_says_that_its_mail_stays_refused(filled: Call) -> None:
    """And with which command that ends, on standard error beside the answer."""
    filled("block", "@example.org", "--reason", "gone")
    done = filled("unblock", "any@example.org", "--reason", "is back")

    assert done.exit_code == 0
    assert done.stdout.startswith("any@example.org: blocked with all of @example.org since ")
    assert done.stderr == (
        "bounced: mail to any@example.org stays refused, for all of @example.org is blocked; "
        "lift that with: bounced unblock @example.org --reason ...\n"
    )
    assert filled("unblock", "@example.org", "--reason", "is back").stderr == ""


@pytest.mark.parametrize("command", ["block", "unblock"])
@pytest.mark.parametrize("reason", ["", "  "])
def test_a_reason_says_something(filled: Call, command: str, reason: str) -> None:
    """The audit trail is kept for good; an empty one is wrong use, and changes nothing."""
    done = filled(command, "nobody@example.com", "--reason", reason)

    assert done.exit_code == 2
    assert "it is empty; say why" in done.output
    assert len(_rows(filled("history", "--json", "nobody@example.com"))) == 1


def test_history_names_the_stream_where_there_is_more_than_the_default(
    filled: Call, tmp_path: Path
) -> None:
    """Of every event then; who has no streams reads of none."""
    (tmp_path / "bounced.toml").write_text("[streams.news]\n")
    assert "stream" not in filled("history", "nobody@example.com").stdout
    filled("block", "nobody@example.com", "--stream", "news", "--reason", "asked")
    lines = filled("history", "nobody@example.com").stdout.splitlines()

    assert [line.split() for line in lines if "stream" in line] == [
        ["stream:", "default"],
        ["stream:", "news"],
    ]


def test_history_tells_of_the_end_of_a_block_and_says_nothing_twice(
    call: Call, notice: Notice, tmp_path: Path
) -> None:
    """An end is no operator's doing."""
    (tmp_path / "bounced.toml").write_text("[policy.expire]\nmailbox_unknown = '1d'\n")
    notice("nobody@example.com", day=1)
    notice("nobody@example.com", day=3)
    call("replay", ".")
    call("block", "nobody@example.com", "--reason", "gone", "--who", "anna")
    told = call("history", "nobody@example.com").stdout.splitlines()

    assert told[2] == (
        "2026-11-02 09:00  end of the block: unblocked: the block for mailbox_unknown has lasted "
        "its time"
    )
    assert "  block: blocked by anna: gone" in told[-1]


STREAMED = (
    ("check", "x@example.org"),
    ("block", "x@example.org", "--reason", "gone"),
    ("unblock", "x@example.org", "--reason", "back"),
    ("delivered", "x@example.org"),
    ("history", "x@example.org"),
    ("list",),
    ("export",),
    ("messages",),
    ("import", "list.csv"),
)


@pytest.mark.parametrize("command", STREAMED, ids=lambda command: command[0])
def test_a_mistyped_stream_is_no_empty_one(
    filled: Call, tmp_path: Path, command: tuple[str, ...]
) -> None:
    """Nobody reads "not blocked" where nobody knows; what there is, and is meant, is named."""
    (tmp_path / "bounced.toml").write_text("[streams.news]\n[streams.shop]\n")
    (tmp_path / "list.csv").write_text("email\nx@example.org\n")
    done = filled(*command, "--stream", "nwes")

    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == (
        "bounced: there is no mail stream 'nwes'; did you mean news? Known are default, news, "
        "shop; a new one gets a table of its own in the settings, as [streams.news]\n"
    )
    assert filled("list", "--domain", "example.org").stdout == ""
    assert filled(*command, "--stream", "news").exit_code == 0


def test_a_stream_that_something_is_known_of_needs_no_settings(
    filled: Call, tmp_path: Path
) -> None:
    """Such as one that signed return paths have named."""
    (tmp_path / "bounced.toml").write_text("[streams.news]\n")
    filled("block", "nobody@example.com", "--stream", "news", "--reason", "asked")
    (tmp_path / "bounced.toml").unlink()

    assert filled("check", "nobody@example.com", "--stream", "news").exit_code == 1
    assert filled("check", "else@example.com", "--stream", "news").exit_code == 0
    assert "Known are default, news;" in filled("list", "--stream", "shop").stderr
