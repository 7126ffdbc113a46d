"""Which sense each homonym has in each document of a state: from titles, users and context."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from workbench.core.viewers import Viewable

from .extraction.names import name_key
from .homonyms import assign_senses, find_anchors
from .queries import AROUND_NAMES, TEXTS, TITLES
from .sense_events import chosen_senses

if TYPE_CHECKING:
    from .states import State

_MOST_PASSAGES = 20  # of an anchor that speak for its sense


@dataclass(frozen=True)
class Homonym(Viewable):
    """A name of several things, and which it is where.

    Attributes:
        name: The key of the name.
        senses: For each sense its documents; "" is the name itself, where a title is just that.
        anchors: The documents whose title or user says so.
        undecided: Documents that mention it and do not tell.
    """

    name: str
    senses: dict[str, tuple[str, ...]]
    anchors: tuple[str, ...]
    undecided: tuple[str, ...]


def list_homonyms(state: State, *, about: str | None = None) -> list[Homonym]:
    """The homonyms of a state with their documents by sense."""
    anchors = find_anchors(document_titles(state), chosen_senses(state))
    paths = {number: row["path"] for number, row in state.documents.items()}
    mentioned: dict[str, set[int]] = defaultdict(set)
    for row in state.mention_rows:
        mentioned[name_key(row["name"])].add(row["document"])
    found = []
    for key in [name_key(about)] if about is not None else list(anchors):
        senses: dict[str, list[str]] = defaultdict(list)
        for (document, name), sense in state.senses.items():
            if name == key:
                senses[sense].append(paths[document])
        told = {path for each in senses.values() for path in each}
        open_ones = {paths[number] for number in mentioned[key]} - told
        if key in anchors:
            ordered = {sense: tuple(sorted(senses[sense])) for sense in sorted(senses)}
            by = tuple(sorted(paths[number] for number in anchors[key]))
            found.append(Homonym(key, ordered, by, tuple(sorted(open_ones))))
    return found


def read_senses(state: State) -> dict[tuple[int, str], str]:
    """For a document and the key of a name its sense, where it has one."""
    anchors = find_anchors(document_titles(state), chosen_senses(state))
    if not anchors:
        return {}
    names: dict[str, set[str]] = defaultdict(set)
    for row in state.mention_rows:
        key = name_key(row["name"])
        if key in anchors:
            names[key].add(row["name"])
    contexts: dict[str, dict[int, list[str]]] = defaultdict(lambda: defaultdict(list))
    wanted = sorted(name for found in names.values() for name in found)
    for row in state.read(AROUND_NAMES, json.dumps(wanted)):
        contexts[name_key(row["name"])][row["document"]].append(row["text"])
    texts = _texts(state, {document for found in anchors.values() for document in found})
    found: dict[tuple[int, str], str] = {}
    for key, known in anchors.items():
        around = contexts[key] | {document: texts.get(document, []) for document in known}
        for document, sense in assign_senses(known, around).items():
            found[document, key] = sense
    return found


def document_titles(state: State) -> dict[int, str]:
    """What each document is called: its first heading, else its file's name without the ending."""
    titles = {}
    for row in state.read(TITLES):
        section = json.loads(row["place"]).get("section", "")
        titles[row["document"]] = section.split(" > ")[0] or PurePosixPath(row["path"]).stem
    return titles


def _texts(state: State, documents: set[int]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = defaultdict(list)
    for row in state.read(TEXTS, json.dumps(sorted(documents))):
        if len(found[row["document"]]) < _MOST_PASSAGES:
            found[row["document"]].append(row["text"])
    return found
