"""What daemon and worker say to each other on their socket, as bytes.

A request is two lengths, a head and the message: the head is JSON, the envelope and the time.  A
reply is a length and JSON: ``[fingerprint, reading]``, or ``[name, text]`` of what
a reader raised.
"""

from __future__ import annotations

import struct
from typing import Final

REQUEST: Final = struct.Struct("!IQ")
REPLY: Final = struct.Struct("!BI")
READ: Final = 0
RAISED: Final = 1
LONGEST: Final = 2**26
"""Octets of a reply; a status of a thousand recipients makes some six million."""

OUT_OF_MEMORY: Final = 12
"""The exit code of a worker that would have needed more memory than it may have."""
