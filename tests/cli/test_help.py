"""The help teaches: every command has a sentence, an example that is right, and no riddles."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bounced import __version__, cli
from bounced.config import names

Call = Callable[..., Result]
README = Path(__file__).parents[2] / "README.md"
COMMANDS = [
    *((name,) for name in cli.COMMANDS),
    ("rules", "check"),
    ("config", "check"),
    ("webhooks", "list"),
    ("webhooks", "resend"),
    ("webhooks", "test"),
]


def _help(*command: str) -> str:
    done = CliRunner().invoke(cli.app, [*command, "--help"], prog_name="bounced")
    assert done.exit_code == 0
    return done.stdout


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_says_what_it_does_and_shows_how(command: tuple[str, ...]) -> None:
    """Help has a summary and at least one example of this very command."""
    told = _help(*command)

    assert re.search(r"^  Examples?:$", told, re.MULTILINE)
    assert re.search(rf"^ {{4}}.*bounced {' '.join(command)}\b", told, re.MULTILINE)
    assert "..." not in told.splitlines()[2]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_option_in_an_example_exists(command: tuple[str, ...]) -> None:
    """An example can be typed as it stands: its options are those of the command."""
    told = _help(*command)
    for line in re.findall(rf"bounced {' '.join(command)}.*", told):
        words = shlex.split(line.partition(" | ")[0].partition(" && ")[0], comments=True)
        for option in (word for word in words if word.startswith("--")):
            assert re.search(rf"(^|\s){option}\b", told.partition("Options:")[2])


def test_the_first_page_fits_and_cuts_nothing() -> None:
    """Every command is listed with its whole sentence, in 80 columns."""
    told = _help()

    assert all(len(line) <= 80 for line in told.splitlines())
    commands = told.partition("Commands:\n")[2]
    assert "..." not in commands
    assert len(commands.splitlines()) == len({command[0] for command in COMMANDS})


def test_it_tells_its_version(call: Call) -> None:
    """``bounced --version`` is one line."""
    assert call("--version").stdout == f"bounced {__version__}\n"


def test_the_readme_has_every_command() -> None:
    """No command is missing from the table in the README, and it invents none."""
    listed = re.findall(
        r"^\| `bounced ([a-z-]+(?: (?:check|list|resend|test)\b)?)\b",
        README.read_text(),
        re.MULTILINE,
    )

    assert sorted(listed) == sorted(" ".join(command) for command in COMMANDS)


def test_the_readme_has_every_setting() -> None:
    """The table in the README has the settings of the program, in the same order."""
    listed = re.findall(r"^\| `([a-z_]+(?:\.[a-z_]+)?)` \| ", README.read_text(), re.MULTILINE)

    assert listed == [names.dotted(path) for path in names.settings() if path[0] not in names.LISTS]
