"""The daemon as it stands on port 25: its certificate, its open files, its settings."""

from __future__ import annotations

import json
import signal
import smtplib
import socket
import ssl
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
import trustme
from running import Daemon


def _issue(folder: Path) -> ssl.SSLContext:
    """Write a new certificate and its key; return what believes in nothing else."""
    authority = trustme.CA()
    made = authority.issue_cert("bounces.example.org")
    (folder / "cert.pem").write_bytes(b"".join(one.bytes() for one in made.cert_chain_pems))
    (folder / "key.pem").write_bytes(made.private_key_pem.bytes())
    (folder / "key.pem").chmod(0o600)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    authority.configure_trust(context)
    return context


def _deliver(port: int, context: ssl.SSLContext) -> None:
    with smtplib.SMTP("127.0.0.1", port, local_hostname="x", timeout=20) as client:
        client.starttls(context=context)
        client.sendmail("", ["bounces@example.org"], b"Subject: x\r\n\r\nx\r\n")


def test_a_new_certificate_by_a_signal(tmp_path: Path) -> None:
    """SIGHUP: what is broken changes nothing, what is good counts for the next connection."""
    old = _issue(tmp_path)
    files = {
        "BOUNCED_TLS_CERTIFICATE": str(tmp_path / "cert.pem"),
        "BOUNCED_TLS_KEY": str(tmp_path / "key.pem"),
    }
    with Daemon(tmp_path, also=files) as daemon:
        _deliver(daemon.port, old)
        good = (tmp_path / "cert.pem").read_bytes()
        (tmp_path / "cert.pem").write_text("broken")
        assert daemon.process
        daemon.process.send_signal(signal.SIGHUP)
        _wait_for(daemon, "reading the certificate again")
        _deliver(daemon.port, old)

        (tmp_path / "cert.pem").write_bytes(good)
        new = _issue(tmp_path)
        daemon.process.send_signal(signal.SIGHUP)
        _wait_for(daemon, "certificate_reloaded")
        _deliver(daemon.port, new)
        with pytest.raises(ssl.SSLCertVerificationError):
            _deliver(daemon.port, old)


def test_a_broken_certificate_at_the_start(tmp_path: Path) -> None:
    """Is one line that says what to do, and not a daemon without STARTTLS."""
    _issue(tmp_path)
    (tmp_path / "key.pem").chmod(0o644)
    files = {
        "BOUNCED_TLS_CERTIFICATE": str(tmp_path / "cert.pem"),
        "BOUNCED_TLS_KEY": str(tmp_path / "key.pem"),
    }
    done = Daemon(tmp_path, also=files).run("serve")

    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "tls.key" in done.stderr
    assert "chmod g-w,o= " in done.stderr


def test_with_few_open_files_fewer_are_let_in(tmp_path: Path) -> None:
    """The others get 421, the log says why, and what is inside is served."""
    daemon = Daemon(tmp_path)
    command = f"ulimit -n 400; exec {sys.executable} -m bounced serve"
    with (
        (tmp_path / "daemon.log").open("w") as log,
        subprocess.Popen(["sh", "-c", command], env=daemon.environ, stdout=log, stderr=log) as one,
    ):
        try:
            _wait_for(daemon, "data in ")
            clients = [socket.create_connection(("127.0.0.1", daemon.port)) for _ in range(150)]
            codes = Counter(client.recv(3) for client in clients)
            (told,) = (line for line in daemon.log().splitlines() if "connections_lowered" in line)
            possible = json.loads(told)["possible"]

            assert codes == {b"220": possible, b"421": 150 - possible}
            for client in clients:
                client.close()
            time.sleep(0.5)  # until it has noticed
            with smtplib.SMTP("127.0.0.1", daemon.port, local_hostname="x", timeout=20) as client:
                client.sendmail("", ["bounces@example.org"], b"Subject: x\r\n\r\nx\r\n")
        finally:
            one.terminate()


def _wait_for(daemon: Daemon, words: str) -> None:
    deadline = time.monotonic() + 20
    while words not in daemon.log():
        assert time.monotonic() < deadline, daemon.log()
        time.sleep(0.02)
