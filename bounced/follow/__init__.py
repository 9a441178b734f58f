"""Follow the mail log of the Postfix that sends: ``bounced follow``.

:mod:`files` and :mod:`pipes` read it, :mod:`counting` says what of it counts, :mod:`run` records.
"""

from __future__ import annotations
