"""``bounced return-path``, and what the other commands tell of signed paths."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import Result

from bounced.address import read_keys, return_path

Call = Callable[..., Result]
Notice = Callable[..., Path]
SECRET = "Zm9yLWV4YW1wbGVzLW9ubHktbmV2ZXItdXNlLWl0"
KEYS = read_keys(f"b {SECRET}")


@pytest.fixture
def keyed(call: Call, tmp_path: Path) -> Call:
    """Return the command line with a key and a mailbox for bounces."""
    (tmp_path / "keys").write_text(f"b {SECRET}\n")
    (tmp_path / "keys").chmod(0o600)
    (tmp_path / "bounced.toml").write_text(
        '[return_path]\naddress = "bounces@b.test"\nkeys = "keys"\n'
    )
    return call


def test_it_prints_a_path_and_reads_it_again(keyed: Call) -> None:
    """One line, for a script; and all that is in it, for a person."""
    (path,) = keyed("return-path", "Anna@example.com", "--stream", "news").stdout.splitlines()
    done = keyed("return-path", "--verify", path.upper())

    assert path.startswith("bounces+s1-b-")
    assert path.endswith("@b.test")
    assert done.exit_code == 0
    today = datetime.now(UTC).date()
    assert done.stdout.splitlines() == [
        f"{path.upper()}: signed, by key b on {today}",
        "  recipient    anna@example.com",
        "  stream       news",
        f"  made on      {today}",
        f"  valid until  {today + timedelta(days=30)}",
    ]


def test_as_json(keyed: Call) -> None:
    """One object, of which the keys stay."""
    made = json.loads(keyed("return-path", "anna@example.com", "--json").stdout)
    read = json.loads(keyed("return-path", "--verify", made["return_path"], "--json").stdout)

    assert (made["recipient"], made["stream"], made["key"]) == ("anna@example.com", "default", "b")
    assert (read["trust"], read["recipient"], read["token"]) == ("signed", "anna@example.com", None)


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("bounces+s1-b-512d=anna=example.com=aaaaaaaaaaaaaaaa@b.test", "forged, its signature is"),
        ("bounces+s1-c-512d=anna=example.com=aaaaaaaaaaaaaaaa@b.test", "forged, there is no key c"),
        ("bounces@b.test", "unsigned, it does not look like a signed path at all"),
        ("bounces+anna=example.com@b.test", "may be for   anna@example.com, by plain VERP"),
        (
            return_path(
                "anna@example.com",
                base="bounces@b.test",
                keys=KEYS,
                at=datetime(2020, 1, 1, 12, tzinfo=UTC),
            ),
            "expired, it is of 2020-01-01, which is too long ago",
        ),
    ],
)
def test_a_path_that_does_not_hold(keyed: Call, path: str, said: str) -> None:
    """The exit code is 1, and it says why."""
    done = keyed("return-path", "--verify", path)

    assert done.exit_code == 1
    assert said in done.stdout
    assert json.loads(keyed("return-path", "--json", "--verify", path).stdout)["why"]


def test_a_new_key_can_be_used_as_it_is_printed(call: Call, tmp_path: Path) -> None:
    """With an id that is not taken; a long secret, never the same."""
    first, again = call("return-path", "--new-key").stdout, call("return-path", "--new-key").stdout
    assert first.startswith("a ")
    assert first != again

    (tmp_path / "keys").write_text(first)
    (tmp_path / "keys").chmod(0o600)
    settings = '[return_path]\naddress = "b@b.test"\nkeys = "keys"\n'
    (tmp_path / "bounced.toml").write_text(settings)
    assert call("return-path", "anna@example.com").stdout.startswith("b+s1-a-")
    second = json.loads(call("return-path", "--new-key", "--json").stdout)
    assert (second["id"], len(second["secret"])) == ("b", 40)


def test_a_new_key_may_be_written_into_the_file_that_is_named(call: Call, tmp_path: Path) -> None:
    """The shell has made it already, empty."""
    (tmp_path / "keys").touch()
    (tmp_path / "bounced.toml").write_text('[return_path]\nkeys = "keys"\n')

    assert call("return-path", "--new-key").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "give an address, or --verify and a path, or --new-key"),
        (("a@b.test", "--new-key"), "give an address, or --verify and a path, or --new-key"),
        (("anna",), "is no mail address"),
        (("anna@localhost",), "is no mail address"),
        (("a@b.test", "--stream", "News"), "is no stream"),
        (("a@b.test", "--stream", "a" * 30), "64 is the most"),
    ],
)
def test_wrong_use(keyed: Call, arguments: tuple[str, ...], said: str) -> None:
    """Says what is meant."""
    done = keyed("return-path", *arguments)

    assert done.exit_code == 2
    assert said in " ".join(done.stderr.replace("│", " ").split())


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ("", "there is no key: make one with `bounced return-path --new-key`"),
        ('[return_path]\nkeys = "keys"\n', "return_path.address is not set"),
    ],
)
def test_settings_that_are_missing(keyed: Call, tmp_path: Path, settings: str, said: str) -> None:
    """Says which, and how to get them."""
    (tmp_path / "bounced.toml").write_text(settings)
    done = keyed("return-path", "anna@example.com")

    assert done.exit_code == 2
    assert said in done.stderr


def test_config_check_reads_the_keys(keyed: Call, tmp_path: Path) -> None:
    """What would stop the daemon is said before it is started; no secret is shown."""
    done = keyed("config", "check")
    assert done.exit_code == 0
    assert SECRET not in done.stdout
    (tmp_path / "keys").chmod(0o644)
    assert keyed("config", "check").exit_code == 2


def test_the_other_commands_tell_of_it(keyed: Call, notice: Notice) -> None:
    """``explain`` says whom we mailed and how that is known, ``replay`` acts on it by its day."""
    day = datetime(2026, 11, 1, 9, tzinfo=UTC)
    path = return_path("anna@example.com", base="bounces@b.test", keys=KEYS, at=day, stream="news")
    file = notice("a.mueller@example.net")
    file.write_text(
        file.read_text().replace("Delivered-To: bounces@example.org", f"Delivered-To: {path}")
    )

    told = keyed("explain", str(file)).stdout
    assert "  trust           signed: by key b on 2026-11-01\n" in told
    assert "  matched by      the signed return path\n" in told
    assert "  stream          news\n" in told
    assert "  we mailed       anna@example.com\n" in told
    shape = json.loads(keyed("explain", "--json", str(file)).stdout)
    assert (shape["trust"], shape["matched"], shape["stream"]) == ("signed", "signed", "news")
    assert shape["recipients"][0]["mailed"] == "anna@example.com"
    assert shape["would"][0]["address"] == "anna@example.com"

    assert keyed("replay", str(file)).exit_code == 0
    assert keyed("check", "--stream", "news", "anna@example.com").exit_code == 1
    assert keyed("check", "--stream", "news", "a.mueller@example.net").exit_code == 0
    assert "trust: signed" in keyed("history", "anna@example.com").stdout
    assert keyed("rejudge", "--yes").exit_code == 0
    assert keyed("check", "--stream", "news", "anna@example.com").exit_code == 1
