"""A snapshot: examples as one Parquet file that is named by its sha256 and never changes.

The bytes are the same for the same rows, parts, licence, consent and sources, whenever and wherever
they are written with one release of pyarrow; what the checks found is kept in the store beside it.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workbench.core.errors import InputError, IntegrityError, NotFoundError
from workbench.core.plain import to_plain
from workbench.core.viewers import Viewable
from workbench.finetuning.examples import Example
from workbench.store.artifacts import Artifacts
from workbench.store.versions import Version, Versions

from .checking import DataReport
from .splitting import HELD_OUT, TRAIN

KIND = "snapshot"
_FORMAT = "1"
_CARD = b"workbench.snapshot"
_LEAST_PREFIX = 6
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


@dataclass(frozen=True)
class Snapshot(Viewable):
    """Examples that do not change. ``id`` is the sha256 of the file, ``reference`` the version in
    the store; ``sources`` the files that they came from, with their sha256; ``report`` what the
    checks found, as plain data. ``user_column`` is what said whose each row is, where rows say it.
    """

    id: str
    reference: str
    rows: dict[str, int]
    license: str
    consent: str
    sources: dict[str, str]
    parents: tuple[str, ...]
    report: dict[str, Any]
    created_s: float
    size_bytes: int
    user_column: str | None = None

    def examples(self, part: str = TRAIN) -> tuple[Example, ...]:
        """The examples of a part, ``train`` or ``held_out``, in their order.

        Raises:
            NotFoundError: There is no such part, or the file is gone.
            IntegrityError: Its bytes are not those of its name any more.
        """
        if part not in (TRAIN, HELD_OUT):
            raise NotFoundError.among("part", part, (TRAIN, HELD_OUT))
        return tuple(example for own, example in read_rows(self.id) if own == part)


def write_rows(
    examples: Sequence[Example], parts: Sequence[str], *, card: Mapping[str, Any]
) -> bytes:
    """The Parquet bytes of examples and their parts; equal content gives equal bytes."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    message = pa.struct([("role", pa.string()), ("content", pa.string())])
    text = json.dumps({"format": _FORMAT, **card}, sort_keys=True, ensure_ascii=False)
    fields: list[tuple[str, Any]] = [
        ("id", pa.string()),
        ("part", pa.string()),
        ("task", pa.string()),
        ("group", pa.string()),
        ("weight", pa.float64()),
        ("messages", pa.list_(message)),
    ]
    # Only where rows have one: the bytes, and the sha256, of other snapshots stay what they were.
    owned = any(each.user for each in examples)
    if owned:
        fields.append(("user", pa.string()))
    schema = pa.schema(fields, metadata={_CARD: text.encode()})
    rows = [
        {
            "id": each.identity,
            "part": part,
            "task": each.task,
            "group": each.group,
            "weight": each.weight,
            "messages": [{"role": role, "content": said} for role, said in each.messages],
            **({"user": each.user} if owned else {}),
        }
        for each, part in zip(examples, parts, strict=True)
    ]
    target = io.BytesIO()
    pq.write_table(
        pa.Table.from_pylist(rows, schema=schema), target, compression="zstd", version="2.6"
    )
    return target.getvalue()


def read_rows(sha256: str) -> list[tuple[str, Example]]:
    """Each row of a snapshot's file: its part and the example.

    Raises:
        IntegrityError: The file is not one of ours.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with Artifacts().open(sha256) as file:
            table = pq.read_table(file)
    except pa.ArrowInvalid as error:
        raise IntegrityError(f"{sha256} is no snapshot: {error}", hint="make it again") from None
    if _CARD not in (table.schema.metadata or {}):
        raise IntegrityError(f"{sha256} is a table, but no snapshot", hint="make one of it")
    return [
        (
            row["part"],
            Example(
                tuple((each["role"], each["content"]) for each in row["messages"]),
                row["id"],
                row["task"],
                row["weight"],
                row["group"],
                row.get("user") or "",
            ),
        )
        for row in table.to_pylist()
    ]


def keep_snapshot(
    examples: Sequence[Example],
    parts: Sequence[str],
    *,
    name: str,
    license: str,
    consent: str,
    sources: Mapping[str, str],
    report: DataReport,
    parents: Sequence[Snapshot] = (),
    user_column: str | None = None,
) -> Snapshot:
    """Write a snapshot and record it as the next version of ``name``; the same content as its
    newest version is that version.

    Raises:
        InputError: The name is no name, or nothing is said of licence or consent.
        DataError: The checks refuse the file.
        StorageError: The disk is full; nothing is left behind.
    """
    if not _NAME.fullmatch(name):
        raise InputError(f"{name!r} is no name", hint="letters, digits, dots, dashes")
    for what, said in (("license", license), ("consent", consent)):
        if not said.strip():
            raise InputError(f"nothing is said of the {what}", hint=f"--{what} 'our own'")
    report.check()
    ancestors = sorted(parent.id for parent in parents)
    card: dict[str, Any] = {
        "license": license, "consent": consent, "sources": dict(sources), "parents": ancestors,
        **({} if user_column is None else {"user_column": user_column}),
    }  # fmt: skip
    artifact = Artifacts().put_bytes(write_rows(examples, parts, card=card))
    versions = Versions()
    newest = versions.list(KIND, name)[-1:]
    if newest and newest[0].artifact_sha256 == artifact.sha256:
        return _snapshot(newest[0], artifact.size_bytes)
    version = versions.create(
        KIND,
        name,
        artifact_sha256=artifact.sha256,
        record={
            **card,
            "rows": {part: list(parts).count(part) for part in (TRAIN, HELD_OUT)},
            "report": to_plain(report),
        },
        parents=[versions.resolve(KIND, parent.reference) for parent in parents],
    )
    return _snapshot(version, artifact.size_bytes)


def find_snapshot(reference: str) -> Snapshot:
    """A snapshot by ``name``, ``name@3``, its sha256 or a beginning of it that is unique.

    Raises:
        NotFoundError: There is none, or several begin so.
    """
    versions = Versions()
    found = versions.list(KIND)
    if re.fullmatch(r"[0-9a-f]+", reference) and len(reference) >= _LEAST_PREFIX:
        fits = [v for v in found if v.artifact_sha256 and v.artifact_sha256.startswith(reference)]
        if len({each.artifact_sha256 for each in fits}) > 1:
            raise NotFoundError(
                f"{len(fits)} snapshots begin with {reference}",
                hint="give more digits: " + ", ".join(v.artifact_sha256[:16] for v in fits[:5]),  # type: ignore[index]
            )
        if fits:
            return _snapshot(fits[-1])
    return _snapshot(versions.resolve(KIND, reference))


def list_snapshots(name: str | None = None) -> list[Snapshot]:
    """The snapshots of the store, by name and number."""
    return [_snapshot(version) for version in Versions().list(KIND, name)]


def _snapshot(version: Version, size_bytes: int | None = None) -> Snapshot:
    record, sha256 = version.record, version.artifact_sha256 or ""
    if size_bytes is None:
        artifacts = Artifacts()
        size_bytes = (
            artifacts.path(sha256, verify=False).stat().st_size if artifacts.contains(sha256) else 0
        )
    return Snapshot(
        sha256,
        version.reference,
        record["rows"],
        record["license"],
        record["consent"],
        record["sources"],
        tuple(record["parents"]),
        record["report"],
        version.created_s,
        size_bytes,
        record.get("user_column"),
    )
