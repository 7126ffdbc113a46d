"""Making a bundle: parts are cut into chunks, named by digest, signed, and written as one file."""

from __future__ import annotations

import hashlib
import secrets
import time
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from workbench.core.cancellation import check_cancelled
from workbench.core.errors import ConflictError, InputError
from workbench.core.progress import Progress, progress
from workbench.edge.device import archive, manifest
from workbench.edge.device.archive import Archive, lay_out, local_header, tail
from workbench.edge.device.chunks import dump_chunks
from workbench.edge.device.manifest import FORMAT, WHOLE_BYTES, Manifest, Part
from workbench.store import files

from .chunking import cut
from .faults import as_errors
from .keys import Signer, load_signer
from .parts import Content
from .runner import runner_files

_READ_BYTES = 1 << 20
DAY_S = 86400


@dataclass(frozen=True)
class Terms:
    """What a bundle asks of the machine and of its clock."""

    system: str = manifest.ANY
    machine: str = manifest.ANY
    runtime: str = "xllamacpp"
    runtime_least: str = "2026.10"
    memory_bytes: int = 400_000_000
    context_tokens: int = 1024
    valid_days: int | None = None
    clock_tolerance_s: int = DAY_S
    clock_when_wrong: str = "warn"


@dataclass(frozen=True)
class Built:
    """A bundle that was written, with its manifest."""

    path: Path
    manifest: Manifest
    size_bytes: int
    key: str


def build(
    name: str,
    out: Path,
    *,
    contents: Sequence[Content],
    architecture: str,
    terms: Terms | None = None,
    previous: Path | None = None,
    keys: Iterable[str] = (),
    signer: Signer | None = None,
    now_s: float | None = None,
    runner: Mapping[str, bytes] | None = None,
) -> Built:
    """Write a bundle, whole or not at all.

    Args:
        name: What it is called.
        out: The file.
        contents: What goes in; the runner is put beside it.
        architecture: Of its model.
        terms: What it asks of the machine.
        previous: The version before, a bundle; this one follows it in its line.
        keys: Public keys that may sign the next version; by default this signer's alone.
        signer: What signs, by default the key of this home.
        now_s: The time, by default that of the clock.
        runner: The files that it is run by, by default those of the device's package.

    Raises:
        ConflictError: The version before does not let this signer sign what follows.
        InputError: A name or a term is of another form; or two parts have one name.
        StorageError: It cannot be written.
    """
    terms, signer = terms or Terms(), signer or load_signer()
    own = runner_files() if runner is None else runner
    started_by = [Content("runner", each, data=data) for each, data in own.items()]
    by_name = {each.name: each for each in (*contents, *started_by)}
    if len(by_name) != len(contents) + len(started_by):
        raise InputError("two files of the bundle have one name", hint="give one another name")
    before = _read_previous(previous, signer) if previous is not None else None
    made_s = int(time.time() if now_s is None else now_s)
    total = sum(_size(each) for each in by_name.values())
    with progress("Cutting into chunks", total=total, unit="bytes") as task:
        described = [_describe(by_name[n], task) for n in sorted(by_name)]
    draft = Manifest(
        name=name,
        line=before.line if before else secrets.token_hex(16),
        history=(*before.history, before.digest) if before else (),
        made_s=max(made_s, before.made_s) if before else made_s,
        expires_s=None if terms.valid_days is None else made_s + terms.valid_days * DAY_S,
        keys=tuple(keys) or (signer.public_key,),
        system=terms.system,
        machine=terms.machine,
        runtime=terms.runtime,
        runtime_least=terms.runtime_least,
        architecture=architecture,
        memory_bytes=terms.memory_bytes,
        context_tokens=terms.context_tokens,
        clock_tolerance_s=terms.clock_tolerance_s,
        clock_when_wrong=terms.clock_when_wrong,
        parts=tuple(part for part, _ in described),
    )
    _check(draft)
    lists = {part.chunk_list: data for part, data in described if data}
    size_bytes = _write(out, draft, signer, by_name, lists)
    return Built(out, draft, size_bytes, signer.name)


def _read_previous(previous: Path, signer: Signer) -> Manifest:
    with as_errors(), Archive(previous) as opened:
        before = opened.head.manifest
        opened.check()
    if signer.public_key not in before.keys:
        raise ConflictError(
            f"{previous} does not let the key {signer.name} sign what follows it: devices would "
            "refuse it",
            hint="sign with a key that it names, or give --next-key when making the one before",
        )
    return before


def _describe(content: Content, task: Progress) -> tuple[Part, bytes]:
    """A part of the manifest, and its list of chunks; the file is read once for each."""
    digest = hashlib.sha256()
    for data in _blocks(content):
        digest.update(data)
    size_bytes, sha256 = _size(content), digest.hexdigest()
    if size_bytes <= WHOLE_BYTES:
        task.advance(size_bytes)
        return Part(content.kind, content.name, sha256, size_bytes), b""
    if content.path is None:
        raise InputError(f"{content.name} has {size_bytes} bytes: bring it as a file")
    chunks = cut(content.path, task)
    listed = dump_chunks(chunks)
    part = Part(
        content.kind,
        content.name,
        sha256,
        size_bytes,
        hashlib.sha256(listed).hexdigest(),
        len(chunks),
    )
    if sum(chunk.size_bytes for chunk in chunks) != size_bytes:
        raise ConflictError(f"{content.path} changed as it was read", hint="try again")
    return part, listed


def _check(draft: Manifest) -> None:
    with as_errors():
        try:
            manifest.check(draft)
        except AssertionError as error:
            raise InputError(
                f"the bundle cannot be described so: {error}",
                hint="a name has lower-case letters, digits, '.', '-' and '_'",
            ) from None
        manifest.read_manifest(draft.dump())


def _write(
    out: Path, made: Manifest, signer: Signer, by_name: dict[str, Content], lists: dict[str, bytes]
) -> int:
    """Write the file: its layout follows from the manifest, as a reader works it out."""
    said = made.dump()
    signature = signer.sign(FORMAT, said)
    entries = lay_out(said, signature, made)
    small = {archive.MANIFEST: said, archive.SIGNATURE: signature, **lists}
    files.check_place(out)
    crcs: dict[str, int] = {}
    with (
        files.replacing(out) as file,
        progress("Writing the bundle", total=entries[-1].end, unit="bytes") as task,
    ):
        for entry in entries:
            content = by_name.get(entry.name) or Content("", entry.name, data=small[entry.name])
            crcs[entry.name] = _copy(content, entry, file, task)
        file.write(tail(entries, crcs))
        return int(file.tell())


def _copy(content: Content, entry: archive.Entry, file: IO[bytes], task: Progress) -> int:
    """Write an entry with its header, which has the bytes' checksum; returns that."""
    place = file.tell()
    file.write(local_header(entry, 0))
    digest, crc = hashlib.sha256(), 0
    for data in _blocks(content):
        check_cancelled()
        digest.update(data)
        crc = zlib.crc32(data, crc)
        file.write(data)
        task.advance(len(data))
    if digest.hexdigest() != entry.sha256 or file.tell() != entry.end:
        raise ConflictError(
            f"{content.path or entry.name} changed as it was read", hint="try again"
        )
    file.seek(place)
    file.write(local_header(entry, crc))
    file.seek(entry.end)
    return crc


def _size(content: Content) -> int:
    if content.data is not None:
        return len(content.data)
    assert content.path is not None
    return content.path.stat().st_size


def _blocks(content: Content) -> Iterable[bytes]:
    if content.data is not None:
        yield content.data
        return
    assert content.path is not None
    with content.path.open("rb") as file:
        while data := file.read(_READ_BYTES):
            yield data
