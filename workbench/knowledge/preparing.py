"""A file made ready to be taken in: read, cut and extracted from, before any transaction."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from workbench.core.errors import DataError
from workbench.store.database import Database

from . import chunking
from .chunking import Chunk
from .extraction.grounding import Grounded, ground_results
from .extraction.protocol import Extraction, Extractor, Passage, extract_all
from .readers.reading import Reading
from .readers.registry import Reader
from .scanning import Look


@dataclass(frozen=True)
class Cut:
    """A reading with its chunks."""

    reading: Reading
    chunks: tuple[Chunk, ...]

    @cached_property
    def passages(self) -> tuple[Passage, ...]:
        """The passage of each chunk."""
        text = self.reading.text
        return tuple(Passage(text[each.start : each.end], each.kind) for each in self.chunks)

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """The passages' keys."""
        return tuple(passage_key(each) for each in self.passages)


@dataclass
class Prepared:
    """What one file's transaction needs. ``cut`` is None where its reading is known already."""

    look: Look
    source_sha256: str
    reading_key: str
    cut: Cut | None = None
    fault: str | None = None
    found: dict[str, list[Grounded]] = field(default_factory=dict)  # by passage, per extractor

    @property
    def characters(self) -> int:
        """How much text it holds in memory."""
        return len(self.cut.reading.text) if self.cut is not None else 0


def passage_key(passage: Passage) -> str:
    """The hash that a passage is known by."""
    return hashlib.sha256(f"{passage.kind}\0{passage.text}".encode()).hexdigest()


def reading_key(source_sha256: str, reader: Reader) -> str:
    """The hash of all that a reading depends on."""
    made_from = (source_sha256, reader.name, reader.version, chunking.VERSION)
    return hashlib.sha256(json.dumps(made_from).encode()).hexdigest()


def prepare(look: Look, content: bytes, database: Database) -> Prepared:
    """Read and cut what the graph does not know yet; ``begin_extracting`` then has it looked at.

    A file that cannot be read is prepared as its fault.

    Raises:
        DependencyError: What reads it is not installed.
    """
    sha256 = hashlib.sha256(content).hexdigest()
    made = Prepared(look, sha256, reading_key(sha256, look.reader))
    if database.read_one("SELECT 1 FROM readings WHERE key = ?", (made.reading_key,)):
        return made
    try:
        reading = look.reader.read(content)
    except DataError as error:
        made.fault = error.message
        return made
    except RecursionError:
        made.fault = "it is nested too deeply"
        return made
    made.cut = Cut(reading, tuple(chunking.cut(reading)))
    return made


@dataclass(frozen=True)
class Extracting:
    """A batch whose new passages are being looked at; ``results`` has an iterable per extractor."""

    batch: tuple[Prepared, ...]
    fresh: Mapping[str, Passage]
    extractors: tuple[Extractor, ...]
    results: tuple[Iterable[Extraction], ...]

    def finish(self) -> None:
        """Wait for what was found, and put it beside the documents."""
        found: dict[str, list[Grounded]] = {key: [] for key in self.fresh}
        passages = list(self.fresh.values())
        for extractor, results in zip(self.extractors, self.results, strict=True):
            grounded = ground_results(extractor, passages, results)
            for key, each in zip(self.fresh, grounded, strict=True):
                found[key].append(each)
        for made in self.batch:
            if made.cut is not None:
                made.found = {key: found[key] for key in made.cut.keys if key in found}


def begin_extracting(
    batch: Sequence[Prepared],
    database: Database,
    *,
    extractors: Sequence[Extractor],
    under_way: Extracting | None = None,
) -> Extracting:
    """Have the passages of a batch looked at that the graph does not know, each once.

    Args:
        batch: The documents.
        database: That of the graph.
        extractors: They may begin at once, in other processes, or when the result is asked for.
        under_way: The batch that is written before this one; its passages will be known then.
    """
    fresh: dict[str, Passage] = {}
    coming = under_way.fresh if under_way is not None else {}
    for made in batch:
        for key, passage in zip(made.cut.keys, made.cut.passages, strict=True) if made.cut else ():
            if key in fresh or key in coming:
                continue
            if not database.read_one("SELECT 1 FROM passages WHERE key = ?", (key,)):
                fresh[key] = passage
    passages = list(fresh.values())
    results = tuple(extract_all(each, passages) for each in extractors)
    return Extracting(tuple(batch), fresh, tuple(extractors), results)
