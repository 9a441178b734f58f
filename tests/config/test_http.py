"""The settings of the HTTP API."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from bounced.config import Http, load
from bounced.errors import ConfigError

STATE = {"STATE_DIRECTORY": "/var/lib/bounced"}


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test runs in an empty folder."""
    monkeypatch.chdir(tmp_path)


def test_it_is_off_unless_a_listener_asks_for_it() -> None:
    """Its settings have defaults, and no listener speaks HTTP by itself."""
    config = load(None, STATE)

    assert [one.protocol for one in config.listen] == ["smtp"]
    assert config.http == Http()


def test_the_section_is_read() -> None:
    """From the file, and from the environment, which beats it."""
    Path("bounced.toml").write_text(
        '[[listen]]\nprotocol = "http"\naddress = "127.0.0.1:8080"\n'
        '[http]\ntokens = "/etc/bounced/http-tokens"\nbody_size = "1 MiB"\ntimeout = "10s"\n'
    )
    config = load(None, STATE | {"BOUNCED_HTTP_CONNECTIONS": "7"})

    assert config.listen[0].protocol == "http"
    assert (config.http.body_size, config.http.connections) == (2**20, 7)
    assert config.http.timeout == timedelta(seconds=10)
    assert config.http.token_file({}) == Path("/etc/bounced/http-tokens")


def test_a_time_of_nothing_is_refused() -> None:
    """No request could ever arrive."""
    Path("bounced.toml").write_text("[http]\ntimeout = 0\n")
    with pytest.raises(ConfigError, match=r"bounced.toml:2: http.timeout = 0 leaves no time"):
        load(None, STATE)


def test_the_tokens_may_be_a_credential(tmp_path: Path) -> None:
    """The credential of systemd, where there is one, comes before the file that is named."""
    environ = {"CREDENTIALS_DIRECTORY": str(tmp_path)}
    assert Http().token_file(environ) is None
    (tmp_path / "http-tokens").touch()

    assert Http().token_file(environ) == tmp_path / "http-tokens"
    assert Http(tokens="/else").token_file(environ) == tmp_path / "http-tokens"
    assert Http(tokens="/else").token_file({}) == Path("/else")


def test_the_file_of_tokens_lies_beside_the_file_that_names_it(tmp_path: Path) -> None:
    """Where it is named without a leading stroke; wherever the daemon was started."""
    folder = tmp_path / "etc"
    folder.mkdir()
    (folder / "bounced.toml").write_text('[http]\ntokens = "http-tokens"\n')

    assert load(folder / "bounced.toml", STATE).http.tokens == f"{folder}/http-tokens"
