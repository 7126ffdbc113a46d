"""A folder of made documents and the graph of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from workbench.knowledge.building import build_graph
from workbench.knowledge.dumping import dump_bytes
from workbench.knowledge.extraction.patterns import PatternExtractor
from workbench.knowledge.graphs import Graph
from workbench.knowledge.ingesting import Ingest, ingest
from workbench.knowledge.states import State


class Place:
    """A folder of documents and the graph of it."""

    def __init__(self, folder: Path, name: str = "made") -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.graph = Graph(name, durable=False)

    def write(self, path: str, content: str | bytes) -> None:
        """A document, new or over the old one."""
        full = self.folder / path
        full.parent.mkdir(parents=True, exist_ok=True)
        full.write_bytes(content.encode() if isinstance(content, str) else content)

    def remove(self, path: str) -> None:
        (self.folder / path).unlink()

    def build(self) -> Ingest:
        """Make the graph what the folder holds, as `build` does."""
        return build_graph(self.graph, [self.folder], extractors=[PatternExtractor()])

    def update(self) -> Ingest:
        return ingest(self.graph, extractors=[PatternExtractor()])

    def dump(self) -> bytes:
        return dump_bytes(State(self.graph))

    def state(self, **asked: object) -> State:
        return State(self.graph, **asked)  # type: ignore[arg-type]


MakePlace = Callable[..., Place]
