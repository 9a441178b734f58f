"""The rules that come with the program: which files, and in which order.

A rule further up wins.  The order runs from the most specific knowledge to the least: what a
provider means by its own words; what speaks against the obvious reading (a quota, a rate limit, a
block list, a failed authentication, a policy); the wording of the common mail servers; and last,
where no text decided, the codes.
"""

from __future__ import annotations

import tomllib
from importlib.resources import files

# What a provider or a filter product means, known by its host or by a token of its own.
PROVIDERS = (
    "google.toml",
    "microsoft.toml",
    "yahoo.toml",
    "apple.toml",
    "america.toml",
    "europe.toml",
    "asia.toml",
    "filters.toml",
    "platforms.toml",
    "servers.toml",
)

# The same in other languages, each in the order of the texts below.
LANGUAGES = (
    "german.toml",
    "french.toml",
    "iberian.toml",
    "italian.toml",
    "dutch.toml",
    "nordic.toml",
    "slavic.toml",
    "russian.toml",
    "southeastern.toml",
    "farther.toml",
    "smaller.toml",
    "japanese.toml",
    "chinese.toml",
    "korean.toml",
)

# Words that stand whoever says them; those that speak against the obvious reading are in front.
TEXTS = (
    "registry.toml",
    "machinery.toml",
    "authentication.toml",
    "blocklist.toml",
    "rate.toml",
    "relay.toml",
    "policy.toml",
    "sender.toml",
    "tls.toml",
    *LANGUAGES,
    "message.toml",
    "subjects.toml",
    "domain.toml",
    "mailbox.toml",
    "network.toml",
)

# What is left when no text decided: vague words first, then codes by how far they are trusted.
FALLBACK = (
    "vague.toml",
    "status.toml",
    "code.toml",
)

ORDER = (*PROVIDERS, *TEXTS, *FALLBACK)


def tables() -> list[tuple[str, dict[str, object]]]:
    """Return every packaged rule file, parsed, in the order that counts."""
    here = files("bounced.rules")
    return [(name, tomllib.loads(here.joinpath(name).read_text("utf-8"))) for name in ORDER]
