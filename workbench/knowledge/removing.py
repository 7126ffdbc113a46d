"""Taking a whole graph away: its file, its indexes, its property graphs, what retrieval kept of it.

Its documents stay where they are. The folder is moved aside in one step and then deleted, so a kill
leaves the graph as it was or gone; what was moved and not deleted goes at the next removal.
"""

from __future__ import annotations

import shutil
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.core.errors import InputError, WorkbenchError
from workbench.core.operations import operation
from workbench.core.viewers import Viewable
from workbench.identity.users import LOCAL
from workbench.store import files
from workbench.store.database import open_database
from workbench.store.ledger import Deed, Ledger

from .answering.asking import kept_retrievers
from .events import tell_ledger
from .graphs import Graph, opened
from .property_graph.removing import remove_property_graphs
from .queries import FROM_FILES

# Beside the graphs and a level deeper than they, so that nothing in it is listed as one.
_ASIDE = ".removed"


@dataclass(frozen=True)
class Removal(Viewable):
    """A graph that was taken away, with the folders whose documents it was of.

    ``documents`` is None where its file could not be read; ``note`` says what is left elsewhere.
    """

    name: str
    documents: int | None
    folders: tuple[Path, ...]
    note: str = ""


@operation("knowledge.remove", title="Take a whole graph away", produces="removal")
def remove(name: str, *, yes: bool = False, reason: str = "") -> Removal:
    """Take a graph away with its indexes and its history; the documents' files are not touched.

    It cannot be taken back: `build` makes the graph anew, without merges, senses, rules and times.

    Args:
        name: The graph.
        yes: That it is meant; without it nothing is done.
        reason: Why, for the audit ledger.
    """
    with opened(name) as graph:
        if not yes:
            raise InputError(
                f"the graph {name!r} would be gone for good, with its merges, rules and history",
                hint=f"workbench knowledge remove {name} --yes",
            )
        return remove_graph(graph, actor=LOCAL, reason=reason)


def remove_graph(graph: Graph, *, actor: str, reason: str) -> Removal:
    """Take a graph away.

    Raises:
        BusyError: A process takes documents into it.
        StorageError: Its folder cannot be moved.
    """
    with graph.ingesting(then="remove"):
        documents, folders, told = _known(graph)
        Ledger(open_database()).append_many(
            [Deed("knowledge.remove", graph.name, actor, {**told, "reason": reason})]
        )
        note = remove_property_graphs(graph)
        graph.database.close()
        aside = graph.folder.parent / _ASIDE
        with files.saying_why(graph.folder):
            files.make_folder(aside)
            graph.folder.rename(aside / uuid.uuid4().hex)
            kept_retrievers().drop(graph.folder)
            shutil.rmtree(aside)
    return Removal(graph.name, documents, folders, note)


def _known(graph: Graph) -> tuple[int | None, tuple[Path, ...], dict[str, Any]]:
    """How many documents, of which folders, and that for the ledger; a damaged file can go, too."""
    try:
        tell_ledger(graph)
        row = graph.database.read_one(
            f"SELECT count(reading_id) FROM documents WHERE recorded_to IS NULL AND {FROM_FILES}"
        )
        documents, folders = int(row[0]) if row else 0, tuple(graph.folders().values())
    except WorkbenchError as error:
        return None, (), {"unreadable": error.message}
    return documents, folders, {"documents": documents, "folders": [str(each) for each in folders]}
