"""``bounced forget``: what it says, and what the other commands say then."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

Call = Callable[..., Result]
Notice = Callable[..., Path]

DEAD, FULL = "nobody@example.com", "full@example.net"


@pytest.fixture
def filled(call: Call, notice: Notice) -> Call:
    """Return the command line on data: one address is dead, one has failed."""
    notice(DEAD)
    notice(FULL, "452 4.2.2 Mailbox full")
    assert call("replay", ".").exit_code == 0
    return call


def test_it_says_what_is_gone_and_that_a_block_stays(filled: Call) -> None:
    """By table, and with the hash that stands for the address."""
    first, deleted, blotted, block = filled("forget", DEAD).stdout.splitlines()

    assert first.startswith(f"{DEAD}: forgotten, #")
    assert "events 1" in deleted
    assert "raw messages 1" in deleted
    assert "reports 1" in blotted
    assert block.strip() == "its block stays, in default: mail to it is still refused"


def test_a_trial_says_the_same_and_does_nothing(filled: Call) -> None:
    """In JSON it names the hash alone, so that it can be kept."""
    done = filled("forget", DEAD, "--dry-run", "--json")

    told = json.loads(done.stdout)
    assert told["dry_run"]
    assert told["blocked_in"] == ["default"]
    assert told["deleted"]["events"] == 1
    assert DEAD not in done.stdout
    assert "forgotten" not in filled("history", DEAD).stdout
    assert told | {"dry_run": False} == json.loads(filled("forget", DEAD, "--json").stdout)


def test_the_block_holds_and_names_nobody(filled: Call) -> None:
    """Check says no; the list shows a hash; an export leaves it out; it can be lifted."""
    filled("forget", DEAD, FULL)

    assert filled("check", DEAD).exit_code == 1
    assert filled("check", FULL).stdout == f"{FULL}: not blocked, nothing known of it\n"
    listed = filled("list").stdout
    assert listed.startswith("#")
    assert DEAD not in listed
    assert len(filled("export").stdout.splitlines()) == 1
    filled("unblock", DEAD, "--reason", "asked")
    assert filled("check", DEAD).exit_code == 0


def test_nobody_is_forgotten_who_was_not_known(filled: Call) -> None:
    """That is no failure; a whole domain is wrong use."""
    done = filled("forget", "new@example.org")

    assert (done.exit_code, done.stdout) == (0, "new@example.org: nothing known of it\n")
    assert filled("forget", "@example.org").exit_code == 2
