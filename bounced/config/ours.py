"""What the settings say of our own mail, as the core wants it."""

from __future__ import annotations

from collections.abc import Mapping

from bounced.address import chooser, matcher
from bounced.config.model import Config
from bounced.config.return_path import load_keys
from bounced.errors import ConfigError
from bounced.whose import Ours


def ours(config: Config, environ: Mapping[str, str]) -> Ours:
    """Return it, with the keys; raises ConfigError where they can't be read, or must be there."""
    keys = load_keys(config.return_path, environ)
    if not keys and (name := _signed_only(config)):
        msg = (
            f'{name} = "signed" lets only signed reports change anything, and there is no key to '
            "know them by; make one with `bounced return-path --new-key`, and name its file in "
            "return_path.keys"
        )
        raise ConfigError(msg)
    _refuse_unreachable(config)
    return Ours(
        keys=keys,
        validity=config.return_path.validity,
        recipient_headers=config.correlate.recipient_headers,
        stream_headers=config.correlate.stream_headers,
        stream_of=chooser({name: one.addresses for name, one in config.streams.items()}),
    )


def _refuse_unreachable(config: Config) -> None:
    """Make sure that what comes back to our own paths is let in."""
    local, at, domain = (config.return_path.address or "").rpartition("@")
    if at and not matcher(config.accept)(f"{local}+s1@{domain}"):
        msg = (
            f"return_path.address = {local}@{domain}, and accept refuses what comes back to its "
            f'signed paths; add "{local}+*@{domain}" to accept'
        )
        raise ConfigError(msg)


def _signed_only(config: Config) -> str | None:
    """Return the first setting that demands signatures."""
    if config.policy.trust == "signed":
        return "policy.trust"
    streams = config.streams.items()
    return next((f"streams.{name}.trust" for name, one in streams if one.trust == "signed"), None)
