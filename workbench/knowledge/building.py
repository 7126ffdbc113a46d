"""Building a graph from folders, and taking a document out of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from workbench.core.errors import ConflictError, NotFoundError
from workbench.core.viewers import Viewable

from .extraction.protocol import Extractor
from .graphs import Graph
from .indexes import remove_indexes
from .ingesting import Ingest, ingest
from .naming import whole_labels
from .property_graph.removing import remove_property_graphs
from .queries import FROM_FILES
from .scanning import find_folder
from .writing import close_document


@dataclass(frozen=True)
class Deletion(Viewable):
    """A document that was taken out.

    ``still_there`` says that its file is: the next update would take it in again. ``forgotten``
    says that its words are gone from the graph's file as well, so that no as-of query finds them;
    ``note`` says where they may still be.
    """

    name: str
    document: str
    folder: Path
    still_there: bool
    forgotten: bool
    note: str = ""


def build_graph(
    graph: Graph, folders: Sequence[Path], *, extractors: Sequence[Extractor]
) -> Ingest:
    """Make a graph from folders; the same call again goes on where it was broken off.

    Raises:
        ConflictError: There is one of that name, of other folders; or a folder lies in another.
        NotFoundError: A folder is not there.
    """
    roots = list(dict.fromkeys(find_folder(folder) for folder in folders))
    for root in roots:
        inner = [each for each in roots if each != root and each.is_relative_to(root)]
        if inner:
            raise ConflictError(
                f"{inner[0]} lies in {root}: its documents would be taken in twice",
                hint=f"name {root} alone",
            )
    known = list(graph.folders().values()) if graph.path.is_file() else []
    if known and set(known) != set(roots):
        raise ConflictError(
            f"the graph {graph.name!r} is there, built from {', '.join(map(str, known))}",
            hint=f"workbench knowledge update {graph.name}, or choose another name",
        )
    with graph.database.transaction() as connection:
        connection.executemany(
            "INSERT OR IGNORE INTO folders (path) VALUES (?)", [(str(root),) for root in roots]
        )
    return ingest(graph, extractors=extractors)


def delete_document(graph: Graph, path: str, *, forget: bool = False) -> Deletion:
    """Take a document out, and with it all that only it supports.

    Args:
        graph: The graph.
        path: As it was built: relative to its folder, as the dump has it, or the file's own path.
        forget: Take its words, and those of its earlier versions, out of the file too.

    Raises:
        ConflictError: Two folders hold a document of that path.
        NotFoundError: No document of that path is in the graph.
    """
    note = ""
    with graph.ingesting():
        folder_id, relative = _find_document(graph, path, forget=forget)
        with graph.database.transaction() as connection:
            moment_us = graph.next_moment_us(connection)
            close_document(connection, folder_id, relative, moment_us=moment_us)
            place = (folder_id, relative)
            connection.execute("DELETE FROM looks WHERE folder_id = ? AND path = ?", place)
        if forget:
            _forget(graph, folder_id, relative)
            remove_indexes(graph)
            note = remove_property_graphs(graph)
    folder = graph.folders()[folder_id]
    return Deletion(graph.name, relative, folder, (folder / relative).exists(), forget, note)


def _find_document(graph: Graph, path: str, *, forget: bool) -> tuple[int, str]:
    """The folder and the path of the document that is meant; with ``forget`` also one of before."""
    only_open = "" if forget else " AND recorded_to IS NULL"
    rows = graph.database.read(
        f"SELECT DISTINCT folder_id, path FROM documents WHERE {FROM_FILES}{only_open}"
    )
    roots = graph.folders()
    full = Path(path).expanduser().absolute()
    resolved = full.parent.resolve() / full.name
    relative = path.removeprefix("./")
    labels = whole_labels(roots, ((row["folder_id"], row["path"]) for row in rows))
    exact = [row for row in rows if row["path"] == relative]
    called = [row for row in rows if f"{labels[row['folder_id']]}/{row['path']}" == relative]
    found = (
        exact
        or called
        or [row for row in rows if roots[row["folder_id"]] / row["path"] in (full, resolved)]
    )
    if len(found) > 1:
        names = sorted(f"{labels[row['folder_id']]}/{row['path']}" for row in found)
        raise ConflictError(
            f"{len(found)} documents of graph {graph.name!r} are {path!r}: {', '.join(names)}",
            hint=f"workbench knowledge delete {graph.name} {names[0]}",
        )
    if not found:
        known = [row["path"] for row in rows]
        raise NotFoundError.among(
            "document", path, known, hint=f"workbench knowledge show {graph.name}"
        )
    return int(found[0]["folder_id"]), str(found[0]["path"])


def _forget(graph: Graph, folder_id: int, path: str) -> None:
    """Take all versions of a document away, and every value that no document names then."""
    connection = graph.database.connection()
    connection.execute("PRAGMA secure_delete = ON")  # what is freed is overwritten
    with graph.database.transaction():
        connection.execute(
            "DELETE FROM documents WHERE folder_id = ? AND path = ?", (folder_id, path)
        )
        connection.execute(
            "DELETE FROM readings WHERE NOT EXISTS "
            "(SELECT 1 FROM documents WHERE reading_id = readings.id)"
        )
        connection.execute(
            "DELETE FROM passages WHERE NOT EXISTS "
            "(SELECT 1 FROM chunks WHERE passage_id = passages.id)"
        )
    # The WAL holds pages as they were; TRUNCATE brings it over and empties it.
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
