"""What a caller may say of the sampling, and what it is completed with."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from workbench.core.errors import InputError
from workbench.models.protocol import Sampling
from workbench.models.templates import check_text


def complete_sampling(defaults: Sampling, given: Mapping[str, Any]) -> Sampling:
    """The defaults with what was given over them; a field that is None was not given.

    Raises:
        InputError: A field is unknown or has a value that is not allowed; it is named.
    """
    known = {field.name for field in dataclasses.fields(Sampling)}
    for name in given:
        if name not in known:
            raise InputError(
                f"there is no sampling option {name!r}; there are {', '.join(sorted(known))}"
            )
    chosen = {name: value for name, value in given.items() if value is not None}
    if "stop" in chosen:
        stop = chosen["stop"]
        if not isinstance(stop, (str, list, tuple)):
            raise InputError(f"stop is {stop!r}; it must be a text or a list of texts")
        chosen["stop"] = (stop,) if isinstance(stop, str) else tuple(stop)
    sampling = dataclasses.replace(defaults, **chosen)
    check_sampling(sampling)
    return sampling


def check_sampling(sampling: Sampling) -> None:
    """Raise InputError that names the option, what was found and what is allowed."""
    limits: list[tuple[str, type | tuple[type, ...], float, float]] = [
        ("max_tokens", int, 1, 2**31),
        ("temperature", (int, float), 0, 100),
        ("top_k", int, 0, 2**31),
        ("top_p", (int, float), 0, 1),
        ("min_p", (int, float), 0, 1),
        ("repeat_penalty", (int, float), 0.01, 100),
        ("seed", int, 0, 2**32 - 1),
        ("logprobs", int, 0, 2**31),
    ]
    for name, kind, low, high in limits:
        value: Any = getattr(sampling, name)
        if value is None:
            continue
        whole = isinstance(value, int) and not isinstance(value, bool)
        if not (whole or (kind is not int and isinstance(value, float))):
            what = "a whole number" if kind is int else "a number"
            raise InputError(f"{name} is {value!r}; it must be {what}", parameter=name)
        if not low <= value <= high:
            allowed = f"from {low:,} to {high:,}"
            raise InputError(f"{name} is {value!r}; it must be {allowed}", parameter=name)
    if any(not isinstance(text, str) or not text for text in sampling.stop):
        raise InputError(f"stop is {sampling.stop!r}; it must be texts that are not empty")
    for text in sampling.stop:
        check_text(text, "a stop text")
    if not isinstance(sampling.json_schema, (Mapping, type(None))):
        raise InputError(
            f"json_schema is {type(sampling.json_schema).__name__}; it must be an object",
            hint='{"type": "object", "properties": {...}}',
        )
