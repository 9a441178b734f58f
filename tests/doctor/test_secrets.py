"""What the doctor says of keys, tokens and rules."""

from __future__ import annotations

from pathlib import Path

from bounced.config import Config, Webhook, load
from bounced.doctor import Grade, secrets, words


def config(folder: Path, **settings: str) -> Config:
    """Return settings, with the database in *folder*."""
    environ = {f"BOUNCED_{name.upper()}": value for name, value in settings.items()}
    return load(None, environ | {"STATE_DIRECTORY": str(folder)})


def test_no_secrets_at_all(tmp_path: Path) -> None:
    """Bounces are believed unsigned, and that is fine."""
    [found] = secrets.keys(config(tmp_path), {})

    assert (found.grade, found.check) == (Grade.OK, "return path")


def test_keys_that_everybody_can_read(tmp_path: Path) -> None:
    """It is said how to mend it."""
    keys = tmp_path / "keys"
    keys.write_text("k1 00\n")
    keys.chmod(0o644)
    [found] = secrets.keys(config(tmp_path, return_path_keys=str(keys)), {})

    assert found.grade is Grade.BAD
    assert str(keys) in found.advice
    assert "chmod" in found.advice


def test_an_api_without_tokens(tmp_path: Path) -> None:
    """Nobody could use it, and the daemon would not start."""
    found = list(secrets.keys(config(tmp_path, listen="http 127.0.0.1:8080"), {}))

    assert [one.grade for one in found] == [Grade.OK, Grade.BAD]
    assert "no tokens" in found[1].found


def test_a_credential_that_only_the_service_sees(tmp_path: Path) -> None:
    """Asked from outside, it is something to look at; a file that is missing is bad."""
    hooks = tuple(
        Webhook(name=name, url="https://example.org/hook", secret=secret)
        for name, secret in [("a", "credential:hook"), ("b", f"{tmp_path}/missing")]
    )
    known = config(tmp_path).model_copy(update={"webhook": hooks})
    found = list(secrets.keys(known, {}))

    assert [one.grade for one in found] == [Grade.OK, Grade.WARN, Grade.BAD]
    assert "LoadCredential=hook" in found[1].advice


def test_rules(tmp_path: Path) -> None:
    """The built-in ones are well; one that can't be read is told of."""
    [well] = words.rules(config(tmp_path))
    [missing] = words.rules(config(tmp_path, rules_files=f"{tmp_path}/missing.toml"))

    assert (well.grade, missing.grade) == (Grade.OK, Grade.BAD)
    assert "can't be read" in missing.found
