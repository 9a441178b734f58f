"""Asked at send time: Postfix's socketmap and policy protocols, answered from the store.

:class:`Service` belongs to the daemon; the answers come from a process of its own, so that reading
a large bounce never makes a sender wait.
"""

from __future__ import annotations

from bounced.lookup.service import Service

__all__ = ["Service"]
