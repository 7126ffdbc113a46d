"""Requests that mean the same: who may share, what is kept where, what fails nothing.

Vectors are bags of words here, so that the machinery can be seen without a model; the last test has
the real one, behind a real backend.
"""

from __future__ import annotations

import asyncio
import hashlib
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from workbench.core import settings
from workbench.core.errors import EngineError
from workbench.serving.cache.answers import AnswerCache
from workbench.serving.cache.disk import DiskTwin, graphs_folder
from workbench.serving.cache.gate.gate import Gate
from workbench.serving.cache.keys import class_key
from workbench.serving.cache.meaning_file import MeaningFile
from workbench.serving.cache.nearest import SCANNED_MOST, Nearest, to_unit
from workbench.serving.cache.opening import open_cache
from workbench.serving.cache.semantic import MOST_CHARS, Meaning, SemanticCache
from workbench.serving.cache.twins import Clearing
from workbench.serving.call import Facts, Tool

from .conftest import Caches, Got, Model, answer, ask, identify, key

FRANCE, TELL, ITALY = (
    "What is the capital of France?",
    "Please tell me the capital of France.",
    "What is the capital of Italy?",
)
FAR = 4e9


async def embed(text: str) -> Sequence[float]:
    """A bag of words: near for texts with many words in common."""
    row = np.zeros(64)
    for word in text.lower().strip("?.").split():
        row[hashlib.sha256(word.encode()).digest()[0] % 64] += 1
    return list(row)


class Run:
    """One semantic cache for a test."""

    def __init__(self, **given: Any) -> None:
        options = {"min_similarity": 0.3, **given}
        self.semantic = SemanticCache(options.pop("embed", embed), **options)
        self.model = Model()

    async def get(self, text: str, *, who: Any = None, **fields: Any) -> Got:
        wish = {"options": {"cache": "semantic"}}
        got = await Caches.get(self.cache, self.model, ask(text, **{**wish, **fields}), who)
        await asyncio.sleep(0)  # what was answered is remembered when its vector is there
        return got

    def play(self, coroutine: Any, **given: Any) -> Any:
        async def run() -> Any:
            self.cache = AnswerCache(identify, semantic=self.semantic, **given)
            try:
                return await coroutine(self)
            finally:
                await self.cache.close()

        return asyncio.run(run())


def test_what_means_the_same_shares_an_answer() -> None:
    async def play(run: Run) -> None:
        first = await run.get(FRANCE)
        second = await run.get(TELL)
        assert (first.facts.cache, second.facts.cache) == (None, "semantic")
        assert second.text == first.text
        assert 0.3 < (second.facts.cache_similarity or 0) < 1
        assert (run.model.runs, run.model.free_runs) == (1, 1)
        told = (await run.cache.figures()).semantic
        assert told is not None
        assert (told.entries, told.lookups, told.hits) == (1, 2, 1)

    Run().play(play)


def test_what_looks_alike_does_not_and_the_reason_is_counted() -> None:
    async def play(run: Run) -> None:
        await run.get(FRANCE)
        assert (await run.get(ITALY)).facts.cache is None
        assert (await run.get("What is not the capital of France?")).facts.cache is None
        told = (await run.cache.figures()).semantic
        assert told is not None
        assert told.refused == {"name": 1, "negation": 2}  # the third is compared with two

    Run().play(play)


def test_a_broken_gate_is_caught() -> None:
    async def play(run: Run) -> None:
        await run.get(FRANCE)
        assert (await run.get("What is not the capital of France?")).facts.cache == "semantic"

    Run(gate=Gate(without={"negation"})).play(play)


def test_below_the_least_similarity_nothing_is_compared() -> None:
    async def play(run: Run) -> None:
        await run.get(FRANCE)
        assert (await run.get(TELL)).facts.cache is None
        told = (await run.cache.figures()).semantic
        assert told is not None and told.refused == {}

    Run(min_similarity=0.99).play(play)


OTHERS: dict[str, dict[str, Any]] = {
    "tenant": {"who": key("key_9", "bob")},
    "model": {"model": "other"},
    "parameter": {"sampling": {"max_tokens": 3}},
    "system prompt": {
        "messages": ({"role": "system", "content": "x"}, {"role": "user", "content": TELL})
    },
    "history": {
        "messages": (
            {"role": "user", "content": "Hi"},
            {"role": "assistant", "content": "Hello"},
            {"role": "user", "content": TELL},
        )
    },
    "kind": {"kind": "completion", "messages": (), "prompts": (TELL,)},
}


@pytest.mark.parametrize("what", OTHERS)
def test_another_class_shares_nothing(what: str) -> None:
    async def play(run: Run) -> None:
        await run.get(FRANCE)
        assert (await run.get(TELL, **OTHERS[what])).facts.cache is None

    Run().play(play)


@pytest.mark.parametrize(
    "fields",
    [
        {"tools": (Tool("look"),)},
        {"n": 2},
        {"sampling": {"temperature": 0.7}},
        {"messages": ({"role": "assistant", "content": FRANCE},)},
        {"options": {"cache": "exact"}},
        {"options": {}},  # it was not asked for
        {"text": FRANCE + " " * MOST_CHARS + "?"},
    ],
)
def test_what_is_not_compared(fields: dict[str, Any]) -> None:
    async def play(run: Run) -> None:
        fields_left = {name: value for name, value in fields.items() if name != "text"}
        await run.get(fields.get("text", FRANCE), **fields_left)
        told = (await run.cache.figures()).semantic
        assert told is not None and told.lookups == told.entries == 0

    Run().play(play)


def test_with_the_setting_on_it_need_not_be_asked_for() -> None:
    async def play(run: Run) -> None:
        await run.get(FRANCE, options={})
        assert (await run.get(TELL, options={})).facts.cache == "semantic"

    Run().play(play, semantic_always=True)


def test_the_same_history_may_be_gone_on_with_alike() -> None:
    def talk(text: str) -> dict[str, Any]:
        before = ({"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"})
        return {"messages": (*before, {"role": "user", "content": text})}

    async def play(run: Run) -> None:
        await run.get("", **talk(FRANCE))
        assert (await run.get("", **talk(TELL))).facts.cache == "semantic"

    Run().play(play)


def test_a_meaning_goes_with_its_answer(home: Path) -> None:
    async def play(run: Run) -> None:
        await run.get(FRANCE)
        assert await run.cache.clear(Clearing(time.time())) == 1
        assert (await run.get(TELL)).facts.cache is None
        run.cache._memory.remove_where(lambda entry: True)  # as if it had to make room
        assert (await run.get(FRANCE)).facts.cache is None
        told = (await run.cache.figures()).semantic
        assert told is not None and told.entries == 1

    Run().play(play)


def test_who_was_not_used_for_longest_makes_room() -> None:
    async def play(run: Run) -> None:
        for name in ("France", "Spain", "Peru"):
            await run.get(f"What is the capital of {name}?")
            await run.get("Please tell me the capital of France.")
        assert (await run.get("Please tell me the capital of Spain.")).facts.cache is None
        assert (await run.get("Please tell me the capital of France.")).facts.cache is not None

    Run(most_entries=2).play(play)


def test_an_embedder_that_fails_or_is_slow_fails_no_request(
    caplog: pytest.LogCaptureFixture,
) -> None:
    gone = asyncio.Event()

    async def fail(text: str) -> Sequence[float]:
        raise EngineError("it is away")

    async def hang(text: str) -> Sequence[float]:
        await gone.wait()
        return []

    async def play(run: Run) -> None:
        await run.get(FRANCE)
        assert (await run.get(TELL)).text == "Paris."
        assert run.model.runs == 2

    Run(embed=fail).play(play)
    assert caplog.text.count("it is away") == 1
    Run(embed=hang, wait_s=0.001).play(play)


def test_a_vector_that_comes_late_is_kept_all_the_same() -> None:
    gate = asyncio.Event()

    async def late(text: str) -> Sequence[float]:
        await gate.wait()
        return await embed(text)

    async def play(run: Run) -> None:
        await run.get(FRANCE)
        gate.set()
        await asyncio.sleep(0.001)
        assert (await run.get(TELL)).facts.cache == "semantic"

    Run(embed=late, wait_s=0.01).play(play)


class Embedders:
    """A backend that makes vectors: what opens the cache wants one."""

    name = "local"

    async def answer(self, call: Any, facts: Any) -> Any:
        from workbench.serving.call import Piece, Usage

        vector = tuple(await embed(call.prompts[0]))
        yield Piece(vector=vector, finish_reason="stop", usage=Usage(3))


def both(home: Path, *, disk: bool) -> tuple[str | None, str | None]:
    """Whether the second text is known, in one process and after a restart."""

    async def play(text: str, *, first: str | None = None) -> str | None:
        chosen = {"semantic_cache": "on", "semantic_cache_disk": disk}
        with settings.override(**chosen, semantic_cache_similarity=0.3):
            cache = open_cache(identify, embedders=Embedders())
        assert cache._semantic is not None
        cache._semantic.take_over(wait=True)
        if first is not None:
            await Caches.get(cache, Model(), ask(first))
            await asyncio.sleep(0.001)
        found = (await Caches.get(cache, Model(), ask(text))).facts.cache
        await cache.close()
        return found

    before = asyncio.run(play("Please tell me the capital of Italy.", first=ITALY))
    asyncio.run(play("x", first=FRANCE))
    return before, asyncio.run(play(TELL))


def test_texts_are_on_the_disk_only_where_that_is_allowed(home: Path) -> None:
    assert both(home, disk=False) == ("semantic", None)
    content = b"".join(path.read_bytes() for path in home.glob("cache.sqlite*"))
    assert b"capital of France" not in content


def test_where_texts_are_on_the_disk_a_restart_knows_them_until_it_is_not_allowed(
    home: Path,
) -> None:
    assert both(home, disk=True) == ("semantic", "semantic")

    def content() -> bytes:
        return b"".join(path.read_bytes() for path in home.glob("cache.sqlite*"))

    assert b"capital of France" in content()
    DiskTwin(texts=False).close_now()
    assert b"capital of France" not in content()


def test_graphs_are_kept_beside_the_file_for_their_owner_alone(home: Path) -> None:
    many = SCANNED_MOST + 40

    async def run(count: int) -> SemanticCache:
        twin = DiskTwin(texts=True)
        semantic = SemanticCache(embed, min_similarity=0.3, store=MeaningFile(twin.path))
        semantic.start_loading(1.0)
        semantic.take_over(wait=True)
        cache = AnswerCache(identify, twin=twin, semantic=semantic, semantic_always=True)
        for place in range(count):
            await Caches.get(cache, Model(), ask(f"What is the root of number {place}?"))
            await asyncio.sleep(0)
        got = await Caches.get(cache, Model(), ask("Please tell me the root of number 7."))
        assert got.facts.cache == "semantic"
        await cache.close()
        return semantic

    asyncio.run(run(many))
    folder = graphs_folder(home / "cache.sqlite")
    assert folder.stat().st_mode & 0o777 == 0o700
    (graph,) = folder.glob("*.usearch")
    before = graph.read_bytes()
    again = asyncio.run(run(0))
    assert len(again._meanings) == many
    (graph,) = folder.glob("*.usearch")
    assert graph.read_bytes() == before  # it was taken as it is
    graph.write_bytes(b"damaged")
    assert len(asyncio.run(run(0))._meanings) == many
    twin = DiskTwin(texts=True)
    twin.clear_now(Clearing(FAR))
    twin.close_now()
    assert not folder.exists()


def test_what_is_asked_while_the_old_is_loaded_is_kept_with_it() -> None:
    class Slow:
        """A store that has one text, and gives it late."""

        def __init__(self) -> None:
            self.may, self.added = threading.Event(), 0

        def last_ident(self) -> int:
            return 5

        def load(self, now_s: float) -> Any:
            self.may.wait(10)
            nearest, vector = Nearest(), to_unit(asyncio.run(embed(FRANCE)))
            nearest.add(5, vector)
            cache = AnswerCache(identify)
            group = class_key(ask(FRANCE), tenant="ann", identity="smollm2-135m")
            key_ = cache.key_of(ask(FRANCE), key())
            assert group is not None and key_ is not None
            return [Meaning(5, key_, group, "ann", "smollm2-135m", 1.0, FAR, FRANCE)], {
                group: nearest
            }

        def add(self, meaning: Meaning, vector: Any) -> None:
            self.added = meaning.ident

        def remove(self, idents: Any) -> None:
            """Nothing is."""

        def close(self, groups: Any) -> None:
            assert [ids for _, ids in groups.values()] == [[5, 6]]

    store = Slow()

    async def play(run: Run) -> None:
        run.semantic.start_loading(1.0)
        assert (await run.get(ITALY)).facts.cache is None
        store.may.set()
        await asyncio.to_thread(run.semantic.take_over, wait=True)
        run.cache.store(
            ask(FRANCE), key(), Facts(served_by="m"), answer("old"), began_s=2.0, cost_s=1.0
        )
        assert (await run.get(TELL)).text == "old"
        again = await run.get("Please tell me the capital of Italy.")
        assert (again.facts.cache, store.added) == ("semantic", 6)

    Run(store=store).play(play, clock=lambda: 3.0)


def test_clearing_removes_texts_from_the_disk_too(home: Path) -> None:
    both(home, disk=True)
    twin = DiskTwin(texts=True)
    assert twin.clear_now(Clearing(FAR)) > 0
    twin.close_now()
    content = b"".join(path.read_bytes() for path in home.glob("cache.sqlite*"))
    assert b"capital of France" not in content


def test_the_nearest_are_those_of_a_scan_also_when_they_are_many() -> None:
    draw = np.random.default_rng(0)
    rows = draw.normal(size=(SCANNED_MOST + 200, 48))
    vectors = [to_unit(row) for row in rows.tolist()]
    nearest = Nearest()
    for ident, vector in enumerate(vectors):
        nearest.add(ident, vector)
        if ident == 10:
            nearest.remove(3)
    nearest.remove(300)
    assert len(nearest) == len(rows) - 2
    asked = to_unit(draw.normal(size=48).tolist())
    scores = {i: float(v @ asked) for i, v in enumerate(vectors) if i not in (3, 300)}
    best = sorted(scores, key=lambda ident: -scores[ident])[:5]
    found = nearest.search(asked, limit=5)
    assert [ident for ident, _ in found] == best
    assert [score for _, score in found] == pytest.approx([scores[i] for i in best], abs=2e-3)


def test_no_vector_has_no_direction() -> None:
    assert to_unit([]) is None
    assert to_unit([0.0, 0.0]) is None
    assert to_unit([float("inf"), 1.0]) is None
    assert to_unit([3.0, 4.0]).tolist() == pytest.approx([0.6, 0.8])


@pytest.mark.slow
def test_with_the_real_embedder_behind_the_real_backend(shared_home: Path) -> None:
    from workbench.models.pool import ModelPool
    from workbench.serving.backends.local import LocalBackend

    async def play() -> None:
        pool = ModelPool()
        backend = LocalBackend(pool, threads=2)
        with settings.override(semantic_cache="on", threads=1, cache_disk_bytes=0):
            cache = open_cache(identify, embedders=backend)
            assert cache._semantic is not None
            vector = await cache._semantic._vector("warm up")
            assert vector.shape == (384,)
            model = Model(answer("Paris."))
            await Caches.get(cache, model, ask(FRANCE))
            while not len(cache._semantic._meanings):
                await asyncio.sleep(0.01)
            got = await Caches.get(cache, model, ask(TELL))
            assert got.facts.cache == "semantic"
            assert (got.facts.cache_similarity or 0) > 0.9
            assert (await Caches.get(cache, model, ask(ITALY))).facts.cache is None
        await cache.close()
        await asyncio.to_thread(pool.close)
        await asyncio.to_thread(backend.close)

    asyncio.run(play())
