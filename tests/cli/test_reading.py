"""``parse``, ``explain`` and ``classify``."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

from typer.testing import Result

Run = Callable[..., "CompletedProcess[str]"]
Call = Callable[..., Result]
Notice = Callable[..., Path]


def _rows(text: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in text.splitlines()]


def test_parse_prints_one_object_for_each_message_in_the_order_given(
    run: Run, notice: Notice
) -> None:
    """The keys that other programs rely on are there, with the values of the notice."""
    notice(name="b.eml")
    notice("full@example.com", "452 4.2.2 Mailbox full", name="a.eml")
    done = run("parse", "--json", "b.eml", "a.eml")

    first, second = _rows(done.stdout)
    assert done.returncode == 0
    assert done.stderr == ""
    assert (first["file"], second["file"]) == ("b.eml", "a.eml")
    assert first["kind"] == "bounce"
    (recipient,) = first["recipients"]  # type: ignore[misc]
    kept = "address action status smtp_code cause type rule evidence"
    assert {key: recipient[key] for key in kept.split()} == {
        "address": "nobody@example.com",
        "action": "failed",
        "status": "5.1.1",
        "smtp_code": 550,
        "cause": "mailbox_unknown",
        "type": "hard",
        "rule": recipient["rule"],
        "evidence": recipient["evidence"],
    }
    assert "User unknown" in recipient["evidence"]


def test_parse_reports_a_bad_file_and_goes_on(run: Run, notice: Notice, tmp_path: Path) -> None:
    """Standard output has an object with the error, standard error the line; the code is 3."""
    notice(name="good.eml")
    (tmp_path / "empty.eml").touch()
    done = run("parse", "--json", "away.eml", "empty.eml", "good.eml")

    assert done.returncode == 3
    away, empty, good = _rows(done.stdout)
    assert away == {"file": "away.eml", "error": "can't be read: No such file or directory"}
    assert empty == {"file": "empty.eml", "error": "not a mail message (it is empty)"}
    assert good["kind"] == "bounce"
    assert done.stderr.splitlines() == [
        "bounced: away.eml: can't be read: No such file or directory",
        "bounced: empty.eml: not a mail message (it is empty)",
    ]


def test_parse_refuses_what_is_larger_than_the_limit(run: Run, tmp_path: Path) -> None:
    """A message of 60 MB is named with the setting that would let it in."""
    with (tmp_path / "large.eml").open("wb") as large:
        large.write(b"Subject: x\n\n")
        large.truncate(60_000_000)
    done = run("parse", "large.eml")

    assert done.returncode == 3
    assert done.stderr == (
        "bounced: large.eml: larger than limits.message_size (52,428,800 bytes)\n"
    )


def test_parse_tells_a_person_in_lines(call: Call, notice: Notice) -> None:
    """Into a pipe there are no colours and no boxes."""
    notice(name="x.eml")
    lines = call("parse", "x.eml").stdout.splitlines()

    assert lines[0] == "x.eml: bounce"
    assert lines[1].startswith(
        "  nobody@example.com, failed, 5.1.1, 550: mailbox_unknown (hard), by rule "
    )


def test_parse_reads_standard_input(call: Call, notice: Notice) -> None:
    """``-`` is a path like any other."""
    content = notice().read_bytes()
    (row,) = _rows(call("parse", "--json", "-", stdin=content).stdout)

    assert (row["file"], row["kind"]) == ("-", "bounce")


def test_nothing_in_a_mail_reaches_the_terminal_as_a_command(call: Call, notice: Notice) -> None:
    """Escape sequences and characters that turn the text around are shown, not sent."""
    notice(reply="550 5.1.1 \x1b[2J\u202e User unknown", name="x.eml")

    for arguments in (("parse", "x.eml"), ("explain", "x.eml"), ("parse", "--json", "x.eml")):
        shown = call(*arguments).stdout
        assert "\x1b" not in shown
        assert "\u202e" not in shown


def test_explain_tells_what_was_found_where_and_what_it_would_do(
    call: Call, notice: Notice
) -> None:
    """Kind, reader, part, the MTA's own words, rule, cause in plain words, and the effect."""
    notice(name="x.eml")
    told = call("explain", "x.eml").stdout

    for part in (
        "x.eml is a bounce",
        "nobody@example.com",
        "in part 2 of the message",
        "action          failed",
        "status          5.1.1",
        "remote          mx.example.com",
        "diagnostic      550 5.1.1 User unknown",
        "cause           mailbox_unknown (hard): the address does not exist",
        "it would        block the address: hard failure (mailbox_unknown)",
    ):
        assert part in told


def test_explain_counts_on_from_what_is_known(call: Call, notice: Notice) -> None:
    """With a soft failure on record, the next one would be the second of five."""
    reply = "452 4.2.2 Mailbox full"
    notice("full@example.com", reply, name="1.eml", day=1)
    notice("full@example.com", reply, name="2.eml", day=2)
    call("replay", "1.eml")

    assert "count, and not block: 2nd soft failure in a row" in call("explain", "2.eml").stdout
    (row,) = _rows(call("explain", "--json", "2.eml").stdout)
    assert row["would"] == [
        {
            "address": "full@example.com",
            "effect": "counted",
            "why": "2nd soft failure in a row (mailbox_full); 5 block",
        }
    ]


def test_explain_says_that_an_automatic_reply_is_no_bounce(call: Call, tmp_path: Path) -> None:
    """What is no bounce is told with the reason, and has no effect."""
    (tmp_path / "x.eml").write_bytes(
        b"From: a@example.com\nAuto-Submitted: auto-replied\nSubject: Away\n\nI am away.\n"
    )
    told = call("explain", "x.eml").stdout

    assert told.startswith("x.eml is an automatic reply, no bounce\n")
    assert "it would" not in told


def test_classify_names_cause_rule_and_words(call: Call) -> None:
    """One reply as an argument: a few lines for a person, one object for a program."""
    told = call("classify", "550 5.1.1 User unknown").stdout.splitlines()
    (row,) = _rows(call("classify", "--json", "550 5.1.1 User unknown").stdout)

    assert told[0].startswith("mailbox_unknown (hard): the address does not exist")
    assert told[1] == f"by rule    {row['rule']}"
    assert row["reply"] == "550 5.1.1 User unknown"
    assert (row["cause"], row["type"]) == ("mailbox_unknown", "hard")
    assert "User unknown" in str(row["evidence"])


def test_classify_reads_replies_and_json_line_by_line(call: Call) -> None:
    """The order is kept, blank lines are passed over, and JSON may name the host."""
    done = call(
        "classify",
        "--json",
        "-",
        stdin="550 5.1.1 User unknown\n\n"
        '{"reply": "452 4.2.2 over quota", "remote_mta": "mx.test"}\n',
    )

    first, second = _rows(done.stdout)
    assert done.exit_code == 0
    assert first["cause"] == "mailbox_unknown"
    assert (second["cause"], second["remote_mta"]) == ("mailbox_full", "mx.test")


def test_classify_reports_a_line_without_a_reply_and_goes_on(run: Run) -> None:
    """JSON without ``reply`` is told with its line; the exit code is 3."""
    done = run("classify", "--json", "-", stdin='{"answer": 1}\n{broken\n550 5.1.1 no\n')

    assert done.returncode == 3
    assert "line 1: no text under" in done.stderr
    assert [row.get("reply") for row in _rows(done.stdout)] == [None, "{broken", "550 5.1.1 no"]
