"""How ``auto`` chooses, as the user sets it: the ``[routing]`` table of ``workbench.toml``.

[routing]
default = "smollm2-135m"
prefer = "speed"
models = ["smollm2-135m", "codellama-7b", "hosted/*"]

[routing.tasks]
code = "codellama-7b"

[[routing.rules]]
name = "long"
min_tokens = 3000
model = "qwen2.5-7b"

[[routing.rules]]
name = "tickets"
contains = "(?i)ticket #\\d+"
model = "ensemble/vote"

[routing.examples]
legal = ["Does clause 4 bind the buyer?", "Draft a notice of termination."]
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from workbench.core import settings
from workbench.core.errors import ConfigError
from workbench.core.table_faults import fault_of
from workbench.models.routing.requests import PREFERENCES, Preference, RouteRequest

AUTO = "auto"


@dataclass(frozen=True)
class Rule:
    """One rule: the first whose conditions all hold names the model."""

    name: str
    model: str
    task: str | None = None
    min_tokens: int | None = None
    max_tokens: int | None = None
    contains: str | None = None
    needs: str | None = None

    def holds(self, request: RouteRequest) -> bool:
        """Whether a request meets all conditions."""
        if self.min_tokens is not None and request.prompt_tokens < self.min_tokens:
            return False
        if self.max_tokens is not None and request.prompt_tokens > self.max_tokens:
            return False
        if self.needs is not None and self.needs not in request.needs:
            return False
        if self.contains is not None and not re.search(self.contains, request.text):
            return False
        return self.task is None or (request.task is not None and request.task.name == self.task)


@dataclass(frozen=True)
class RoutingSettings:
    """``models`` are patterns (``prefix*``) of those that may be chosen; empty means all."""

    default: str | None = None
    prefer: Preference | None = None
    models: tuple[str, ...] = ()
    tasks: Mapping[str, str] = field(default_factory=dict)
    rules: tuple[Rule, ...] = ()
    examples: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    least_confidence: float = 0.5

    @property
    def looks_at_tasks(self) -> bool:
        """Whether a request's task can change the choice, so that it is worth an embedding."""
        return bool(self.tasks) or any(rule.task is not None for rule in self.rules)

    @property
    def named(self) -> frozenset[str]:
        """The models that a rule, a task or ``default`` names."""
        return frozenset(
            {rule.model for rule in self.rules}
            | set(self.tasks.values())
            | ({self.default} if self.default else set())
        )

    def considers(self, model: str, *, made: bool = False, fetched: bool = True) -> bool:
        """Whether a model may stand for ``auto``.

        What is made of several models costs several times as much, an adapter is for a purpose of
        its own, and one that is not fetched would be waited for: all three only by name.

        Args:
            model: Its name.
            made: Whether it is made of several.
            fetched: Whether it can answer at once.
        """
        plain = not made and ":" not in model
        return model in self.named or (plain and fetched and self.may_choose(model))

    def may_choose(self, model: str) -> bool:
        """Whether the patterns allow a model."""
        return not self.models or any(
            model.startswith(pattern[:-1]) if pattern.endswith("*") else model == pattern
            for pattern in self.models
        )


def read_routing() -> RoutingSettings:
    """The routing table as the file has it.

    Raises:
        ConfigError: It is wrong; the message names the file, the table and the key.
    """
    path = settings.find_file()
    table = settings.read_file(path).get("routing", {}) if path else {}
    found = _check(table, f"[routing] in {path}")
    rules = tuple(
        Rule(**{"name": f"rule {number}", **rule})
        for number, rule in enumerate(found.pop("rules", None) or [], start=1)
    )
    for rule in rules:
        _check_pattern(rule, f"[[routing.rules]] in {path}")
    examples = {task: tuple(texts) for task, texts in (found.pop("examples", None) or {}).items()}
    _check_tasks({*(found.get("tasks") or {}), *(rule.task for rule in rules)}, examples, path)
    models = tuple(found.pop("models", None) or ())
    return RoutingSettings(**found, models=models, rules=rules, examples=examples)


def _check_pattern(rule: Rule, where: str) -> None:
    try:
        re.compile(rule.contains or "")
    except re.error as error:
        raise ConfigError(
            f"{where}: {rule.name}: contains is no regular expression: {error}",
            hint="escape what is meant literally, as in '\\\\.'",
            parameter="contains",
        ) from None


def _check_tasks(named: set[str | None], examples: Mapping[str, Any], path: Any) -> None:
    from workbench.models.routing.tasks import built_in_examples

    known = {task for _, task in built_in_examples()} | set(examples)
    for task in sorted(name for name in named if name is not None):
        if task not in known:
            raise ConfigError(
                f"[routing] in {path}: there is no task {task!r}",
                hint=f"known: {', '.join(sorted(known))}; or give it [routing.examples]",
                parameter=task,
            )


def _check(table: Any, where: str) -> dict[str, Any]:
    import pydantic

    strict = pydantic.ConfigDict(extra="forbid", strict=True)
    tokens: Any = (int | None, pydantic.Field(None, ge=0))
    text: Any = (str | None, pydantic.Field(None, min_length=1))
    rule: Any = pydantic.create_model(
        "rule",
        __config__=strict,
        name=text,
        model=(str, pydantic.Field(min_length=1)),
        task=text,
        min_tokens=tokens,
        max_tokens=tokens,
        contains=text,
        needs=text,
    )
    model = pydantic.create_model(
        "routing",
        __config__=strict,
        default=text,
        prefer=(str | None, pydantic.Field(None, pattern=f"^({'|'.join(PREFERENCES)})$")),
        models=(list[str] | None, None),
        tasks=(dict[str, str] | None, None),
        rules=(list[rule] | None, None),
        examples=(dict[str, list[str]] | None, None),
        least_confidence=(float, pydantic.Field(0.5, ge=0, le=1)),
    )
    try:
        return model.model_validate(table).model_dump(exclude_unset=True)
    except pydantic.ValidationError as error:
        fault = fault_of(error, model)
        raise ConfigError(
            f"{where}: {fault}",
            hint="allowed: default, prefer, models, tasks, rules, examples, least_confidence",
            parameter=fault.key,
        ) from None
