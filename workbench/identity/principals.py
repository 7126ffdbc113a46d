"""Who a request comes from, and what that may do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any

from workbench.core.errors import AccessError, InputError


@dataclass(frozen=True)
class KeyLimits:
    """What a key may use; None is without a limit. Days and months are those of UTC."""

    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    concurrent_streams: int | None = None
    budget_tokens_day: int | None = None
    budget_tokens_month: int | None = None
    budget_usd_day: float | None = None
    budget_usd_month: float | None = None

    def __post_init__(self) -> None:
        for name, value in self.items:
            if isinstance(value, bool) or not 0 <= value < 10**15:
                raise InputError(
                    f"the limit {name} is {value!r}; it must be a number of at least 0",
                    hint="leave it out for no limit",
                    limit=name,
                )

    @cached_property
    def items(self) -> tuple[tuple[str, float], ...]:
        """The limits that are set, by name."""
        pairs = ((each.name, getattr(self, each.name)) for each in fields(self))
        return tuple((name, value) for name, value in pairs if value is not None)

    @cached_property
    def has_budgets(self) -> bool:
        """Whether days or months are limited."""
        return any(name.startswith("budget") for name, _ in self.items)

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> KeyLimits:
        """Limits from plain data. Raises InputError for a name that is none."""
        known = {each.name for each in fields(cls)}
        if unknown := sorted(set(given) - known):
            raise InputError(
                f"there is no limit {unknown[0]!r}; there are {', '.join(sorted(known))}",
                limit=unknown[0],
            )
        return cls(**given)


@dataclass(frozen=True)
class Principal:
    """Who a request comes from: one key of one user.

    ``models`` are the names that it may use, exact or with a ``*`` at the end; None is all.
    """

    key_id: str
    name: str
    user: str
    role: str
    scopes: frozenset[str]
    models: tuple[str, ...] | None = None
    limits: KeyLimits = field(default_factory=KeyLimits)

    def may_use(self, model: str) -> bool:
        """Whether the key's allow-list has this model.

        An adapter (``base:adapter``) is a name of its own: ``base*`` allows it, ``base`` does not.
        """
        if self.models is None:
            return True
        exact, beginnings = self._allowed
        return model in exact or model.startswith(beginnings)

    def require_model(self, model: str) -> None:
        """Raise AccessError unless the key may use this model."""
        if not self.may_use(model):
            allowed = ", ".join(self.models or ()) or "none"
            raise AccessError(
                f"the key {self.name!r} may not use the model {model!r}; it may use {allowed}",
                hint="ask for one of these, or have the model added to the key",
                reason="model",
                model=model,
            )

    def may(self, scope: str) -> bool:
        """Whether the key may be used for this."""
        return scope in self.scopes

    def require(self, scope: str) -> None:
        """Raise AccessError unless the key may be used for this."""
        if scope not in self.scopes:
            allowed = ", ".join(sorted(self.scopes)) or "nothing"
            raise AccessError(
                f"the key {self.name!r} may not be used for {scope!r}; it may be used for "
                f"{allowed}",
                hint="use a key that has this scope",
                reason="scope",
                scope=scope,
            )

    @cached_property
    def _allowed(self) -> tuple[frozenset[str], tuple[str, ...]]:
        names = self.models or ()
        exact = frozenset(name for name in names if not name.endswith("*"))
        return exact, tuple(name[:-1] for name in names if name.endswith("*"))


def check_models(models: Iterable[str] | None) -> tuple[str, ...] | None:
    """An allow-list without repeats; None for every model.

    Raises:
        InputError: It is empty, or a name has a ``*`` elsewhere than at its end.
    """
    if models is None:
        return None
    names = tuple(dict.fromkeys(name.strip() for name in models))
    for name in names:
        if not name or "*" in name[:-1] or len(name) > 300:
            raise InputError(
                f"{name!r} is no name of a model",
                hint="name a model, or its beginning and a * at the end",
            )
    if not names:
        raise InputError(
            "the list of models is empty: the key could use none", hint="leave it out for all"
        )
    return names
