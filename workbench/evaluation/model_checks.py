"""Checks of a model by name: what a gate asks for before it lets one through.

A room or a package offers one as a function in the entry-point group ``workbench.checks``::

    [project.entry-points."workbench.checks"]
    refusals = "workbench.fairness.language.model_checks:check_refusals"

It is called as ``check(model, against=...)`` with models' names (``base:adapter@3``); ``against``
is the model that is in use now. It returns a ``Check``, or several, and may take minutes.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Collection
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from workbench.core.cancellation import check_cancelled
from workbench.core.errors import CancelledError, NotFoundError, WorkbenchError
from workbench.core.progress import track

from .checks import Check

log = logging.getLogger(__name__)

GROUP = "workbench.checks"


def model_checks() -> list[str]:
    """The names of the checks that are offered, sorted."""
    return sorted(_offered())


def run_model_checks(
    model: str, *, against: str, names: Collection[str] | None = None
) -> tuple[Check, ...]:
    """Run checks of a model.

    A check that cannot be run has not held: it is told as one that failed, with NaN for its value.

    Args:
        model: The model's name.
        against: The name of the model that it would take the place of.
        names: Which checks; all that are offered if None.

    Raises:
        NotFoundError: There is no check of that name; near matches are named.
        CancelledError: The run was cancelled.
    """
    require_checks(names)
    offered = _offered()
    found: list[Check] = []
    for name in track(sorted(offered if names is None else names), "checks", unit="checks"):
        check_cancelled()
        found += _run(name, offered[name], model, against)
    return tuple(found)


def require_checks(names: Collection[str] | None) -> None:
    """Raise NotFoundError, with near matches, where a check is asked for that nobody offers."""
    offered = _offered()
    for name in names or ():
        if name not in offered:
            raise NotFoundError.among("check of a model", name, offered)


def _run(name: str, entry: EntryPoint, model: str, against: str) -> list[Check]:
    try:
        function: Any = entry.load()
        given = function(model, against=against)
    except CancelledError:
        raise
    except (WorkbenchError, ImportError, AttributeError) as error:
        log.warning("the check %s could not be run: %s", name, error)
        return [Check(f"{name} (could not be run: {error})", math.nan, None, None, False)]
    checks = [given] if isinstance(given, Check) else list(given)
    if not checks or not all(isinstance(each, Check) for each in checks):
        return [Check(f"{name} (gave no check)", math.nan, None, None, False)]
    return checks


def _offered() -> dict[str, EntryPoint]:
    return {entry.name: entry for entry in entry_points(group=GROUP)}
