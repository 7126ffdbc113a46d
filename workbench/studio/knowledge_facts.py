"""What the knowledge page and its tile know: the graphs of this home, and one of them closely.

``look`` is called in a thread; drawing asks nobody. Counting a graph's entities and facts means
joining all of it, seconds for ten thousand documents. So a look that finds something new stops
there, for the page to show it, and the next one counts.
"""

from __future__ import annotations

import threading
from collections.abc import Hashable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.core import operations, settings
from workbench.core.errors import WorkbenchError

if TYPE_CHECKING:
    from workbench.knowledge.history import GraphChange
    from workbench.knowledge.linking_operations import DecidedPair
    from workbench.knowledge.operations import GraphSummary

_WAL = "-wal"


@dataclass(frozen=True)
class KnowledgeState:
    """What was found. ``summary`` is None until it was counted; ``trouble`` is what kept it."""

    graphs: tuple[dict[str, Any], ...] = ()
    chosen: str | None = None
    summary: GraphSummary | None = None
    changes: tuple[GraphChange, ...] = ()
    decided: tuple[DecidedPair, ...] = ()
    trouble: dict[str, WorkbenchError] = field(default_factory=dict)

    @property
    def row(self) -> dict[str, Any] | None:
        """What the list says of the graph that is chosen."""
        return next((row for row in self.graphs if row["name"] == self.chosen), None)


class KnowledgeFacts:
    """What was found at the last look (``now``). ``turn`` counts the looks that found anything.

    Args:
        closely: Also look into one graph: that which ``choose`` names, at first the newest.
    """

    def __init__(self, *, closely: bool = True) -> None:
        self.turn, self.now = 0, KnowledgeState()
        self._closely, self._wanted = closely, ""
        self._seen: Hashable = object()
        self._counted: object = None
        self._lock = threading.Lock()

    def choose(self, name: str) -> None:
        """Look closely into this graph from the next look on."""
        self._wanted = name

    def look(self) -> None:
        """Read again if a graph changed or another is wanted; else count, if that is not done."""
        with self._lock:
            seen = (graph_stamp(), self._wanted)
            if seen != self._seen:  # who reads may tidy up the file after who wrote: compare
                found, self._seen = self._read(), seen
                if self.turn == 0 or found != replace(self.now, summary=found.summary):
                    self.now = found
                    self.turn += 1
                    return
            if self._closely and self.now.row != self._counted:
                self._counted = self.now.row
                self.now = _count(self.now)
                self.turn += 1

    def stamp(self) -> Hashable:
        """Changes when something else was found."""
        return self.turn

    def _read(self) -> KnowledgeState:
        """The list, and of the chosen one what a few rows tell."""
        try:
            graphs = tuple(_ask("list"))
        except WorkbenchError as error:
            return KnowledgeState(trouble={"list": error})
        if not graphs or not self._closely:
            return KnowledgeState(graphs)
        names = [row["name"] for row in graphs]
        newest = max(graphs, key=lambda row: (row["changed"] or "", row["name"]))["name"]
        chosen = self._wanted if self._wanted in names else newest
        self._wanted = chosen  # another that changes later must not take its place under a reader
        found = KnowledgeState(graphs, chosen)
        if self.now.chosen == chosen:  # until it is counted again, the last count stands
            found = replace(found, summary=self.now.summary)
        try:
            return replace(
                found,
                changes=tuple(_ask("history", name=chosen)),
                decided=tuple(_ask("candidates_decided", name=chosen)),
            )
        except WorkbenchError as error:
            return replace(found, trouble={"changes": error})


def graph_files() -> list[Path]:
    """The files of this home's graphs."""
    from workbench.knowledge.graphs import FILE_NAME, FOLDER

    return sorted((settings.home() / FOLDER).glob(f"*/{FILE_NAME}"))


def graph_stamp() -> Hashable:
    """Changes when a graph is made, changed or taken away; reading one does not change it."""
    found = []
    for path in graph_files():
        log = path.with_name(path.name + _WAL)
        try:
            told = log.stat()
            written = (told.st_size, told.st_mtime_ns) if told.st_size else 0
            found.append((path, path.stat().st_mtime_ns, written))
        except FileNotFoundError:
            found.append((path, path.stat().st_mtime_ns if path.exists() else 0, 0))
    return tuple(found)


def _count(known: KnowledgeState) -> KnowledgeState:
    try:
        return replace(known, summary=_ask("show", name=known.chosen))
    except WorkbenchError as error:
        return replace(known, summary=None, trouble={**known.trouble, "summary": error})


def _ask(verb: str, **values: Any) -> Any:
    return operations.find(f"knowledge.{verb}").run(values)
