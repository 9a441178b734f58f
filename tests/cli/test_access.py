"""``bounced token``."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from typer.testing import Result

from bounced.web import tokens

Call = Callable[..., Result]


def test_the_line_goes_to_the_file_and_the_token_to_the_person(call: Call, tmp_path: Path) -> None:
    """Standard output can be appended to the file as it is; the token is good for its scope."""
    done = call("token", "shop", "--scope", "write")
    file = tmp_path / "tokens"
    file.write_text(done.stdout)
    file.chmod(0o600)
    (told,) = done.stderr.splitlines()
    secret = told.rpartition(" ")[2]

    assert told.startswith("bounced: the token of shop, shown this once: ")
    found = tokens.load(file).find(secret.encode())
    assert found is not None
    assert (found.name, found.scope) == ("shop", "write")
    assert secret not in done.stdout


def test_no_token_is_made_twice(call: Call) -> None:
    """And with --json all of it is one object."""
    made = [json.loads(call("token", "a", "--scope", "read", "--json").stdout) for _ in range(2)]

    assert made[0]["token"] != made[1]["token"]
    assert made[0]["line"].startswith("a read ")
    assert len(made[0]["token"]) == 43


def test_a_wrong_name_or_scope_is_wrong_use(call: Call) -> None:
    """Exit code 2, and what to write."""
    assert call("token", "shop").exit_code == 2
    assert call("token", "shop", "--scope", "admin").exit_code == 2
    done = call("token", "my shop", "--scope", "read")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "is no name" in done.stderr
