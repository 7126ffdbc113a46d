"""What a user can ask of knowledge graphs."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import annotated_types as limits

from workbench.core.errors import InputError
from workbench.core.moments import moment_s
from workbench.core.operations import operation
from workbench.core.viewers import Viewable
from workbench.identity.users import LOCAL
from workbench.store import files

from . import citing, history, removing, teaching  # noqa: F401
from . import linking_operations as linking  # noqa: F401
from .agreed import STATEMENT, agreed_values
from .answering import operations as answering  # noqa: F401
from .building import Deletion, build_graph, delete_document
from .dumping import as_file, dump_lines, plain_fact
from .events import Kind, merged_pairs, tell_ledger
from .extraction.gazetteer import read_gazetteer
from .extraction.protocol import Extractor
from .extraction.registry import DEFAULT, make_extractor
from .extractors import advice_of, extractors_in_use, left_unread, read_with, update_due
from .graphs import Graph, list_names, opened
from .history import last_change
from .indexes import EMBEDDER
from .inference import operations as inference  # noqa: F401
from .ingesting import Ingest, ingest
from .left_out import read_left_out
from .live import operations as live  # noqa: F401
from .merging import Merging, merge_entities, unmerge_entities
from .property_graph import operations as property_graph  # noqa: F401
from .queries import FAULT, FROM_FILES
from .retrieval import operations as retrieval  # noqa: F401
from .searching import By, Found
from .searching import search as search_state
from .shared import operations as shared  # noqa: F401
from .shared.bringing import bring_to
from .states import State, recorded_of, told_time
from .views import operations as views  # noqa: F401


@dataclass(frozen=True)
class GraphSummary(Viewable):
    """What a graph holds now.

    ``ambiguous`` lists short forms of which documents say different things; ``faults`` the
    files that could not be read when it was last updated. ``changed`` is when anything of it
    changed last. ``extractors`` has the versions that it was read with; ``advice`` says whether
    others are here now, and what would have them find more. ``agreed`` counts what the space of its
    name agreed on: statements, which are among the chunks and facts, and decisions.
    """

    name: str
    folders: tuple[Path, ...]
    documents: int
    characters: int
    chunks: int
    mentions: int
    entities: int
    facts: int
    merges: int
    ungrounded: int
    extractors: dict[str, str]
    ambiguous: dict[str, tuple[str, ...]]
    faults: dict[str, str]
    size_bytes: int
    changed: str | None = None
    advice: str = field(default="", repr=False)
    agreed: int = 0


@dataclass(frozen=True)
class GraphDump(Viewable):
    """A canonical dump. ``lines`` is empty where it was written to ``path``."""

    name: str
    sha256: str
    count: int
    path: Path | None
    lines: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True)
class FactsAt(Viewable):
    """What a graph said at a recorded time, of a valid time.

    A fact's ``recorded_from`` and ``recorded_to`` are since and until when it was held without a
    gap, whatever documents said so; null is to this day.
    """

    name: str
    recorded: str
    valid: str | None
    documents: int
    facts: tuple[dict[str, Any], ...] = field(repr=False)


@dataclass(frozen=True)
class MergeEvent(Viewable):
    """An event of the append-only table. ``active`` says whether the pair is merged now."""

    number: int
    kind: Kind
    first: str
    second: str
    actor: str
    reason: str
    recorded: str
    active: bool


@operation("knowledge.build", title="Build a knowledge graph", produces="ingest")
def build(
    name: str,
    folders: list[Path],
    *,
    extractors: list[str] | None = None,
    gazetteer: Path | None = None,
) -> Ingest:
    """Build a graph from the documents of folders; called again, it goes on where it was stopped.

    Args:
        name: What to call it.
        folders: Where the documents are; hidden files and links to folders are left out.
        extractors: What looks for entities and facts; by default dependencies, rules on
            parsed sentences, plain ones of notes (dates, amounts, who leads) and tables;
            patterns knows few relations, language-model is slow.
        gazetteer: A list of names to find; a line is name, kind and other forms, parted by tabs.
    """
    if not folders:
        raise InputError("no folder was named", hint=f"workbench knowledge build {name} FOLDER")
    chosen = _chosen(extractors, gazetteer)
    graph = Graph(name)
    try:
        made = build_graph(graph, folders, extractors=chosen)
        bring_to(graph)
        return made
    finally:
        graph.database.close()


@operation("knowledge.update", title="Bring a knowledge graph up to date", produces="ingest")
def update(
    name: str, *, extractors: list[str] | None = None, gazetteer: Path | None = None
) -> Ingest:
    """Take in what was added or changed in a graph's folders, and out what is gone.

    The result is what a fresh build would give. Files that did not change are not read.

    Args:
        name: The graph.
        extractors: Use these from now on; by default those that it has.
        gazetteer: Use this list of names from now on.
    """
    with opened(name) as graph:
        if extractors is None and gazetteer is None:
            chosen: Sequence[Extractor] = extractors_in_use(graph)
        else:
            kept = [each for each in extractors_in_use(graph) if extractors is None]
            chosen = _chosen(extractors, gazetteer, kept=kept)
        tell_ledger(graph)
        bring_to(graph)
        return ingest(graph, extractors=chosen)


@operation("knowledge.delete", title="Take a document out of a graph", produces="deletion")
def delete(name: str, path: str, *, forget: bool = False) -> Deletion:
    """Take a document out of a graph, with all that only it supports.

    Args:
        name: The graph.
        path: The document's path: relative to its folder as built, or the file's own.
        forget: Also erase its words and its history from the graph's file; else as-of finds them.
    """
    with opened(name) as graph:
        return delete_document(graph, path, forget=forget)


@operation("knowledge.dump", title="Write a graph in canonical form", produces="graph-dump")
def dump(name: str, *, out: Path | None = None) -> GraphDump:
    """Give the current state as sorted JSON lines, the same to the byte for the same documents.

    Args:
        name: The graph.
        out: Write them to this file.
    """
    with opened(name) as graph:
        lines = dump_lines(State(graph))
    content = as_file(lines)
    if out is not None:
        files.write_bytes(out, content)
    sha256 = hashlib.sha256(content).hexdigest()
    return GraphDump(name, sha256, len(lines), out, () if out is not None else tuple(lines))


@operation("knowledge.as_of", title="Ask what a graph said at a time", produces="facts")
def as_of(name: str, *, recorded: str | None = None, valid: str | None = None) -> FactsAt:
    """Give the facts as they were recorded at one time and hold at another.

    Args:
        name: The graph.
        recorded: When it was known: a date, a time or how long ago (2026-11-25T10:00, 24h); now.
        valid: When it was so: as much of YYYY-MM-DD as is asked. Undated facts always hold.
    """
    recorded_us = None if recorded is None else round(moment_s(recorded) * 1e6)
    with opened(name) as graph:
        state = State(graph, recorded_us=recorded_us, valid=valid)
        with state.frozen():
            spans = state.recorded_spans()
            facts = tuple({**plain_fact(each), **recorded_of(each, spans)} for each in state.facts)
            documents = sum(row["reader"] != STATEMENT for row in state.documents.values())
    when = "now" if recorded_us is None else told_time(recorded_us)
    return FactsAt(name, when, valid, documents, facts)


@operation("knowledge.search", title="Search a knowledge graph", produces="passages")
def search(
    name: str,
    query: str,
    *,
    by: By = "both",
    limit: Annotated[int, limits.Ge(1)] = 10,
    embedder: str = EMBEDDER,
) -> Found:
    """Find passages by their words, by their meaning, or by both; indexes are made when needed.

    Args:
        name: The graph.
        query: Words or a question; words in double quotes must follow one another.
        by: By words, by meaning, or by both.
        limit: At most so many passages.
        embedder: The embedding model that tells meaning.
    """
    with opened(name) as graph:
        return search_state(State(graph), query, by=by, limit=limit, embedder=embedder)


@operation("knowledge.merge", title="Merge two entities", produces="merging")
def merge(name: str, first: str, second: str, *, reason: str = "") -> Merging:
    """Have two entities be one; the merge stays, whatever documents come and go.

    Args:
        name: The graph.
        first: A name of one.
        second: A name of the other.
        reason: Why, for the audit ledger.
    """
    with opened(name) as graph:
        return merge_entities(graph, first, second, actor=LOCAL, reason=reason)


@operation("knowledge.unmerge", title="Take a merge back", produces="merging")
def unmerge(name: str, first: str, second: str, *, reason: str = "") -> Merging:
    """Take a merge back: the graph is to the byte as if it had not been.

    Args:
        name: The graph.
        first: A name of one.
        second: A name of the other.
        reason: Why, for the audit ledger.
    """
    with opened(name) as graph:
        return unmerge_entities(graph, first, second, actor=LOCAL, reason=reason)


@operation("knowledge.merges", title="List merges of a graph", produces="table")
def merges(name: str) -> list[MergeEvent]:
    """List merges and unmerges, the newest first.

    Args:
        name: The graph.
    """
    with opened(name) as graph, graph.database.snapshot():
        rows = graph.database.read("SELECT * FROM events ORDER BY number DESC")
        active = set(merged_pairs(graph, until_us=max((row[6] for row in rows), default=0)))
    return [
        MergeEvent(
            row["number"],
            row["kind"],
            row["first"],
            row["second"],
            row["actor"],
            row["reason"],
            told_time(row["recorded_us"]),
            (row["first"], row["second"]) in active,
        )
        for row in rows
    ]


@operation("knowledge.show", title="Show a knowledge graph", produces="graph-summary")
def show(name: str) -> GraphSummary:
    """Show what a graph holds, what could not be read, and which short forms are ambiguous.

    Args:
        name: The graph.
    """
    with opened(name) as graph:
        state = State(graph)
        with state.frozen():
            return _summary(graph, state)


@operation("knowledge.list", title="List the knowledge graphs", produces="table")
def list_graphs() -> list[dict[str, Any]]:
    """List the graphs of this home: their documents, those not read, folders, last change."""
    found = []
    for name in list_names():
        with opened(name) as graph:
            row = graph.database.read_one(
                f"SELECT count(*) - count({FAULT}), count({FAULT}) FROM documents "
                "LEFT JOIN readings ON readings.id = reading_id "
                f"WHERE recorded_to IS NULL AND {FROM_FILES}"
            )
            found.append(
                {
                    "name": name,
                    "documents": int(row[0]) if row else 0,
                    "unread": (int(row[1]) if row else 0) + len(read_left_out(graph)),
                    "folders": ", ".join(map(str, graph.folders().values())),
                    "changed": last_change(graph),
                }
            )
    return found


def _chosen(
    names: list[str] | None, gazetteer: Path | None, *, kept: Sequence[Extractor] = ()
) -> list[Extractor]:
    """The extractors that were asked for, by name, each once."""
    found = {each.name: each for each in kept}
    if not kept:
        wanted = DEFAULT if names is None else names
        found = {name: make_extractor(name) for name in wanted if name != "gazetteer"}
    if gazetteer is not None:
        found["gazetteer"] = read_gazetteer(gazetteer)
    elif names and "gazetteer" in names:
        raise InputError("the gazetteer needs a list of names", hint="--gazetteer FILE")
    return [found[name] for name in sorted(found)]


def _summary(graph: Graph, state: State) -> GraphSummary:
    rows = graph.database.read(
        f"SELECT path, {FAULT} AS fault FROM documents LEFT JOIN readings "
        f"ON readings.id = reading_id WHERE recorded_to IS NULL AND {FAULT} IS NOT NULL"
    )
    faults = {row["path"]: row["fault"] for row in rows} | read_left_out(graph)
    read = (row for row in state.documents.values() if row["reader"] != STATEMENT)
    documents = [row for row in read if row["characters"]]
    dropped = graph.database.read_one("SELECT coalesce(sum(ungrounded), 0) FROM extractions")
    extractors = extractors_in_use(graph)
    return GraphSummary(
        graph.name,
        tuple(graph.folders().values()),
        len(documents),
        sum(row["characters"] for row in documents),
        len(state.chunks()),
        len(state.mentions),
        len(state.entities),
        len(state.facts),
        len(merged_pairs(graph, until_us=state.recorded_us)),
        int(dropped[0]) if dropped else 0,
        read_with(graph),
        state.links.ambiguous,
        dict(sorted(faults.items())),
        graph.path.stat().st_size,
        last_change(graph),
        "; ".join(
            filter(
                None,
                (
                    update_due(graph, extractors),
                    left_unread(graph, extractors),
                    advice_of(extractors),
                ),
            )
        ),
        len(agreed_values(graph)),
    )
