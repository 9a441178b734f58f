"""Rules: what a failed delivery is put down to, as data, and the engine that reads it.

The data are the ``*.toml`` files beside this one (docs/rules.md says how one is written), in the
order of ``builtin.ORDER``.  ``book`` picks the first rule that fits a ``case``, ``table`` turns a
parsed file into rules and refuses broken ones, ``check`` proves that every rule does what its
examples say.  Nothing here reads a clock or a socket; only ``builtin`` reads files, the packaged
ones.
"""

from __future__ import annotations

from bounced.rules.book import RuleBook, compile_rules
from bounced.rules.check import check_rules

__all__ = ["RuleBook", "check_rules", "compile_rules"]
