"""How commands end: exit codes, one line on standard error, never a traceback."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from bounced.cli import guard

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("nonsense",),
        ("check",),
        ("check", "no-address"),
        ("check", "two words@example.org"),
        ("list", "--cause", "mailbox_ful"),
        ("list", "--since", "soon"),
        ("block", "a@example.org"),
        ("parse",),
        ("parse", "--nonsense", "x"),
    ],
)
def test_wrong_use_is_two_and_says_what_is_wrong(run: Run, arguments: tuple[str, ...]) -> None:
    """An unknown command or option, a missing or malformed argument: exit code 2."""
    done = run(*arguments)

    assert done.returncode == 2
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    assert done.stderr.splitlines()[-1].startswith("Error: ")


def test_an_address_that_is_none_is_told_how_to_be_one(run: Run) -> None:
    """The complaint quotes what was given and shows an address."""
    assert (
        "'nobody' is no mail address; write it like user@example.org"
        in run("check", "nobody").stderr
    )


def test_a_cause_that_is_none_is_told_which_is_like_it(run: Run) -> None:
    """A slip of the finger needs no look into the manual."""
    assert (
        "'mailbox_ful' is no cause; did you mean mailbox_full?"
        in run("list", "--cause", "mailbox_ful").stderr
    )


def test_broken_settings_are_two_and_one_line_each(run: Run, tmp_path: Path) -> None:
    """Every command refuses to start on a setting that is wrong, and names each fault."""
    (tmp_path / "bounced.toml").write_text("[limits]\nmesage_size = 5\nidle = 'x'\n")
    done = run("check", "a@example.org")

    assert done.returncode == 2
    assert [line.split(": ")[1] for line in done.stderr.splitlines()] == [
        "bounced.toml:2",
        "bounced.toml:3",
    ]


def test_a_broken_rule_file_is_two_and_names_file_and_rule(run: Run, tmp_path: Path) -> None:
    """An unknown cause stops every command that classifies, before it reads anything."""
    (tmp_path / "bounced.toml").write_text('[rules]\nfiles = ["own.toml"]\n')
    (tmp_path / "own.toml").write_text(
        "[[rule]]\nid = 'own'\ncause = 'mailbox_ful'\npattern = 'x'\nsource = 'x'\nexample = 'x'\n"
    )
    for arguments in (("classify", "550 x"), ("rules", "check"), ("config", "check")):
        done = run(*arguments)

        assert done.returncode == 2
        assert "own.toml: rule 'own': unknown cause 'mailbox_ful'" in done.stderr
        assert "Traceback" not in done.stderr


def test_a_reader_that_went_away_is_no_error(environ: dict[str, str], tmp_path: Path) -> None:
    """``bounced rules check | head -0`` and the like end without a word."""
    command = [sys.executable, "-m", "bounced", "classify", "--json", "-"]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environ,
        cwd=tmp_path,
    ) as process:
        assert process.stdin
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        with contextlib.suppress(BrokenPipeError):  # it may be gone before it has read all
            process.stdin.write(b"550 5.1.1 User unknown\n" * 10_000)
            process.stdin.close()

        assert process.stderr.read() == b""
        assert process.wait(timeout=30) == 0


def test_ctrl_c_is_130_and_says_nothing(environ: dict[str, str], tmp_path: Path) -> None:
    """An interrupted command ends as shells expect it."""
    command = [sys.executable, "-m", "bounced", "classify", "-"]
    # What a shell starts in the background ignores SIGINT, and so would all that we start.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, stdout=subprocess.PIPE,
        env=environ, cwd=tmp_path,
    ) as process:  # fmt: skip
        signal.signal(signal.SIGINT, before)
        assert process.stdin
        assert process.stdout
        assert process.stderr
        process.stdin.write(b"550 5.1.1 User unknown\n")
        process.stdin.flush()
        deadline = time.monotonic() + 20
        while not _waits_for_input(process.pid) and time.monotonic() < deadline:
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)

        assert process.wait(timeout=30) == 130
        assert process.stderr.read() == b""


def _waits_for_input(pid: int) -> bool:
    where = Path(f"/proc/{pid}/wchan")
    return "pipe" in where.read_text() if where.exists() else False


def test_a_defect_of_the_program_is_one_line_with_the_place(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Whatever escapes a command is told in one line that can be reported, and is exit code 3."""

    @guard.guarded
    def broken() -> None:
        raise KeyError("x")  # noqa: EM101 - the text is the fact

    with pytest.raises(Exception) as caught:  # noqa: PT011 - typer's Exit has no public base
        broken()

    assert getattr(caught.value, "exit_code", None) == guard.FAILED
    told = capsys.readouterr().err
    assert told.startswith(
        "bounced: this is a defect of bounced, please report it: KeyError: 'x' ("
    )
    assert "test_guard.py:" in told
    assert told.count("\n") == 1


def test_help_is_quick_and_needs_nothing_heavy(environ: dict[str, str]) -> None:
    """``bounced --help`` loads neither the database nor the settings."""
    code = (
        "import sys\nfrom bounced import cli\n"
        "try: cli.app(['--help'])\nexcept SystemExit: pass\n"
        "heavy = {'sqlalchemy', 'alembic', 'pydantic', 'structlog', 'rich'}\n"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=True
    )

    assert done.stderr.strip() == "[]"


def test_a_file_name_the_terminal_has_no_letters_for_is_shown_escaped(
    environ: dict[str, str], tmp_path: Path
) -> None:
    """A name that is no text at all breaks neither the terminal nor the JSON."""
    name = os.fsdecode(b"caf\xe9.eml")
    (tmp_path / name).write_bytes(b"")
    for option in ((), ("--json",)):
        done = subprocess.run(
            [sys.executable, "-m", "bounced", "parse", *option, "."],
            env={**environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )

        assert done.returncode == guard.FAILED
        assert "caf\\udce9.eml" in done.stderr + done.stdout
        assert "Traceback" not in done.stderr
