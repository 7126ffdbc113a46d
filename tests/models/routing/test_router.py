"""The choice, without a model: rules before tasks before preference before default."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.core.errors import CapabilityError, ContextLengthError, NotFoundError
from workbench.models.routing.requests import Candidate, RouteRequest
from workbench.models.routing.router import decide
from workbench.models.routing.settings import RoutingSettings, Rule
from workbench.models.routing.tasks import Task

CHAT = frozenset({"chat", "tools", "json"})
SMALL = Candidate("small", 2048, 10**8, 90.0, 0.1, CHAT)
LARGE = Candidate("large", 8192, 10**10, 5.0, 2.0, CHAT)
CODER = Candidate("coder", 8192, 10**9, None, 0.5, frozenset({"chat"}))
ALL = (SMALL, LARGE, CODER)


def choose(chosen: RoutingSettings | None = None, **fields: Any) -> Any:
    return decide(
        RouteRequest(**{"text": "Hello", **fields}),
        ALL,
        chosen or RoutingSettings(),
        default="small",
    )


def test_nothing_said_is_the_default() -> None:
    assert (choose().model, choose().rule) == ("small", "default")


def test_a_default_that_cannot_is_passed_over_with_the_reason() -> None:
    decision = choose(prompt_tokens=3000)
    assert decision.model == "large"
    assert "reads 2048 tokens at most" in decision.reason


@pytest.mark.parametrize(
    ("prefer", "model"), [("quality", "large"), ("speed", "small"), ("cost", "small")]
)
def test_a_preference_ranks(prefer: str, model: str) -> None:
    decision = choose(prefer=prefer)
    assert (decision.model, decision.rule) == (model, f"prefer:{prefer}")


def test_the_requests_preference_is_stronger_than_the_settings() -> None:
    assert choose(RoutingSettings(prefer="speed"), prefer="quality").model == "large"


def test_the_first_rule_that_holds_counts() -> None:
    rules = (
        Rule("tools", "large", needs="tools"),
        Rule("tickets", "coder", contains=r"(?i)ticket #\d+"),
        Rule("long", "large", min_tokens=1000),
    )
    chosen = RoutingSettings(rules=rules)
    assert choose(chosen, text="Ticket #5 is open").rule == "rule:tickets"
    assert choose(chosen, text="Ticket five").rule == "default"
    assert choose(chosen, prompt_tokens=1000).model == "large"
    both = choose(chosen, text="ticket #5", needs=frozenset({"chat", "tools"}))
    assert both.rule == "rule:tools"


def test_a_task_names_the_model() -> None:
    chosen = RoutingSettings(tasks={"code": "coder"})
    decision = choose(chosen, task=Task("code", 0.9))
    assert (decision.model, decision.rule, decision.task) == ("coder", "task:code", "code")
    assert choose(chosen, task=Task(None, 0.3)).model == "small"
    assert choose(chosen, task=Task("chat", 0.9)).model == "small"


def test_who_cannot_do_what_is_needed_is_never_chosen() -> None:
    chosen = RoutingSettings(tasks={"code": "coder"})
    decision = choose(chosen, task=Task("code", 0.9), needs=frozenset({"chat", "tools"}))
    assert decision.model == "small"
    assert decision.passed_over["coder"] == "cannot tools"


class TestStrict:
    def test_a_rule_that_cannot_be_kept_is_an_error(self) -> None:
        chosen = RoutingSettings(tasks={"code": "absent"})
        with pytest.raises(CapabilityError, match="absent, which is not here"):
            choose(chosen, task=Task("code", 0.9), strict=True)
        assert choose(chosen, task=Task("code", 0.9)).model == "small"

    def test_a_task_that_is_unclear_is_an_error(self) -> None:
        chosen = RoutingSettings(tasks={"code": "coder"})
        with pytest.raises(CapabilityError, match="unclear"):
            choose(chosen, task=Task(None, 0.2), strict=True)


def test_too_long_for_all_and_nobody_there_are_said_apart() -> None:
    with pytest.raises(ContextLengthError, match="too long for all"):
        choose(prompt_tokens=9000)
    with pytest.raises(CapabilityError, match="cannot fly"):
        choose(needs=frozenset({"fly"}))
    with pytest.raises(NotFoundError):
        decide(RouteRequest("x"), (), RoutingSettings(), default="small")


@given(
    st.integers(0, 10_000),
    st.sampled_from([None, "quality", "speed", "cost"]),
    st.sampled_from([frozenset({"chat"}), frozenset({"chat", "tools"})]),
    st.sampled_from([None, Task("code", 0.8), Task("chat", 0.6), Task(None, 0.1)]),
)
def test_what_is_chosen_can_answer(tokens: int, prefer: Any, needs: Any, task: Any) -> None:
    chosen = RoutingSettings(tasks={"code": "coder"}, rules=(Rule("long", "small", min_tokens=1),))
    try:
        model = choose(chosen, prompt_tokens=tokens, prefer=prefer, needs=needs, task=task).model
    except ContextLengthError:
        assert tokens >= 8192
        return
    found = next(each for each in ALL if each.name == model)
    assert found.context_tokens is not None and found.context_tokens > tokens
    assert found.capabilities is not None and needs <= found.capabilities
