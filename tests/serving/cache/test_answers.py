"""Exact answers: what is shared, what is kept, what is not; the same for each twin."""

from __future__ import annotations

import asyncio
import dataclasses
from typing import Any

import pytest

from workbench.core.errors import EngineError, InputError
from workbench.models.protocol import TokenLogprob
from workbench.serving.cache.answers import AnswerCache
from workbench.serving.cache.twins import Clearing
from workbench.serving.call import Call, Facts, Piece, Tool, ToolCall, Usage

from .conftest import Caches, Model, answer, ask, identify, key


def test_the_second_call_is_known(caches: Caches) -> None:
    model = Model(answer("Par", "is", "."))

    async def play(cache: AnswerCache) -> None:
        first = await caches.get(cache, model)
        second = await caches.get(cache, model, ask(stream=True, request_id="req_2"))
        assert (first.text, first.facts.cache) == ("Paris.", None)
        assert (second.text, second.facts.cache) == ("Paris.", "exact")
        assert second.facts.cache_age_s is not None
        assert second.facts.served_by == "smollm2-135m"
        assert second.facts.prompt_tokens == second.facts.completion_tokens == 0
        assert second.pieces[-1].usage == Usage(5, 3)
        assert (model.runs, model.free_runs) == (1, 1)

    caches.run(play)


def test_a_restart_keeps_it(caches: Caches) -> None:
    model = Model()
    caches.run(lambda cache: caches.get(cache, model))
    got = caches.run(lambda cache: caches.get(cache, model))
    assert (got.text, got.facts.cache, model.runs) == ("Paris.", "exact", 1)
    forgot = caches.run(lambda cache: caches.get(cache, model), twin=None)
    assert (forgot.facts.cache, model.runs) == (None, 2)


CHANGES: dict[str, dict[str, Any]] = {
    "the words": {"text": "What is the capital of Italy?"},
    "the model": {"model": "other"},
    "its adapter": {"model": "smollm2-135m:tone@2"},
    "the most tokens": {"sampling": {"max_tokens": 17}},
    "the seed": {"sampling": {"seed": 1}},
    "the stop texts": {"sampling": {"stop": ("\n",)}},
    "logprobs": {"sampling": {"logprobs": 0}},
    "the order of a schema": {
        "sampling": {"json_schema": {"properties": {"a": {}, "b": {}}}},
    },
    "the tools": {"tools": (Tool("look"),)},
    "the choice of tools": {"tools": (Tool("look"),), "tool_choice": "required"},
    "how many": {"n": 2},
    "a system message": {
        "messages": ({"role": "system", "content": "Be brief."}, {"role": "user", "content": "x"})
    },
    "who said it": {"messages": ({"role": "assistant", "content": "x"},)},
    "an option of tomorrow": {"options": {"verbosity": 3}},
}


@pytest.mark.parametrize("what", CHANGES)
def test_what_changes_an_answer_changes_its_key(what: str) -> None:
    cache = AnswerCache(identify)
    keys = {cache.key_of(ask(), key()), cache.key_of(ask(**CHANGES[what]), key())}
    assert None not in keys
    assert len(keys) == 2


def test_the_order_of_a_schemas_fields_counts_and_that_of_a_message_does_not() -> None:
    cache = AnswerCache(identify)

    def keyed(properties: dict[str, Any], message: dict[str, Any]) -> bytes | None:
        schema = {"json_schema": {"properties": properties}}
        return cache.key_of(ask(sampling=schema, messages=(message,)), key())

    one = keyed({"a": {}, "b": {}}, {"role": "user", "content": "x"})
    assert one == keyed({"a": {}, "b": {}}, {"content": "x", "role": "user", "name": None})
    assert one != keyed({"b": {}, "a": {}}, {"role": "user", "content": "x"})


def test_what_changes_nothing_keeps_the_key() -> None:
    cache = AnswerCache(identify)
    wishes = {"priority": 3, "keep_alive_s": 1.0, "timeout_s": 9.0, "may_use": lambda name: True}
    same = ask(
        stream=True,
        include_usage=True,
        request_id="req_9",
        form={"dialect": "anthropic"},
        options=wishes,
        tool_choice="none",
    )
    assert cache.key_of(ask(), key()) == cache.key_of(same, key("key_2")) is not None


def test_tenants_share_nothing_and_keys_of_one_user_do(caches: Caches) -> None:
    model = Model()

    async def play(cache: AnswerCache) -> None:
        await caches.get(cache, model, who=key("key_1", "ann"))
        other = await caches.get(cache, model, who=key("key_2", "bob"))
        same = await caches.get(cache, model, who=key("key_3", "ann"))
        assert (other.facts.cache, same.facts.cache) == (None, "exact")

    caches.run(play)


def test_other_weights_behind_the_name_are_another_model(caches: Caches) -> None:
    model, behind = Model(), ["sha256:1"]

    async def play(cache: AnswerCache) -> None:
        await caches.get(cache, model)
        behind[0] = "sha256:2"
        assert (await caches.get(cache, model)).facts.cache is None

    caches.run(play, identify=lambda name: (behind[0], None))


@pytest.mark.parametrize(
    ("temperature", "wish", "found"),
    [
        (0.0, None, "exact"),
        (0.0, "off", None),
        (0.7, None, None),
        (None, None, None),  # then it is the model's own, 0.7
        (0.7, "on", "exact"),
        (0.7, "exact", "exact"),
    ],
)
def test_a_drawn_answer_is_kept_only_if_that_is_asked_for(
    caches: Caches, temperature: float | None, wish: str | None, found: str | None
) -> None:
    call = ask(sampling={"temperature": temperature}, options={"cache": wish})

    async def play(cache: AnswerCache) -> None:
        await caches.get(cache, Model(), call)
        assert (await caches.get(cache, Model(), call)).facts.cache == found

    caches.run(play)


def test_a_wish_that_is_none_of_the_words_is_refused() -> None:
    with pytest.raises(InputError, match="cache is 'maybe'"):
        AnswerCache(identify).key_of(ask(options={"cache": "maybe"}), key())


def test_refresh_answers_anew_and_keeps_the_new_answer(caches: Caches) -> None:
    async def play(cache: AnswerCache) -> None:
        await caches.get(cache, Model(answer("old")))
        fresh = ask(options={"cache": "refresh"})
        assert (await caches.get(cache, Model(answer("new")), fresh)).facts.cache is None
        assert (await caches.get(cache, Model())).text == "new"

    caches.run(play)


def test_vectors_are_known_without_a_temperature(caches: Caches) -> None:
    vectors = [
        Piece(index=place, vector=(0.1, place / 3), finish_reason="stop") for place in (0, 1)
    ]
    vectors[-1] = dataclasses.replace(vectors[-1], usage=Usage(4))
    call = Call("req_1", "embedding", "minilm-l6-v2", prompts=("a", "b"))

    async def play(cache: AnswerCache) -> None:
        first = await caches.get(cache, Model(vectors), call)
        second = await caches.get(cache, Model(vectors), call)
        assert second.facts.cache == "exact"
        assert [piece.vector for piece in second.pieces] == [(0.1, 0.0), (0.1, 1 / 3)]
        assert second.pieces == first.pieces

    caches.run(play)


def test_choices_tools_and_logprobs_come_back(caches: Caches) -> None:
    def told(text: str) -> tuple[TokenLogprob, ...]:
        return (TokenLogprob(7, text, -0.25, ((text, -0.25), ("b", -2.0))),)

    pieces = [
        Piece("a", 0, logprobs=told("a")),
        Piece("x", 1),
        Piece("b", 0, logprobs=told("b"), finish_reason="stop"),
        Piece(index=1, tool_calls=(ToolCall("call_1", "look", '{"at"'),)),
        Piece(index=1, tool_calls=(ToolCall("call_1", "", ": 3}"), ToolCall("call_2", "go", ""))),
        Piece(index=1, finish_reason="tool_calls"),
        Piece(usage=Usage(9, 5, 2)),
    ]

    async def play(cache: AnswerCache) -> None:
        await caches.get(cache, Model(pieces))
        got = (await caches.get(cache, Model())).pieces
        assert got == [
            Piece("ab", 0, logprobs=told("a") + told("b"), finish_reason="stop"),
            Piece(
                "x",
                1,
                (ToolCall("call_1", "look", '{"at": 3}'), ToolCall("call_2", "go", "")),
                finish_reason="tool_calls",
                usage=Usage(9, 5, 2),
            ),
        ]

    caches.run(play)


UNFIT = {
    "cancelled": [Piece("a", finish_reason="cancelled", usage=Usage(1, 1))],
    "without an end": [Piece("a"), Piece("b", usage=Usage(1, 1))],
    "without a usage": [Piece("a", finish_reason="stop")],
    "one choice without an end": [
        Piece("a", 0),
        Piece("b", 1, finish_reason="stop", usage=Usage()),
    ],
    "empty": [],
}


@pytest.mark.parametrize("what", UNFIT)
def test_what_did_not_come_to_its_end_is_not_kept(caches: Caches, what: str) -> None:
    async def play(cache: AnswerCache) -> None:
        await caches.get(cache, Model(UNFIT[what]))
        assert (await caches.get(cache, Model())).facts.cache is None

    caches.run(play)


def test_an_error_is_not_kept(caches: Caches) -> None:
    async def play(cache: AnswerCache) -> None:
        with pytest.raises(EngineError):
            await caches.get(cache, Model(error=EngineError("it broke"), fail_after=0))
        assert (await caches.get(cache, Model())).facts.cache is None

    caches.run(play)


def test_what_a_fallback_answered_is_not_kept(caches: Caches) -> None:
    model = Model()

    async def fallen_back(call: Call, who: Any, facts: Facts) -> Any:
        facts.fallbacks = ("smollm2-135m",)
        async for piece in model.paid(call, who, facts):
            yield piece

    async def play(cache: AnswerCache) -> None:
        found = cache.answer(ask(), key(), Facts(), paid=fallen_back, free=model.free)
        assert [piece async for piece in found]
        assert (await caches.get(cache, model)).facts.cache is None

    caches.run(play)


def test_an_answer_is_good_for_its_time(caches: Caches) -> None:
    now = [1_795_600_000.0]

    async def play(cache: AnswerCache) -> None:
        model = Model()
        await caches.get(cache, model)
        now[0] += 59.0
        got = await caches.get(cache, model)
        assert got.facts.cache == "exact"
        assert got.facts.cache_age_s == pytest.approx(59.0)
        now[0] += 2.0
        assert (await caches.get(cache, model)).facts.cache is None

    caches.run(play, ttl_s=60.0, clock=lambda: now[0], twin=None)


def test_an_answer_that_expired_is_not_found_after_a_restart(caches: Caches) -> None:
    async def play(cache: AnswerCache) -> str | None:
        got = await caches.get(cache, Model())
        await asyncio.sleep(0.02)
        return got.facts.cache

    assert caches.run(play, ttl_s=0.01) is None
    assert caches.run(play) is None


MADE = ["ann base", "ann base:a@2", "ann other", "bob base"]


@pytest.mark.parametrize(
    ("clearing", "left"),
    [
        (Clearing(4e9), []),
        (Clearing(0.0), MADE),
        (Clearing(4e9, tenant="ann"), ["bob base"]),
        (Clearing(4e9, model="base"), ["ann other"]),
        (Clearing(4e9, model="base:a"), ["ann base", "ann other", "bob base"]),
        (Clearing(4e9, tenant="bob", model="other"), MADE),
    ],
)
def test_clearing_holds_here_after_a_restart_and_elsewhere(
    caches: Caches, clearing: Clearing, left: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workbench.serving.cache.answers.CHANGE_SEEN_S", 0.0)

    async def ask_all(cache: AnswerCache) -> list[str]:
        found = []
        for each in MADE:
            user, name = each.split(" ")
            hit = await cache.lookup(ask(model=name), key("key_1", user))
            found += [each] if hit is not None else []
        return found

    async def play(cache: AnswerCache) -> None:
        elsewhere = caches.make()
        assert await ask_all(elsewhere) == []
        for each in MADE:
            user, name = each.split(" ")
            await caches.get(cache, Model(), ask(model=name), key("key_1", user))
        await cache._twin.flush()  # type: ignore[union-attr]
        assert await ask_all(elsewhere) == MADE
        assert await cache.clear(clearing) == len(MADE) - len(left)
        assert await ask_all(cache) == left
        assert await ask_all(elsewhere) == left
        await elsewhere.close()

    caches.run(play)
    assert caches.run(ask_all) == left


def test_a_run_that_began_before_a_clearing_is_not_kept_after_it(caches: Caches) -> None:
    async def play(cache: AnswerCache) -> None:
        model = Model(gate=asyncio.Event())
        running = asyncio.create_task(caches.get(cache, model))
        while not model.runs:
            await asyncio.sleep(0)
        import time

        await cache.clear(Clearing(time.time() + 0.001))
        assert model.gate is not None
        model.gate.set()
        await running
        assert (await caches.get(cache, Model())).facts.cache is None

    caches.run(play)


def test_figures_say_what_it_did(caches: Caches) -> None:
    async def play(cache: AnswerCache) -> None:
        model = Model()
        await caches.get(cache, model)
        await caches.get(cache, model)
        await cache._twin.flush()  # type: ignore[union-attr]
        told = await cache.figures()
        assert (told.lookups, told.hits, told.stored, told.entries) == (2, 1, 1, 1)
        assert told.twin is not None
        assert (told.twin.kind, told.twin.entries) == (caches.kind, 1)

    caches.run(play)


def test_an_answer_can_be_stored_and_looked_up_by_hand(caches: Caches) -> None:
    async def play(cache: AnswerCache) -> None:
        facts = Facts(served_by="smollm2-135m")
        assert await cache.lookup(ask(), key()) is None
        assert cache.store(ask(), key(), facts, answer("x"), began_s=1.8e9, cost_s=1.0)
        hit = await cache.lookup(ask(), key())
        assert hit is not None
        assert (hit.kind, hit.pieces[0].text, hit.saved_s) == ("exact", "x", 1.0)

    caches.run(play, clock=lambda: 1.8e9)
