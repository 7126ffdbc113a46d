"""Looking a bundle over, byte for byte, and saying what it is."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from workbench.core.progress import progress
from workbench.edge.device.archive import Archive, Head
from workbench.edge.device.chunks import Chunk, load_chunks, whole_chunk
from workbench.edge.device.faults import Fault
from workbench.edge.device.manifest import Manifest
from workbench.edge.device.signatures import name_key
from workbench.edge.device.trust import check_machine, clock_fault, look_around

from .faults import as_errors
from .results import Bundle, BundlePart


def check_bundle(path: Path, *, keys: Iterable[str] = (), previous: Path | None = None) -> Bundle:
    """See that every byte of a bundle is as it was signed, and tell what it is.

    Args:
        path: The bundle.
        keys: Public keys, hexadecimal, of which one must have signed it; by default those that it
            names itself.
        previous: A version before, to count what a device that has it fetches.

    Raises:
        IntegrityError: A byte is not; what is damaged is named.
        ConflictError: Another key signed it.
    """
    keys = tuple(keys)
    with as_errors(), Archive(path) as archive:
        end = archive.entries[-1].end
        with progress("Checking the bundle", total=end, unit="bytes") as task:
            key = archive.check(keys, looked=task.update)
        changed = None
        if previous is not None:
            with Archive(previous) as before:
                changed = _count_changed(archive, before)
        return _describe(path, archive.head, key, bool(keys), changed)


def notes_on(manifest: Manifest) -> tuple[str, ...]:
    """What keeps a bundle from running here and now, in words; none if nothing does."""
    here, notes = look_around(manifest.runtime), []
    try:
        check_machine(manifest, here)
    except Fault as fault:
        notes.append(fault.message)
    wrong = clock_fault(manifest, here.now_s)
    if wrong is not None:
        notes.append(wrong.message)
    return tuple(notes)


def _describe(path: Path, head: Head, key: str, trusted: bool, changed: int | None) -> Bundle:
    manifest = head.manifest
    parts = tuple(
        BundlePart(each.kind, each.name, each.size_bytes, each.sha256, each.chunks)
        for each in manifest.parts
    )
    return Bundle(
        path=path,
        name=manifest.name,
        version=manifest.version,
        digest=head.digest,
        line=manifest.line,
        key=name_key(key),
        public_key=key,
        trusted=trusted,
        size_bytes=path.stat().st_size,
        architecture=manifest.architecture,
        target=f"{manifest.system}/{manifest.machine}",
        runtime=f"{manifest.runtime} {manifest.runtime_least}",
        memory_bytes=manifest.memory_bytes,
        context_tokens=manifest.context_tokens,
        expires_s=manifest.expires_s,
        parts=parts,
        changed_bytes=changed,
        notes=notes_on(manifest),
    )


def _count_changed(archive: Archive, before: Archive) -> int:
    """Bytes of the manifest, its signature, and the lists and chunks that are new."""
    had = {part.sha256 for part in before.head.manifest.parts}
    known = {chunk.sha256 for chunks in _chunks(before, set()) for chunk in chunks}
    total = len(archive.head.manifest_bytes) + len(archive.head.signature)
    new: dict[bytes, int] = {}
    for chunks in _chunks(archive, had):
        total += 36 * len(chunks) if len(chunks) > 1 else 0
        new |= {chunk.sha256: chunk.size_bytes for chunk in chunks if chunk.sha256 not in known}
    return total + sum(new.values())


def _chunks(archive: Archive, passed_over: set[str]) -> list[list[Chunk]]:
    places = {entry.name: entry for entry in archive.entries}
    found = []
    for part in archive.head.manifest.parts:
        if part.sha256 in passed_over:
            continue
        if not part.chunks_sha256:
            found.append(whole_chunk(part))
            continue
        entry = places[part.chunk_list]
        found.append(load_chunks(archive.read(entry.offset, entry.size_bytes), part))
    return found
