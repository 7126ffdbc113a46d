"""Settings: argument over environment over ``workbench.toml`` over default, with sources."""

from __future__ import annotations

import difflib
import logging
import math
import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from .errors import ConfigError, NotFoundError

# Others ask for these names here; a setting of the package is added to ``known_settings``.
from .known_settings import ENV_PREFIX as ENV_PREFIX
from .known_settings import KNOWN, Setting
from .known_settings import default_home as default_home
from .known_settings import default_threads as default_threads
from .known_settings import most_threads as most_threads
from .near_names import meant, near_names

log = logging.getLogger(__name__)

FILE_NAME = "workbench.toml"


@dataclass(frozen=True)
class Value:
    """A setting's value and where it came from."""

    value: Any
    source: str


_DECLARED: dict[str, Setting] = {}


def declare(setting: Setting) -> Setting:
    """Add a setting; rooms and plugins do it when they are loaded."""
    _DECLARED[setting.name] = setting
    return setting


for _setting in KNOWN:
    declare(_setting)

_NONE: Mapping[str, Value] = MappingProxyType({})
_overrides: ContextVar[Mapping[str, Value]] = ContextVar("workbench_settings", default=_NONE)
# The tables of rooms, which each room reads and checks itself.
TABLES = ("ensembles", "fallback", "models", "prices", "routing", "serving", "upstreams")
_file_cache: dict[Path, tuple[int, dict[str, Any]]] = {}
_file_lock = threading.Lock()
_keeps_last_good = threading.Event()


def declared() -> dict[str, Setting]:
    """Every setting by name."""
    return dict(sorted(_DECLARED.items()))


def get(name: str) -> Any:
    """A setting's value now.

    Raises:
        NotFoundError: The name is unknown.
        ConfigError: Its value is bad.
    """
    return resolve(name).value


def home() -> Path:
    """The folder that holds all state, as an absolute path. It is not made here.

    Raises:
        ConfigError: It is a file, lies below one, or may not be read.
    """
    folder = Path(get("home")).expanduser().absolute()
    # os.path's says "no" also where a folder above may not be searched; Path's would raise.
    nearest = next(path for path in (folder, *folder.parents) if os.path.exists(path))  # noqa: PTH110
    if not nearest.is_dir():
        raise _bad_home(folder, f"{nearest} is a file")
    if not os.access(nearest, os.R_OK | os.X_OK):
        raise _bad_home(folder, f"{nearest} may not be read")
    return folder


def _bad_home(folder: Path, why: str) -> ConfigError:
    return ConfigError(
        f"setting 'home' from {resolve('home').source} is {folder}, but {why}",
        hint="set WORKBENCH_HOME to a folder of your own",
        setting="home",
    )


def resolve(name: str) -> Value:
    """A setting's value and its source: an argument, the environment, the file or the default."""
    setting = _DECLARED.get(name)
    if setting is None:
        raise NotFoundError.among("setting", name, _DECLARED, hint="workbench config show")
    overrides = _overrides.get()
    if name in overrides:
        return overrides[name]
    if setting.variable in os.environ:
        source = f"environment ({setting.variable})"
        return Value(parse(setting, os.environ[setting.variable], source), source)
    path = find_file()
    if path is not None and name in (table := read_file(path)):
        return Value(parse(setting, table[name], str(path)), str(path))
    default = setting.default() if callable(setting.default) else setting.default
    return Value(default, "default")


def resolve_all() -> dict[str, Value]:
    """Every setting with its source."""
    return {name: resolve(name) for name in declared()}


@contextmanager
def override(source: str = "argument", **values: Any) -> Iterator[None]:
    """Set values for a block, above the environment; None leaves a setting as it is."""
    given = {}
    for name, value in values.items():
        if value is None:
            continue
        if name not in _DECLARED:
            raise NotFoundError.among("setting", name, _DECLARED, hint="workbench config show")
        given[name] = Value(parse(_DECLARED[name], value, source), source)
    reset = _overrides.set({**_overrides.get(), **given})
    try:
        yield
    finally:
        _overrides.reset(reset)


def parse(setting: Setting, raw: Any, source: str) -> Any:
    """Turn what stands in a source into the setting's type, or raise ConfigError."""
    try:
        value = _convert(setting.type, raw)
    except (TypeError, ValueError, OverflowError):
        raise _bad(setting, raw, source) from None
    out = setting.low is not None and value < setting.low
    out = out or (setting.high is not None and value > setting.high())
    if out or (setting.choices and value not in setting.choices):
        raise _bad(setting, value, source)
    return value


def _bad(setting: Setting, found: Any, source: str) -> ConfigError:
    if source.startswith("environment"):
        hint = f"unset {setting.variable}"
    elif source.endswith(".toml"):
        hint = f"edit {source}"
    else:
        hint = "workbench config show"
    allowed = describe(setting)
    if setting.high is not None:  # of this machine, so no part of what the settings' page says
        allowed += f" and at most {setting.high():g}"
    near = near_names(str(found), setting.choices or ())
    if near:
        allowed += f"; {meant(near)}"
    return ConfigError(
        f"setting {setting.name!r} from {source} is {found!r}; it must be {allowed}",
        hint=hint,
        setting=setting.name,
    )


def _convert(kind: type, raw: Any) -> Any:
    if kind is bool:
        if isinstance(raw, bool):
            return raw
        words = {
            "1": True,
            "true": True,
            "yes": True,
            "on": True,
            "0": False,
            "false": False,
            "no": False,
            "off": False,
        }
        if str(raw).strip().lower() not in words:
            raise ValueError(raw)
        return words[str(raw).strip().lower()]
    if isinstance(raw, bool):
        raise TypeError(raw)
    if kind is Path:
        if not str(raw).strip():
            raise ValueError(raw)
        return Path(raw).expanduser()
    if kind is str and not isinstance(raw, str):
        raise TypeError(raw)  # str() would take a number, a list or a whole table
    value = kind(raw)
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(raw)
    if isinstance(raw, float) and value != raw:
        raise ValueError(raw)  # int() would drop the fraction
    return value


def describe(setting: Setting) -> str:
    """What a setting may be, in words."""
    if setting.choices:
        return "one of " + ", ".join(setting.choices)
    words = {
        int: "a whole number",
        float: "a number",
        bool: "true or false",
        Path: "a path",
        str: "text",
    }[setting.type]
    return words + (f" of at least {setting.low:g}" if setting.low is not None else "")


def find_file() -> Path | None:
    """The nearest ``workbench.toml``, here or above; WORKBENCH_CONFIG names another."""
    named = os.environ.get("WORKBENCH_CONFIG")
    if named:
        path = Path(named).expanduser()
        if not path.is_file():
            raise ConfigError(
                f"WORKBENCH_CONFIG names {path}, which is not a file", hint="unset WORKBENCH_CONFIG"
            )
        return path
    try:
        here = Path.cwd()
    except FileNotFoundError:  # the working folder was deleted under us
        return None
    candidates = (folder / FILE_NAME for folder in (here, *here.parents))
    return next((path for path in candidates if path.is_file()), None)


def keep_last_good() -> None:
    """From now on a file that has become unreadable leaves this process with what it said before.

    For what runs long: a file that is saved half-written must not stop a gateway that works.
    """
    _keeps_last_good.set()


def read_file(path: Path) -> dict[str, Any]:
    """The settings of one file. An unknown name in it is an error with near matches.

    A table (``[models.NAME]`` and the like) belongs to a room, which reads it itself.
    """
    stamp = path.stat().st_mtime_ns
    with _file_lock:
        cached = _file_cache.get(path)
    if cached is not None and cached[0] == stamp:
        return cached[1]
    try:
        table = _read(path)
    except (ConfigError, NotFoundError) as error:
        if cached is None or not _keeps_last_good.is_set():
            raise
        log.warning("%s; what it said before stays in force", error.message)
        table = cached[1]
    with _file_lock:
        _file_cache[path] = (stamp, table)
    return table


def _read(path: Path) -> dict[str, Any]:
    import tomllib

    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is not valid TOML: {error}", hint=f"edit {path}") from None
    for name in table:
        if name not in _DECLARED and not isinstance(table[name], dict):
            raise NotFoundError.among(f"setting (in {path})", name, _DECLARED, hint=f"edit {path}")
        # A plugin may have a table of any name, but hardly one that is a letter off from ours.
        near = difflib.get_close_matches(name, TABLES, n=1, cutoff=0.8)
        if isinstance(table[name], dict) and near and name not in {*TABLES, *_DECLARED}:
            raise NotFoundError(
                f"no table named [{name}] (in {path}); did you mean [{near[0]}]?",
                hint=f"edit {path}",
            )
    return table
