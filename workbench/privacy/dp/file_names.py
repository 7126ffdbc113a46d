"""What the files are called of which a budget was set or something was told.

A data set is known by its content; a person who looks at three budgets knows files. The last name
of each is kept in the store, beside the budgets and not in the ledger: a file's name may be that of
somebody, and what is in the ledger stays.
"""

from __future__ import annotations

from pathlib import Path

from workbench.store.records import Records

NAMESPACE = "privacy.files"


def note_file(dataset: str, dataset_sha256: str) -> None:
    """Keep a file's name, without its folder; of a name of the catalogue or a sha256 nothing."""
    from workbench import data

    if dataset in data.entries() or not Path(dataset).is_file():
        return
    note_name(Path(dataset).name, dataset_sha256)


def note_name(name: str, dataset_sha256: str) -> None:
    """Keep what a file is called whose content has this sha256."""
    records = Records()
    known = records.find(NAMESPACE, dataset_sha256)
    if known is None or known.document != name:
        records.put(NAMESPACE, dataset_sha256, document=name)


def noted_names() -> dict[str, str]:
    """The last name of each file by the sha256 of its content."""
    return {each.key: str(each.document) for each in Records().list(NAMESPACE)}
