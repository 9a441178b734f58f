"""Addresses: one form to compare them by, and what a bounce address stands for.

For applications that send: :func:`return_path` makes the envelope sender of a mail, signed, so that
what comes back to it is known to be about that mail, and nobody else can be blamed by it.
docs/return-path.md has the format and examples.  Pure.
"""

from __future__ import annotations

from bounced.address.mailbox import MAX_KEY, domain_of, is_address, normalise, normalise_domain
from bounced.address.pattern import chooser, matcher
from bounced.address.signed import (
    VALIDITY,
    Key,
    Seal,
    Signed,
    names,
    read_keys,
    return_path,
    verify,
)
from bounced.address.wrapped import untagged, unwrap

__all__ = [
    "MAX_KEY",
    "VALIDITY",
    "Key",
    "Seal",
    "Signed",
    "chooser",
    "domain_of",
    "is_address",
    "matcher",
    "names",
    "normalise",
    "normalise_domain",
    "read_keys",
    "return_path",
    "untagged",
    "unwrap",
    "verify",
]
