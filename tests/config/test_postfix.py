"""What Postfix is told: the section [postfix], and its listeners."""

from __future__ import annotations

from pathlib import Path

import pytest

from bounced.config import load
from bounced.errors import ConfigError

STATE = {"STATE_DIRECTORY": "/var/lib/bounced"}


def test_by_default_a_pause_is_refused_and_trouble_deferred() -> None:
    """Nobody is mailed by mistake, and nothing is refused for good by mistake."""
    postfix = load(None, STATE).postfix

    assert (postfix.paused, postfix.on_error) == ("reject", "defer")


def test_its_listeners_are_listeners_like_others(tmp_path: Path) -> None:
    """They stand in the same list, with the same addresses."""
    file = tmp_path / "bounced.toml"
    file.write_text(
        '[postfix]\npaused = "defer"\non_error = "accept"\n'
        '[[listen]]\nprotocol = "socketmap"\naddress = "unix:/run/map.sock"\nmode = "0660"\n'
        '[[listen]]\nprotocol = "policy"\naddress = "127.0.0.1:9998"\n'
    )
    loaded = load(file, STATE)

    assert [one.protocol for one in loaded.listen] == ["socketmap", "policy"]
    assert loaded.listen[0].mode == 0o660
    assert (loaded.postfix.paused, loaded.postfix.on_error) == ("defer", "accept")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('paused = "wait"', "reject"),
        ('on_error = "dunno"', "accept"),
        ('on_eror = "accept"', "on_error"),
    ],
)
def test_a_wrong_value_is_told_what_it_may_be(tmp_path: Path, line: str, said: str) -> None:
    """With the file and what to write instead."""
    file = tmp_path / "bounced.toml"
    file.write_text(f"[postfix]\n{line}\n")

    with pytest.raises(ConfigError, match=said) as error:
        load(file, STATE)

    assert f"{file}:2" in str(error.value)
