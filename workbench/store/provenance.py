"""Where each blob came from and under which licence, beside the blobs that it speaks of."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from workbench.core.errors import IntegrityError

from .files import write_json

FOLDER = "sources"


@dataclass(frozen=True)
class Origin:
    """One place that gave a blob: source uri, path inside it, licence, time (ISO 8601, UTC)."""

    uri: str
    path: str
    license: str
    license_url: str | None
    fetched_at: str


def record(home: Path, sha256: str, *, size_bytes: int, origin: Origin) -> None:
    """Add ``origin`` to what is known of a blob; the newest word of a source replaces its last.

    The record is written after the blob, so a crash between the two leaves a blob without a
    record, never a record without its blob.
    """
    others = [known for known in origins(home, sha256) if (known.uri, known.path) != _key(origin)]
    write_json(
        home / FOLDER / f"{sha256}.json",
        {
            "sha256": sha256,
            "size_bytes": size_bytes,
            "origins": [asdict(known) for known in (*others, origin)],
        },
    )


def origins(home: Path, sha256: str) -> list[Origin]:
    """Every origin that is recorded of a blob, the newest last; empty if there is none."""
    return _read(home / FOLDER / f"{sha256}.json")


def find_sha256(home: Path, uri: str, *, path: str) -> str | None:
    """The blob that was last fetched from ``path`` of ``uri``, for files that are not pinned."""
    latest: tuple[str, str] | None = None
    for file in (home / FOLDER).glob("*.json"):
        for origin in _read(file):
            if _key(origin) == (uri, path) and (latest is None or origin.fetched_at > latest[0]):
                latest = (origin.fetched_at, file.stem)
    return latest[1] if latest else None


def now() -> str:
    """The time as a record states it."""
    return dt.datetime.now(dt.UTC).isoformat(timespec="seconds")


def _key(origin: Origin) -> tuple[str, str]:
    return origin.uri, origin.path


def _read(path: Path) -> list[Origin]:
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return [Origin(**entry) for entry in content["origins"]]
    except FileNotFoundError:
        return []
    except (ValueError, KeyError, TypeError) as error:
        raise IntegrityError(
            f"the record of origin {path} cannot be read: {error}",
            hint=f"delete {path}; the next fetch of its source writes it anew",
        ) from None
