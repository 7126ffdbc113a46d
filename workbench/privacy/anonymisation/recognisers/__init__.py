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
    "aligned_fields",
    "birth_dates",
    "cards",
    "couples",
    "emails",
    "fields",
    "ibans",
    "ips",
    "logins",
    "names",
    "national_ids",
    "owner_codes",
    "phones",
    "places",
    "records",
    "rows",
    "schemas",
    "scripts",
    "signatures",
    "small_names",
    "speakers",
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
