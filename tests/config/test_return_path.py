"""The settings of signed return paths, and the file of keys."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from bounced.address import Key
from bounced.config import load
from bounced.config.ours import ours
from bounced.config.return_path import ReturnPath, load_keys
from bounced.errors import ConfigError
from bounced.whose import Ours

STATE = {"STATE_DIRECTORY": "/var/lib/bounced"}
SECRET = "Zm9yLWV4YW1wbGVzLW9ubHktbmV2ZXItdXNlLWl0"


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test runs in an empty folder."""
    monkeypatch.chdir(tmp_path)


def _keys(text: str = f"b {SECRET}\n", name: str = "keys", mode: int = 0o600) -> str:
    Path(name).write_text(text)
    Path(name).chmod(mode)
    return name


def _ours(text: str, **environ: str) -> Ours:
    Path("bounced.toml").write_text(text)
    return ours(load(None, STATE), environ)


def test_without_settings_there_are_no_keys() -> None:
    """And nothing is signed or verified."""
    found = _ours("")

    assert (found.keys, found.validity, found.headers) == ((), timedelta(days=30), ())
    assert found.stream_of("bounces@example.org") is None


def test_all_of_it(tmp_path: Path) -> None:
    """The file lies beside the settings; names of fields are compared in lower case."""
    _keys()
    found = _ours(
        '[return_path]\naddress = "b@b.test"\nkeys = "keys"\nvalidity = "10d"\n'
        '[correlate]\nrecipient_headers = ["X-Recipient"]\nstream_headers = "X-Stream, X-List"\n'
        '[streams.shop]\naddresses = ["shop+*@b.test"]\n'
    )

    assert found.keys == (Key("b", SECRET.encode()),)
    assert found.validity == timedelta(days=10)
    assert found.headers == ("x-recipient", "x-stream", "x-list")
    assert found.stream_of("SHOP+1@b.test") == "shop"
    named = load(tmp_path / "bounced.toml", STATE).return_path.keys
    assert named == str(tmp_path / "keys")


def test_a_credential_goes_before_the_setting() -> None:
    """Systemd hands it to a service that can't read the file itself; a command by root can."""
    _keys()
    _keys(f"c {SECRET}\n", "return-path-keys", 0o400)
    section = ReturnPath(keys="keys")

    (key,) = load_keys(section, {"CREDENTIALS_DIRECTORY": str(Path.cwd())})
    assert key.id == "c"
    (key,) = load_keys(section, {"CREDENTIALS_DIRECTORY": "/nowhere"})
    assert key.id == "b"
    assert load_keys(ReturnPath(), {}) == ()


@pytest.mark.parametrize(
    ("text", "mode", "said"),
    [
        (f"b {SECRET}", 0o644, "return_path.keys: other users can read or change keys; run: chmod"),
        (f"b {SECRET}", 0o602, "return_path.keys: other users can read or change keys; run: chmod"),
        (f"b {SECRET} x", 0o600, "keys: line 1: is no key"),
        ("# none yet\n", 0o600, "keys: holds no key; make one with: bounced return-path --new-key"),
        ("b schlüssel", 0o600, "return_path.keys: keys is not ASCII text"),
    ],
)
def test_a_file_that_can_t_be_trusted_is_refused(text: str, mode: int, said: str) -> None:
    """With what to do, and never with a secret."""
    _keys(text, mode=mode)
    with pytest.raises(ConfigError) as error:
        load_keys(ReturnPath(keys="keys"), {})

    assert str(error.value).startswith(said)
    assert SECRET not in str(error.value)


def test_a_file_that_is_not_there_is_refused() -> None:
    """Signed bounces would come in as unsigned ones."""
    with pytest.raises(
        ConfigError, match=r"^return_path\.keys: keys can't be read: No such file or d"
    ):
        load_keys(ReturnPath(keys="keys"), {})


def test_a_group_may_share_the_keys() -> None:
    """The application that signs and the daemon that verifies are two users."""
    assert load_keys(ReturnPath(keys=_keys(mode=0o640)), {})


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ('[policy]\ntrust = "signed"\n', "policy.trust"),
        ('[streams.a]\n[streams.news]\ntrust = "signed"\n', "streams.news.trust"),
    ],
)
def test_to_demand_signatures_takes_a_key(text: str, name: str) -> None:
    """Without one, no report would ever change anything."""
    with pytest.raises(ConfigError, match=rf'^{name} = "signed" lets only signed reports'):
        _ours(text)
    _keys()
    assert _ours(f'[return_path]\nkeys = "keys"\n{text}').keys


def test_what_comes_back_must_be_let_in() -> None:
    """A list of mailboxes to accept that leaves out the extended ones would refuse every bounce."""
    text = 'accept = ["{}"]\n[return_path]\naddress = "bounces@b.test"\n'
    with pytest.raises(ConfigError, match=r'add "bounces\+\*@b.test" to accept'):
        _ours(text.format("bounces@b.test"))
    for accept in ("bounces+*@b.test", "@b.test", "*"):
        assert _ours(text.format(accept))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('[return_path]\naddress = "bounces+x@b.test"', "is no mailbox that can be extended"),
        ('[return_path]\naddress = "bounces@*.test"', "is no mailbox that can be extended"),
        ('[return_path]\naddress = "bounces"', "is no mailbox that can be extended"),
        ('[return_path]\nvalidity = "1h"', "is less than a day"),
        ('[correlate]\nrecipient_headers = ["X-Recipient:"]', "is no name of a header field"),
        (
            "[return_path]\nkey = 1",
            "unknown setting return_path.key; did you mean return_path.keys",
        ),
    ],
)
def test_a_wrong_setting_says_what_to_write(line: str, said: str) -> None:
    """With the file and the line."""
    Path("bounced.toml").write_text(line)
    with pytest.raises(ConfigError, match=rf"^bounced.toml:2: .*{said}"):
        load(None, STATE)
