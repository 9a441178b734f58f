"""STARTTLS: where the certificate and its key lie."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from bounced.config.kinds import Section
from bounced.config.secrets import SecretFile


class Tls(Section):
    """The certificate that smtp and lmtp show; without one STARTTLS is not offered."""

    certificate: Annotated[
        SecretFile | None,
        Field(description="PEM file with the certificate and those up to the root's, for STARTTLS"),
    ] = None
    key: Annotated[
        SecretFile | None, Field(description="PEM file of its private key, or `credential:NAME`")
    ] = None


def whole(value: Tls) -> Tls:
    """Return it if it has both or neither; raises ValueError."""
    if (value.certificate is None) == (value.key is None):
        return value
    given, missing = ("key", "certificate") if value.key else ("certificate", "key")
    msg = f'has a {given} and no {missing}; write {missing} = "/path/to/{missing}.pem" too'
    raise ValueError(msg)
