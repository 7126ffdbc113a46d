"""Checks: a measured value and the bounds that it must lie in, the form that gates ask for."""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from workbench.core.errors import ConflictError, InputError, NotFoundError
from workbench.core.viewers import Viewable


@dataclass(frozen=True)
class Check(Viewable):
    """A value, its inclusive bounds (None: no bound on that side) and whether it lies in them."""

    name: str
    value: float
    low: float | None
    high: float | None
    ok: bool
    unit: str = ""

    def __str__(self) -> str:
        low = "-inf" if self.low is None else f"{self.low:g}"
        high = "inf" if self.high is None else f"{self.high:g}"
        unit = f" {self.unit}" if self.unit else ""
        return f"{self.name}: {self.value:g}{unit} {'in' if self.ok else 'NOT in'} [{low}, {high}]"


CheckFunction = Callable[..., Check]
_registry: dict[str, CheckFunction] = {}
# Checks of this room: their modules are imported when they are first asked for.
_OWN = {"perplexity": "workbench.evaluation.perplexity"}


def check(
    name: str,
    value: float,
    *,
    low: float | None = None,
    high: float | None = None,
    unit: str = "",
) -> Check:
    """Hold a value against its bounds. NaN lies in no bounds.

    Raises:
        InputError: There is no bound, or low is above high: such a check could not fail, or not
            pass.

    >>> str(check("accuracy", 0.91, low=0.9))
    'accuracy: 0.91 in [0.9, inf]'
    """
    if low is None and high is None:
        raise InputError(f"check {name!r} has no bounds, so it could not fail", hint="low or high")
    if any(bound is not None and math.isnan(bound) for bound in (low, high)):
        raise InputError(f"a bound of check {name!r} is NaN", hint="give a number")
    if low is not None and high is not None and low > high:
        raise InputError(f"check {name!r} has low {low:g} above high {high:g}", hint="swap them")
    value = float(value)
    ok = not math.isnan(value)
    ok = ok and (low is None or value >= low) and (high is None or value <= high)
    return Check(name, value, low, high, ok, unit)


def register_check(name: str) -> Callable[[CheckFunction], CheckFunction]:
    """Make a function known as the check ``name``, e.g. ``perplexity`` or ``fairness.parity``.

    A gate in a room below the one that defines the check asks for it by this name.

    Raises:
        ConflictError: Another function has that name.
    """

    def register(function: CheckFunction) -> CheckFunction:
        known = _registry.get(name)
        if known is not None and _where(known) != _where(function):
            raise ConflictError(
                f"check {name!r} is already defined by {_where(known)}",
                hint="give the check another name",
            )
        _registry[name] = function
        return function

    return register


def run_check(name: str, *arguments: Any, **options: Any) -> Check:
    """Run the check of that name.

    Raises:
        NotFoundError: There is none; near names are given.
        InputError: What is registered under the name did not return a Check.
    """
    if name not in _registry and name in _OWN:
        importlib.import_module(_OWN[name])
    if name not in _registry:
        raise NotFoundError.among(
            "check", name, registered_checks(), hint="import the room that defines it"
        )
    result = _registry[name](*arguments, **options)
    if not isinstance(result, Check):
        raise InputError(
            f"check {name!r} returned {type(result).__name__}, not a Check",
            hint="return evaluation.check(...)",
        )
    return result


def registered_checks() -> list[str]:
    """The names of the checks that are known now: this room's and those of loaded rooms."""
    return sorted({*_registry, *_OWN})


def _where(function: CheckFunction) -> str:
    return f"{function.__module__}.{function.__qualname__}"
