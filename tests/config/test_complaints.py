"""What is said of a wrong setting: where it is, what is wrong, what to write."""

from __future__ import annotations

from pathlib import Path

import pytest

from bounced.config import load
from bounced.errors import ConfigError

STATE = {"STATE_DIRECTORY": "/var/lib/bounced"}


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test runs in an empty folder."""
    monkeypatch.chdir(tmp_path)


def _complaint(text: str, environ: dict[str, str] | None = None) -> list[str]:
    Path("bounced.toml").write_text(text)
    with pytest.raises(ConfigError) as caught:
        load(None, STATE | (environ or {}))
    return str(caught.value).splitlines()


WRONG = {
    'hostnam = "a.example"': "1: unknown setting hostnam; did you mean hostname?",
    "\n[limits]\nmesage_size = 5": (
        "3: unknown setting limits.mesage_size; did you mean limits.message_size?"
    ),
    "message_size = 5": "1: unknown setting message_size; did you mean limits.message_size?",
    "limits = { recipient = 5 }": (
        "1: unknown setting limits.recipient; did you mean limits.recipients?"
    ),
    "[streams.news]\nadresses = 5": (
        "2: unknown setting streams.news.adresses; did you mean streams.news.addresses?"
    ),
    "[streams.news]\nsoft_limits = 5": (
        "2: unknown setting streams.news.soft_limits; did you mean streams.news.soft_limit?"
    ),
    "[logs]\nx = 1": "1: unknown setting logs; did you mean log?",
    "zebra = 1": "1: unknown setting zebra",
    "limits = 5": "1: limits = 5 must be a table; write [limits] and its settings below it",
    "hostname = 'a b c'": (
        '1: hostname = "a b c" is no host name; write one like "bounces.example.org"'
    ),
    "[limits]\nmessage_size = 0": (
        '2: limits.message_size = 0 refuses every message; write at least "1 MiB", bounces carry '
        "whole mails"
    ),
    "[limits]\nmessage_size = '50 MX'": (
        '2: limits.message_size = "50 MX" is no size; '
        'write a number of bytes, or a text such as "50 MiB"'
    ),
    "[limits]\nidle = '5 fortnights'": (
        '2: limits.idle = "5 fortnights" is no length of time; '
        'write seconds, or a text such as "30s", "5min", "12h", "90d"'
    ),
    "[limits]\nidle = true": (
        "2: limits.idle = true is no length of time; "
        'write seconds, or a text such as "30s", "5min", "12h", "90d"'
    ),
    "[limits]\nidle = '300000d'": (
        '2: limits.idle = "300000d" is longer than a hundred years; write at most "36525d"'
    ),
    "[policy]\nsoft_limit = 0": "2: policy.soft_limit = 0 must be a whole number, 1 or more",
    "[policy]\nsoft_limit = true": "2: policy.soft_limit = true must be a whole number, 1 or more",
    "[policy]\nsoft_limit = 2.5": "2: policy.soft_limit = 2.5 must be a whole number, 1 or more",
    "[policy.expire]\nmailbox_ful = '1d'": (
        "2: policy.expire: unknown cause mailbox_ful; did you mean mailbox_full?"
    ),
    "hostname = 5": (
        "1: hostname = 5 must be a text in quotes, not empty and without control characters"
    ),
    'accept = "nonsense"': (
        '1: accept = "nonsense" is no recipient; write an address ("bounces@example.org"), one '
        'with a wildcard ("bounces+*@example.org"), a whole domain ("@example.org"), or "*" for all'
    ),
    "accept = []": '1: accept names no recipient at all; write "*" to accept every one',
    "accept = 5": '1: accept = 5 must be a list; write accept = ["...", "..."]',
    "listen = []": "1: listen names no listener; leave it out for smtp on 127.0.0.1:8025",
    '[[listen]]\naddress = "a:1"\n[[listen]]\naddress = "a:1"': (
        "1: listen names a:1 twice; a listener needs an address of its own"
    ),
    '[[listen]]\naddress = "a:1"\n\n[[listen]]\nprotocol = "lmtp"': (
        '4: listen.address is missing; write address = "..."'
    ),
    '[[listen]]\naddress = "a:1"\n[[listen]]\nadress = "a:2"\naddress = "a:3"': (
        "4: unknown setting listen.adress; did you mean listen.address?"
    ),
    '[[listen]]\naddress = "a:1"\nprotocol = "smpt"': (
        '3: listen.protocol = "smpt" must be "smtp", "lmtp", "socketmap", "policy" or "http"; '
        "did you mean smtp?"
    ),
    '[[listen]]\naddress = "a:99999"': (
        '2: listen.address = "a:99999" has a port above 65535; write one that exists'
    ),
    '[[listen]]\naddress = "8025"': (
        '2: listen.address = "8025" is no address to listen on; write "127.0.0.1:8025", '
        '"[::1]:8025", "unix:/run/bounced/lmtp.sock" or "systemd:NAME"'
    ),
    '[[listen]]\naddress = "unix:/a"\nmode = 666': (
        "3: listen.mode = 666 is no file mode; "
        'write octal digits in quotes, such as "0666" or "0660"'
    ),
    '[[listen]]\naddress = "unix:lmtp.sock"': (
        '2: listen.address = "unix:lmtp.sock" must give the whole path; '
        'write "unix:/run/bounced/lmtp.sock"'
    ),
    '[store]\nurl = "postgres://u:secret@db/x"': (
        '2: store.url = "postgres://u:***@db/x" is no database; '
        'write "sqlite:////var/lib/bounced/bounced.db" (four slashes: the path is absolute) '
        'or "postgresql://user@host/name"'
    ),
    '[log]\naddresses = "hashed"': (
        "1: log hashes addresses without a key, so that anyone could guess them; "
        'write salt = "..." with a long random text'
    ),
    '[log]\nlevel = "warn"': (
        '2: log.level = "warn" must be "debug", "info", "warning" or "error"; did you mean warning?'
    ),
    "x =": "1: is not TOML: Invalid value; texts stand in quotes, tables in [brackets]",
    "[a]\nb = 1\nb = 2": (
        "3: is not TOML: Cannot overwrite a value; texts stand in quotes, tables in [brackets]"
    ),
}


@pytest.mark.parametrize("text", WRONG)
def test_a_wrong_setting_is_refused_with_its_line_and_what_to_write(text: str) -> None:
    """Each broken file is refused with exactly one line that helps."""
    assert _complaint(text) == [f"bounced.toml:{WRONG[text]}"]


def test_text_that_is_not_utf8_is_refused_with_its_line() -> None:
    """A file in another charset is refused with the line of the first wrong byte."""
    Path("bounced.toml").write_bytes(b'hostname = "a"\n# caf\xe9\n')

    with pytest.raises(ConfigError, match=r"^bounced.toml:2: is not UTF-8 text"):
        load(None, STATE)


def test_all_faults_are_told_at_once_in_the_order_of_the_file() -> None:
    """Nobody has to start five times to hear of five mistakes; variables come first."""
    told = _complaint(
        'hostname = ""\n[limits]\nidle = "x"\ndrain = "y"\n[log]\nlevle = "info"\n',
        {"BOUNCED_LIMITS_IDL": "5"},
    )

    assert [line.split(": ")[0] for line in told] == [
        "BOUNCED_LIMITS_IDL",
        "bounced.toml:1",
        "bounced.toml:3",
        "bounced.toml:4",
        "bounced.toml:6",
    ]


WRONG_VARIABLES = {
    ("BOUNCED_LIMITS_MESAGE_SIZE", "5"): (
        "no such setting; did you mean BOUNCED_LIMITS_MESSAGE_SIZE?"
    ),
    ("BOUNCED_POLICY_SOFT_LIMIT", "many"): (
        'policy.soft_limit = "many" must be a whole number, 1 or more'
    ),
    ("BOUNCED_POLICY_EXPIRE_MAILBOX_FULL", "soon"): (
        'policy.expire.mailbox_full = "soon" is no length of time; '
        'write seconds, or a text such as "30s", "5min", "12h", "90d"'
    ),
    ("BOUNCED_LOG_ADDRESSES", "hashed"): (
        "log hashes addresses without a key, so that anyone could guess them; "
        'write salt = "..." with a long random text'
    ),
}


@pytest.mark.parametrize(("name", "value"), WRONG_VARIABLES)
def test_a_wrong_variable_is_refused_by_its_name(name: str, value: str) -> None:
    """A fault in the environment names the variable, not a line."""
    with pytest.raises(ConfigError) as caught:
        load(None, STATE | {name: value})

    assert str(caught.value) == f"{name}: {WRONG_VARIABLES[name, value]}"


def test_a_fault_of_the_file_is_not_put_down_to_a_variable_beside_it() -> None:
    """A table of the file that is none is the file's fault, whatever the environment sets in it."""
    told = _complaint("limits = 5", {"BOUNCED_LIMITS_IDLE": "5"})

    assert told[0].startswith("bounced.toml:1: limits = 5 must be a table")


def test_the_salt_is_never_shown() -> None:
    """A secret that has the wrong form is not printed with the complaint."""
    assert _complaint("[log]\nsalt = 123456") == [
        "bounced.toml:2: log.salt must be a text in quotes"
    ]
