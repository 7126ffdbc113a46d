"""Which lists this process reads by: decided when they are first wanted, told in each result."""

from __future__ import annotations

import functools
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from workbench.core.errors import (
    DependencyError,
    FetchError,
    IntegrityError,
    StorageError,
)
from workbench.core.viewers import Viewable

log = logging.getLogger(__name__)

COMMAND = "workbench privacy lists"
FEWER = (
    "the lists of names and places are not here, so more of what is personal is missed "
    "than docs/how-to/anonymise.md states with them"
)
_LOCK = threading.RLock()
_F = TypeVar("_F", bound=Callable[..., Any])
_caches: list[Any] = []


@dataclass(frozen=True)
class ListsUsed(Viewable):
    """Whether the lists of names and places were there when texts were read.

    Where ``there`` is false only this package's own lists were read: ``warning`` says what follows
    and ``why`` why they were not there. ``sha256`` is that of the lists' file.
    """

    there: bool
    sha256: str = ""
    names: int = 0
    places: int = 0
    why: str = ""
    warning: str = ""


def by_the_lists(maxsize: int | None = None) -> Callable[[_F], _F]:
    """A cache of what was told by the lists: emptied when other lists are taken into use."""

    def cached(function: _F) -> _F:
        made: Any = functools.lru_cache(maxsize=maxsize)(function)
        _caches.append(made)
        return made

    return cached


_taken: list[tuple[Any, ListsUsed]] = []


def read_lists() -> tuple[Any, ListsUsed]:
    """The lists (``making.Lists``) and what is told of them, fetched if they are not here."""
    from . import making

    with _LOCK:
        if not _taken:
            try:
                lists = making.find_lists() or making.make_lists(ahead=False)
                _taken.append((lists, _told(lists)))
            except (FetchError, IntegrityError, StorageError, DependencyError) as error:
                log.warning("%s: %s. To fetch them: %s", FEWER, error.message, COMMAND)
                _taken.append((making.Lists(), ListsUsed(False, why=error.message, warning=FEWER)))
        return _taken[0]


def lists_in_use() -> ListsUsed:
    """What is told of the lists that this process reads by."""
    return _taken[0][1] if _taken else read_lists()[1]


def take(lists: Any, told: ListsUsed) -> None:
    """Let this process read by these lists from now on."""
    forget()
    with _LOCK:
        _taken.append((lists, told))


def need_lists() -> None:
    """Refuse to go on with this package's own lists alone.

    Raises:
        FetchError: The lists are not there; the message says why.
    """
    used = lists_in_use()
    if not used.there:
        raise FetchError(f"{FEWER}: {used.why}", hint=COMMAND)


def pull_lists() -> ListsUsed:
    """Bring the lists here and take them into use in this process.

    Raises:
        WorkbenchError: As ``making.make_lists``.
    """
    from . import making

    lists = making.find_lists() or making.make_lists()
    told = _told(lists)
    take(lists, told)
    return told


def forget() -> None:
    """Let this process decide anew, and drop what it had told by its lists."""
    with _LOCK:
        _taken.clear()
        for each in _caches:
            each.cache_clear()


def _told(lists: Any) -> ListsUsed:
    from . import making

    names = len(lists.given) + len(lists.family) + len(lists.common) + len(lists.rare)
    return ListsUsed(True, making.SHA256, names, len(lists.cities) + len(lists.towns))
