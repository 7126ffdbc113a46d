"""Ensembles as the user sets them: the ``[ensembles.NAME]`` tables of ``workbench.toml``.

[ensembles.vote]
kind = "majority"
members = ["smollm2-135m"]
samples = 5

[ensembles.thrifty]
kind = "cascade"
members = ["smollm2-135m", "qwen2.5-7b"]
threshold = 0.85
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from workbench.core import settings
from workbench.core.errors import ConfigError, NotFoundError
from workbench.core.near_names import meant, near_names
from workbench.core.table_faults import fault_of
from workbench.models.ensembles.best_of import BestOf
from workbench.models.ensembles.cascade import Cascade
from workbench.models.ensembles.judge import Judge
from workbench.models.ensembles.majority import Majority
from workbench.models.virtual import VirtualModel, is_virtual

PREFIX = "ensemble"
KINDS: dict[str, type[Majority | BestOf | Judge | Cascade]] = {
    "majority": Majority,
    "best_of": BestOf,
    "judge": Judge,
    "cascade": Cascade,
}
_MOST_QUESTIONS = 32


class Ensembles:
    """The ensembles of ``workbench.toml``: see ``virtual.Provider``."""

    def names(self) -> Sequence[str]:
        """See ``Provider.names``."""
        return [f"{PREFIX}/{name}" for name in _tables()]

    def find(self, name: str) -> VirtualModel:
        """See ``Provider.find``."""
        tables = _tables()
        short = name.removeprefix(f"{PREFIX}/")
        if short not in tables:
            raise NotFoundError.among(
                "ensemble",
                name,
                self.names(),
                hint=f"write [ensembles.{short}] in {settings.FILE_NAME}",
            )
        return _make(short, tables[short])


provider = Ensembles()


def _tables() -> dict[str, Any]:
    path = settings.find_file()
    found = settings.read_file(path).get("ensembles", {}) if path else {}
    if not isinstance(found, dict):
        raise ConfigError("ensembles must be tables", hint="[ensembles.NAME]")
    return found


def _make(name: str, table: Any) -> VirtualModel:
    where = f"[ensembles.{name}] in {settings.find_file()}"
    kind = table.get("kind") if isinstance(table, dict) else None
    if kind not in KINDS:
        near = near_names(kind, KINDS) if isinstance(kind, str) else []
        more = f"; {meant(near)}" if near else ""
        raise ConfigError(
            f"{where}: kind is {kind!r}{more}" if kind else f"{where}: kind is missing",
            hint=f"allowed: {', '.join(KINDS)}",
            parameter="kind",
        )
    chosen = _check({key: value for key, value in table.items() if key != "kind"}, kind, where)
    members = tuple(chosen.pop("members"))
    others = [*members, chosen.get("judge") or ""]
    if nested := next((member for member in others if is_virtual(member)), None):
        raise ConfigError(
            f"{where}: {nested} is made of models itself",
            hint="name models, not ensembles",
            parameter="members",
        )
    if twice := next((member for member in members if members.count(member) > 1), None):
        raise ConfigError(
            f"{where}: {twice} is named twice",
            hint="set samples for several answers of one model",
            parameter="members",
        )
    made = KINDS[kind](name=f"{PREFIX}/{name}", members=members, **chosen)
    if kind == "cascade" and len(members) < 2:
        raise ConfigError(f"{where}: a cascade needs two members", parameter="members")
    samples = chosen.get("samples", getattr(made, "samples", 1))
    if len(members) * samples > _MOST_QUESTIONS:
        raise ConfigError(
            f"{where}: {len(members)} members with {samples} samples each are more than "
            f"{_MOST_QUESTIONS} questions",
            parameter="samples",
        )
    if kind != "cascade" and len(members) * samples < 2:
        raise ConfigError(
            f"{where}: one answer leaves nothing to choose from",
            hint="name several members, or set samples to 2 or more",
            parameter="samples",
        )
    return made


def _check(table: dict[str, Any], kind: str, where: str) -> dict[str, Any]:
    """A table's values, each of its kind and within its bounds."""
    import pydantic

    limits: dict[str, tuple[Any, dict[str, Any]]] = {
        "members": (list[str], {"min_length": 1}),
        "samples": (int, {"ge": 1}),
        "temperature": (float, {"gt": 0, "le": 2}),
        "field": (str, {"min_length": 1}),
        "quorum": (float, {"gt": 0, "le": 1}),
        "judge": (str, {"min_length": 1}),
        "threshold": (float, {"ge": 0, "le": 1}),
    }
    own = {field.name: field for field in dataclasses.fields(KINDS[kind])}
    wanted: dict[str, Any] = {}
    for name, (type_, rules) in limits.items():
        if name in own:
            needed = own[name].default is dataclasses.MISSING
            wanted[name] = (type_, pydantic.Field(... if needed else None, **rules))
    strict = pydantic.ConfigDict(extra="forbid", strict=True)
    model = pydantic.create_model(kind, __config__=strict, **wanted)
    try:
        return model.model_validate(table).model_dump(exclude_unset=True)
    except pydantic.ValidationError as error:
        fault = fault_of(error, model)
        raise ConfigError(
            f"{where}: {fault}", hint=f"allowed: kind, {', '.join(wanted)}", parameter=fault.key
        ) from None
