"""Any order of reserving, settling, crashing and waiting, against a plain model of the promise."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    rule,
    run_state_machine_as_test,
)

from workbench.core.errors import LimitError
from workbench.serving.limits import Reservation, SqliteLimits, sqlite_steps
from workbench.store.database import close_all
from workbench.store.usage import UsageLog
from workbench.store.usage_rows import UsageRow

from .conftest import START_S, Stores, key

LIMITS = {
    "requests_per_minute": 3,
    "tokens_per_minute": 100,
    "concurrent_streams": 3,
    "budget_tokens_day": 260,
    "budget_usd_day": 0.2,
}
LEASE_S = 45.0


@dataclass
class Held:
    """One call as the model knows it."""

    tokens: int
    nano: int
    stream: bool
    began_s: float
    until_s: float
    settled_s: float | None = None
    used: int = 0
    spent: int = 0
    gone: bool = False

    def is_open(self, now_s: float) -> bool:
        return not self.gone and self.settled_s is None and now_s < self.until_s


@dataclass
class Model:
    """Every call that was let in, and nothing summed up beforehand."""

    calls: list[Held] = field(default_factory=list)

    def figures(self, now_s: float) -> dict[str, float]:
        """What counts against each limit, to the second as the rule says."""

        def counts(at_s: float) -> bool:
            return int(now_s) - int(at_s) <= 60

        open_calls = [call for call in self.calls if call.is_open(now_s)]
        settled = [call for call in self.calls if call.settled_s is not None]
        recent = sum(call.used for call in settled if counts(call.settled_s or 0))
        today = [call for call in settled if int(call.settled_s or 0) // 86_400 == now_s // 86_400]
        held = sum(call.tokens for call in open_calls)
        return {
            "requests_per_minute": sum(counts(call.began_s) for call in self.calls),
            "tokens_per_minute": recent + held,
            "concurrent_streams": sum(call.stream for call in open_calls),
            "budget_tokens_day": sum(call.used for call in today) + held,
            "budget_usd_day": sum(call.spent for call in today)
            + sum(call.nano for call in open_calls),
        }


def build(stores: Stores) -> type[RuleBasedStateMachine]:
    """The machine for one kind of store."""

    class Machine(RuleBasedStateMachine):
        calls: Bundle[tuple[Reservation, Held]] = Bundle("calls")
        runs = 0

        def __init__(self) -> None:
            super().__init__()
            Machine.runs += 1
            self.loop = asyncio.new_event_loop()
            self.log = UsageLog()
            self.store = self.loop.run_until_complete(self._open())
            self.principal = key(f"key_{Machine.runs}", **LIMITS)
            self.model, self.now_s = Model(), START_S

        async def _open(self) -> Any:
            return stores.make(lease_s=LEASE_S)

        def do(self, coroutine: Any) -> Any:
            return self.loop.run_until_complete(coroutine)

        @rule(
            target=calls, tokens=st.integers(0, 60), cents=st.integers(0, 6), stream=st.booleans()
        )
        def reserve(self, tokens: int, cents: int, stream: bool) -> Any:
            before = self.model.figures(self.now_s)
            nano = cents * 10_000_000
            more = {
                "requests_per_minute": 1,
                "tokens_per_minute": tokens,
                "concurrent_streams": 1 if stream else -100,
                "budget_tokens_day": tokens,
                "budget_usd_day": nano,
            }
            allowed = {**LIMITS, "budget_usd_day": 200_000_000}
            over = {name for name in LIMITS if before[name] + more[name] > allowed[name]}
            try:
                made = self.do(
                    self.store.reserve(
                        self.principal,
                        tokens=tokens,
                        usd=cents / 100,
                        stream=stream,
                        now_s=self.now_s,
                    )
                )
            except LimitError as error:
                assert error.context["limit"] in over
                return (None, None)
            assert not over
            held = Held(tokens, nano, stream, self.now_s, self.now_s + LEASE_S)
            self.model.calls.append(held)
            return (made, held)

        @rule(call=calls, share=st.floats(0, 1), logged=st.booleans())
        def settle(self, call: tuple[Any, Any], share: float, logged: bool) -> None:
            made, held = call
            if made is None:
                return
            used, cents = int(held.tokens * share), int(held.nano * share) // 10_000_000
            first = held.settled_s is None and not held.gone
            if first:
                held.settled_s, held.used, held.spent = self.now_s, used, cents * 10_000_000
                row = UsageRow(
                    request_id="r",
                    key_id=self.principal.key_id,
                    user="u",
                    model_asked="m",
                    prompt_tokens=used,
                    cost_usd=cents / 100,
                    time_s=self.now_s,
                    settlement_id=made.id,
                )
                self.log.settle(row).result()
            self.do(self.store.settle(made, tokens=used, usd=cents / 100, now_s=self.now_s))

        @rule(call=calls)
        def release(self, call: tuple[Any, Any]) -> None:
            made, held = call
            if made is None:
                return
            if held.settled_s is None:
                held.gone = True
            self.do(self.store.release(made))

        @rule(call=consumes(calls))
        def crash(self, call: tuple[Any, Any]) -> None:
            """Nobody settles it any more: it runs out."""
            if call[0] is not None:
                self.store._renewals.drop(call[0])

        @rule()
        def count_anew(self) -> None:
            self.do(self.store.rebuild())

        @rule(step_s=st.sampled_from([0.1, 1.0, 7.3, 44.9, 60.0, 61.0, 20_000.0]))
        def wait(self, step_s: float) -> None:
            self.now_s += step_s

        @invariant()
        def nothing_is_over(self) -> None:
            """What was really produced in any 60 s, by the exact times and not by buckets."""
            window = [
                call.used
                for call in self.model.calls
                if call.settled_s is not None and self.now_s - call.settled_s < 60
            ]
            held = [call.tokens for call in self.model.calls if call.is_open(self.now_s)]
            assert sum(window) + sum(held) <= LIMITS["tokens_per_minute"] + self._late()
            figures = self.model.figures(self.now_s)
            assert figures["budget_tokens_day"] <= LIMITS["budget_tokens_day"] + self._late()

        def _late(self) -> int:
            """What was settled after its lease had run out: nothing held a place for that."""
            return sum(
                call.used
                for call in self.model.calls
                if call.settled_s is not None and call.settled_s >= call.until_s
            )

        def teardown(self) -> None:
            self.do(self.store.close())
            self.log.close()
            self.loop.close()

    return Machine


CHECKS = settings(
    max_examples=40,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize=True,
)


def test_any_order_keeps_the_promise(stores: Stores) -> None:
    run_state_machine_as_test(build(stores), settings=CHECKS)


@pytest.mark.parametrize("fault", ["forgets what is held", "a second too short", "settles twice"])
def test_the_model_finds_a_store_that_breaks_it(
    home: Path, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    if fault == "forgets what is held":
        forgetful = sqlite_steps._OPEN.replace("until_s > ?", "until_s > ? + 1e9")
        monkeypatch.setattr(sqlite_steps, "_OPEN", forgetful)
    elif fault == "a second too short":
        monkeypatch.setattr(sqlite_steps, "WINDOW_S", 59)
    else:
        monkeypatch.setattr(sqlite_steps, "remove", lambda *_: True)
    quick = settings(CHECKS, max_examples=300, phases=[Phase.generate])
    with pytest.raises(AssertionError):
        run_state_machine_as_test(build(Stores("sqlite", SqliteLimits)), settings=quick)
    close_all()
