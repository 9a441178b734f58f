"""Which relays are an end of the way, and which are not."""

from __future__ import annotations

from pathlib import Path

import pytest

from bounced.config import load
from bounced.errors import ConfigError

STATE = {"STATE_DIRECTORY": "/var/lib/bounced"}


def test_relays_are_written_as_the_log_has_them(tmp_path: Path) -> None:
    """Hosts, addresses and sockets; in the environment they are cut at commas."""
    file = tmp_path / "bounced.toml"
    file.write_text('[follow]\nrelay_only = ["smarthost.example.com"]\n')
    found = load(file, STATE | {"BOUNCED_FOLLOW_FINAL": "127.0.0.1:24, private/dovecot-lmtp"})

    assert found.follow.relay_only == ("smarthost.example.com",)
    assert found.follow.final == ("127.0.0.1:24", "private/dovecot-lmtp")


@pytest.mark.parametrize("value", ["[192.0.2.1]:25", "2001:db8::1", "mail[private/lmtp]"])
def test_brackets_may_stand_there(tmp_path: Path, value: str) -> None:
    """As people write them elsewhere in Postfix's settings."""
    file = tmp_path / "bounced.toml"
    file.write_text(f'[follow]\nfinal = ["{value}"]\n')

    assert load(file, STATE).follow.final == (value,)


@pytest.mark.parametrize("value", ["", "a b", "user@example.org"])
def test_what_is_no_relay(tmp_path: Path, value: str) -> None:
    """It is refused with what to write instead."""
    file = tmp_path / "bounced.toml"
    file.write_text(f'[follow]\nrelay_only = ["{value}"]\n')

    with pytest.raises(ConfigError, match=r"follow\.relay_only"):
        load(file, STATE)
