"""One answer out of several backends: what the client sees, whatever breaks where."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.core import errors
from workbench.core.errors import WorkbenchError
from workbench.serving.backends.balance import Balance, Member
from workbench.serving.backends.breaker import Breaker
from workbench.serving.backends.fallback import Chain
from workbench.serving.backends.retries import RetryBudget
from workbench.serving.call import Call, Facts, Piece, Tool, ToolCall, Usage

TEXT = "Ha ha ha – 灯台 ha!"


class Scripted:
    """Says TEXT from where the answer is, a character a token, and breaks as it is told."""

    def __init__(
        self, name: str, *, breaks: Iterable[tuple[int, Exception]] = (), continues: bool = True
    ) -> None:
        self.name, self.continues = name, continues
        self.breaks = list(breaks)
        self.calls: list[Call] = []
        self.closed = 0

    async def answer(self, call: Call, facts: Facts) -> AsyncGenerator[Piece, None]:
        self.calls.append(call)
        facts.backend, facts.served_by = self.name, call.model
        after, error = self.breaks.pop(0) if self.breaks else (10**6, None)
        begun = str(call.messages[-1]["content"]) if call.options.get("answer_begun") else ""
        facts.prompt_tokens = 7 + len(begun)
        rest = TEXT[len(begun) :][: call.sampling.get("max_tokens")]
        try:
            for number, letter in enumerate(rest):
                if number == after and error is not None:
                    raise error
                facts.completion_tokens += 1
                yield Piece(letter)
            if after >= len(rest) and error is not None:
                raise error
            usage = Usage(facts.prompt_tokens, facts.completion_tokens)
            yield Piece(finish_reason="stop", usage=usage)
        finally:
            self.closed += 1


def make_call(**more: Any) -> Call:
    said = {"messages": ({"role": "user", "content": "Laugh"},), "stream": True, **more}
    return Call("r", "chat", "m", **said)


async def no_pause(seconds: float) -> None:
    return None


def chain_of(
    *backends: Scripted, fallbacks: dict[str, list[Scripted]] | None = None, **more: Any
) -> Chain:
    groups = {"m": list(backends), **(fallbacks or {})}
    kept = {
        model: Balance([Member(each, model, Breaker(failures=3)) for each in group])
        for model, group in groups.items()
    }

    def find(model: str) -> Balance:
        if model not in kept:
            raise errors.NotFoundError(f"no {model}")
        return kept[model]

    return Chain(find, fallbacks={"m": tuple(fallbacks or ())}, sleep=no_pause, **more)


def run(chain: Chain, call: Call, facts: Facts | None = None) -> tuple[str, list[Piece]]:
    async def collect() -> list[Piece]:
        return [piece async for piece in chain.answer(call, facts or Facts())]

    pieces = asyncio.run(collect())
    return "".join(piece.text for piece in pieces), pieces


down = errors.FetchError("down")


@given(cuts=st.lists(st.integers(0, len(TEXT) + 2), min_size=1, max_size=2))
def test_wherever_a_stream_breaks_nothing_is_lost_or_said_twice(cuts: list[int]) -> None:
    backends = [Scripted(f"b{n}", breaks=[(cut, down)]) for n, cut in enumerate(cuts)]
    last = Scripted("last")
    facts = Facts()
    text, pieces = run(chain_of(*backends, fallbacks={"other": [last]}), make_call(), facts)
    assert text == TEXT
    assert [piece.finish_reason for piece in pieces if piece.finish_reason] == ["stop"]
    assert [piece.usage for piece in pieces if piece.usage] == [Usage(7, len(TEXT))]
    assert pieces[-1].usage is not None, "the usage is the last word"
    assert (facts.prompt_tokens, facts.completion_tokens) == (7, len(TEXT))
    assert len(facts.fallbacks) == len(cuts)


def test_the_check_sees_a_backend_that_repeats_what_was_begun() -> None:
    class Repeating(Scripted):
        async def answer(self, call: Call, facts: Facts) -> AsyncGenerator[Piece, None]:
            whole = make_call()  # as if nothing had been begun
            async for piece in super().answer(whole, facts):
                yield piece

    chain = chain_of(Scripted("a", breaks=[(4, down)]), fallbacks={"other": [Repeating("b")]})
    assert run(chain, make_call())[0] == TEXT[:4] + TEXT


def test_an_answer_prefilled_by_the_client_goes_on_from_both() -> None:
    messages = (
        {"role": "user", "content": "Laugh"},
        {"role": "assistant", "content": TEXT[:3]},
    )
    call = make_call(messages=messages, options={"answer_begun": True})
    text, _ = run(chain_of(Scripted("a", breaks=[(4, down)]), Scripted("b")), call)
    assert text == TEXT[3:]


def test_the_rest_has_no_more_tokens_than_are_left() -> None:
    second = Scripted("b")
    chain = chain_of(Scripted("a", breaks=[(4, down)]), fallbacks={"other": [second]})
    text, pieces = run(chain, make_call(sampling={"max_tokens": 6}))
    assert text == TEXT[:6]
    assert second.calls[0].sampling["max_tokens"] == 2
    assert pieces[-1].usage == Usage(7, 6)
    # All of them were there when it broke: nobody has to say anything more.
    third = Scripted("c")
    chain = chain_of(Scripted("a", breaks=[(6, down)]), fallbacks={"other": [third]})
    text, pieces = run(chain, make_call(sampling={"max_tokens": 6}))
    assert (text, pieces[-1].finish_reason, third.calls) == (TEXT[:6], "length", [])


def test_who_does_not_go_on_is_passed_by_in_a_stream_and_begins_anew_in_a_whole_answer() -> None:
    def backends() -> tuple[Scripted, Scripted]:
        return Scripted("a", breaks=[(4, down)] * 3), Scripted("b", continues=False)

    broken, second = backends()
    with pytest.raises(errors.FetchError):
        run(chain_of(broken, fallbacks={"other": [second]}), make_call())
    assert second.calls == []
    broken, second = backends()
    chain = chain_of(broken, fallbacks={"other": [second]})
    text, pieces = run(chain, make_call(stream=False))
    assert text == TEXT and pieces[-1].usage == Usage(7, len(TEXT))


@pytest.mark.parametrize(
    "more",
    [
        {"tools": (Tool("look"),)},
        {"sampling": {"json_schema": {"type": "object"}}},
        {"n": 2},
    ],
)
def test_a_bound_answer_of_which_the_client_has_a_part_fails(more: dict[str, Any]) -> None:
    second = Scripted("b")
    chain = chain_of(Scripted("a", breaks=[(4, down)]), fallbacks={"other": [second]})
    with pytest.raises(errors.FetchError):
        run(chain, make_call(**more))
    assert second.calls == []
    # Before anything was said, anybody may answer.
    chain = chain_of(Scripted("a", breaks=[(0, down)]), fallbacks={"other": [second]})
    assert run(chain, make_call(**more))[0] == TEXT


def test_a_tool_call_that_was_begun_is_not_begun_again() -> None:
    class Calling(Scripted):
        async def answer(self, call: Call, facts: Facts) -> AsyncGenerator[Piece, None]:
            self.calls.append(call)
            yield Piece(tool_calls=(ToolCall("1", "look", "{"),))
            raise down

    second = Scripted("b")
    chain = chain_of(Calling("a"), fallbacks={"other": [second]})
    with pytest.raises(errors.FetchError):
        run(chain, make_call())
    assert second.calls == []


@pytest.mark.parametrize("error", [errors.InputError("bad"), errors.LimitError("none left")])
def test_what_the_client_did_wrong_is_told_at_once(error: WorkbenchError) -> None:
    second = Scripted("b")
    with pytest.raises(type(error)):
        run(chain_of(Scripted("a", breaks=[(0, error)]), fallbacks={"o": [second]}), make_call())
    assert second.calls == []


def test_the_same_backend_is_tried_again_within_the_budget() -> None:
    backend = Scripted("a", breaks=[(0, down), (3, down)])
    assert run(chain_of(backend), make_call())[0] == TEXT
    assert len(backend.calls) == 3
    poor = Scripted("a", breaks=[(0, down)] * 9)
    with pytest.raises(errors.FetchError):
        run(chain_of(poor, budget=RetryBudget(share=0.0, most=1)), make_call())
    assert len(poor.calls) == 2


def test_a_busy_backend_that_asks_for_too_long_a_wait_is_not_waited_for() -> None:
    busy = errors.BusyError("full", retry_after_s=60)
    backend = Scripted("a", breaks=[(0, busy)])
    with pytest.raises(errors.BusyError) as caught:
        run(chain_of(backend), make_call())
    assert caught.value.context["retry_after_s"] == 60 and len(backend.calls) == 1


def test_who_fails_again_and_again_rests_and_is_not_asked() -> None:
    broken, good = Scripted("a", breaks=[(0, down)] * 9), Scripted("b")
    chain = chain_of(broken, fallbacks={"other": [good]})
    for _ in range(6):
        assert run(chain, make_call())[0] == TEXT
    assert len(broken.calls) == 3, "then its breaker was open"
    alone = chain_of(Scripted("a", breaks=[(0, down)] * 9), budget=RetryBudget(most=0))
    for _ in range(3):
        with pytest.raises(errors.FetchError, match="down"):
            run(alone, make_call())
    with pytest.raises(errors.FetchError, match="rests") as caught:
        run(alone, make_call())
    assert caught.value.context["retry_after_s"] > 0


def test_a_fallback_that_the_key_may_not_use_is_no_fallback() -> None:
    broken, other = Scripted("a", breaks=[(0, down)] * 3), Scripted("b")
    chain = chain_of(broken, fallbacks={"other": [other]})
    with pytest.raises(errors.FetchError):
        run(chain, make_call(options={"may_use": lambda model: model == "m"}))
    assert other.calls == []
    broken.breaks = [(0, down)] * 3
    with pytest.raises(errors.FetchError):
        run(chain, make_call(options={"strict_routing": True}))
    assert other.calls == []


def test_who_stops_reading_stops_the_work_and_what_was_done_is_counted() -> None:
    backend, facts = Scripted("a"), Facts()

    async def read_three() -> None:
        pieces = chain_of(backend).answer(make_call(), facts)
        for _ in range(3):
            await anext(pieces)
        await pieces.aclose()

    asyncio.run(read_three())
    assert backend.closed == 1
    assert (facts.prompt_tokens, facts.completion_tokens) == (7, 3)
