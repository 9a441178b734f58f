"""What is written to hurt, in every field that a stranger fills in, hurts nowhere it comes out.

The log, the terminal, lists, webhooks, the database, the file system: the real daemon on a real
socket, and the real command line.
"""

from __future__ import annotations

import contextlib
import csv
import io
import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from receiver import Receiver, receiving, write_secret
from running import Daemon

PAYLOADS = {
    "line": b"x\r\nInjected: yes",
    "bare cr": b"x\rFinal-Recipient: rfc822; victim@example.net\r",
    "bare lf": b"x\nFinal-Recipient: rfc822; victim@example.net\n",
    "escape": b"\x1b[2J\x1b]0;title\x07\x9b31m",
    "bidi": "\u202egpj.exe\u2066\u200f\u2028".encode(),
    "formula": b'=HYPERLINK("http://192.0.2.66/","x")',
    "script": b"<script>alert(1)</script>",
    "sql": b"'; DROP TABLE events; --",
    "nul": b"a\x00b",
    "surrogate": b"\xed\xa0\x80\xff\xfe",
    "path": b"../../../../pwned",
    "template": b"{{7*7}}%s%n${x}",
    "encoded": b"=?utf-8?q?=1B[31m=0D=0AInjected:=20yes?=",
}
FIELDS = {
    "From": b"from",
    "Subject": b"subject",
    "Message-ID": b"own",
    "Reporting-MTA": b"mta",
    "Original-Envelope-Id": b"envid",
    "X-Extension": b"more",
    "Final-Recipient": b"final",
    "Original-Recipient": b"orcpt",
    "Action": b"action",
    "Status": b"status",
    "Remote-MTA": b"remote",
    "Diagnostic-Code": b"said",
    "Last-Attempt-Date": b"date",
    "Returned-From": b"rfrom",
    "Returned-Subject": b"rsubject",
    "Returned-Message-ID": b"rid",
    "Returned-List-ID": b"rlist",
}
REPORT = b"""\
From: %(from)s\r
Subject: Undelivered %(subject)s\r
Message-ID: <%(own)s@mail.example.com>\r
Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r
\r
--b\r
Content-Type: message/delivery-status\r
\r
Reporting-MTA: dns; %(mta)s\r
Original-Envelope-Id: %(envid)s\r
X-Extension: %(more)s\r
\r
Final-Recipient: rfc822; %(final)s@example.com\r
Original-Recipient: rfc822; %(orcpt)s@example.com\r
Action: %(action)s\r
Status: %(status)s\r
Remote-MTA: dns; %(remote)s\r
Diagnostic-Code: smtp; 550 5.1.1 User unknown %(said)s\r
Last-Attempt-Date: %(date)s\r
\r
--b\r
Content-Type: text/rfc822-headers\r
\r
From: %(rfrom)s\r
Subject: %(rsubject)s\r
Message-ID: <%(rid)s@b.test>\r
List-ID: %(rlist)s\r
\r
--b--\r
"""
CONTROLS = {*map(chr, range(32)), *map(chr, range(127, 160)), *"\u2028\u2029\u202e\u2066\u200f"}


def _report(number: int, field: str, payload: bytes) -> bytes:
    """Return a report about an address of its own, with a payload in one field."""
    name = f"u{number}".encode()
    usual = {
        b"from": b"MAILER-DAEMON@mail.example.com",
        b"own": name,
        b"mta": b"mail.example.com",
        b"final": name,
        b"orcpt": name,
        b"action": b"failed",
        b"status": b"5.1.1",
        b"remote": b"mx.example.com",
        b"rfrom": b"news@b.test",
        b"rid": b"r" + name,
    }
    values = {key: usual.get(key, b"x") for key in FIELDS.values()}
    values[FIELDS[field]] = values[FIELDS[field]] + payload
    return REPORT % values


class _Client:
    """Says what no library would."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=20)
        self.file = self.socket.makefile("rb")
        self.reply()

    def say(self, line: bytes) -> bytes:
        self.socket.sendall(line + b"\r\n")
        return self.reply()

    def reply(self) -> bytes:
        line = self.file.readline()
        while line[3:4] == b"-":
            line = self.file.readline()
        return line

    def send(self, message: bytes, helo: bytes, path: bytes, to: bytes) -> bytes:
        """Send one message; return the last reply."""
        self.say(b"EHLO " + helo)
        said = self.say(b"MAIL FROM:<" + path + b">")
        if said.startswith(b"2"):
            said = self.say(b"RCPT TO:<" + to + b">")
        if said.startswith(b"2"):
            self.say(b"DATA")
            lines = message.replace(b"\r\n.", b"\r\n..")
            return self.say(lines + b"\r\n.")
        self.say(b"RSET")
        return said

    def close(self) -> None:
        self.file.close()
        self.socket.close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Return a web server that takes everything."""
    with receiving() as running:
        yield running


def _send_all(port: int) -> int:
    """Send each payload in each field, and in each place of the envelope; return how many came."""
    number = taken = 0
    for payload in PAYLOADS.values():
        with contextlib.closing(_Client(port)) as client:
            for field in FIELDS:
                number += 1
                said = client.send(_report(number, field, payload), b"x", b"", b"b@b.test")
                assert said.startswith(b"250"), (field, payload, said)
                taken += 1
        for place in range(3):
            number += 1
            envelope = [b"x.example.com", b"", b"b@b.test"]
            envelope[place] = (b"%s", b'"%s"@example.org', b'"%s"@b.test')[place] % payload
            with contextlib.closing(_Client(port)) as client:
                said = client.send(_report(number, "Subject", b""), *envelope)
                assert said[:1] in b"245", said
                taken += said.startswith(b"250")
    return taken


def _unclean(text: str, allowed: str = "\n\t") -> set[str]:
    return (set(text) & CONTROLS) - set(allowed)


def _files(folder: Path) -> set[str]:
    names = {str(one.relative_to(folder)) for one in folder.rglob("*")}
    return {one for one in names if not one.endswith(("-wal", "-shm", "-journal"))}


def test_nothing_that_a_stranger_writes_gets_out_of_its_place(
    tmp_path: Path, receiver: Receiver, url: str
) -> None:
    """One line of JSON a message in the log; no control character on a terminal; whole tables."""
    state = tmp_path / "a" / "b" / "state"
    state.mkdir(parents=True)
    write_secret(tmp_path / "secret")
    (state / "bounced.toml").write_text(
        f'[[webhook]]\nname = "crm"\nurl = "{receiver.url}"\nsecret = "{tmp_path}/secret"\n'
        "[policy]\nhard_storm_share = 100\n"
    )
    with Daemon(state, also={"BOUNCED_LOG_FORMAT": "json"}, url=url) as daemon:
        before = _files(tmp_path)
        taken = _send_all(daemon.port)
        states = daemon.rows("list")
        assert len(states) > len(PAYLOADS) * len(FIELDS) / 2

        deadline = time.monotonic() + 30
        while daemon.rows("webhooks", "list") and time.monotonic() < deadline:
            time.sleep(0.2)
        for call in receiver.calls:
            assert json.loads(call.body)["type"]
        blocked = [one["address"] for one in states if one["blocked"]]
        assert {one.address for one in receiver.calls} >= set(blocked)

        odd = [one["address"] for one in states if not one["address"].isalnum()]
        odd = sorted(odd, key=lambda one: one.isprintable())[:12]
        commands = [
            ["list"],
            ["messages"],
            ["incidents"],
            ["storms", "--all"],
            ["check", "--", *odd],
        ]
        commands += [["history", "--", one] for one in odd[:6]]
        for command in commands:
            done = daemon.run(*command)
            assert done.returncode in (0, 1), done.stderr
            assert not _unclean(done.stdout + done.stderr), command
        exported = daemon.run("export", "--format", "csv").stdout
        for row in csv.reader(io.StringIO(exported, newline="")):
            assert len(row) == 14
            assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in row)
        assert _files(tmp_path) == before

    log = daemon.log()
    assert not _unclean(log, "\n")
    said, where = [line for line in log.splitlines() if not line.startswith("{")]
    assert (said, where[:8]) == (f"listening on smtp 127.0.0.1:{daemon.port}", "data in ")
    told = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    messages = [one for one in told if one["event"] == "message"]
    assert len(messages) == taken == len({one["queue_id"] for one in messages})
    assert [one for one in told if one["level"] in ("error", "critical")] == []
