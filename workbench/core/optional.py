"""Packages that only some rooms need, asked for by name and extra."""

from __future__ import annotations

import importlib
import importlib.util
from types import ModuleType

from .errors import DependencyError


def require(module: str, *, extra: str) -> ModuleType:
    """Import an optional package.

    Raises:
        DependencyError: It is not installed; the hint names the extra that brings it.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        top = module.partition(".")[0]
        if error.name is not None and error.name.partition(".")[0] != top:
            raise  # the package is there, and something that it needs itself is not
        raise _missing(top, extra) from None


def require_installed(module: str, *, extra: str) -> None:
    """Make sure that a package is there, without the seconds that its import may take.

    Raises:
        DependencyError: It is not installed; the hint names the extra that brings it.
    """
    if not available(module):
        raise _missing(module.partition(".")[0], extra)


def available(module: str) -> bool:
    """Whether a package can be imported, found without importing it."""
    return importlib.util.find_spec(module.partition(".")[0]) is not None


def _missing(top: str, extra: str) -> DependencyError:
    return DependencyError(
        f"the package {top!r} is not installed",
        hint=f"pip install 'workbench[{extra}]'",
        module=top,
        extra=extra,
    )
