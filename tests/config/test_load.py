"""The settings: defaults, file, environment, which counts, and where each came from."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from bounced.causes import Cause
from bounced.config import (
    Inherited,
    Tcp,
    Unix,
    load,
    load_with_origins,
    names,
    state_directory,
)
from bounced.errors import ConfigError

STATE = {"STATE_DIRECTORY": "/var/lib/bounced"}


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test runs in an empty folder."""
    monkeypatch.chdir(tmp_path)


def test_without_anything_everything_has_a_default() -> None:
    """No file, no variable: SMTP on 127.0.0.1:8025, all recipients, SQLite in the state folder."""
    config = load(None, STATE)

    assert [(one.protocol, one.endpoint) for one in config.listen] == [
        ("smtp", Tcp(host="127.0.0.1", port=8025))
    ]
    assert config.accept == ("*",)
    assert config.store.url == "sqlite:////var/lib/bounced/bounced.db"
    assert config.store.raw_retention == timedelta(days=30)
    assert config.limits.message_size == 50 * 2**20
    assert config.hostname


def test_policy_numbers_become_the_settings_of_the_core() -> None:
    """The section [policy] is handed to the core in its own type."""
    Path("bounced.toml").write_text(
        '[policy]\nsoft_limit = 3\nsoft_window = "30d"\n[policy.expire]\nmailbox_full = "180d"\n'
    )
    policy = load(None, STATE).policy.settings

    assert (policy.soft_limit, policy.soft_window) == (3, timedelta(days=30))
    assert policy.expire == {Cause.MAILBOX_FULL: timedelta(days=180)}


def test_a_file_in_use_is_the_one_asked_for_then_the_variable_then_the_folder() -> None:
    """--config beats BOUNCED_CONFIG beats ./bounced.toml."""
    for name in ("asked", "named", "bounced"):
        Path(f"{name}.toml").write_text(f'hostname = "{name}.example"')

    assert load(None, STATE).hostname == "bounced.example"
    assert load(None, STATE | {"BOUNCED_CONFIG": "named.toml"}).hostname == "named.example"
    assert load(Path("asked.toml"), STATE | {"BOUNCED_CONFIG": "x"}).hostname == "asked.example"


@pytest.mark.parametrize("environ", [{}, {"BOUNCED_CONFIG": "away.toml"}])
def test_a_file_that_was_asked_for_must_be_there(environ: dict[str, str]) -> None:
    """A file named by option or variable that can't be read stops the start."""
    with pytest.raises(ConfigError, match=r"^away.toml: can't be read: No such file"):
        load(None if environ else Path("away.toml"), environ)


def test_the_environment_beats_the_file() -> None:
    """A variable in TOML syntax, or the bare text, takes the place of a setting of the file."""
    Path("bounced.toml").write_text(
        'hostname = "file.example"\naccept = ["a@file.example"]\n[limits]\nidle = "1h"\n'
    )
    config = load(
        None,
        STATE
        | {
            "BOUNCED_HOSTNAME": '"env.example"',
            "BOUNCED_ACCEPT": "a@env.example, @env.example",
            "BOUNCED_LIMITS_MESSAGE_SIZE": "10 MB",
            "BOUNCED_LIMITS_RECIPIENTS": "7",
            "BOUNCED_LISTEN": "[::1]:8026, lmtp unix:/run/bounced/lmtp.sock",
            "BOUNCED_POLICY_EXPIRE_MAILBOX_FULL": "10d",
        },
    )

    assert config.hostname == "env.example"
    assert config.accept == ("a@env.example", "@env.example")
    assert config.limits.message_size == 10_000_000
    assert (config.limits.recipients, config.limits.idle) == (7, timedelta(hours=1))
    assert [(one.protocol, one.endpoint) for one in config.listen] == [
        ("smtp", Tcp(host="::1", port=8026)),
        ("lmtp", Unix(path="/run/bounced/lmtp.sock")),
    ]
    assert config.policy.expire == {Cause.MAILBOX_FULL: timedelta(days=10)}


def test_a_listener_in_the_environment_can_be_toml() -> None:
    """BOUNCED_LISTEN takes the tables of the file, too."""
    variable = '[{ protocol = "lmtp", address = "systemd:bounced-lmtp" }]'

    (listener,) = load(None, STATE | {"BOUNCED_LISTEN": variable}).listen
    assert (listener.protocol, listener.endpoint) == ("lmtp", Inherited(name="bounced-lmtp"))


def test_every_setting_has_a_variable() -> None:
    """Each setting, and the time of each cause, can be set by the environment."""
    known = names.environment()

    assert known["BOUNCED_LIMITS_MESSAGE_SIZE"] == ("limits", "message_size")
    assert set(names.settings()) <= set(known.values())
    assert all(("policy", "expire", str(cause)) in known.values() for cause in Cause)


def test_it_tells_where_each_setting_comes_from() -> None:
    """An origin is ``default``, a line of the file, or a variable."""
    Path("bounced.toml").write_text('\nhostname = "a.example"\n\n[limits]\nidle = 5\ndrain = 5\n')
    loaded = load_with_origins(None, STATE | {"BOUNCED_LIMITS_DRAIN": "3s"})

    assert loaded.origins["hostname",] == "bounced.toml:2"
    assert loaded.origins["limits", "idle"] == "bounced.toml:5"
    assert loaded.origins["limits", "drain"] == "BOUNCED_LIMITS_DRAIN"
    assert loaded.origins["limits", "recipients"] == "default"
    assert list(loaded.origins) == list(names.settings())


def test_raw_messages_can_be_kept_for_ever() -> None:
    """``raw_retention = "forever"`` is no end."""
    Path("bounced.toml").write_text('[store]\nraw_retention = "forever"')

    assert load(None, STATE).store.raw_retention is None


def test_the_state_directory_is_that_of_systemd_or_the_users() -> None:
    """The first of $STATE_DIRECTORY counts; without it the user's own place."""
    assert state_directory({"STATE_DIRECTORY": "/a:/b"}) == Path("/a")
    assert state_directory({}).name == "bounced"


def test_reading_the_settings_needs_no_name_server() -> None:
    """The default host name is the machine's own, without a look-up that could take minutes."""
    code = "import os; from bounced.config import load; print(load(None, os.environ).hostname)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == os.uname().nodename
