"""States on a shelf: the files that they are, in 16 parts by their names' hashes.

One edit writes the page, the one part that names it, and the list of parts.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Mapping

from workbench.core.errors import IntegrityError
from workbench.store.documents import dump_document

from .contents import Contents, contents_of, digest_of, files_of


def write_state(contents: Contents, put: Callable[[bytes], str]) -> str:
    """Keep a state; its digest.

    Args:
        contents: The state.
        put: Keeps a value, and gives its sha256.
    """
    return write_files(files_of(contents), put)


def write_files(files: Mapping[str, bytes], put: Callable[[bytes], str]) -> str:
    """Keep the files that a state is; its digest."""
    parts: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for name, content in files.items():
        parts[digest_of(name.encode())[0]][name] = put(content)
    index = {
        part: put(dump_document(named, what="a part of a state").encode())
        for part, named in sorted(parts.items())
    }
    return put(dump_document(index, what="a state").encode())


def read_state(digest: str, get: Callable[[str], bytes]) -> Contents:
    """A state. Raises IntegrityError where it is damaged."""
    return contents_of(read_files(digest, get))


def read_files(digest: str, get: Callable[[str], bytes]) -> dict[str, bytes]:
    """The files that a state is."""
    return {name: get(content) for name, content in read_names(digest, get).items()}


def read_names(digest: str, get: Callable[[str], bytes]) -> dict[str, str]:
    """The digests of the files that a state is, by their names, without reading them."""
    try:
        parts = json.loads(get(digest))
        return {
            name: content
            for part in parts.values()
            for name, content in json.loads(get(part)).items()
        }
    except (ValueError, AttributeError) as error:
        raise IntegrityError(f"{digest[:12]} is no state of a space") from error


def state_digest(contents: Contents) -> str:
    """The digest that a state has, kept or not."""
    return write_state(contents, digest_of)


def changed_files(
    old: str, new: str, get: Callable[[str], bytes]
) -> dict[str, tuple[str | None, str | None]]:
    """The files of two states that differ, by name, with their digests in both: None where it has
    none. Of the states' parts only those are read that differ."""
    parts = [_named(digest, get) for digest in (old, new)]
    found: dict[str, tuple[str | None, str | None]] = {}
    for part in sorted({*parts[0], *parts[1]}):
        was, now = (each.get(part) for each in parts)
        if was == now:
            continue
        before, after = ({} if each is None else _named(each, get) for each in (was, now))
        for name in {*before, *after}:
            if before.get(name) != after.get(name):
                found[name] = before.get(name), after.get(name)
    return found


def changed_parts(old: str, new: str, get: Callable[[str], bytes]) -> set[str]:
    """The digests of the parts that only one of two states has."""
    parts = [set(_named(digest, get).values()) for digest in (old, new)]
    return parts[0] ^ parts[1]


def file_digest(state: str, name: str, get: Callable[[str], bytes]) -> str | None:
    """The digest of one file of a state; None if it has none of that name."""
    part = _named(state, get).get(digest_of(name.encode())[0])
    return None if part is None else _named(part, get).get(name)


def _named(digest: str, get: Callable[[str], bytes]) -> dict[str, str]:
    try:
        found: dict[str, str] = json.loads(get(digest))
    except ValueError as error:
        raise IntegrityError(f"{digest[:12]} is no part of a state") from error
    return found
