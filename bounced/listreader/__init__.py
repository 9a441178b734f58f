"""Read a suppression list: its lines, and ``apart`` from us, in a process of its own.

That takes as long as writing what the list comes to, and so both processors work.
"""

from __future__ import annotations

from bounced.listreader.apart import apart
from bounced.listreader.job import Job, Seen, lines

__all__ = ["Job", "Seen", "apart", "lines"]
