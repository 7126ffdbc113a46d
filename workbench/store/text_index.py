"""Full-text search over passages: SQLite FTS5, ranked by BM25.

An index is derived: it carries the stamp of what it was built from, and deleting its file loses
nothing but the time to build it again. Whatever a user types is a valid query.

Robertson and Zaragoza 2009, "The Probabilistic Relevance Framework: BM25 and Beyond".
"""

from __future__ import annotations

import re
import shutil
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

from workbench.core.errors import InputError, IntegrityError, NotFoundError

from . import files
from .documents import check_text, dump_document, load_document
from .sqlite_faults import saying_why

Words = Literal["words", "stems", "trigrams"]
_TOKENIZERS: dict[Words, str] = {
    "words": "unicode61 remove_diacritics 2",
    "stems": "porter unicode61 remove_diacritics 2",
    "trigrams": "trigram",
}
_MOST_PHRASES = 64  # FTS5 refuses a query of more than 256 parts; nobody types so many
_TITLE_WEIGHT = 2.0
_PHRASES = re.compile(r'"([^"]*)"|(\S+)')


@dataclass(frozen=True)
class Passage:
    """What is indexed: an id of the caller's, text, and data that comes back with a hit."""

    id: str
    text: str
    title: str = ""
    metadata: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class TextHit:
    """One passage found. ``score`` is BM25, larger is better; ``snippet`` marks what matched."""

    id: str
    score: float
    title: str
    snippet: str
    metadata: dict[str, Any]


class TextIndex:
    """An index in one file. A search opens the file anew, so it sees the newest one.

    Args:
        path: The file; ``build`` makes it.
    """

    def __init__(self, path: Path) -> None:
        self.path = Path(path)

    @classmethod
    def build(
        cls, path: Path, *, passages: Iterable[Passage], stamp: str, words: Words = "words"
    ) -> TextIndex:
        """Make an index from all passages; it takes the place of the old one when it is whole.

        Args:
            path: Where it goes.
            passages: What to index. Of two with one id the later counts.
            stamp: The version or sha256 of the source.
            words: ``stems`` also finds English forms of a word, ``trigrams`` parts of words and
                languages without spaces.

        Raises:
            InputError: ``words`` is none of these.
            StorageError: The disk is full; the old index stays.
        """
        if words not in _TOKENIZERS:
            raise InputError(f"words is {words!r}; it must be one of {', '.join(_TOKENIZERS)}")
        index = cls(path)
        with index._rewriting() as connection:
            connection.executescript(_SCHEMA.format(tokenizer=_TOKENIZERS[words]))
            _add(connection, passages)
            _set_stamp(connection, stamp)
        return index

    def update(
        self, passages: Iterable[Passage], *, remove: Iterable[str] = (), stamp: str
    ) -> None:
        """Add or replace passages and remove others, on a copy that then takes its place.

        Args:
            passages: New ones, and new words for known ids.
            remove: Ids to drop; unknown ones are passed over.
            stamp: The version or sha256 of the source after the change.

        Raises:
            NotFoundError: There is no index yet.
        """
        with self._rewriting(copy=True) as connection:
            for passage_id in remove:
                _remove(connection, passage_id)
            _add(connection, passages)
            _set_stamp(connection, stamp)

    def search(
        self,
        query: str,
        *,
        limit: int = 10,
        match: Literal["any", "all"] = "any",
        prefix: bool = False,
        snippet_tokens: int = 24,
        snippets: bool = True,
        marks: tuple[str, str] = ("[", "]"),
    ) -> list[TextHit]:
        """Find passages, the best first.

        Args:
            query: What the user typed. Words in double quotes must follow one another; no other
                character has a meaning.
            limit: At most so many.
            match: Whether one of the words suffices.
            prefix: Whether the last word may be the beginning of one.
            snippet_tokens: Length of the snippets, at most 64.
            snippets: Whether they are made at all; without them a search takes half the time.
            marks: What stands before and after a match in a snippet. The rest of the snippet is
                the passage as it is: escape it before it is shown as HTML.

        Raises:
            NotFoundError: There is no index yet.
        """
        expression = to_expression(query, match=match, prefix=prefix)
        if not expression or limit < 1:
            return []
        snippet = "snippet(passages, 1, ?2, ?3, ' … ', ?4)" if snippets else "''"
        with self._reading() as connection:
            rows = connection.execute(
                f"SELECT d.id, -bm25(passages, ?1, 1.0) AS score, passages.title, {snippet}, "
                "d.metadata FROM passages JOIN documents d ON d.rowid = passages.rowid "
                "WHERE passages MATCH ?5 "
                "ORDER BY score DESC, d.id LIMIT ?6",
                (_TITLE_WEIGHT, *marks, max(1, min(64, snippet_tokens)), expression, limit),
            ).fetchall()
        return [TextHit(row[0], row[1], row[2], row[3], load_document(row[4])) for row in rows]

    def stamp(self) -> str | None:
        """What the index was built from; None if there is none, or it cannot be read."""
        try:
            with self._reading() as connection:
                row = connection.execute("SELECT stamp FROM source").fetchone()
        except (NotFoundError, IntegrityError):
            return None
        return row[0] if row else None

    def is_current(self, stamp: str) -> bool:
        """Whether the index was built from this source, so that it need not be built again."""
        return self.stamp() == stamp

    def passages(self, *, limit: int | None = None) -> list[Passage]:
        """All passages as they went in, in the order of the index, or so many of them.

        Raises:
            NotFoundError: There is no index yet.
            IntegrityError: It is damaged.
        """
        with self._reading() as connection:
            rows = connection.execute(
                "SELECT d.id, p.body, p.title, d.metadata FROM passages p "
                "JOIN documents d ON d.rowid = p.rowid ORDER BY p.rowid LIMIT ?",
                (-1 if limit is None else limit,),
            ).fetchall()
        return [Passage(row[0], row[1], row[2], load_document(row[3])) for row in rows]

    def ids(self) -> set[str]:
        """The ids of all passages. Raises NotFoundError where there is no index yet."""
        with self._reading() as connection:
            return {row[0] for row in connection.execute("SELECT id FROM documents")}

    def __len__(self) -> int:
        with self._reading() as connection:
            return int(connection.execute("SELECT count(*) FROM documents").fetchone()[0])

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        if not self.path.is_file():
            raise self._missing()
        # A file that is only ever replaced cannot change under us: no locks are needed.
        uri = f"file:{quote(str(self.path.absolute()))}?immutable=1"
        with closing(sqlite3.connect(uri, uri=True)) as connection, saying_why(self.path):
            yield connection

    @contextmanager
    def _rewriting(self, *, copy: bool = False) -> Iterator[sqlite3.Connection]:
        if copy and not self.path.is_file():
            raise self._missing()
        with files.drafting(self.path.parent, self.path.name) as draft:
            if copy:
                shutil.copyfile(self.path, draft.path)
            connection = sqlite3.connect(draft.path, isolation_level=None)
            with closing(connection), saying_why(self.path):
                # The draft is thrown away after a crash, and published with an fsync otherwise.
                connection.execute("PRAGMA journal_mode = OFF")
                connection.execute("PRAGMA synchronous = OFF")
                yield connection
            draft.publish(self.path)

    def _missing(self) -> NotFoundError:
        return NotFoundError(
            f"there is no text index {self.path}", hint="build it: TextIndex.build(...)"
        )


_SCHEMA = """
CREATE TABLE documents (rowid INTEGER PRIMARY KEY, id TEXT UNIQUE, metadata TEXT) STRICT;
CREATE TABLE source (stamp TEXT) STRICT;
CREATE VIRTUAL TABLE passages USING fts5 (title, body, tokenize = '{tokenizer}');
"""


def to_expression(query: str, *, match: Literal["any", "all"], prefix: bool = False) -> str:
    """What a user typed as an FTS5 expression; empty if there is no word in it.

    Only letters and digits go through, each phrase in quotes, so no operator can be formed.
    """
    phrases = []
    for quoted, single in _PHRASES.findall(query):
        if quoted:
            phrases.append(" ".join(re.findall(r"\w+", quoted)))
        else:
            phrases.extend(re.findall(r"\w+", single))
    kept = [f'"{phrase}"' for phrase in phrases if phrase][:_MOST_PHRASES]
    if kept and prefix:
        kept[-1] += "*"
    return (" OR " if match == "any" else " AND ").join(kept)


def _add(connection: sqlite3.Connection, passages: Iterable[Passage]) -> None:
    connection.execute("BEGIN")
    for passage in passages:
        _remove(connection, check_text(passage.id, what="passage id"))
        metadata = dump_document(passage.metadata, what=f"metadata of {passage.id}")
        row = connection.execute(
            "INSERT INTO documents (id, metadata) VALUES (?, ?) RETURNING rowid",
            (passage.id, metadata),
        ).fetchone()
        connection.execute(
            "INSERT INTO passages (rowid, title, body) VALUES (?, ?, ?)",
            (row[0], _storable(passage.title), _storable(passage.text)),
        )
    connection.execute("COMMIT")


def _remove(connection: sqlite3.Connection, passage_id: str) -> None:
    row = connection.execute("SELECT rowid FROM documents WHERE id = ?", (passage_id,)).fetchone()
    if row is not None:
        connection.execute("DELETE FROM passages WHERE rowid = ?", row)
        connection.execute("DELETE FROM documents WHERE rowid = ?", row)


def _set_stamp(connection: sqlite3.Connection, stamp: str) -> None:
    connection.execute("DELETE FROM source")
    connection.execute("INSERT INTO source VALUES (?)", (check_text(stamp, what="stamp"),))


def _storable(text: str) -> str:
    """Text from a broken file may hold lone surrogates, which have no UTF-8."""
    return text.encode("utf-8", "replace").decode()
