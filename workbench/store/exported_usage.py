"""The exported months of usage in an object store, for whoever reads Parquet there.

``exported.json`` says what of the table each month holds (the mark of ``usage_export``), and is
written last: a month that was cut short is put again.
"""

from __future__ import annotations

import json
from pathlib import Path

from workbench.core.errors import IntegrityError, NotFoundError
from workbench.core.progress import track

from . import files
from .objects import ObjectFolder
from .usage_export import UsageExport, read_mark

INDEX = "exported.json"


def put_usage(exported: UsageExport, url: str) -> list[str]:
    """Put the months that the store lacks, or has with fewer rows; which these were.

    Args:
        exported: What ``export_usage`` gave.
        url: ``s3://BUCKET/PREFIX``.

    Raises:
        FetchError: The store cannot be reached.
        AccessError: It refuses the key.
        NotFoundError: There is no such bucket.
    """
    there = ObjectFolder(url, setting="usage_url")
    marks = _read_index(there)
    put = []
    for file in track(list(exported.files), "Putting usage"):
        mark = read_mark(file.path)
        if mark is None or marks.get(file.month) != mark:
            there.put(file.path, file.path.name)
            marks[file.month] = mark or ""
            put.append(file.month)
    if put:
        there.write(INDEX, json.dumps(marks, indent=1, sort_keys=True).encode())
    return put


def fetch_usage(url: str, folder: Path) -> list[str]:
    """Bring a folder up to the months that a store has; which were fetched.

    Args:
        url: ``s3://BUCKET/PREFIX``, as ``put_usage`` filled it.
        folder: Gets ``2026-11.parquet`` and so on; a month that is as it was is left alone.

    Raises:
        NotFoundError: Nothing was exported there.
        IntegrityError: A file is not what the store's list says.
    """
    there = ObjectFolder(url, setting="source")
    marks = _read_index(there)
    if not marks:
        raise NotFoundError(
            f"there is no exported usage at {there.place}",
            hint="on the machine that serves: WORKBENCH_USAGE_URL, workbench serving usage-export",
        )
    fetched = []
    for month, mark in track(list(marks.items()), "Fetching usage"):
        path = folder / f"{month}.parquet"
        if read_mark(path) == mark:
            continue
        with files.drafting(folder, path.name) as draft:
            if not there.fetch(path.name, draft.path) or read_mark(draft.path) != mark:
                raise IntegrityError(
                    f"{there.place}/{path.name} is not what {INDEX} says",
                    hint="it is being written, or somebody else put it there; try again",
                )
            draft.publish(path)
        fetched.append(month)
    for path in folder.glob("????-??.parquet"):
        if path.stem not in marks:
            path.unlink()
    return fetched


def _read_index(there: ObjectFolder) -> dict[str, str]:
    data = there.read(INDEX)
    if data is None:
        return {}
    try:
        marks = json.loads(data)
        return {str(month): str(mark) for month, mark in marks.items()}
    except (ValueError, AttributeError):
        raise IntegrityError(
            f"{there.place}/{INDEX} is damaged",
            hint="remove it there; the next export puts every month again",
        ) from None
