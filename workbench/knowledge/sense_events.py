"""Senses of homonyms that users set: what a name is in a document."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.core.errors import ConflictError, InputError, NotFoundError
from workbench.core.viewers import Viewable

from .agreed import agreed_decisions, require_unsettled
from .events import add_event, tell_ledger
from .extraction.names import name_key
from .graphs import Graph

if TYPE_CHECKING:
    from .states import State


@dataclass(frozen=True)
class SenseSet(Viewable):
    """What a name is in a document from now on; ``sense`` is empty where that was taken back."""

    name: str
    event: int
    key: str
    document: str
    sense: str


def chosen_senses(state: State) -> list[tuple[int, str, str]]:
    """Document, key of a name and sense, as they were last set, of the documents that are open."""
    rows = state.graph.database.read(
        "SELECT kind, name, document, sense FROM sense_events WHERE recorded_us <= ? "
        "ORDER BY number",
        (state.recorded_us,),
    )
    last: dict[tuple[str, str], str] = {}
    for row in rows:
        where = (row["document"], row["name"])
        if row["kind"] == "set":
            last[where] = row["sense"]
        else:
            last.pop(where, None)
    agreed = agreed_decisions(state.graph, "sense", until_us=state.recorded_us)
    last |= {(path, name): name_key(sense) for name, path, sense in agreed}
    ids: dict[str, list[int]] = {}
    for number, document in state.documents.items():
        for path in {document["relative"], document["whole"]}:
            ids.setdefault(path, []).append(number)
    return [
        (number, name, sense)
        for (path, name), sense in sorted(last.items())
        for number in ids.get(path, ())
    ]


def set_sense(
    state: State, name: str, sense: str, document: str, *, actor: str, reason: str
) -> SenseSet:
    """Have a name be of a sense in a document, and by context in documents like it.

    Raises:
        ConflictError: The space agreed on a sense of it there.
        InputError: The sense has no letter or digit.
        NotFoundError: The document is not in the graph, or does not have the name.
    """
    key, label = name_key(name), name_key(sense)
    if not any(mark.isalnum() for mark in label) or "#" in label:
        raise InputError(f"{sense!r} is no sense", hint="one or two words: planet, the composer")
    _check_stands(state, name, document)
    require_unsettled(state.graph, "sense", key, document)
    row = {"kind": "set", "name": key, "document": document, "sense": label}
    return _note(state.graph, row, actor=actor, reason=reason)


def unset_sense(graph: Graph, name: str, document: str, *, actor: str, reason: str) -> SenseSet:
    """Take back what a name was set to be in a document.

    Raises:
        ConflictError: Nothing was set, or the space agreed on it.
    """
    key = name_key(name)
    require_unsettled(graph, "sense", key, document)
    last = graph.database.read_one(
        "SELECT kind FROM sense_events WHERE name = ? AND document = ? ORDER BY number DESC",
        (key, document),
    )
    if last is None or last["kind"] != "set":
        raise ConflictError(
            f"no sense of {name!r} was set in {document}",
            hint=f"workbench knowledge senses list {graph.name}",
        )
    row = {"kind": "unset", "name": key, "document": document, "sense": ""}
    return _note(graph, row, actor=actor, reason=reason)


def _check_stands(state: State, name: str, document: str) -> None:
    ids = {
        number
        for number, row in state.documents.items()
        if document in (row["relative"], row["whole"])
    }
    if not ids:
        known = {row["path"] for row in state.documents.values()}
        raise NotFoundError.among(
            "document", document, known, hint=f"workbench knowledge show {state.graph.name}"
        )
    there = {row["name"] for row in state.mention_rows if row["document"] in ids}
    if name_key(name) not in {name_key(each) for each in there}:
        raise NotFoundError.among("name", name, there)


def _note(graph: Graph, row: dict[str, str], *, actor: str, reason: str) -> SenseSet:
    with graph.database.transaction() as connection:
        said = {**row, "actor": actor, "reason": reason}
        number = add_event(graph, connection, "sense_events", said)
    tell_ledger(graph)
    return SenseSet(graph.name, number, row["name"], row["document"], row["sense"])
