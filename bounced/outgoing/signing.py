"""Signatures of webhooks, by the specification of Standard Webhooks.  Pure.

What is signed is ``id.timestamp.body``, by HMAC-SHA256; the header lists a signature for each key,
so that keys can be changed without a gap.  https://github.com/standard-webhooks/standard-webhooks
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

_PREFIX: Final = "whsec_"
_SHORTEST: Final = 24
_LONGEST: Final = 64


def key(text: str) -> bytes:
    """Return the key that a text such as ``whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw`` stands for.

    Raises ValueError, which says what to write; never with any of the text in it.
    """
    coded = text.removeprefix(_PREFIX)
    try:
        found = base64.b64decode(coded + "=" * (-len(coded) % 4), validate=True)
    except (binascii.Error, ValueError):
        found = b""
    if text.startswith(_PREFIX) and _SHORTEST <= len(found) <= _LONGEST:
        return found
    msg = (
        f"is no key: it is {_PREFIX} and {_SHORTEST} to {_LONGEST} random octets in base64; make "
        'one with: echo "whsec_$(openssl rand -base64 32)"'
    )
    raise ValueError(msg)


def headers(
    keys: Iterable[bytes], webhook_id: str, now: datetime, body: bytes
) -> Mapping[str, str]:
    """Return the three header fields of a webhook that is sent at *now*."""
    timestamp = str(int(now.timestamp()))
    signed = f"{webhook_id}.{timestamp}.".encode() + body
    digests = (hmac.new(one, signed, hashlib.sha256).digest() for one in keys)
    return {
        "webhook-id": webhook_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(f"v1,{base64.b64encode(one).decode()}" for one in digests),
    }
