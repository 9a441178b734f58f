"""The settings of limits and of STARTTLS: what is refused, and what to write instead."""

from __future__ import annotations

from pathlib import Path

import pytest

from bounced import config
from bounced.errors import ConfigError


def _load(folder: Path, text: str) -> config.Config:
    file = folder / "bounced.toml"
    file.write_text(text)
    return config.load(file, {"STATE_DIRECTORY": str(folder)})


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[limits]\nexempt = "192.0.2.1/24"', "is no network; write an address"),
        ('[limits]\nexempt = ["example.org"]', "is no network; write an address"),
        ("[limits]\ncommand_length = 100", "too short for the commands of real senders"),
        ("[limits]\nerrors = 0", "must be a whole number, 1 or more"),
        ('[limits]\nmemory = "no"', "is no size"),
        ('[limits]\nsession = "no"', "is no length of time"),
        ('[tls]\ncertificate = "/c.pem"', 'has a certificate and no key; write key = "/path'),
        ('[tls]\nkey = "/k.pem"', 'has a key and no certificate; write certificate = "/path'),
        ('[tls]\ncertificate = "c.pem"\nkey = "/k"', "write the whole path"),
        (
            '[[listen]]\nprotocol = "http"\naddress = "127.0.0.1:1"\nproxy = ["192.0.2.1"]',
            "has proxy, which http can't do; only smtp and lmtp can",
        ),
        ('[[listen]]\naddress = "127.0.0.1:1"\nproxy = "lb"', "is no network; write an address"),
    ],
)
def test_what_is_wrong(tmp_path: Path, text: str, words: str) -> None:
    """Each is refused with the line, and with what to write."""
    with pytest.raises(ConfigError, match=words.replace("[", r"\[")):
        _load(tmp_path, text)


def test_networks_as_they_are_written(tmp_path: Path) -> None:
    """One in quotes, or a list; an address is a network of one."""
    loaded = _load(
        tmp_path,
        '[limits]\nexempt = "10.0.0.0/8, 2001:db8::1"\n'
        '[[listen]]\naddress = "127.0.0.1:2525"\nproxy = ["192.0.2.7"]\n',
    )

    assert loaded.limits.exempt == ("10.0.0.0/8", "2001:db8::1/128")
    assert loaded.listen[0].proxy == ("192.0.2.7/32",)


def test_nobody_exempt(tmp_path: Path) -> None:
    """An empty list is none at all."""
    assert _load(tmp_path, "[limits]\nexempt = []").limits.exempt == ()
