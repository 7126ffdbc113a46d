"""What documents are called: by their paths within their folders, and where two folders hold one
path, by what tells these apart as well."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path


def whole_labels(roots: Mapping[int, Path], documents: Iterable[tuple[int, str]]) -> dict[int, str]:
    """For each folder what stands before the paths in it so that no two documents have one name.

    It is the end of the folder's own path, as short as it can be and of as many parts for all; it
    depends on neither the order of the folders nor, if that is not needed, on where they are.

    Args:
        roots: The folders by their ids.
        documents: Folder and path of each document.
    """
    known = set(documents)
    relative = {path for _, path in known}
    parts = {number: root.parts[1:] for number, root in roots.items()}
    for length in range(1, max(map(len, parts.values()), default=0) + 1):
        labels = {number: "/".join(each[-length:]) for number, each in parts.items()}
        if len(set(labels.values())) < len(labels):
            continue
        whole = {f"{labels[number]}/{path}" for number, path in known}
        if len(whole) == len(known) and not whole & relative:
            return labels
    return {number: str(root).rstrip("/") for number, root in roots.items()}
