"""One recogniser a file: ``find(text, reading)`` gives what it finds in a text."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Iterator

from workbench.core.errors import NotFoundError
from workbench.privacy.anonymisation.findings import Found
from workbench.privacy.anonymisation.reading import Reading

Find = Callable[[str, Reading], Iterator[Found]]
NAMES = (
    "addresses",
    "birth_dates",
    "cards",
    "emails",
    "fields",
    "ibans",
    "ips",
    "names",
    "national_ids",
    "phones",
    "places",
    "scripts",
    "small_names",
    "stated_ids",
    "stated_names",
    "urls",
)


def load_recognisers(names: Iterable[str] = NAMES) -> dict[str, Find]:
    """The recognisers of these names.

    Raises:
        NotFoundError: There is none of a name.
    """
    found: dict[str, Find] = {}
    for name in names:
        if name not in NAMES:
            raise NotFoundError.among("recogniser", name, NAMES)
        found[name] = importlib.import_module(f"{__name__}.{name}").find
    return found
