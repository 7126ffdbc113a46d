"""The canonical dump: the state as sorted JSON lines, the same to the byte for the same documents.

Paths are relative to their folder. No recorded time, no id and nothing of the order in which things
came stands in it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from .states import Fact, State, place_of


def dump_lines(state: State) -> list[str]:
    """The lines of a dump, in order."""
    with state.frozen():
        found = [
            json.dumps(each, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
            for each in _records(state)
        ]
    return sorted(found)


def dump_bytes(state: State) -> bytes:
    """The dump as the file that it is compared as."""
    return as_file(dump_lines(state))


def as_file(lines: Iterable[str]) -> bytes:
    """The lines of a dump as the bytes of its file."""
    return "".join(line + "\n" for line in lines).encode()


def _records(state: State) -> Iterator[dict[str, Any]]:
    documents = state.documents
    for each in documents.values():
        yield {
            "type": "document",
            "document": each["path"],
            "reader": each["reader"],
            "sha256": each["source_sha256"],
            "encoding": each["encoding"],
            "characters": each["characters"],
        }
    for row in state.chunks():
        yield {
            "type": "chunk",
            "document": documents[row["document"]]["path"],
            "start": row["start"],
            "end": row["stop"],
            "sha256": row["key"],
            "place": place_of(row),
        }
    for key, row in state.mentions:
        yield {
            "type": "mention",
            "document": documents[row["document"]]["path"],
            "start": row["start"],
            "end": row["stop"],
            "entity": key,
            "kind": row["kind"],
            "extractor": row["extractor"],
            "version": row["version"],
            "confidence": row["confidence"],
        }
    for entity in state.entities.values():
        yield {
            "type": "entity",
            "key": entity.key,
            "name": entity.name,
            "names": entity.names,
            "kinds": entity.kinds,
        }
    for fact in state.facts:
        yield {"type": "fact", **plain_fact(fact)}


def plain_fact(fact: Fact) -> dict[str, Any]:
    """A fact as plain data, with its support."""
    return {
        "subject": fact.subject,
        "relation": fact.relation,
        "object": fact.object,
        "valid_from": fact.valid_from,
        "valid_to": fact.valid_to,
        "support": [
            {
                "document": each.document,
                "start": each.start,
                "end": each.end,
                "extractor": each.extractor,
                "version": each.version,
                "confidence": each.confidence,
            }
            for each in fact.support
        ],
    }
