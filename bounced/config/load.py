"""Find the settings: defaults, then the file, then the environment; complain about all at once."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import platformdirs
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from bounced.config import complaints, names, positions
from bounced.config.model import Config
from bounced.errors import ConfigError, nearest

SYSTEM_FILE = Path("/etc/bounced/bounced.toml")
LOCAL_FILE = Path("bounced.toml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """The settings in force and where each came from: ``default``, ``file:line`` or a variable."""

    config: Config
    file: Path | None
    origins: Mapping[names.SettingPath, str]


@dataclass(slots=True, kw_only=True)
class _Sources:
    """What was said, by whom; ``problems`` gathers what can be told before validation."""

    file: Path | None
    data: dict[str, Any] = field(default_factory=dict)
    lines: Mapping[positions.Path, int] = field(default_factory=dict)
    variables: dict[names.SettingPath, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


def load(path: Path | None, environ: Mapping[str, str]) -> Config:
    """Return the settings in force; ``ConfigError`` names every fault, one a line."""
    return load_with_origins(path, environ).config


def load_with_origins(path: Path | None, environ: Mapping[str, str]) -> Loaded:
    """Like :func:`load`, and tell where each setting came from."""
    file = find_file(path, environ)
    sources = _Sources(file=file)
    if file:
        _read_file(file, sources)
    _read_environment(environ, sources)
    _fill_in(sources, environ)

    def by_line(detail: ErrorDetails) -> int:
        return positions.find(sources.lines, tuple(detail["loc"])) or 0

    try:
        config = Config.model_validate(sources.data)
    except ValidationError as error:
        sources.problems += [
            f"{_where(tuple(detail['loc']), sources)}: {complaints.sentence(detail)}"
            for detail in sorted(error.errors(include_url=False), key=by_line)
        ]
    if sources.problems:
        raise ConfigError("\n".join(sources.problems)) from None
    return Loaded(config=config, file=file, origins=_origins(sources))


def find_file(path: Path | None, environ: Mapping[str, str]) -> Path | None:
    """Return the file to read; one that was asked for must exist, the usual places need not."""
    if path is None and environ.get(names.CONFIG_VARIABLE):
        path = Path(environ[names.CONFIG_VARIABLE])
    if path:
        return path
    return next((usual for usual in (LOCAL_FILE, SYSTEM_FILE) if usual.exists()), None)


def state_directory(environ: Mapping[str, str]) -> Path:
    """Return where data is kept: ``$STATE_DIRECTORY`` (systemd), else the user's own place."""
    given = environ.get("STATE_DIRECTORY", "").partition(":")[0]
    return Path(given) if given else platformdirs.user_state_path("bounced", appauthor=False)


def _read_file(file: Path, sources: _Sources) -> None:
    try:
        text = file.read_bytes().decode("utf-8")
    except OSError as error:
        msg = f"{file}: can't be read: {error.strerror}; name another with --config"
        raise ConfigError(msg) from None
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        msg = f"{file}:{line}: is not UTF-8 text; save it as UTF-8"
        raise ConfigError(msg) from None
    try:
        sources.data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(_syntax(file, text, str(error))) from None
    sources.lines = positions.lines(text)
    _anchor_rules(sources.data, file.parent)
    _anchor_secrets(sources.data, file.parent)


def _syntax(file: Path, text: str, said: str) -> str:
    """Say where a text stops being TOML; tomllib writes "... (at line 3, column 7)"."""
    what, _, place = said.rpartition(" (at ")
    numbers = [word for word in place.replace(",", " ").replace(")", " ").split() if word.isdigit()]
    line = int(numbers[0]) if numbers else max(1, len(text.splitlines()))
    return (
        f"{file}:{line}: is not TOML: {what or said}; texts stand in quotes, tables in [brackets]"
    )


def _anchor_rules(data: dict[str, Any], folder: Path) -> None:
    """Rule files that are named without a leading ``/`` lie beside the file that names them."""
    section = data.get("rules")
    files = section.get("files") if isinstance(section, dict) else None
    files = [name.strip() for name in files.split(",")] if isinstance(files, str) else files
    if isinstance(section, dict) and isinstance(files, list):
        section["files"] = [str(folder / name) if _is_path(name) else name for name in files]


def _anchor_secrets(data: dict[str, Any], folder: Path) -> None:
    """Take the files of keys and of tokens the same way."""
    for table, name in (("return_path", "keys"), ("http", "tokens")):
        section = data.get(table)
        if isinstance(section, dict) and _is_path(section.get(name)):
            section[name] = str(folder / section[name])


def _is_path(name: object) -> bool:
    return isinstance(name, str) and bool(name)


def _read_environment(environ: Mapping[str, str], sources: _Sources) -> None:
    known = names.environment()
    # Shorter names first, so that POLICY_EXPIRE_X adds to what POLICY_EXPIRE has set.
    for name in sorted(environ, key=lambda name: (len(name), name)):
        if not name.startswith(names.ENVIRONMENT_PREFIX) or name == names.CONFIG_VARIABLE:
            continue
        if name not in known:
            hint = nearest(name, [*known, names.CONFIG_VARIABLE])
            sources.problems.append(f"{name}: no such setting{hint}")
            continue
        _put(sources, known[name], _toml_value(environ[name]))
        sources.variables[known[name]] = name


def _toml_value(text: str) -> object:
    """Read a value in TOML syntax; whatever is none stands for itself as a text."""
    try:
        read = tomllib.loads(f"value = {text}")
    except tomllib.TOMLDecodeError:
        return text
    # A number stays a text: the settings that want one read it, and a host may be named "1".
    plain = isinstance(read["value"], str | list | dict) and len(read) == 1
    return read["value"] if plain else text


def _put(sources: _Sources, path: names.SettingPath, value: object) -> None:
    table: object = sources.data
    for name in path[:-1]:
        if not isinstance(table, dict):
            return  # the file has no table here; validation says so
        table = table.setdefault(name, {})
    if isinstance(table, dict):
        table[path[-1]] = value


def _fill_in(sources: _Sources, environ: Mapping[str, str]) -> None:
    store = sources.data.setdefault("store", {})
    if isinstance(store, dict):
        store.setdefault("url", f"sqlite:///{state_directory(environ).absolute()}/bounced.db")


def _where(path: positions.Path, sources: _Sources) -> str:
    """Name the variable or the line that *path* was set by, or what comes nearest to it."""
    words = tuple(part for part in path if isinstance(part, str) and part != "[key]")
    for length in range(len(words), 0, -1):
        if words[:length] in sources.variables:
            return sources.variables[words[:length]]
    below = (name for at, name in sources.variables.items() if at[: len(words)] == words)
    if path not in sources.lines and (variable := next(below, None)):
        return variable
    line = positions.find(sources.lines, path)
    return f"{sources.file}:{line}" if line else str(sources.file or "settings")


def _origins(sources: _Sources) -> dict[names.SettingPath, str]:
    """Return where each setting comes from; a table also by the first that was set in it."""
    found = dict.fromkeys(names.settings(), "default")
    lines = {path: f"{sources.file}:{line}" for path, line in sources.lines.items()}
    for told in (lines, sources.variables):  # a variable beats the file
        for path, origin in reversed(told.items()):
            words = tuple(map(str, path))
            known = (words[:length] for length in range(1, len(words) + 1))
            found |= {setting: origin for setting in known if setting in found}
    return found
