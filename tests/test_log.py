"""The log: one event a message, hashes for addresses, nothing from outside unescaped."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bounced import log
from bounced.escape import escape
from bounced.log import Failed
from bounced.model import Kind

FAILED = Failed(
    address="nobody@example.com",
    cause="mailbox_unknown",
    type="hard",
    rule="text.user-unknown",
    decision="blocked",
)


@pytest.fixture(autouse=True)
def _libraries() -> Iterator[None]:
    """Take our handler off the standard logging again."""
    before = list(logging.getLogger().handlers)
    yield
    logging.getLogger().handlers[:] = before


def _logged(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def _message(events: log.Log, address: str = "nobody@example.com") -> None:
    events.message(
        queue_id="Q1",
        reverse_path="",
        forward_paths=["bounces@example.org"],
        kind=Kind.BOUNCE,
        failed=[
            Failed(address=address, cause="unknown", type="soft", rule="none", decision="counted")
        ],
        milliseconds=1.25,
        peer="192.0.2.1",
        size=1000,
    )


def test_a_message_is_one_event_that_tells_everything() -> None:
    """Queue id, both paths, kind, each failed recipient with its verdict and decision, and time."""
    stream = io.StringIO()
    log.setup(stream=stream).message(
        queue_id="Q1",
        reverse_path="",
        forward_paths=["bounces@example.org"],
        parameters=["AUTH=<>", ""],
        kind=Kind.BOUNCE,
        failed=[FAILED],
        milliseconds=1.27,
        peer="192.0.2.1",
        size=1000,
    )

    (event,) = _logged(stream)
    assert event.pop("timestamp").endswith("Z")
    assert event == {
        "event": "message",
        "level": "info",
        "queue_id": "Q1",
        "source": "smtp",
        "peer": "192.0.2.1",
        "size": 1000,
        "reverse_path": "",
        "forward_paths": ["bounces@example.org"],
        "parameters": ["AUTH=<>"],
        "kind": "bounce",
        "stream": "default",
        "trust": "unsigned",
        "matched": None,
        "duplicate": False,
        "failed": [
            {
                "address": "nobody@example.com",
                "cause": "mailbox_unknown",
                "type": "hard",
                "rule": "text.user-unknown",
                "decision": "blocked",
            }
        ],
        "milliseconds": 1.3,
    }


def test_hashed_addresses_can_be_compared_and_not_read() -> None:
    """With ``log.addresses = "hashed"`` the same address has the same hash, whatever its case."""
    stream = io.StringIO()
    events = log.setup(stream=stream, addresses="hashed", salt="secret")
    _message(events, "nobody@example.com")
    _message(events, "Nobody@Example.com")

    first, second = _logged(stream)
    assert "nobody" not in stream.getvalue().lower()
    assert "bounces@example.org" not in stream.getvalue()
    assert first["failed"] == second["failed"]
    assert first["failed"][0]["address"] == log.hashed("nobody@example.com", "secret")
    assert first["reverse_path"] == ""


def test_a_hash_depends_on_the_salt() -> None:
    """Without the salt nobody can find the address by trying."""
    one, other = log.hashed("a@example.com", "one"), log.hashed("a@example.com", "other")

    assert one != other
    assert len(one) == len("#") + 16


@pytest.mark.parametrize(
    "text",
    [
        "a\r\nb",
        "a\x1b[31mb",
        "a\u202eb",
        "a\u2028b",
        "a\x00b",
        "a\ud800b",
        "a\u200bb",
        "a" * 1000,
        "\x00" * 256,
    ],
)
def test_no_text_from_outside_breaks_a_line_or_turns_it_around(text: str) -> None:
    """Controls, line separators, invisible and bidi characters are escaped, and all is cut."""
    escaped = escape(text)

    assert escaped.isprintable()
    assert len(escaped) <= 257


@given(st.text(st.characters(codec=None)), st.integers(1, 300))
@settings(max_examples=200, deadline=None)
def test_an_escaped_text_is_printable_and_short(text: str, longest: int) -> None:
    """Whatever comes in, at most *longest* printable characters and a mark of the cut come out."""
    escaped = escape(text, longest)

    assert escaped.isprintable()
    assert len(escaped) <= longest + 1
    if text.isprintable() and len(text) <= longest:
        assert escaped == text


@pytest.mark.parametrize("form", ["json", "console"])
def test_an_event_is_one_line_whatever_is_in_it(form: str) -> None:
    """A peer that writes line ends into its mail gets no line of its own in the log."""
    stream = io.StringIO()
    _message(log.setup(stream=stream, format=form), 'x"\r\n{"event": "message"}\x1b[2J@example.com')

    assert stream.getvalue().count("\n") == 1
    assert "\x1b" not in stream.getvalue()


def test_the_console_is_for_terminals_and_json_for_all_else() -> None:
    """``format = "auto"`` asks the stream."""

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    terminal, pipe = Terminal(), io.StringIO()
    _message(log.setup(stream=terminal))
    _message(log.setup(stream=pipe))

    assert "nobody@example.com" in terminal.getvalue()
    assert not terminal.getvalue().startswith("{")
    assert _logged(pipe)[0]["event"] == "message"


def test_a_person_reads_words_not_lists() -> None:
    """On the console each failed recipient is a few words, and what is empty is left out."""
    stream = io.StringIO()
    _message(log.setup(stream=stream, format="console"))

    assert "failed=nobody@example.com, unknown (soft): counted" in stream.getvalue().replace(
        "'", ""
    )
    assert "duplicate" not in stream.getvalue()


def test_no_color_is_respected(monkeypatch: pytest.MonkeyPatch) -> None:
    """NO_COLOR turns colours off on a terminal, too."""

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setenv("NO_COLOR", "1")
    terminal = Terminal()
    _message(log.setup(stream=terminal))

    assert "\x1b" not in terminal.getvalue()


def test_the_level_leaves_out_what_is_below() -> None:
    """``level = "warning"`` leaves the events of ordinary messages out."""
    stream = io.StringIO()
    events = log.setup(stream=stream, level="warning")
    _message(events)
    events.deferred(queue_id="Q1", reply="451 4.3.0", why="database is locked")

    assert [event["event"] for event in _logged(stream)] == ["deferred"]


def test_a_failure_tells_where_it_happened_in_one_line() -> None:
    """The calls that led to an exception are a list; there is no traceback and no message body."""
    stream = io.StringIO()
    try:
        json.loads("{")
    except ValueError as error:
        log.setup(stream=stream).failure(doing="reading", error=error)

    (event,) = _logged(stream)
    assert event["doing"] == "reading"
    assert event["why"].startswith("JSONDecodeError: ")
    assert event["calls"][0].startswith("test_log.py:")


def test_what_libraries_warn_of_is_an_event_of_ours() -> None:
    """The standard logging ends in the same log, once, however often it was set up."""
    log.setup(stream=io.StringIO())
    stream = io.StringIO()
    log.setup(stream=stream)
    logging.getLogger("a.library").warning("odd\r\nthing from %s", "192.0.2.1")
    logging.getLogger("a.library").info("not worth a word")

    (event,) = _logged(stream)
    assert (event["event"], event["level"], event["name"]) == ("library", "warning", "a.library")
    assert event["text"] == "odd\\u000d\\u000athing from 192.0.2.1"


def test_a_log_that_cant_be_written_does_not_stop_the_mail() -> None:
    """A closed pipe or a full disk behind the log raises nothing."""

    class Full(io.StringIO):
        def write(self, text: str) -> int:
            raise OSError(28, "No space left on device")

    closed = io.StringIO()
    events = log.setup(stream=closed)
    closed.close()

    _message(events)
    _message(log.setup(stream=Full()))
