"""The settings of the daemon and of the command line: one file, the environment, or neither.

``load`` is the front door.  A setting that is unknown or malformed is refused with the file, the
line, what is wrong and the nearest known name; nothing is ever guessed or ignored.
"""

from __future__ import annotations

from bounced.config.endpoint import Endpoint, Inherited, Tcp, Unix
from bounced.config.follow import Follow
from bounced.config.forward import Forward
from bounced.config.http import Http
from bounced.config.limits import Limits
from bounced.config.load import Loaded, load, load_with_origins, state_directory
from bounced.config.model import Config, Listen, Log, Rules, StoreSection
from bounced.config.policy import Policy, Stream
from bounced.config.postfix import Postfix
from bounced.config.tls import Tls
from bounced.config.webhook import Webhook

__all__ = [
    "Config",
    "Endpoint",
    "Follow",
    "Forward",
    "Http",
    "Inherited",
    "Limits",
    "Listen",
    "Loaded",
    "Log",
    "Policy",
    "Postfix",
    "Rules",
    "StoreSection",
    "Stream",
    "Tcp",
    "Tls",
    "Unix",
    "Webhook",
    "load",
    "load_with_origins",
    "state_directory",
]
