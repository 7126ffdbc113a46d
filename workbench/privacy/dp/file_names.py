"""What the files are called of which a budget was set or something was told.

A data set is known by its content; a person who looks at three budgets knows files. The last name
of each and its folder are kept in the store, beside the budgets and not in the ledger: a file's
name may be that of somebody, and what is in the ledger stays. Names are shown; a folder only finds
the file again that a budget is called by.
"""

from __future__ import annotations

from pathlib import Path

from workbench.core.errors import ConflictError
from workbench.store.files import hash_file
from workbench.store.records import Records

NAMESPACE = "privacy.files"
_PLACES = "privacy.file_places"


def note_file(dataset: str, dataset_sha256: str) -> None:
    """Keep a file's name, without its folder; of a name of the catalogue or a sha256 nothing."""
    from workbench import data

    if dataset in data.entries() or not Path(dataset).is_file():
        return
    note_name(Path(dataset).name, dataset_sha256)
    _put(_PLACES, dataset_sha256, str(Path(dataset).absolute()))


def note_name(name: str, dataset_sha256: str) -> None:
    """Keep what a file is called whose content has this sha256."""
    _put(NAMESPACE, dataset_sha256, name)


def _put(namespace: str, key: str, said: str) -> None:
    records = Records()
    known = records.find(namespace, key)
    if known is None or known.document != said:
        records.put(namespace, key, document=said)


def find_noted(name: str) -> Path | None:
    """The file of this name that a budget was set for or that was asked, if it is as it was.

    Raises:
        ConflictError: There are several.
    """
    called = [sha256 for sha256, known in noted_names().items() if known == name]
    places = {each.key: Path(str(each.document)) for each in Records().list(_PLACES)}
    found = {
        places[sha256] for sha256 in called
        if sha256 in places and places[sha256].is_file() and hash_file(places[sha256]) == sha256
    }  # fmt: skip
    if len(found) > 1:
        raise ConflictError(
            f"{len(found)} files are called {name!r}", hint="name the one that is meant by its path"
        )
    return next(iter(found), None)


def noted_names() -> dict[str, str]:
    """The last name of each file by the sha256 of its content."""
    return {each.key: str(each.document) for each in Records().list(NAMESPACE)}
