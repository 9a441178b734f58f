"""STARTTLS, on real sockets, with certificates that are made for the test."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import trustme

from bounced.config import Tls
from bounced.errors import ConfigError
from bounced.smtpd import Certificate

if TYPE_CHECKING:
    from conftest import Client, House

NAME = "bounces.example.org"


def issue(folder: Path, name: str = NAME) -> trustme.CA:
    """Write a new certificate and its key; return who signed it."""
    authority = trustme.CA()
    made = authority.issue_cert(name)
    (folder / "cert.pem").write_bytes(b"".join(pem.bytes() for pem in made.cert_chain_pems))
    (folder / "key.pem").write_bytes(made.private_key_pem.bytes())
    (folder / "key.pem").chmod(0o600)
    return authority


def settings(folder: Path) -> Tls:
    """Return the settings for what was issued there."""
    return Tls(certificate=str(folder / "cert.pem"), key=str(folder / "key.pem"))


def trusting(authority: trustme.CA) -> ssl.SSLContext:
    """Return what a client needs that believes only this authority."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    authority.configure_trust(context)
    return context


async def start(client: Client, context: ssl.SSLContext) -> None:
    """Say STARTTLS and do the handshake."""
    assert await client.say("STARTTLS") == "220 2.0.0 Ready to start TLS"
    loop = asyncio.get_running_loop()
    protocol = client.transport.get_protocol()
    transport = await loop.start_tls(
        client.transport, protocol, context, server_hostname=NAME, ssl_handshake_timeout=5
    )
    client.reader._transport = transport
    protocol._replace_writer(client.writer)
    client.writer._transport = transport


@pytest.fixture
def authority(house: House, tmp_path: Path) -> trustme.CA:
    """Return who signed the certificate that the house now has."""
    made = issue(tmp_path)
    house.certificate = Certificate(settings(tmp_path), {})
    return made


def test_a_message_over_tls(house: House, authority: trustme.CA) -> None:
    """Offered in clear text and not again; a large message comes whole, several times."""

    async def talk(house: House) -> None:
        client = await house.connect()
        assert (await client.greet()).endswith("250 STARTTLS")
        await start(client, trusting(authority))
        tls = client.writer.get_extra_info("ssl_object")
        assert tls.version() in ("TLSv1.2", "TLSv1.3")

        assert await client.say("MAIL FROM:<>") == "503 5.5.1 Say EHLO first"
        assert "STARTTLS" not in await client.say("EHLO x")
        assert await client.say("STARTTLS") == "503 5.5.1 TLS is on already"
        for size in (10, 1_000_000, 3_000_000):
            assert (await client.deliver(b"x" * size + b"\r\n")).startswith("250 2.0.0")
        assert [len(body) for body in house.writer.bodies] == [12, 1_000_002, 3_000_002]
        assert await client.say("QUIT") == "221 2.0.0 Bye"
        assert await client.rest() == ""

    house.run(talk)


def test_without_a_certificate_it_is_not_offered(house: House) -> None:
    """502, and EHLO does not name it."""

    async def talk(house: House) -> None:
        client = await house.connect()
        assert "STARTTLS" not in await client.greet()
        assert (await client.say("STARTTLS"))[:9] == "502 5.5.1"

    house.run(talk)


def test_nothing_is_kept_from_before(house: House, authority: trustme.CA) -> None:
    """Neither the greeting, nor the envelope, nor commands that were slipped in behind STARTTLS."""

    async def talk(house: House) -> None:
        client = await house.connect()
        await client.greet()
        await client.envelope("injected@example.org", reverse_path="evil@example.com")
        client.send(b"NOOP\r\n")
        await client.reply()
        # One write, as somebody in the middle would do it.
        client.send(b"STARTTLS\r\nEHLO injected\r\nMAIL FROM:<injected@example.com>\r\n")
        assert (await client.reply()).startswith("220")
        loop, protocol = asyncio.get_running_loop(), client.transport.get_protocol()
        transport = await loop.start_tls(
            client.transport, protocol, trusting(authority), server_hostname=NAME
        )
        client.writer._transport = transport
        assert await client.say("RCPT TO:<a@example.org>") == "503 5.5.1 Send MAIL first"
        assert await client.say("MAIL FROM:<>") == "503 5.5.1 Say EHLO first"

    house.run(talk)


@pytest.mark.parametrize("sent", [b"EHLO x\r\n" * 50, b"\x16\x03\x01\x02\x00" + b"\0" * 600])
def test_a_client_that_can_not_do_it(house: House, authority: trustme.CA, sent: bytes) -> None:
    """Clear text in the place of a handshake ends the connection, and is one line in the log."""

    async def talk(house: House) -> None:
        client = await house.connect()
        await client.greet()
        await client.say("STARTTLS")
        client.send(sent)
        said = await asyncio.wait_for(client.reader.read(), 5)

        assert b"250" not in said
        assert [one["protocol"] for one in house.named("not_understood")] == ["tls"]
        assert not house.named("failure")

    house.run(talk)


def test_old_versions_are_refused(house: House, authority: trustme.CA) -> None:
    """TLS 1.1 and older do not get through the handshake."""
    assert house.certificate
    assert house.certificate.context
    assert house.certificate.context.minimum_version is ssl.TLSVersion.TLSv1_2
    assert house.certificate.context.options & ssl.OP_NO_RENEGOTIATION

    async def talk(house: House) -> None:
        client = await house.connect()
        await client.greet()
        context = trusting(authority)
        with pytest.warns(DeprecationWarning, match="TLSv1_1"):
            context.minimum_version = ssl.TLSVersion.TLSv1_1
        with pytest.warns(DeprecationWarning, match="TLSv1_1"):
            context.maximum_version = ssl.TLSVersion.TLSv1_1
        context.set_ciphers("DEFAULT@SECLEVEL=0")
        with pytest.raises((ssl.SSLError, ConnectionError)):
            await start(client, context)

    house.run(talk)


def test_a_client_that_leaves_in_the_handshake(house: House, authority: trustme.CA) -> None:
    """Leaves nothing behind."""

    async def talk(house: House) -> None:
        client = await house.connect()
        await client.greet()
        await client.say("STARTTLS")
        client.writer.transport.abort()
        service = house.listeners.service
        assert await service.wait(lambda: bool(service.connections), 5)
        assert not house.named("failure")

    house.run(talk)


def test_a_silent_client_is_told_over_tls(house: House, authority: trustme.CA) -> None:
    """421 comes encrypted, with a proper end."""
    house.settings["idle"] = 0.5

    async def talk(house: House) -> None:
        client = await house.connect()
        await client.greet()
        await start(client, trusting(authority))
        assert (await client.rest()).startswith("421 4.4.2 Nothing heard")

    house.run(talk)


def test_the_certificate_is_read_again(house: House, tmp_path: Path) -> None:
    """New connections get the new one; a broken one is logged, and the old one stays."""
    issue(tmp_path)
    house.certificate = Certificate(settings(tmp_path), {})

    async def secure(house: House, authority: trustme.CA) -> None:
        client = await house.connect()
        await client.greet()
        await start(client, trusting(authority))
        assert (await client.say("NOOP")).startswith("250")

    async def talk(house: House) -> None:
        new = issue(tmp_path)
        await house.listeners.reload()
        await secure(house, new)
        assert house.named("certificate_reloaded")

        (tmp_path / "cert.pem").write_text("rubbish")
        await house.listeners.reload()
        assert "cert.pem" in house.named("failure")[0]["why"]
        await secure(house, new)

    house.run(talk)


def test_files_that_are_no_certificate(tmp_path: Path) -> None:
    """Each is named, with what to do about it, and a passphrase is never asked for."""
    issue(tmp_path)
    good = settings(tmp_path)
    key = tmp_path / "key.pem"
    locked = tmp_path / "locked.pem"
    locked.write_text(
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIB\n-----END ENCRYPTED PRIVATE KEY-----\n"
    )
    other = tmp_path / "other"
    other.mkdir()
    issue(other)
    for name, value, words in (
        ("certificate", str(tmp_path / "none.pem"), "none.pem can't be read: No such file"),
        ("key", str(locked), "no certificate and its key"),
        ("key", str(other / "key.pem"), "key values mismatch"),
        ("key", "credential:key", "LoadCredential=key:/path"),
    ):
        locked.chmod(0o600)
        with pytest.raises(ConfigError, match=words):
            Certificate(good.model_copy(update={name: value}), {})

    key.chmod(0o644)
    with pytest.raises(ConfigError, match="chmod g-w,o= "):
        Certificate(good, {})


def test_a_key_of_systemd(tmp_path: Path) -> None:
    """``credential:NAME`` is what LoadCredential= hands over."""
    issue(tmp_path)
    both = Tls(certificate="credential:cert.pem", key="credential:key.pem")

    assert Certificate(both, {"CREDENTIALS_DIRECTORY": str(tmp_path)}).context


def test_plain_connections_are_not_slowed_by_one_in_a_handshake(
    house: House, authority: trustme.CA
) -> None:
    """Others are served while one client does nothing after STARTTLS."""

    async def talk(house: House) -> None:
        silent = await house.connect()
        await silent.greet()
        await silent.say("STARTTLS")
        client = await house.connect()
        await client.greet()
        assert (await client.deliver())[:3] == "250"

    house.run(talk)
