"""The settings of webhooks and of forwarding, and what is said of wrong ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from bounced.config import load, secrets
from bounced.errors import ConfigError
from bounced.notice import Topic

STATE = {"STATE_DIRECTORY": "/var/lib/bounced"}
GOOD = 'name = "crm"\nurl = "https://app.example.org/hook"\nsecret = "/etc/bounced/crm"\n'


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test runs in an empty folder."""
    monkeypatch.chdir(tmp_path)


def _complaint(text: str) -> str:
    Path("bounced.toml").write_text(text)
    with pytest.raises(ConfigError) as caught:
        load(None, STATE)
    return str(caught.value)


def test_without_settings_nobody_is_told_anything() -> None:
    """No webhook, no person."""
    config = load(None, STATE)

    assert config.webhook == ()
    assert config.forward.to is None


def test_a_webhook_wants_everything_unless_it_says_otherwise() -> None:
    """Some events, some streams; what has no stream is for all."""
    Path("bounced.toml").write_text(
        f"[[webhook]]\n{GOOD}[[webhook]]\n{GOOD.replace('crm', 'news')}"
        'events = ["complaint"]\nstreams = "news, tips"\ntimeout = "30s"\n'
    )
    everything, some = load(None, STATE).webhook

    assert everything.wants(Topic.STORM_ENDED, None)
    assert everything.wants(Topic.COMPLAINT, "default")
    assert [some.wants(Topic.COMPLAINT, one) for one in ("news", "tips", "default", None)] == [
        True,
        True,
        False,
        True,
    ]
    assert not some.wants(Topic.RECIPIENT_BLOCKED, "news")


def test_the_environment_can_name_them() -> None:
    """As the file writes a table in one line."""
    table = "[{name = 'crm', url = 'http://[::1]:8080/', secret = 'credential:crm'}]"
    (hook,) = load(None, STATE | {"BOUNCED_WEBHOOK": table, "BOUNCED_FORWARD_TO": "a@b.c"}).webhook

    assert str(hook) == "crm http://[::1]:8080/"


@pytest.mark.parametrize(
    "link",
    [
        "https://app.example.org",
        "https://app.example.org:8443/a?b=c",
        "http://localhost/",
        "http://127.0.0.1:8080/",
        "http://127.9.9.9/",
        "http://[::1]/",
    ],
)
def test_what_goes_over_the_network_is_encrypted(link: str) -> None:
    """Https to anywhere, http to this machine."""
    Path("bounced.toml").write_text(
        "[[webhook]]\n" + GOOD.replace("https://app.example.org/hook", link)
    )

    assert load(None, STATE).webhook[0].url == link


WRONG = {
    'url = "http://app.example.org/"': "would carry mail addresses over the network",
    'url = "http://localhost.example.org/"': "would carry mail addresses over the network",
    'url = "http://10.0.0.1/"': "would carry mail addresses over the network",
    'url = "ftp://127.0.0.1/"': "would carry mail addresses over the network",
    'url = "app.example.org"': 'is no address of a webhook; write "https://app.example.org/',
    'url = "https://a:99999/"': "is no address of a webhook",
    'url = "https://a/#b"': "is no address of a webhook",
    'url = "https://u:p@app.example.org/"': "holds a user name or a password",
    'name = "CRM"': "is no name of a webhook; write 1 to 32 of a-z",
    'name = "forward"': 'other than "forward"',
    'secret = "whsec_abc"': "names no file; write the whole path",
    'secret = "crm.secret"': "names no file; write the whole path",
    'secret = "credential:../x"': "names no file; write the whole path",
    'events = ["recipient.blockd"]': "is no event; did you mean recipient.blocked?",
    'events = ["zebra"]': "is no event; write some of recipient.blocked, recipient.unblocked",
    "events = 5": 'must be a list; write events = ["...", "..."]',
    'timeout = "2min"': 'must be between "1s" and "60s"',
    'timeout = "0s"': 'must be between "1s" and "60s"',
    'evnts = "x"': "unknown setting webhook.evnts; did you mean webhook.events?",
}


@pytest.mark.parametrize("line", WRONG)
def test_a_wrong_setting_is_told_with_its_line(line: str) -> None:
    """And with what to write instead."""
    setting = line.partition(" ")[0]
    kept = [one for one in GOOD.splitlines() if not one.startswith(f"{setting} ")]
    told = _complaint("\n".join(["[[webhook]]", line, *kept]))

    assert told.startswith("bounced.toml:2: ")
    assert f"webhook.{setting}" in told
    assert WRONG[line] in told


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "webhook = 5",
            "bounced.toml:1: webhook = 5 must be a list of tables; write [[webhook]]",
        ),
        (
            "[webhook]\nname = 'crm'",
            "bounced.toml:1: webhook must be a list of tables; write [[webhook]]",
        ),
        ("webhook = [5]", "must be a table; write [[webhook]] and its settings below it"),
        (f"[[webhook]]\n{GOOD}[[webhook]]\n{GOOD}", "names crm twice"),
        ('[[webhook]]\nname = "crm"', 'webhook.url is missing; write url = "..."'),
        ('[forward]\nto = "postmaster"', "is no mail address; write one such as"),
        ('[forward]\nto = "a@b.c, d@e.f"', "is no mail address"),
        ('[forward]\nto = "Anna <a@b.c>"', "is no mail address"),
        (
            '[forward]\nvia = "localhost"',
            'is no mail server; write host and port, such as "localhost:25"',
        ),
        ('[forward]\nvia = "unix:/run/x"', "is no mail server"),
        ('[forward]\nkinds = ["bounce"]', "must be "),
        ('[forward]\nkinds = ["unrecognized"]', "did you mean unrecognised?"),
        ('[forward]\nfrom = "a@b.c"', "unknown setting forward.from"),
    ],
)
def test_what_else_can_be_wrong(text: str, told: str) -> None:
    """Each with its place."""
    assert told in _complaint(text)


def test_a_secret_is_in_a_file_or_a_credential(tmp_path: Path) -> None:
    """One key a line; empty lines are none."""
    (tmp_path / "crm").touch(mode=0o640)
    (tmp_path / "crm").write_text("one\n\n two \n")
    credentials = {"CREDENTIALS_DIRECTORY": str(tmp_path)}

    assert secrets.read(f"{tmp_path}/crm", "x", {}) == ["one", "two"]
    assert secrets.read("credential:crm", "x", credentials) == ["one", "two"]


@pytest.mark.parametrize(
    ("place", "content", "told"),
    [
        ("{}/away", b"", "can't be read: No such file or directory"),
        ("{}/crm", b"\n \n", "is empty"),
        ("{}/crm", b"\xff\xfe", "is not ASCII text, or longer than 1 MiB, and holds no secret"),
        ("credential:crm", b"", "write LoadCredential=crm:/path in the unit, or name a file"),
    ],
)
def test_a_secret_that_is_none_is_told(
    tmp_path: Path, place: str, content: bytes, told: str
) -> None:
    """With the setting, the file and what is wrong with it."""
    (tmp_path / "crm").touch(mode=0o600)
    (tmp_path / "crm").write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        secrets.read(place.format(tmp_path), "the secret of webhook crm", {})

    assert str(caught.value).startswith("the secret of webhook crm")
    assert told in str(caught.value)


def test_a_secret_that_everybody_can_read_is_none(tmp_path: Path) -> None:
    """With the command that makes it one."""
    file = tmp_path / "crm"
    file.write_text("one")
    file.chmod(0o644)
    with pytest.raises(ConfigError, match=f"run: chmod g-w,o= {file}$"):
        secrets.read(str(file), "the secret of webhook crm", {})
