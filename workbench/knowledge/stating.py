"""Statements that were agreed on as documents of a graph: a sentence, its names, and the fact."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from dataclasses import dataclass
from typing import Any

from .agreed import AGREED, STATEMENT, Agreed
from .extraction.grounding import ground
from .extraction.protocol import DATE, Assertion, Extraction, Mention, Span
from .graphs import Graph
from .writing import close_document, write_extraction

VERSION = "1"
"""Raised when a statement becomes another document; the next look at the space writes all anew."""
_KEY_DIGITS = 16
# How a relation is said where its name alone would be no sentence.
_SAID = {
    "born_in": "was born in",
    "born_on": "was born on",
    "died_in": "died in",
    "died_on": "died on",
    "founded_by": "was founded by",
    "founded_on": "was founded on",
    "capital_of": "is the capital of",
    "located_in": "is located in",
    "part_of": "is part of",
    "child_of": "is a child of",
    "spouse_of": "is the spouse of",
    "is_a": "is a",
    "also_known_as": "is also known as",
    "has_population": "has a population of",
}


@dataclass(frozen=True)
class Sentence:
    """A statement in words, and where its ends stand in it."""

    text: str
    subject: Span
    object: Span


def sentence_of(content: dict[str, Any]) -> Sentence:
    """A statement, as plain data, in words.

    >>> sentence_of({"subject": "Ada", "relation": "born_in", "object": "London"}).text
    'Ada was born in London.'
    """
    subject, relation, thing = (content[name] for name in ("subject", "relation", "object"))
    first, last = content.get("valid_from"), content.get("valid_to")
    if first and last:
        time = f" from {first} to {last}"
    else:
        time = f" since {first}" if first else f" until {last}" if last else ""
    head = f"{subject} {_said(relation)} "
    ends = (0, len(subject)), (len(head), len(head) + len(thing))
    return Sentence(f"{head}{thing}{time}.", *ends)


def path_of(key: str) -> str:
    """What the document of a statement is called."""
    return f"{AGREED}:{key[:_KEY_DIGITS]}"


def are_current(graph: Graph) -> bool:
    """Whether all statements of a graph are documents as they would be written now."""
    old = graph.database.read_one(
        "SELECT 1 FROM documents WHERE reader = ? AND reader_version <> ? AND recorded_to IS NULL",
        (STATEMENT, VERSION),
    )
    return old is None


def close_statement(connection: sqlite3.Connection, key: str, *, moment_us: int) -> None:
    """End the document of a statement, if there is one."""
    close_document(connection, _folder_id(connection), path_of(key), moment_us=moment_us)


def open_statement(connection: sqlite3.Connection, agreed: Agreed, *, moment_us: int) -> None:
    """Write the document of a statement, with what it says."""
    content = dict(agreed.content or {})
    said = sentence_of(content)
    whole = json.dumps([VERSION, content, agreed.origin], sort_keys=True, ensure_ascii=False)
    # Of the statement and not of its words: two that are said in the same words are two.
    sha256 = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
    reading_key = hashlib.sha256(f"{STATEMENT}\0{whole}".encode()).hexdigest()
    known = connection.execute("SELECT id FROM readings WHERE key = ?", (reading_key,)).fetchone()
    if known is None:
        known = connection.execute(
            "INSERT INTO readings (key, source_sha256, reader, reader_version, characters) "
            "VALUES (?, ?, ?, ?, ?) RETURNING id",
            (reading_key, sha256, STATEMENT, VERSION, len(said.text)),
        ).fetchone()
        passage_id = _passage_id(connection, said, content, moment_us=moment_us)
        place = json.dumps(_place(content, agreed), sort_keys=True, ensure_ascii=False)
        connection.execute(
            "INSERT INTO chunks VALUES (?, 0, ?, ?, ?)",
            (known["id"], len(said.text), passage_id, place),
        )
    connection.execute(
        "INSERT INTO documents (folder_id, path, source_sha256, size_bytes, reader, "
        "reader_version, reading_id, recorded_from) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *(_folder_id(connection), path_of(agreed.key), sha256),
            *(len(said.text.encode()), STATEMENT, VERSION, known["id"], moment_us),
        ),
    )


def _said(relation: str) -> str:
    return _SAID.get(relation, relation.replace("_", " "))


def _place(content: dict[str, Any], agreed: Agreed) -> dict[str, Any]:
    """Where it stands, in words of a space; a section is what the passage is about."""
    more = {name: content.get(name) for name in ("sources", "note")}
    found = {"section": content["subject"], **agreed.origin, **more}
    return {
        name: ", ".join(value) if isinstance(value, (list, tuple)) else value
        for name, value in found.items()
        if value
    }


def _passage_id(
    connection: sqlite3.Connection,
    said: Sentence,
    content: dict[str, Any],
    *,
    moment_us: int,
) -> int:
    fact = {name: content.get(name) for name in ("subject", "relation", "object")}
    times = (content.get("valid_from"), content.get("valid_to"))
    named = json.dumps([VERSION, fact, times, said.text], sort_keys=True, ensure_ascii=False)
    key = hashlib.sha256(f"{STATEMENT}\0{named}".encode()).hexdigest()
    known = connection.execute("SELECT id FROM passages WHERE key = ?", (key,)).fetchone()
    if known is not None:
        return int(known["id"])
    made = connection.execute(
        "INSERT INTO passages (key, kind, text) VALUES (?, ?, ?) RETURNING id",
        (key, STATEMENT, said.text),
    ).fetchone()
    ends = [said.subject] + [said.object] * _is_name(content["object"])
    evidence = (0, len(said.text))
    found = Extraction(
        tuple(Mention(*span) for span in ends),
        assertions=(
            Assertion(said.subject, content["relation"], said.object, evidence, 1.0, *times),
        ),
    )
    extractor_id = _extractor_id(connection, moment_us)
    write_extraction(connection, int(made["id"]), extractor_id, ground(said.text, found))
    return int(made["id"])


def _is_name(text: str) -> bool:
    """Whether it can be what something is called, rather than a date or a number."""
    return DATE.fullmatch(text) is None and any(mark.isalpha() for mark in text)


def _extractor_id(connection: sqlite3.Connection, moment_us: int) -> int:
    words = (AGREED, VERSION, "{}")
    find = "SELECT id FROM extractors WHERE (name, version, settings) = (?, ?, ?)"
    row = connection.execute(find, words).fetchone()
    if row is None:
        row = connection.execute(
            "INSERT INTO extractors (name, version, settings) VALUES (?, ?, ?) RETURNING id", words
        ).fetchone()
        connection.execute(
            "INSERT INTO extractor_uses (extractor_id, recorded_from) VALUES (?, ?)",
            (row["id"], moment_us),
        )
    return int(row["id"])


def _folder_id(connection: sqlite3.Connection) -> int:
    """The place of the space among the folders; it is none of them."""
    connection.execute("INSERT OR IGNORE INTO folders (path, kind) VALUES (?, 'space')", (AGREED,))
    row = connection.execute("SELECT id FROM folders WHERE path = ?", (AGREED,)).fetchone()
    return int(row["id"])
