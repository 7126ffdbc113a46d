"""Fetching the lists ahead, and saying where they came from and who may use them."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.core.viewers import Viewable

from .packages import DISTRIBUTIONS
from .using import pull_lists


@dataclass(frozen=True)
class ListsHere(Viewable):
    """The lists as they are here now: ``sources`` are packages, ``licenses`` go by package."""

    sha256: str
    names: int
    places: int
    sources: tuple[str, ...]
    holds: dict[str, str]
    licenses: dict[str, str]


def pull() -> ListsHere:
    """See ``operations.lists``."""
    used = pull_lists()
    return ListsHere(
        used.sha256,
        used.names,
        used.places,
        tuple(each.uri for each in DISTRIBUTIONS),
        {each.package: each.holds for each in DISTRIBUTIONS},
        {each.package: each.license for each in DISTRIBUTIONS},
    )
