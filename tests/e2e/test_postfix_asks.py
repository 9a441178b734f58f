"""A real Postfix that asks before every mail: refused at RCPT, accepted again, daemon down."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import smtplib
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from postfix_instance import POSTFIX, Postfix
from running import Daemon, free_port, next_hop

pytestmark = [
    pytest.mark.postfix,
    pytest.mark.slow,
    pytest.mark.skipif(
        not os.environ.get("TEST_EVERYTHING") and (POSTFIX is None or os.geteuid() != 0),
        reason="needs Debian's Postfix and root",
    ),
]
DOCS = Path(__file__).parents[2] / "docs"
POSTMAP = shutil.which("postmap", path="/usr/sbin:/usr/bin")
RETURN_PATH = "bounces@bounces.example.com"
ASKS = {
    "socketmap": "check_recipient_access socketmap:unix:bounced/map.sock:blocked",
    "policy": "check_policy_service unix:bounced/policy.sock",
}
DEAD = "nobody@example.net"


@contextlib.contextmanager
def site(tmp_path: Path, *asks: str, **also: str) -> Iterator[tuple[Daemon, Postfix]]:
    """Run a chrooted Postfix that asks before it accepts, and the daemon that it asks."""
    answers = {"nobody": "550 5.1.1 User unknown"}
    port = free_port()
    with next_hop(answers) as hop:
        settings = (
            f"transport_maps = inline:{{ bounces.example.com=smtp:[127.0.0.1]:{port} }}\n"
            f"default_transport = smtp:[127.0.0.1]:{hop}\n"
            f"smtpd_recipient_restrictions = {', '.join(asks)}, permit_mynetworks, reject\n"
        )
        with Postfix(port=free_port(), settings=settings, chroot=True) as postfix:
            sockets = postfix.root / "queue" / "bounced"
            sockets.mkdir()
            sockets.chmod(0o755)
            also |= {one: f"unix:{sockets}/{one.replace('socket', '')}.sock" for one in ASKS}
            with Daemon(tmp_path, port, also) as daemon:
                yield daemon, postfix


def rcpt(postfix: Postfix, recipient: str, sender: str = RETURN_PATH) -> tuple[int, str]:
    """Say MAIL and RCPT and return the answer."""
    with smtplib.SMTP("127.0.0.1", postfix.port, timeout=60) as client:
        client.ehlo()
        client.mail(sender)
        code, text = client.rcpt(recipient)
        client.rset()
    return code, text.decode()


@pytest.mark.parametrize("ask", ASKS.values(), ids=ASKS)
def test_a_dead_address_is_refused_at_rcpt_until_it_is_unblocked(tmp_path: Path, ask: str) -> None:
    """The first mail bounces and blocks; the second one is not even taken."""
    with site(tmp_path, ask) as (daemon, postfix):
        with smtplib.SMTP("127.0.0.1", postfix.port) as client:
            client.sendmail(RETURN_PATH, [DEAD], "Subject: hi\r\n\r\nhi\r\n")
        postfix.wait_idle()

        [row] = daemon.rows("check", DEAD)
        since = row["since"][:10]
        assert rcpt(postfix, DEAD) == (
            554,
            (
                f"5.1.1 <{DEAD}>: Recipient address rejected: <{DEAD}> is blocked since {since}: "
                "mailbox_unknown (550 5.1.1 User unknown)"
            ),
        )
        assert rcpt(postfix, "Nobody@Example.NET")[0] == 554
        assert rcpt(postfix, "somebody@example.net") == (250, "2.1.5 Ok")

        assert daemon.run("unblock", DEAD, "--reason", "mailbox is back").returncode == 0
        assert rcpt(postfix, DEAD) == (250, "2.1.5 Ok")


@pytest.mark.parametrize("ask", ASKS.values(), ids=ASKS)
def test_a_domain_blocked_by_hand_and_its_subdomain(tmp_path: Path, ask: str) -> None:
    """Nobody at the domain gets mail; whoever is at a subdomain does."""
    with site(tmp_path, ask) as (daemon, postfix):
        daemon.run("block", "@example.org", "--reason", "they asked")

        code, text = rcpt(postfix, "any@example.org")
        assert (code, text[:6]) == (554, "5.7.1 ")
        assert "rejected: all of example.org is blocked since" in text
        assert text.endswith(": by hand")
        assert rcpt(postfix, "any@sub.example.org") == (250, "2.1.5 Ok")


def test_a_pause_can_be_deferred(tmp_path: Path) -> None:
    """With ``paused = "defer"`` the sending client keeps the mail, and tries again."""
    with site(tmp_path, ASKS["socketmap"], BOUNCED_POSTFIX_PAUSED="defer") as (daemon, postfix):
        daemon.run("block", DEAD, "--reason", "a pause")
        with contextlib.closing(sqlite3.connect(tmp_path / "bounced.db")) as database, database:
            database.execute("UPDATE recipients SET expires_at = '2999-12-31 00:00:00.000000'")

        code, text = rcpt(postfix, DEAD)

        assert code == 450
        assert re.fullmatch(
            f"4.2.1 <{DEAD}>: Recipient address rejected: <{DEAD}> is blocked since 20..-..-.. "
            "until 2999-12-31: by hand",
            text,
        )


def test_the_policy_service_knows_the_stream_by_the_sender(tmp_path: Path) -> None:
    """Blocked for the newsletter, and not for the shop."""
    (tmp_path / "bounced.toml").write_text(
        '[streams.news]\naddresses = ["*@news.example.com"]\n'
        f'[store]\nurl = "sqlite:///{tmp_path}/bounced.db"\n'
    )
    with site(tmp_path, ASKS["policy"]) as (daemon, postfix):
        done = daemon.run("block", DEAD, "--reason", "complaint", "--stream", "news")
        assert done.returncode == 0, done.stderr

        assert rcpt(postfix, DEAD, "bounces@news.example.com")[0] == 554
        assert rcpt(postfix, DEAD, RETURN_PATH) == (250, "2.1.5 Ok")


@pytest.mark.parametrize(
    ("ask", "code", "text"),
    [
        (
            ASKS["socketmap"],
            451,
            f"4.3.5 <{DEAD}>: Recipient address rejected: Server configuration error",
        ),
        (
            ASKS["policy"],
            451,
            f"4.3.5 <{DEAD}>: Recipient address rejected: Server configuration problem",
        ),
        (
            "check_policy_service { unix:bounced/policy.sock, default_action=DUNNO }",
            250,
            "2.1.5 Ok",
        ),
    ],
    ids=["socketmap defers", "policy defers", "policy accepts"],
)
def test_with_the_daemon_down_postfix_does_as_it_is_configured(
    tmp_path: Path, ask: str, code: int, text: str
) -> None:
    """Stopped or killed; and when the daemon is there again the answers are."""
    with site(tmp_path, ask) as (daemon, postfix):
        daemon.run("block", DEAD, "--reason", "dead")
        refused = rcpt(postfix, DEAD)
        assert refused[0] == 554
        # What answers is a process of its own, which needs a moment to see that the daemon is gone.
        daemon.kill()
        assert _soon(postfix, (code, text)) == (code, text)
        daemon.start()
        assert _soon(postfix, refused) == refused
        daemon.stop()
        assert _soon(postfix, (code, text)) == (code, text)


def _soon(postfix: Postfix, answer: tuple[int, str]) -> tuple[int, str]:
    """Ask until Postfix gives *answer*, at most for ten seconds; return the last one."""
    deadline = time.monotonic() + 10
    while (said := rcpt(postfix, DEAD)) != answer and time.monotonic() < deadline:
        time.sleep(0.2)
    return said


@pytest.mark.parametrize(
    ("ask", "on_error", "answer"),
    [
        (
            "socketmap",
            "defer",
            (451, f"4.3.5 <{DEAD}>: Recipient address rejected: Server configuration error"),
        ),
        (
            "policy",
            "defer",
            (
                450,
                (
                    f"4.3.0 <{DEAD}>: Recipient address rejected: can't tell whether the "
                    "recipient is blocked; try again later"
                ),
            ),
        ),
        ("socketmap", "accept", (250, "2.1.5 Ok")),
        ("policy", "accept", (250, "2.1.5 Ok")),
    ],
)
def test_with_the_database_away_the_daemon_does_as_it_is_configured(
    tmp_path: Path, ask: str, on_error: str, answer: tuple[int, str]
) -> None:
    """It defers or accepts, and says so in its log; then it heals by itself."""
    file, aside = tmp_path / "bounced.db", tmp_path / "aside"
    with site(tmp_path, ASKS[ask], BOUNCED_POSTFIX_ON_ERROR=on_error) as (daemon, postfix):
        daemon.run("block", DEAD, "--reason", "dead")
        file.rename(aside)
        assert rcpt(postfix, DEAD) == answer
        assert "store_unavailable" in daemon.log()
        aside.rename(file)
        time.sleep(1.1)
        assert rcpt(postfix, DEAD)[0] == 554


def test_postfix_asks_the_sqlite_database_by_itself(tmp_path: Path) -> None:
    """Through proxymap, with the right to read alone, whether the daemon runs or not."""
    cf = "bounced-sqlite.cf"
    port, hop = free_port(), free_port()
    settings = (
        f"default_transport = smtp:[127.0.0.1]:{hop}\n"
        f"smtpd_recipient_restrictions = check_recipient_access proxy:sqlite:$data_directory/{cf},"
        " permit_mynetworks, reject\n"
    )
    with Postfix(port=free_port(), settings=settings, chroot=True) as postfix:
        folder = postfix.root / "state"
        folder.mkdir(mode=0o750)
        with Daemon(folder, port) as daemon:
            for path in (folder, *folder.glob("bounced.db*")):
                shutil.chown(path, group="postfix")
                path.chmod(0o750 if path.is_dir() else 0o640)
            write_map(postfix.root / "data" / cf, folder)
            daemon.run("block", DEAD, "--reason", "dead")
            code, text = rcpt(postfix, DEAD)
            assert code == 554
            assert text.startswith(
                f"5.7.1 <{DEAD}>: Recipient address rejected: <{DEAD}> is blocked"
            )
            assert rcpt(postfix, "somebody@example.net") == (250, "2.1.5 Ok")
            daemon.run("unblock", DEAD, "--reason", "back")
            assert rcpt(postfix, DEAD) == (250, "2.1.5 Ok")
            daemon.run("block", DEAD, "--reason", "dead again")
            daemon.stop()
            assert rcpt(postfix, DEAD)[0] == 554


def write_map(path: Path, folder: Path) -> None:
    """Write the map file of the documentation for the database in *folder*."""
    text = (DOCS / "postfix-sqlite.cf").read_text()
    database = f"dbpath = {folder}/bounced.db"
    path.write_text(re.sub("^dbpath = .*$", database, text, flags=re.MULTILINE))


def test_the_sqlite_map_in_the_docs_works_as_it_stands(tmp_path: Path) -> None:
    """But for the path: whole addresses, domains, streams, and nothing for a bare domain."""
    with Daemon(tmp_path) as daemon:
        daemon.run("block", DEAD, "@example.org", "o'neil@example.com", "--reason", "test")
        write_map(tmp_path / "map.cf", tmp_path)

        def ask(key: str) -> tuple[int, str, str]:
            assert POSTMAP
            done = subprocess.run(
                [POSTMAP, "-q", key, f"sqlite:{tmp_path}/map.cf"],
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
            return done.returncode, done.stdout.partition(" since ")[0], done.stderr

        assert ask(DEAD) == (0, f"REJECT 5.7.1 <{DEAD}> is blocked", "")
        assert ask("Nobody@EXAMPLE.net") == (0, f"REJECT 5.7.1 <{DEAD}> is blocked", "")
        assert ask("o'neil@example.com")[:2] == (
            0,
            "REJECT 5.7.1 <o'neil@example.com> is blocked",
        )
        assert ask("any@example.org")[:2] == (0, "REJECT 5.7.1 all of example.org is blocked")
        for alive in ("somebody@example.net", "example.org", "any@sub.example.org", "example.net"):
            assert ask(alive) == (1, "", "")
