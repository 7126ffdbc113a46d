"""Settings: argument over environment over ``workbench.toml`` over default, with sources."""

from __future__ import annotations

import math
import os
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from .errors import ConfigError, NotFoundError

ENV_PREFIX = "WORKBENCH_"
FILE_NAME = "workbench.toml"


@dataclass(frozen=True)
class Setting:
    """One setting: its name, type (``str``, ``int``, ``float``, ``bool`` or ``Path``) and default.

    ``choices`` empty means any value of the type. A default or a ``high`` that depends on the
    machine is a function without arguments.
    """

    name: str
    type: type
    default: Any
    help: str
    choices: tuple[str, ...] = ()
    low: float | None = None
    high: Callable[[], float] | None = None

    @property
    def variable(self) -> str:
        """The environment variable that sets it."""
        return ENV_PREFIX + self.name.upper()


@dataclass(frozen=True)
class Value:
    """A setting's value and where it came from."""

    value: Any
    source: str


def default_home() -> Path:
    """The platform's folder for an application's data."""
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "workbench"
    base = os.environ.get("XDG_DATA_HOME")
    return (Path(base) if base else Path.home() / ".local" / "share") / "workbench"


def default_threads() -> int:
    """The cores that this process may use, at most 8: decoding gains nothing from more."""
    usable = getattr(os, "sched_getaffinity", None)
    return max(1, min(8, len(usable(0)) if usable else os.cpu_count() or 1))


def most_threads() -> int:
    """The most threads that an engine may be given here: twice the cores, and 8 on a small machine.

    Beyond that they only take turns, and llama.cpp ends with a fault at 512.
    """
    return max(8, 2 * (os.cpu_count() or 1))


_DECLARED: dict[str, Setting] = {}


def declare(setting: Setting) -> Setting:
    """Add a setting; rooms and plugins do it when they are loaded."""
    _DECLARED[setting.name] = setting
    return setting


for _setting in (
    Setting("home", Path, default_home, "where models, runs, jobs and the ledger are kept"),
    Setting("model", str, "smollm2-135m", "the model that is used when none is named"),
    Setting(
        "engine",
        str,
        "auto",
        "the engine that is used when none is named",
        choices=("auto", "llamacpp", "transformers", "mlx", "onnx"),
    ),
    Setting(
        "threads",
        int,
        default_threads,
        "threads of one engine; unset, llama.cpp gets as many of them as were measured to be best",
        low=1,
        high=most_threads,
    ),
    Setting("offline", bool, False, "never fetch a model or a data set, only use what is there"),
    Setting(
        "seed", int, 0, "the seed of a report run; a chat that names none draws its own", low=0
    ),
    Setting(
        "adapters_per_model",
        int,
        16,
        "adapters that llama.cpp loads with their base: labelled ones first, then the newest",
        low=0,
    ),
    Setting("load_timeout_s", float, 120.0, "longest wait for an engine to load a model", low=1),
    Setting(
        "memory_budget_bytes",
        int,
        0,
        "memory that a pool's loaded models may take together; 0 for 60% of what is free",
        low=0,
    ),
    Setting(
        "model_keep_alive_s",
        float,
        300.0,
        "time that a pool keeps an idle model; -1 until its room is needed",
        low=-1,
    ),
    Setting(
        "model_patience_s",
        float,
        5.0,
        "time for which a loaded model's requests go before those of one that must be loaded",
        low=0,
    ),
    Setting("model_queue_size", int, 256, "requests that may wait for one model", low=1),
    Setting(
        "model_slots",
        int,
        2,
        "jobs at a time in a pool's llama.cpp engine; of two or more, one is kept for short ones",
        low=1,
    ),
    Setting("reports_dir", Path, Path("reports"), "where report runs are written"),
    Setting("labs_dir", Path, Path("labs"), "where the labs are"),
    Setting("report_jobs", int, 2, "notebooks that a report run executes at a time", low=1),
    Setting("notebook_timeout_s", float, 1800.0, "longest run of one notebook", low=1),
    Setting("lease_s", float, 60.0, "time after which a silent worker loses its job", low=0.1),
    Setting("serve_host", str, "127.0.0.1", "the address that the gateway listens on"),
    Setting(
        "serve_port", int, 8400, "the port that the gateway listens on; 0 takes a free one", low=0
    ),
    Setting("drain_s", float, 30.0, "longest that a gateway that ends lets answers go on", low=0),
    Setting(
        "usage_sketches",
        bool,
        True,
        "keep a sketch of each prompt beside its usage, for drift; it tells a little of its words",
    ),
    Setting("redis_url", str, "", "a Redis or Valkey that keeps the limits of several gateways"),
    Setting(
        "limits_when_down",
        str,
        "refuse",
        "what a gateway does while that Redis is away: refuse requests, or count on its own",
        choices=("refuse", "local"),
    ),
    Setting(
        "cache_memory_bytes",
        int,
        64 << 20,
        "what the gateway's known answers may take in memory; 0 for no cache",
        low=0,
    ),
    Setting(
        "cache_disk_bytes",
        int,
        512 << 20,
        "what they may take in cache.sqlite, where a restart finds them; 0 for memory alone",
        low=0,
    ),
    Setting("cache_ttl_s", float, 86_400.0, "how long a known answer is good", low=0),
    Setting(
        "usage_prompt_text",
        bool,
        False,
        "keep the words of prompts and answers beside their usage",
    ),
    Setting(
        "log_level",
        str,
        "WARNING",
        "what the command line logs",
        choices=("DEBUG", "INFO", "WARNING", "ERROR"),
    ),
):
    declare(_setting)

_NONE: Mapping[str, Value] = MappingProxyType({})
_overrides: ContextVar[Mapping[str, Value]] = ContextVar("workbench_settings", default=_NONE)
_file_cache: dict[Path, tuple[int, dict[str, Any]]] = {}
_file_lock = threading.Lock()


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


def read_file(path: Path) -> dict[str, Any]:
    """The settings of one file. An unknown name in it is an error with near matches.

    A table (``[models.NAME]`` and the like) belongs to a room, which reads it itself.
    """
    import tomllib

    stamp = path.stat().st_mtime_ns
    with _file_lock:
        cached = _file_cache.get(path)
        if cached is not None and cached[0] == stamp:
            return cached[1]
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is not valid TOML: {error}", hint=f"edit {path}") from None
    for name in table:
        if name not in _DECLARED and not isinstance(table[name], dict):
            raise NotFoundError.among(f"setting (in {path})", name, _DECLARED, hint=f"edit {path}")
    with _file_lock:
        _file_cache[path] = (stamp, table)
    return table
