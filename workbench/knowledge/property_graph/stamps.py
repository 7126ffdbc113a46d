"""The stamp of a state: two states with one stamp are one property graph."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from ..inference.vocabulary import vocabulary_rules
from ..queries import EVENTS, MOMENTS
from ..states import State

# What is made of a state: raised when other nodes, edges or properties are.
LAYOUT = 2


def moment_of(state: State) -> int:
    """When the state began: the last change before the time that it is of, 0 if there is none."""
    row = state.graph.database.read_one(
        f"SELECT max(moment) FROM ({MOMENTS})", (state.recorded_us,)
    )
    return int(row[0] or 0) if row else 0


def stamp_of(state: State) -> str:
    """A sha256 of all that the nodes, the edges and their times depend on.

    The rows of documents and of extractors name values that never change; the later ones count too,
    since they say until when a fact was held.
    """
    digest = hashlib.sha256()

    def add(what: Any) -> None:
        digest.update(json.dumps(what, ensure_ascii=False).encode() + b"\n")

    add([LAYOUT, state.graph.name, moment_of(state), state.valid])
    read = state.graph.database.read
    columns = "id, path, reading_id, recorded_from, recorded_to"
    for row in read(f"SELECT {columns} FROM documents ORDER BY id"):
        add(row[:])
    for row in read("SELECT * FROM extractor_uses ORDER BY id"):
        add(row[:])
    for row in read("SELECT id, name, version, settings FROM extractors ORDER BY id"):
        add(row[:])
    for table in EVENTS:
        events = f"SELECT * FROM {table} WHERE recorded_us <= ? ORDER BY number"
        add([row[:] for row in read(events, (state.recorded_us,))])
    add([rule.text for rule in vocabulary_rules()])
    if state.shared_paths:  # these are shown otherwise
        add(sorted(state.shared_paths))
    return digest.hexdigest()
