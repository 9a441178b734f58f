"""Signatures, checked by the reference library of Standard Webhooks."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from bounced.outgoing import signing

KEYS = st.binary(min_size=24, max_size=64)


def _text(key: bytes) -> str:
    return "whsec_" + base64.b64encode(key).decode()


@given(key=KEYS, text=st.text(), name=st.from_regex(r"msg_[0-9a-f]{32}\Z"))
def test_the_reference_accepts_what_we_sign(key: bytes, text: str, name: str) -> None:
    """And refuses it with another body."""
    body = text.encode()
    headers = dict(signing.headers([key], name, datetime.now(UTC), body))

    Webhook(_text(key)).verify(body, headers, json_parse=False)
    with pytest.raises(WebhookVerificationError):
        Webhook(_text(key)).verify(body + b" ", headers, json_parse=False)


def test_an_old_one_can_not_be_replayed() -> None:
    """The time is signed as well."""
    headers = dict(signing.headers([b"k" * 24], "msg_1", datetime.now(UTC), b"{}"))
    old = datetime.now(UTC) - timedelta(minutes=6)

    with pytest.raises(WebhookVerificationError, match="No matching"):
        Webhook(b"k" * 24).verify(
            b"{}", headers | {"webhook-timestamp": str(int(old.timestamp()) + 120)}
        )
    with pytest.raises(WebhookVerificationError, match="too old"):
        Webhook(b"k" * 24).verify(b"{}", dict(signing.headers([b"k" * 24], "msg_1", old, b"{}")))


def test_several_keys_sign_at_once() -> None:
    """While the key is changed, whoever has the old one or the new one is content."""
    old, new = b"o" * 24, b"n" * 24
    headers = dict(signing.headers([old, new], "msg_1", datetime.now(UTC), b"{}"))

    assert Webhook(old).verify(b"{}", headers) == {}
    assert Webhook(new).verify(b"{}", headers) == {}


@given(key=KEYS)
def test_a_key_is_read_as_the_reference_reads_it(key: bytes) -> None:
    """With its padding or without."""
    assert signing.key(_text(key)) == key
    assert signing.key(_text(key).rstrip("=")) == key


@pytest.mark.parametrize(
    "text",
    [
        "",
        "whsec_",
        "whsec_c2hvcnQ=",
        _text(b"k" * 24).removeprefix("whsec_"),
        "whsec_" + "é" * 40,
        "whsec_" + "!" * 40,
        _text(b"k" * 65),
    ],
)
def test_what_is_no_key_is_refused_and_not_shown(text: str) -> None:
    """With the command that makes one."""
    with pytest.raises(ValueError, match="openssl rand") as caught:
        signing.key(text)

    assert len(text) < 10 or text not in str(caught.value)
