"""Settings per model: the ``[models.NAME]`` tables of ``workbench.toml``, checked as a whole.

[models.smollm2-135m]
context_tokens = 2048
sampling = { temperature = 0.2, max_tokens = 512 }

[models.mine]
path = "~/models/mine.gguf"
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from workbench.core import settings
from workbench.core.errors import ConfigError, InputError
from workbench.core.table_faults import fault_of
from workbench.models.protocol import EngineSettings, Sampling
from workbench.models.sampling_rules import check_sampling

_ENGINES = "^(auto|llamacpp|transformers|mlx|onnx)$"


@dataclass(frozen=True)
class ModelSettings:
    """What a user sets for one model; None leaves the default.

    ``path`` names a GGUF file or a folder of the user's own, ``template`` a Jinja chat template in
    place of the model's, ``system`` what it is told first when a conversation brings no system
    message (empty: nothing), ``dtype`` (float32, bfloat16, float16) what torch and MLX compute in,
    ``variant`` how the weights are kept, where an engine has several ways (see ``variants``),
    ``lookup_tokens`` how many tokens it may guess ahead where a text repeats (0: none),
    ``parallel`` how many answers llama.cpp makes at a time (the other engines make one), each with
    ``context_tokens`` of its own; ``cache_prompt`` whether a prompt is kept for the next one that
    begins alike,
    ``prompt_usd_per_million_tokens`` and ``completion_usd_per_million_tokens`` what its tokens cost
    whoever is billed for them.
    """

    path: str | None = None
    engine: str | None = None
    context_tokens: int | None = None
    threads: int | None = None
    parallel: int | None = None
    batch_tokens: int | None = None
    dtype: str | None = None
    variant: str | None = None
    lookup_tokens: int | None = None
    cache_prompt: bool | None = None
    template: str | None = None
    system: str | None = None
    prompt_usd_per_million_tokens: float | None = None
    completion_usd_per_million_tokens: float | None = None
    sampling: dict[str, Any] = field(default_factory=dict)

    def engine_settings(self) -> EngineSettings:
        """What the engine is started with."""
        defaults = EngineSettings()
        return EngineSettings(
            context_tokens=self.context_tokens,
            threads=self.threads or settings.get("threads"),
            parallel=self.parallel or defaults.parallel,
            dtype=self.dtype or defaults.dtype,
            variant=self.variant,
            lookup_tokens=self.lookup_tokens or defaults.lookup_tokens,
            batch_tokens=self.batch_tokens or defaults.batch_tokens,
            load_timeout_s=settings.get("load_timeout_s"),
            cache_prompt=defaults.cache_prompt if self.cache_prompt is None else self.cache_prompt,
        )

    def sampling_defaults(self, recommended: Mapping[str, Any] | None = None) -> Sampling:
        """The sampling that a call falls back to: what the user set, over what is recommended."""
        chosen = {**(recommended or {}), **self.sampling}
        if "stop" in chosen:
            chosen["stop"] = tuple(chosen["stop"])
        return Sampling(**chosen)


def read_settings(name: str, **overrides: Any) -> ModelSettings:
    """The settings of one model, from the file, with arguments over them.

    Raises:
        ConfigError: The file's table is wrong; the message names the file, the table and the key.
        InputError: An argument is.
    """
    path = settings.find_file()
    table = (settings.read_file(path).get("models", {}) if path else {}).get(name, {})
    chosen = _check(table, f"[models.{name}] in {path}", ConfigError)
    given = {key: value for key, value in overrides.items() if value is not None}
    checked = _check(given, f"load({name!r})", InputError)
    sampling = {**chosen.get("sampling", {}), **checked.get("sampling", {})}
    return ModelSettings(**{**chosen, **checked, "sampling": sampling})


def own_models() -> list[str]:
    """The models that ``workbench.toml`` adds with a path."""
    path = settings.find_file()
    tables = settings.read_file(path).get("models", {}) if path else {}
    return [name for name, table in tables.items() if isinstance(table, dict) and "path" in table]


def _check(table: Any, where: str, kind: type[ConfigError] | type[InputError]) -> dict[str, Any]:
    import pydantic

    strict = pydantic.ConfigDict(extra="forbid", strict=True)
    sampling = pydantic.create_model("sampling", __config__=strict, **_sampling_fields())
    limits: dict[str, Any] = {
        "context_tokens": (int | None, pydantic.Field(None, ge=16)),
        "threads": (int | None, pydantic.Field(None, ge=1, le=settings.most_threads())),
        "parallel": (int | None, pydantic.Field(None, ge=1)),
        "batch_tokens": (int | None, pydantic.Field(None, ge=32)),
        "dtype": (str | None, pydantic.Field(None, pattern="^(float32|bfloat16|float16)$")),
        "variant": (str | None, None),
        "lookup_tokens": (int | None, pydantic.Field(None, ge=0, le=64)),
        "engine": (str | None, pydantic.Field(None, pattern=_ENGINES)),
        "path": (str | None, None),
        "template": (str | None, None),
        "system": (str | None, None),
        "cache_prompt": (bool | None, None),
        "prompt_usd_per_million_tokens": (float | None, pydantic.Field(None, ge=0)),
        "completion_usd_per_million_tokens": (float | None, pydantic.Field(None, ge=0)),
        "sampling": (sampling, pydantic.Field(default_factory=sampling)),
    }
    model = pydantic.create_model("model", __config__=strict, **limits)
    try:
        checked = model.model_validate(table).model_dump(exclude_unset=True)
    except pydantic.ValidationError as error:
        fault = fault_of(error, model)
        raise kind(
            f"{where}: {fault}", hint=f"allowed: {', '.join(limits)}", parameter=fault.key
        ) from None
    try:
        check_sampling(ModelSettings(sampling=checked.get("sampling", {})).sampling_defaults())
    except InputError as error:
        raise kind(f"{where}: sampling: {error.message}", hint=error.hint) from None
    return checked


def _sampling_fields() -> dict[str, Any]:
    defaults = asdict(Sampling())
    kinds = {
        "stop": list[str] | tuple[str, ...],
        "json_schema": dict[str, Any] | None,
        "seed": int | None,
    }
    kinds |= {"logprobs": int | None}
    return {
        entry.name: (
            kinds.get(entry.name, float if isinstance(defaults[entry.name], float) else int),
            list(defaults["stop"]) if entry.name == "stop" else defaults[entry.name],
        )
        for entry in fields(Sampling)
    }
