"""What is known of an adapter: the record that a catalogue keeps beside its files."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from workbench.core.errors import InputError, IntegrityError, NotFoundError
from workbench.core.table_faults import fault_of
from workbench.store.files import write_json

RECORD_NAME = "adapter.json"
METHODS = ("lora", "dora")
_SHA256 = r"^[0-9a-f]{64}$"


@dataclass(frozen=True)
class AdapterRecord:
    """One version of one adapter.

    ``files`` are names beside the record with their sha256. ``chat_template_sha256`` is that of
    the template it was trained with: without the same one it answers worse. ``parents`` are the
    adapters (``base:name@version``) from which it was made.
    """

    name: str
    base_model: str
    base_sha256: str
    rank: int
    alpha: float
    target_modules: tuple[str, ...]
    files: Mapping[str, str]
    method: str = "lora"
    chat_template_sha256: str | None = None
    parents: tuple[str, ...] = ()
    notes: Mapping[str, Any] = field(default_factory=dict)

    @property
    def scale(self) -> float:
        """What the product of its two matrices is multiplied with."""
        return self.alpha / self.rank


def write_record(folder: Path, record: AdapterRecord) -> Path:
    """Write a record beside its files, whole or not at all.

    Raises:
        InputError: The record breaks its own rules.
    """
    import dataclasses

    plain = dataclasses.asdict(record)
    _validate(plain, str(folder / RECORD_NAME))
    path = folder / RECORD_NAME
    write_json(path, plain)
    return path


def read_record(folder: Path, *, verify: bool = True) -> AdapterRecord:
    """Read the record of a folder.

    Args:
        folder: Where the record and its files are.
        verify: Also compare each file with its sha256.

    Raises:
        NotFoundError: There is no record, or a file of it is missing.
        InputError: The record is ill-formed; the field is named.
        IntegrityError: A file is not the one that was recorded.
    """
    path = folder / RECORD_NAME
    if not path.is_file():
        raise NotFoundError(
            f"{folder} has no {RECORD_NAME}",
            hint="name an adapter's own folder",
        )
    try:
        plain = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError(f"{path} is not valid JSON: {error}", hint="fetch it again") from None
    record = _validate(plain, str(path))
    if verify:
        for name, expected in record.files.items():
            _verify(folder / name, expected)
    return record


def hash_template(template: str) -> str:
    """The sha256 of a chat template, as a record keeps it."""
    return hashlib.sha256(template.encode()).hexdigest()


def _verify(path: Path, expected: str) -> None:
    if not path.is_file():
        raise NotFoundError(f"the adapter's file {path} is missing", hint="fetch it again")
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != expected:
        raise IntegrityError(
            f"{path} has the sha256 {found[:12]}..., its record says {expected[:12]}...",
            hint="fetch it again",
            path=str(path),
        )


def _validate(plain: Any, source: str) -> AdapterRecord:
    import pydantic

    schema = _schema()
    try:
        checked = schema.model_validate_json(json.dumps(plain))
    except pydantic.ValidationError as error:
        fault = fault_of(error, schema)
        raise InputError(f"{source}: {fault}", hint="fetch it again") from None
    return AdapterRecord(**checked.model_dump())


def _schema() -> Any:
    from typing import Annotated

    from pydantic import ConfigDict, Field, create_model

    text: Any = Annotated[str, Field(min_length=1)]
    sha256: Any = Annotated[str, Field(pattern=_SHA256)]
    # A name that leaves the folder would let a record vouch for, and later remove, other files.
    file_name: Any = Annotated[str, Field(pattern=r"^[^/\\.][^/\\]*$")]
    fields: dict[str, Any] = {
        "name": text,
        "base_model": text,
        "base_sha256": sha256,
        "rank": (int, Field(ge=1)),
        "alpha": (float, Field(gt=0)),
        "target_modules": (tuple[text, ...], Field(min_length=1)),
        "files": (dict[file_name, sha256], Field(min_length=1)),
        "method": (str, Field("lora", pattern=f"^({'|'.join(METHODS)})$")),
        "chat_template_sha256": (sha256 | None, None),
        "parents": (tuple[text, ...], ()),
        "notes": (dict[str, Any], {}),
    }
    strict = ConfigDict(extra="forbid", strict=True)
    return create_model("AdapterRecord", __config__=strict, **fields)
