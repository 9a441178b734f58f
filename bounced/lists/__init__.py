"""Suppression lists of other providers and our own: CSV, JSON lines, JSON, one address a line.

``read`` turns the lines of one into entries, and knows by the names of the columns what they mean.
``batches`` puts them in order.  ``export`` writes ours, so that ``read`` gets the same out of it
again.  Pure.
"""

from __future__ import annotations

from bounced.lists.export import export
from bounced.lists.order import batches, in_order
from bounced.lists.read import Format, read
from bounced.lists.row import Reading
from bounced.lists.values import Bad, Entry, Listed, Skipped

__all__ = [
    "Bad",
    "Entry",
    "Format",
    "Listed",
    "Reading",
    "Skipped",
    "batches",
    "export",
    "in_order",
    "read",
]
