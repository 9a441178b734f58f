"""Lines as syslog daemons, postlogd and the journal write them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bounced.maillog import Line, journal, syslog

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
TEXT = "4cQ2Zb6mYQz1Xy: removed"


def line(at: datetime, instance: str = "postfix", daemon: str = "qmgr") -> Line:
    """Return what is expected."""
    return Line(at, "mail", instance, daemon, TEXT)


@pytest.mark.parametrize(
    ("stamp", "at"),
    [
        ("Feb 28 23:59:59", datetime(2026, 2, 28, 23, 59, 59, tzinfo=UTC)),
        ("Mar  1 12:00:00", datetime(2026, 3, 1, 12, tzinfo=UTC)),
        ("Mar  2 00:00:00", datetime(2026, 3, 2, tzinfo=UTC)),
        ("Mar  3 00:00:00", datetime(2025, 3, 3, tzinfo=UTC)),
        ("Dec 31 23:59:60", datetime(2025, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ("Feb 29 00:00:00", datetime(2024, 2, 29, tzinfo=UTC)),
        ("2026-02-28T22:00:00.123456+02:00", datetime(2026, 2, 28, 20, 0, 0, 123456, tzinfo=UTC)),
        ("2026-02-28T22:00:00Z", datetime(2026, 2, 28, 22, tzinfo=UTC)),
        ("2026-02-28T22:00:00+0200", datetime(2026, 2, 28, 20, tzinfo=UTC)),
        ("2026-02-28T22:00:00,5-01:00", datetime(2026, 2, 28, 23, 0, 0, 500000, tzinfo=UTC)),
    ],
)
def test_the_times_of_a_log(stamp: str, at: datetime) -> None:
    """Without a year it is the latest up to tomorrow; with a zone it is that moment."""
    assert syslog(f"{stamp} mail postfix/qmgr[7]: {TEXT}".encode(), NOW, UTC) == line(at)


def test_a_time_without_a_zone_is_in_the_one_that_is_named() -> None:
    """Traditional syslog writes local time."""
    zone = timezone(timedelta(hours=5, minutes=30))
    found = syslog(f"Mar  1 05:30:00 mail postfix/qmgr[7]: {TEXT}".encode(), NOW, zone)

    assert found == line(datetime(2026, 3, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("tag", "instance", "daemon"),
    [
        ("postfix/smtp", "postfix", "smtp"),
        ("postfix-out/smtp", "postfix-out", "smtp"),
        ("postfix/relay/smtp", "postfix", "smtp"),
        ("postfix", "postfix", ""),
    ],
)
def test_the_instances_and_services(tag: str, instance: str, daemon: str) -> None:
    """An instance has its own name, and so may a service in between."""
    found = syslog(f"2026-03-01T00:00:00Z mail {tag}[7]: {TEXT}".encode(), NOW)

    assert found == line(datetime(2026, 3, 1, tzinfo=UTC), instance, daemon)


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "Mar  1 00:00:00 mail sshd[7]: nothing",
        "Mar  1 00:00:00 mail dovecot: lmtp(7): a postfix/smtp[1]: x: removed",
        "Xyz  1 00:00:00 mail postfix/smtp[7]: text",
        "Mar 32 00:00:00 mail postfix/smtp[7]: text",
        "Mar  1 25:00:00 mail postfix/smtp[7]: text",
        "2026-13-01T00:00:00Z mail postfix/smtp[7]: text",
        "0001-01-01T00:00:00+14:00 mail postfix/smtp[7]: text",
        "Mar  1 00:00:00 mail postfix/smtp[7]: ",
        "Mar  1 00:00:00 mail postfix/smtp: no number",
    ],
)
def test_what_is_no_line_of_postfix(raw: str) -> None:
    """Other programs' lines and broken ones are none, and raise nothing."""
    assert syslog(raw.encode(), NOW, UTC) is None


def entry(**fields: Any) -> bytes:
    """Return a line of ``journalctl -o json``."""
    usual = {
        "__CURSOR": "s=1;i=2",
        "__REALTIME_TIMESTAMP": "1772323200000001",
        "_HOSTNAME": "mail",
        "SYSLOG_IDENTIFIER": "postfix/qmgr",
        "MESSAGE": TEXT,
    }
    return json.dumps(usual | fields).encode()


def test_the_journal() -> None:
    """The line and its cursor, with the time to the microsecond."""
    at = datetime(2026, 3, 1, 0, 0, 0, 1, tzinfo=UTC)

    assert journal(entry()) == (line(at), "s=1;i=2")
    assert journal(entry(MESSAGE=list(TEXT.encode()))) == (line(at), "s=1;i=2")


@pytest.mark.parametrize(
    "fields",
    [
        {"MESSAGE": None},
        {"MESSAGE": [1, 300]},
        {"SYSLOG_IDENTIFIER": "sshd"},
        {"SYSLOG_IDENTIFIER": "postfix/smtp[1"},
        {"__REALTIME_TIMESTAMP": "soon"},
        {"__REALTIME_TIMESTAMP": "9" * 30},
    ],
)
def test_the_journal_has_other_entries(fields: dict[str, Any]) -> None:
    """They are passed over, and the cursor moves on."""
    assert journal(entry(**fields)) == (None, "s=1;i=2")


@pytest.mark.parametrize("raw", [b"", b"-- No entries --", b"[]", b"[" * 100_000, b'{"a": 1}'])
def test_what_is_no_entry_of_the_journal(raw: bytes) -> None:
    """It is nothing, and moves nothing."""
    assert journal(raw) == (None, None)


@given(
    st.binary(), st.sampled_from([b"", b"Mar  1 00:00:00 mail postfix/smtp[7]: ", b'{"MESSAGE":'])
)
def test_any_bytes(raw: bytes, start: bytes) -> None:
    """Whatever stands in a log, reading it raises nothing."""
    found = syslog(start + raw, NOW, UTC)

    assert found is None or found.daemon == "smtp"
    assert journal(start + raw)[0] is None
