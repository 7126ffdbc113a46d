"""Passages that bear on a question, from an index in one SQLite file (FTS5, ranked by BM25).

The file is one of ``workbench.store.text_index``; it is only read here.
"""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from .faults import Fault

_WORD = re.compile(r"\w+")
_SHORTEST = 3
# Words that every question has: a passage that shares no others with it does not bear on it.
_COMMON_WORDS = """
    about and any are can could did does for from had has have how into its not one should
    some than that the their them then there these they this those was were what when where
    which who whom whose why will with would you your
"""
_COMMON = frozenset(_COMMON_WORDS.split())
_MOST_WORDS = 24


def find_passages(index: Path, question: str, most: int) -> list[str]:
    """The passages that say most of a question's words, the best first.

    Raises:
        Fault: ``input``: the file is no such index.
    """
    words = [
        word
        for word in _WORD.findall(question.lower())
        if len(word) >= _SHORTEST and word not in _COMMON
    ]
    if not words or most <= 0:
        return []
    asked = " OR ".join(f'"{word}"' for word in dict.fromkeys(words[:_MOST_WORDS]))
    uri = f"file:{quote(str(index.absolute()))}?immutable=1"
    try:
        with closing(sqlite3.connect(uri, uri=True)) as database:
            rows = database.execute(
                "SELECT title, body FROM passages WHERE passages MATCH ? ORDER BY rank LIMIT ?",
                (asked, most),
            ).fetchall()
    except sqlite3.Error as error:
        raise Fault(
            "input",
            f"the index {index.name} cannot be searched: {error}",
            hint="make it with workbench.store.TextIndex.build",
        ) from None
    return [f"{title}: {body}" if title else str(body) for title, body in rows]


def put_before(question: str, passages: list[str]) -> str:
    """A question with passages before it."""
    if not passages:
        return question
    shown = "\n\n".join(f"[{number}] {text}" for number, text in enumerate(passages, 1))
    return f"Use these passages where they bear on the question.\n\n{shown}\n\nQuestion: {question}"
