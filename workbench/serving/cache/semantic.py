"""Answers to requests that mean the same: vectors find the candidates, the gate decides.

Only what is greedy, has no tools and ends with a user's message is compared, and only with calls of
the same tenant that differ from it in that message's text alone: the same model, system prompt,
history and parameters. An answer itself is kept once, by its exact key; here are the texts that led
to it. They stay in memory, unless the setting ``semantic_cache_disk`` allows them on the disk.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import Counter, OrderedDict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from workbench.core.errors import WorkbenchError
from workbench.serving.call import Call

from .gate.gate import Gate
from .gate.readings import read
from .hits import SemanticFigures
from .keys import class_key, last_text
from .nearest import Nearest, to_unit
from .twins import Clearing

log = logging.getLogger(__name__)

MIN_SIMILARITY = 0.8  # below that hardly a paraphrase is found; above it the gate is needed anyway
MOST_CHARS = 1000  # the embedder reads the first 256 tokens
_LOOK_AT = 8
_WAIT_S = 0.25  # so long at most an answer waits for a vector: the embedder may have to be loaded
Embed = Callable[[str], Awaitable[Sequence[float]]]


@dataclass(frozen=True, slots=True)
class Meaning:
    """A text that was answered: ``key`` is that of the answer, ``group`` that of its class."""

    ident: int
    key: bytes
    group: bytes
    tenant: str
    model: str
    made_s: float
    expires_s: float
    text: str


class MeaningStore(Protocol):
    """Keeps meanings beyond the life of the process; see ``meaning_file``."""

    def last_ident(self) -> int:
        """The highest id that was given; 0 if none was."""
        ...

    def load(self, now_s: float) -> tuple[list[Meaning], dict[bytes, Nearest]]:
        """All that have not expired, with their vectors by group. Takes seconds."""
        ...

    def add(self, meaning: Meaning, vector: Any) -> None:
        """Keep one, soon."""
        ...

    def remove(self, idents: Sequence[int]) -> None:
        """Forget some, soon."""
        ...

    def close(self, groups: Mapping[bytes, tuple[Nearest, Sequence[int]]]) -> None:
        """Write what waits, and the graphs of the groups."""
        ...


@dataclass(slots=True)
class Question:
    """A call whose meaning is looked for, with the vector that is on its way."""

    group: bytes
    tenant: str
    model: str
    text: str
    vector: asyncio.Task[Any]


class SemanticCache:
    """The texts that were answered, by what they mean. For one event loop.

    Args:
        embed: Turns a text into a vector.
        min_similarity: The least cosine of a candidate.
        most_entries: Texts that are kept; who was not used for longest goes.
        gate: Decides; by default with every rule.
        store: Keeps them for the next process; None for memory alone.
    """

    def __init__(
        self,
        embed: Embed,
        *,
        min_similarity: float = MIN_SIMILARITY,
        most_entries: int = 10_000,
        gate: Gate | None = None,
        store: MeaningStore | None = None,
        wait_s: float = _WAIT_S,
    ) -> None:
        self._embed, self._gate, self._store = embed, gate or Gate(), store
        self._min_similarity, self._most_entries = min_similarity, most_entries
        self._wait_s = wait_s
        self._meanings: OrderedDict[int, Meaning] = OrderedDict()
        self._groups: dict[bytes, Nearest] = {}
        self._by_key: dict[tuple[bytes, bytes], int] = {}
        self._counts: Counter[str] = Counter()
        self._refused: Counter[str] = Counter()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._next = 1
        self._failing = False
        self._loader: threading.Thread | None = None
        self._loaded: list[tuple[list[Meaning], dict[bytes, Nearest]]] = []

    def start_loading(self, now_s: float) -> None:
        """Take over what the store has kept, beside all else: it takes seconds if it is much."""
        if self._store is None:
            return
        store, loaded = self._store, self._loaded
        self._next = store.last_ident() + 1

        def load() -> None:
            try:
                loaded.append(store.load(now_s))
            except WorkbenchError as error:
                log.warning("what was asked before is not known: %s", error)

        self._loader = threading.Thread(target=load, name="meaning-loader", daemon=True)
        self._loader.start()

    def take_over(self, *, wait: bool = False) -> None:
        """Add what was loaded since; with ``wait`` also what still is being loaded."""
        if wait and self._loader is not None:
            self._loader.join()
        if not self._loaded:
            return
        meanings, groups = self._loaded.pop()
        newer = self._meanings
        self._meanings = OrderedDict((each.ident, each) for each in meanings)
        self._by_key.update(((each.group, each.key), each.ident) for each in meanings)
        mine, self._groups = self._groups, groups
        self._meanings.update(newer)
        for group, nearest in mine.items():
            known = self._groups.setdefault(group, nearest)
            if known is not nearest:
                for ident, vector in nearest.items():
                    known.add(ident, vector)
        while len(self._meanings) > self._most_entries:
            self.forget([next(iter(self._meanings))])

    def ask(self, call: Call, *, tenant: str, identity: str) -> Question | None:
        """The question of a call, whose vector is being made; None if it is not compared."""
        text = last_text(call)
        if text is None or len(text) > MOST_CHARS or call.n != 1:
            return None
        group = class_key(call, tenant=tenant, identity=identity)
        if group is None:
            return None
        task = asyncio.create_task(self._vector(text))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return Question(group, tenant, call.model, text, task)

    async def find(self, question: Question, now_s: float) -> list[tuple[Meaning, float]]:
        """The meanings that may share their answer with the question, the most similar first."""
        self._counts["lookups"] += 1
        self.take_over()
        nearest = self._groups.get(question.group)
        if nearest is None:
            return []
        await asyncio.wait({question.vector}, timeout=self._wait_s)
        vector = question.vector.result() if question.vector.done() else None
        if vector is None:
            self._counts["without_vector"] += 1
            return []
        found = []
        asked = read(question.text)
        for ident, similarity in nearest.search(vector, limit=_LOOK_AT):
            meaning = self._meanings.get(ident)
            if similarity < self._min_similarity:
                break
            if meaning is None or now_s >= meaning.expires_s:
                self.forget([ident])
                continue
            verdict = self._gate.compare(asked, read(meaning.text))
            if verdict.same:
                self._meanings.move_to_end(ident)
                found.append((meaning, similarity))
            else:
                self._refused[verdict.reason] += 1
        return found

    def count_hit(self) -> None:
        """One of the meanings found had its answer still."""
        self._counts["hits"] += 1

    def remember(self, question: Question, key: bytes, *, made_s: float, expires_s: float) -> None:
        """Keep that a question was answered, once its vector is there."""

        def add(task: asyncio.Task[Any]) -> None:
            vector = None if task.cancelled() else task.result()
            if vector is None or (question.group, key) in self._by_key:
                return
            meaning = Meaning(
                self._next,
                key,
                question.group,
                question.tenant,
                question.model,
                made_s,
                expires_s,
                question.text,
            )
            self._next += 1
            self._put(meaning, vector)
            if self._store is not None:
                self._store.add(meaning, vector)

        question.vector.add_done_callback(add)

    def forget(self, idents: Sequence[int]) -> None:
        """Forget meanings."""
        gone = []
        for ident in idents:
            meaning = self._meanings.pop(ident, None)
            if meaning is None:
                continue
            gone.append(ident)
            self._by_key.pop((meaning.group, meaning.key), None)
            nearest = self._groups[meaning.group]
            nearest.remove(ident)
            if not len(nearest):
                del self._groups[meaning.group]
        if gone and self._store is not None:
            self._store.remove(gone)

    def clear(self, clearing: Clearing) -> int:
        """Forget what a clearing covers; how many there were."""
        self.take_over(wait=True)
        found = [
            meaning.ident
            for meaning in self._meanings.values()
            if clearing.meets(meaning.tenant, meaning.model, meaning.made_s)
        ]
        self.forget(found)
        return len(found)

    def figures(self) -> SemanticFigures:
        """What is held, and what became of the lookups."""
        return SemanticFigures(
            len(self._meanings),
            self._counts["lookups"],
            self._counts["hits"],
            self._counts["without_vector"],
            dict(self._refused),
        )

    async def close(self) -> None:
        """Let go of the vectors that are on their way, and write what waits."""
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._store is not None:
            await asyncio.to_thread(self.take_over, wait=True)
            idents: dict[bytes, list[int]] = {}
            for meaning in self._meanings.values():
                idents.setdefault(meaning.group, []).append(meaning.ident)
            groups = {group: (self._groups[group], found) for group, found in idents.items()}
            await asyncio.to_thread(self._store.close, groups)

    def _put(self, meaning: Meaning, vector: Any) -> None:
        self._meanings[meaning.ident] = meaning
        self._by_key[meaning.group, meaning.key] = meaning.ident
        self._groups.setdefault(meaning.group, Nearest()).add(meaning.ident, vector)
        if len(self._meanings) > self._most_entries:
            self.forget([next(iter(self._meanings))])

    async def _vector(self, text: str) -> Any:
        """The vector of a text; None if there is none to be had, which fails no request."""
        try:
            vector = to_unit(await self._embed(text))
        except WorkbenchError as error:
            if not self._failing:
                log.warning("nothing is found by its meaning: %s", error)
            self._failing = True
            return None
        self._failing = False
        return vector
