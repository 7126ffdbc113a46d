"""Settings of the gateway: four tables of ``workbench.toml``, checked as a whole.

[serving]
load_at_start = ["smollm2-135m"]
allowed_hosts = ["lab.example"]

[upstreams.hosted]
url = "https://models.example/v1"
key_file = "~/.config/hosted.key"
models = { large = "vendor-large-2026" }

[fallback]
large = ["smollm2-135m"]

[prices]
smollm2-135m = { completion_usd_per_million_tokens = 0.1 }
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from workbench.core import settings
from workbench.core.errors import ConfigError
from workbench.core.table_faults import fault_of
from workbench.models.routing.settings import RoutingSettings, read_routing
from workbench.models.virtual import find_virtual, virtual_names


@dataclass(frozen=True)
class Price:
    """What a model's tokens cost, in US dollars a million."""

    prompt_usd_per_million_tokens: float = 0.0
    completion_usd_per_million_tokens: float = 0.0

    def usd(self, prompt_tokens: int, completion_tokens: int) -> float:
        """What so many cost."""
        prompt = prompt_tokens * self.prompt_usd_per_million_tokens
        return (prompt + completion_tokens * self.completion_usd_per_million_tokens) / 1e6


FREE = Price()
_TAKEN = {"auto", "ensemble", "local"}  # words before the slash that mean something else


@dataclass(frozen=True)
class UpstreamSettings:
    """One server elsewhere that speaks OpenAI's dialect.

    ``models`` maps the names that clients use to the names that it knows. The key stands in a file
    or in an environment variable, never in ``workbench.toml``. ``weight`` is its share among the
    backends of one model. ``continues`` says how it goes on from an answer that was begun: from an
    assistant's last ``message`` (llama.cpp, Ollama, this gateway), by ``flags`` beside it (vLLM),
    or ``no``. ``max_tokens`` is asked for where the client names none, under the name
    ``limit_field`` (some servers want ``max_completion_tokens``). Before it is answered a prompt is
    reckoned to have a token for each ``least_bytes_per_token`` bytes: 1 is always enough.
    """

    name: str
    url: str
    models: Mapping[str, str]
    key_file: Path | None = None
    key_env: str | None = None
    weight: float = 1.0
    continues: str = "message"
    max_tokens: int = 1024
    limit_field: str = "max_tokens"
    connect_timeout_s: float = 5.0
    first_token_timeout_s: float = 60.0
    between_tokens_timeout_s: float = 30.0
    connections: int = 256
    least_bytes_per_token: float = 1.0
    prompt_usd_per_million_tokens: float = 0.0
    completion_usd_per_million_tokens: float = 0.0

    @property
    def price(self) -> Price:
        """What its tokens cost."""
        return Price(self.prompt_usd_per_million_tokens, self.completion_usd_per_million_tokens)


@dataclass(frozen=True)
class ServingSettings:
    """What a user sets for the gateway.

    ``load_at_start`` names the models that are loaded before it is ready; None stands for the
    default model, an empty list for none. ``allowed_hosts`` are names, beside loopback's, under
    which it may be addressed; ``cors_origins`` the pages elsewhere whose scripts may use it.
    """

    load_at_start: tuple[str, ...] | None = None
    allowed_hosts: tuple[str, ...] = ()
    cors_origins: tuple[str, ...] = ()
    max_body_bytes: int = 20_000_000
    max_header_bytes: int = 65_536
    header_timeout_s: float = 10.0
    body_timeout_s: float = 30.0
    stalled_timeout_s: float = 60.0
    idle_timeout_s: float = 65.0
    max_connections: int = 1000
    threads: int = 32
    upstreams: Mapping[str, UpstreamSettings] = field(default_factory=dict)
    fallback: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    prices: Mapping[str, Price] = field(default_factory=dict)
    routing: RoutingSettings = field(default_factory=RoutingSettings)


def read_settings() -> ServingSettings:
    """The gateway's settings as the file has them.

    Raises:
        ConfigError: A table is wrong; the message names the file, the table and the key.
    """
    path = settings.find_file()
    tables = settings.read_file(path) if path else {}
    where = str(path)
    serving = _check(tables.get("serving", {}), f"[serving] in {where}", _serving_fields())
    upstreams = {
        name: _read_upstream(name, table, where)
        for name, table in _table(tables, "upstreams", where).items()
    }
    prices = _prices_of_models() | {
        name: Price(**_check(table, f"[prices] in {where}: {name}", _price_fields()))
        for name, table in _table(tables, "prices", where).items()
    }
    fallback = _table(tables, "fallback", where)
    for model, chain in fallback.items():
        if not _is_texts(chain) or not chain:
            raise ConfigError(
                f"[fallback] in {where}: {model}: it must be a list of models, at least one",
                hint=f'"{model}" = ["{settings.get("model")}"]',
                parameter=model,
            )
        if model in chain:
            raise ConfigError(
                f"[fallback] in {where}: {model}: it names itself",
                hint="name what is to answer when it cannot",
                parameter=model,
            )
    for made in virtual_names():
        find_virtual(made)  # a wrong ensemble is said now, not to the client who asks it
    return ServingSettings(
        **serving,
        upstreams=upstreams,
        prices=prices,
        routing=read_routing(),
        fallback={model: tuple(chain) for model, chain in fallback.items()},
    )


def _table(tables: Mapping[str, Any], name: str, where: str) -> dict[str, Any]:
    found = tables.get(name, {})
    if not isinstance(found, dict):
        raise ConfigError(f"{name} in {where} must be a table", hint=f"[{name}]", parameter=name)
    return found


def _read_upstream(name: str, table: Any, where: str) -> UpstreamSettings:
    place = f"[upstreams.{name}] in {where}"
    if name in _TAKEN or not name.replace("-", "").replace("_", "").replace(".", "").isalnum():
        raise ConfigError(
            f"{place}: {name!r} cannot be an upstream's name",
            hint=f"letters, digits, '-', '_' and '.', and not {', '.join(sorted(_TAKEN))}",
            parameter=name,
        )
    chosen = _check(table, place, _upstream_fields())
    for needed in ("url", "models"):
        if not chosen.get(needed):
            raise ConfigError(
                f"{place}: {needed} is missing",
                hint='url = "http://127.0.0.1:8000/v1", models = ["NAME"]',
                parameter=needed,
            )
    if not chosen["url"].startswith(("http://", "https://")):
        raise ConfigError(
            f"{place}: url: {chosen['url']!r} must begin with http:// or https://",
            hint='url = "http://127.0.0.1:8000/v1"',
            parameter="url",
        )
    if chosen.get("key_file") and chosen.get("key_env"):
        raise ConfigError(
            f"{place}: key_file and key_env are both given", hint="keep one", parameter="key_file"
        )
    names = chosen["models"]
    chosen["models"] = dict(names) if isinstance(names, dict) else {each: each for each in names}
    chosen["url"] = chosen["url"].rstrip("/")
    if chosen.get("key_file") is not None:
        chosen["key_file"] = Path(chosen["key_file"]).expanduser()
    return UpstreamSettings(name=name, **chosen)


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) and each for each in value)


def _serving_fields() -> dict[str, Any]:
    texts = list[str]
    return {
        "load_at_start": (texts, None),
        "allowed_hosts": (texts, None),
        "cors_origins": (texts, None),
        "max_body_bytes": (int, 1024),
        "max_header_bytes": (int, 1024),
        "header_timeout_s": (float, 0.1),
        "body_timeout_s": (float, 0.1),
        "stalled_timeout_s": (float, 0.1),
        "idle_timeout_s": (float, 0.1),
        "max_connections": (int, 1),
        "threads": (int, 1),
    }


def _prices_of_models() -> dict[str, Price]:
    """What ``[models.NAME]`` says; ``[prices]`` has the last word, also on names of upstreams."""
    from workbench.models.registry import list_prices

    return {name: Price(**dataclasses.asdict(price)) for name, price in list_prices().items()}


def _price_fields() -> dict[str, Any]:
    return {each.name: (float, 0.0) for each in dataclasses.fields(Price)}


def _upstream_fields() -> dict[str, Any]:
    numbers = {
        field.name: (int if isinstance(field.default, int) else float)
        for field in dataclasses.fields(UpstreamSettings)
        if isinstance(field.default, (int, float)) and not isinstance(field.default, bool)
    }
    return {
        "url": (str, None),
        "models": (list[str] | dict[str, str], None),
        "key_file": (str, None),
        "key_env": (str, None),
        "limit_field": (Literal["max_tokens", "max_completion_tokens"], None),
        "continues": (Literal["message", "flags", "no"], None),
        **{name: (kind, 1 if kind is int else 0.0) for name, kind in numbers.items()},
    }


def _check(table: Any, where: str, allowed: Mapping[str, tuple[Any, Any]]) -> dict[str, Any]:
    """A table's values, each of its kind and not too low."""
    import pydantic

    wanted: dict[str, Any] = {
        name: (kind, pydantic.Field(None, **({} if low is None else {"ge": low})))
        for name, (kind, low) in allowed.items()
    }
    strict = pydantic.ConfigDict(extra="forbid", strict=True)
    model = pydantic.create_model("table", __config__=strict, **wanted)
    try:
        checked = model.model_validate(table).model_dump(exclude_unset=True)
    except pydantic.ValidationError as error:
        fault = fault_of(error, model)
        raise ConfigError(
            f"{where}: {fault}", hint=f"allowed: {', '.join(allowed)}", parameter=fault.key
        ) from None
    return {
        name: tuple(value) if isinstance(value, list) and name != "models" else value
        for name, value in checked.items()
    }
