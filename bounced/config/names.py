"""The names of the settings: in the file, in the environment, and the nearest to a wrong one."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from typing import TypeAlias

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from bounced.causes import Cause
from bounced.config.model import Config, Listen
from bounced.config.policy import Stream
from bounced.config.webhook import Webhook
from bounced.errors import nearest

SettingPath: TypeAlias = tuple[str, ...]

ENVIRONMENT_PREFIX = "BOUNCED_"
CONFIG_VARIABLE = "BOUNCED_CONFIG"
EXPIRE: SettingPath = ("policy", "expire")
LISTS: dict[str, type[BaseModel]] = {"listen": Listen, "webhook": Webhook}
"""The settings that are lists of tables: ``[[listen]]``."""
NAMED: dict[str, type[BaseModel]] = {"streams": Stream}
"""The settings that are tables with names of the operator's own: ``[streams.news]``."""


def settings(model: type[BaseModel] = Config, above: SettingPath = ()) -> dict[SettingPath, str]:
    """Return every setting with its description, in the order of the file."""
    found: dict[SettingPath, str] = {}
    for name, field in model.model_fields.items():
        section = _section(field)
        if section:
            found |= settings(section, (*above, name))
        else:
            found[(*above, name)] = field.description or "the listeners"
    return found


def _section(field: FieldInfo) -> type[BaseModel] | None:
    kind = field.annotation
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None


def environment() -> dict[str, SettingPath]:
    """Return the name of every environment variable with the setting that it stands for."""
    paths = [*settings(), *((*EXPIRE, str(cause)) for cause in Cause)]
    return {variable(path): path for path in paths}


def variable(path: SettingPath) -> str:
    """Return the environment's name of a setting: ``BOUNCED_LIMITS_IDLE``."""
    return ENVIRONMENT_PREFIX + "_".join(path).upper()


def dotted(path: Iterable[str | int]) -> str:
    """Return a setting's name as texts for people write it: ``limits.idle``."""
    return ".".join(part for part in path if isinstance(part, str))


def nearest_setting(path: SettingPath) -> str:
    """Return what ``nearest`` does, for a setting: its neighbours first, then all others."""
    known = [dotted(known) for known in _file_names(path)]
    beside = [name for name in known if name.rpartition(".")[0] == dotted(path[:-1])]
    elsewhere = {name.rpartition(".")[2]: name for name in known}
    close = difflib.get_close_matches(path[-1], list(elsewhere), n=1, cutoff=0.75)
    return nearest(dotted(path), beside) or (
        f"; did you mean {elsewhere[close[0]]}?" if close else nearest(dotted(path), known)
    )


def _file_names(wrong: SettingPath) -> Iterator[SettingPath]:
    """Yield what *wrong* may have been meant for."""
    yield from settings()
    yield from dict.fromkeys((path[0],) for path in settings() if len(path) > 1)
    yield from ((above, name) for above, one in LISTS.items() for name in one.model_fields)
    if len(wrong) > 1 and wrong[0] in NAMED:
        yield from ((*wrong[:2], name) for name in NAMED[wrong[0]].model_fields)
