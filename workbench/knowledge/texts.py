"""The texts of documents as a state has them: what spans count characters of."""

from __future__ import annotations

from .states import State


def document_texts(state: State) -> dict[str, str]:
    """The normalised text of each document, by its path.

    It is put together from the chunks; what lies between two is white space, given as blanks.
    """
    found: dict[str, str] = {}
    for row in sorted(state.chunks(), key=lambda row: (row["document"], row["start"])):
        path = str(state.documents[row["document"]]["path"])
        found[path] = found.get(path, "").ljust(row["start"]) + row["text"]
    return found
