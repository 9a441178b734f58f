"""Keys and tokens: can they be read, and by nobody else?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from bounced.config import Config
from bounced.config.ours import ours
from bounced.doctor.finding import Finding, blame, ok, warn
from bounced.errors import ConfigError
from bounced.web import tokens
from bounced.web.service import PROTOCOL

_CREDENTIAL = "credential:"


def keys(config: Config, environ: Mapping[str, str]) -> Iterator[Finding]:
    """Yield a finding for each thing that the settings say is a secret."""
    yield _found("return path", lambda: _return_path(config, environ))
    if any(one.protocol == PROTOCOL for one in config.listen):
        yield _found("http", lambda: _tokens(config, environ))
    for hook in config.webhook:
        name = f"webhook {hook.name}"
        if hook.secret.startswith(_CREDENTIAL) and not environ.get("CREDENTIALS_DIRECTORY"):
            advice = f"see that the unit has LoadCredential={hook.secret.removeprefix(_CREDENTIAL)}"
            yield warn(
                name, "its secret is a systemd credential, which only the service sees", advice
            )
            continue
        yield _found(name, lambda hook=hook: f"{len(hook.keys(environ))} keys")  # type: ignore[misc]


def _found(name: str, read: Callable[[], str]) -> Finding:
    try:
        return ok(name, read())
    except ConfigError as error:
        return blame(name, error)


def _return_path(config: Config, environ: Mapping[str, str]) -> str:
    known = ours(config, environ).keys
    if not known:
        return "no keys; bounces are believed unsigned"
    return f"keys {', '.join(key.id for key in known)}, readable by nobody else"


def _tokens(config: Config, environ: Mapping[str, str]) -> str:
    return f"{len(tokens.load(config.http.token_file(environ)))} tokens, readable by nobody else"
