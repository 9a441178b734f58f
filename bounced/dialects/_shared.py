"""Reasons that stand below a list of recipients, and not beside each of them."""

from __future__ import annotations

from collections.abc import Sequence


def share(names: Sequence[str], reasons: Sequence[str]) -> dict[str, str]:
    """Return for each of *names* the reasons that name it, or else those that name none of them.

    What is said of one recipient must not be held against the next.
    """
    low = [name.lower() for name in names]
    told = [{name for name in low if name in reason.lower()} for reason in reasons]
    shared = {}
    for name in names:
        own = [one for one, said in zip(reasons, told, strict=True) if name.lower() in said]
        common = [one for one, said in zip(reasons, told, strict=True) if not said]
        shared[name] = " ".join(own or common)
    return shared
