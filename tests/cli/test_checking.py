"""``config check``, ``rules check`` and ``migrate``."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

from typer.testing import Result

from bounced.config import names

Run = Callable[..., "CompletedProcess[str]"]
Call = Callable[..., Result]


def test_config_check_tells_every_setting_and_where_it_comes_from(
    run: Run, tmp_path: Path, environ: dict[str, str]
) -> None:
    """Name, value as it would be written, and default, line or variable."""
    (tmp_path / "bounced.toml").write_text('[limits]\nidle = 90\n[policy.expire]\nunknown = "3d"\n')
    environ["BOUNCED_LIMITS_MESSAGE_SIZE"] = "1 MiB"
    done = run("config", "check")

    rows = {line.split("\t")[0]: line.split("\t")[1:] for line in done.stdout.splitlines()}
    assert list(rows) == [names.dotted(path) for path in names.settings()]
    assert rows["limits.idle"] == ["1min 30s", "bounced.toml:2"]
    assert rows["limits.message_size"] == ["1 MiB", "BOUNCED_LIMITS_MESSAGE_SIZE"]
    assert rows["policy.soft_limit"] == ["5", "default"]
    assert rows["policy.expire"] == ["unknown 3d", "bounced.toml:3"]


def test_config_check_knows_a_table_by_what_is_set_in_it(call: Call, tmp_path: Path) -> None:
    """Streams come from the line of the first one, or from the variable."""
    (tmp_path / "bounced.toml").write_text(
        "[limits]\nidle = 90\n[streams.news]\n[streams.shop]\n[policy]\nexpire.unknown = '3d'\n"
    )
    lines = call("config", "check").stdout.splitlines()
    rows = {line.split("\t")[0]: line.split("\t")[-1] for line in lines}

    assert rows["streams"] == "bounced.toml:3"
    assert rows["policy.expire"] == "bounced.toml:6"
    assert rows["policy.trust"] == rows["correlate.stream_headers"] == "default"


def test_config_check_shows_no_secret(run: Run, tmp_path: Path) -> None:
    """Neither the password in the database's URL nor the salt of the hashes."""
    (tmp_path / "bounced.toml").write_text(
        '[store]\nurl = "postgresql://u:secret@db/x?password=secret"\n[log]\nsalt = "secret"\n'
    )
    for option in ((), ("--json",)):
        shown = run("config", "check", *option).stdout
        assert "secret" not in shown
        assert "postgresql://u:***@db/x?password=***" in shown


def test_config_check_in_json_is_one_object_a_setting(call: Call) -> None:
    """Name, value and origin."""
    rows = [json.loads(line) for line in call("config", "check", "--json").stdout.splitlines()]

    assert rows[1] == {"setting": "accept", "value": "*", "origin": "default"}


def test_rules_check_says_that_every_rule_does_what_its_examples_say(call: Call) -> None:
    """The built-in rules are in order."""
    done = call("rules", "check")

    assert done.exit_code == 0
    assert done.stdout.endswith("all do what their examples say\n")


def test_rules_check_names_a_rule_that_hits_its_counter_example(run: Run, tmp_path: Path) -> None:
    """A fault is a line on standard error with file and rule; the exit code is 3."""
    (tmp_path / "bounced.toml").write_text('[rules]\nfiles = ["own.toml"]\n')
    (tmp_path / "own.toml").write_text(
        "[[rule]]\nid = 'own'\ncause = 'mailbox_full'\npattern = 'no dice'\nsource = 'x'\n"
        "example = '550 no dice'\nnot = '550 no dice today'\n"
    )
    done = run("rules", "check")

    assert done.returncode == 3
    assert re.search(r"own\.toml: rule 'own': .*counter-example", done.stderr)
    assert re.search(r": \d+ faults?\n$", done.stdout)


def test_migrate_makes_the_database(call: Call, environ: dict[str, str]) -> None:
    """It says which; a second time it finds everything in place."""
    for _ in range(2):
        done = call("migrate")
        assert done.exit_code == 0
        assert done.stdout == f"up to date: sqlite:///{environ['STATE_DIRECTORY']}/bounced.db\n"
