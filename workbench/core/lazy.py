"""Lazy names for a room's ``__init__``: a room costs nothing until a name of it is used."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from typing import Any


def attach(
    package: str, origins: Mapping[str, str]
) -> tuple[Callable[[str], Any], Callable[[], list[str]], list[str]]:
    """Make the ``__getattr__``, ``__dir__`` and ``__all__`` of a room.

    Args:
        package: The room's ``__name__``.
        origins: Public name to the submodule that defines it, e.g. ``{"load": "loading"}``.

    A name whose origin is empty is a submodule of its own.
    """
    names = sorted(origins)

    def get_attribute(name: str) -> Any:
        if name not in origins:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        origin = origins[name]
        if not origin:
            return importlib.import_module(f"{package}.{name}")
        return getattr(importlib.import_module(f"{package}.{origin}"), name)

    def list_names() -> list[str]:
        return names

    return get_attribute, list_names, names
