"""The scheduler's decisions, played through by the thousand in a make-believe machine."""

from __future__ import annotations

import dataclasses
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from workbench.core.errors import BusyError, CapacityError, DeadlineError, EngineError
from workbench.models.pool.fair_queue import FairQueue
from workbench.models.pool.lines import Line, Needs, Request, Resident
from workbench.models.pool.room import Room
from workbench.models.pool.rules import Rules
from workbench.models.pool.scheduler import Scheduler
from workbench.models.pool.simulation import Arrival, SimModel, World

BUDGET = 250
LONGEST_JOB_S, LONGEST_LOAD_S, UNLOAD_S = 2.0, 3.0, 0.1
RULES = Rules(budget_bytes=BUDGET, keep_alive_s=-1)


def rules(**changes: object) -> Rules:
    return dataclasses.replace(RULES, **changes)  # type: ignore[arg-type]


@st.composite
def worlds(draw: st.DrawFn) -> tuple[list[SimModel], list[Arrival]]:
    """Models that fit alone, and requests that come faster than they can be served."""
    models = [
        SimModel(
            f"m{number}",
            bytes=draw(st.integers(40, 200)),
            load_s=draw(st.floats(0.1, LONGEST_LOAD_S)),
            unload_s=UNLOAD_S,
            parallel=draw(st.integers(1, 3)),
        )
        for number in range(draw(st.integers(2, 5)))
    ]
    names = [model.name for model in models]
    arrivals = [
        Arrival(
            draw(st.floats(0, 30)),
            draw(st.sampled_from(names)),
            tokens=draw(st.integers(1, int(100 * LONGEST_JOB_S))),
            tenant=draw(st.sampled_from("abc")),
            priority=draw(st.integers(0, 1)),
        )
        for _ in range(draw(st.integers(1, 60)))
    ]
    return models, arrivals


def pin(world: World, model: SimModel) -> None:
    """Pin a model once it is loaded, as the pool does."""

    def look(world: World) -> None:
        line = world.scheduler.lines.get(model.key)
        if line is not None and line.resident is not None:
            line.is_pinned = True

    world.looks.append(look)


def check_budget(world: World) -> None:
    assert sum(world.taken.values()) <= world.rules.budget_bytes


def longest_wait_for_a_turn_s(models: list[SimModel], of: Rules) -> float:
    """The bound that ``docs/how-to/pool.md`` states, for any one of these models.

    Before a request's model comes, each other may be loaded once, stay for its turn, end its
    work in flight and go.
    """
    # Jobs run side by side: each takes up to `parallel` times as long as alone.
    job_s = LONGEST_JOB_S * max(model.parallel for model in models)
    load_s = max(model.load_s for model in models)
    each_s = load_s + of.turn_s(load_s) + job_s + UNLOAD_S
    return of.patience_s + len(models) * each_s


def turns(models: list[SimModel], arrivals: list[Arrival], of: Rules, **parts: object) -> float:
    """Play, and give the longest wait for a turn as a share of the bound."""
    world = World(models, of, looks=[check_budget], **parts)  # type: ignore[arg-type]
    world.run(arrivals)
    assert all(one.ended_at_s is not None for one in arrivals)
    waits = [(one.ready_at_s or one.granted_at_s or 0.0) - one.at_s for one in arrivals]
    return max(waits) / longest_wait_for_a_turn_s(models, of)


@hypothesis_settings(max_examples=150, deadline=None)
@given(worlds())
def test_never_over_the_budget_all_served_and_none_waits_beyond_the_bound(
    world: tuple[list[SimModel], list[Arrival]],
) -> None:
    models, arrivals = world
    assert turns(models, arrivals, rules()) <= 1


@st.composite
def rough_worlds(draw: st.DrawFn) -> tuple[list[SimModel], list[Arrival]]:
    """Models that grow, fail to load or are too large, and requests with every wish."""
    models = [
        SimModel(
            f"m{number}",
            bytes=draw(st.integers(40, 260)),
            load_s=draw(st.floats(0.1, LONGEST_LOAD_S)),
            parallel=draw(st.integers(1, 3)),
            growth_bytes_per_job=draw(st.integers(0, 3)),
            most_growth_bytes=draw(st.integers(0, 60)),
            failing_loads=draw(st.sampled_from([0, 0, 0, 1, 3])),
        )
        for number in range(draw(st.integers(1, 5)))
    ]
    arrivals = [
        Arrival(
            draw(st.floats(0, 40)),
            draw(st.sampled_from(models)).name,
            tokens=draw(st.integers(1, 300)),
            actual_tokens=draw(st.integers(0, 300)),
            tenant=draw(st.sampled_from("abc")),
            priority=draw(st.integers(-1, 1)),
            deadline_s=draw(st.sampled_from([None, None, 0.0, 3.0, 20.0])),
            keep_alive_s=draw(st.sampled_from([None, 0.0, 2.0, -1.0])),
            may_swap=draw(st.booleans()),
            grows_bytes=draw(st.sampled_from([0, 0, 0, 40])),
        )
        for _ in range(draw(st.integers(1, 50)))
    ]
    return models, arrivals


def check_books(world: World) -> None:
    """What the scheduler believes is what is so."""
    for line in world.scheduler.lines.values():
        one = line.resident
        if one is not None and one in world.jobs:
            assert set(one.in_flight) == set(world.jobs[one])
            assert len(one.in_flight) <= one.needs.parallel
        assert line.queue.tokens == sum(request.tokens for request in line.queue)


@hypothesis_settings(max_examples=80, deadline=None)
@given(rough_worlds())
def test_whatever_is_asked_everybody_is_told(world: tuple[list[SimModel], list[Arrival]]) -> None:
    models, arrivals = world
    played = World(models, rules(keep_alive_s=30, queue_size=20), looks=[check_books])
    played.run(arrivals)
    for one in arrivals:
        assert (one.ended_at_s is None) == (one.error is not None)
        assert one.error is None or one.granted_at_s is None
    # A look comes with each return: between two, each job in work may make its model grow by 3.
    assert played.most_taken <= BUDGET + 3 * sum(model.parallel for model in models)
    assert not any(played.jobs.values())
    assert all(line.resident is None or line.resident.status == "ready" for line in lines(played))


def lines(world: World) -> list[Line]:
    return list(world.scheduler.lines.values())


def two_models_one_place() -> tuple[list[SimModel], list[Arrival]]:
    """One model is asked for without a pause, the other once."""
    models = [SimModel("busy", bytes=200), SimModel("other", bytes=200)]
    arrivals = [Arrival(0.4 * number, "busy", tokens=50) for number in range(400)]
    return models, [*arrivals, Arrival(1.0, "other")]


def test_without_patience_running_out_the_other_model_starves() -> None:
    assert turns(*two_models_one_place(), rules()) <= 1
    models, arrivals = two_models_one_place()
    world = World(models, rules(patience_s=1e9, room_wait_s=1e9), looks=[check_budget])
    world.run(arrivals)
    wait_s = arrivals[-1].waited_s
    assert wait_s > longest_wait_for_a_turn_s(models, rules())


def test_requests_of_a_loaded_model_go_before_a_swap() -> None:
    """Strictly in the order of coming, each of the 60 requests would need a swap."""
    models = [SimModel("a", bytes=200, load_s=0.5), SimModel("b", bytes=200, load_s=0.5)]
    arrivals = [Arrival(0.1 * number, "ab"[number % 2], tokens=20) for number in range(60)]
    world = World(models, rules(patience_s=2.0))
    world.run(arrivals)
    assert all(one.ended_at_s for one in arrivals)
    assert world.loads <= 10


def test_a_pinned_model_stays_and_an_eviction_that_ignores_pins_is_caught() -> None:
    class Ruthless(Room):
        def _victims(
            self, line: Line, barred: set[Resident], missing: int
        ) -> list[Resident] | None:
            for one in self.residents:
                one.line.is_pinned = False
            return super()._victims(line, barred, missing)

    class RuthlessScheduler(Scheduler):
        room_class = Ruthless

    def losses(make: type[Scheduler]) -> list[str]:
        models = [SimModel(name, bytes=100) for name in "abc"]
        world = World(models, rules(), make)
        pin(world, models[0])
        arrivals = [Arrival(0.0, "a")]
        arrivals += [Arrival(2.0 + 3 * number, "bc"[number % 2]) for number in range(20)]
        world.run(arrivals)
        return [key.name for key, reason in world.unloads if reason == "evicted"]

    assert "a" not in losses(Scheduler)
    assert "a" in losses(RuthlessScheduler)


def test_the_model_that_is_cheap_and_seldom_asked_for_goes_first() -> None:
    models = [
        SimModel("often", bytes=80, load_s=1),
        SimModel("seldom", bytes=80, load_s=1),
        SimModel("dear", bytes=80, load_s=20),
        SimModel("new", bytes=80),
    ]
    arrivals = [Arrival(number, "often", tokens=1) for number in range(20)]
    arrivals += [Arrival(0, "dear", tokens=1), Arrival(30, "seldom", tokens=1)]
    arrivals += [Arrival(60, "new", tokens=1)]
    world = World(models, rules())
    world.run(arrivals)
    assert [key.name for key, _ in world.unloads] == ["seldom"]


def growing() -> tuple[list[SimModel], list[Arrival]]:
    """Three models that grow by half with use, of which two fit only when they are new."""
    models = [
        SimModel(name, bytes=80, growth_bytes_per_job=2, most_growth_bytes=40) for name in "abc"
    ]
    return models, [Arrival(0.5 * n, "abc"[n % 3], tokens=20) for n in range(300)]


def test_growth_is_measured_and_shed_and_without_measuring_it_is_not() -> None:
    most = {}
    for remeasures in (True, False):
        models, arrivals = growing()
        world = World(models, rules(), remeasures=remeasures)
        world.run(arrivals)
        assert all(one.ended_at_s for one in arrivals)
        most[remeasures] = world.most_taken
    assert most[True] <= 1.05 * BUDGET
    assert most[False] > 1.05 * BUDGET


def test_an_estimate_holds_until_the_model_was_seen_in_use() -> None:
    """As torch does, it takes little after the load and more with the first loans."""
    slow = SimModel(
        "a", bytes=60, reckoned_bytes=150, growth_bytes_per_job=10, most_growth_bytes=30
    )
    world = World([slow, SimModel("b", bytes=120)], rules())
    arrivals = [Arrival(0, "a"), refused := Arrival(2, "b", may_swap=False)]
    arrivals += [Arrival(3 + number, "a") for number in range(10)]
    world.run([*arrivals, later := Arrival(20, "b", may_swap=False)])
    assert isinstance(refused.error, CapacityError)
    assert later.ended_at_s
    assert world.scheduler.lines[slow.key].needs == Needs(90, 1.0, 1, measured=True)


def test_what_it_grew_to_is_reckoned_with_the_next_time() -> None:
    model = SimModel("a", bytes=100, growth_bytes_per_job=50, most_growth_bytes=100)
    world = World([model, SimModel("b", bytes=100)], rules())
    arrivals = [Arrival(0, "a"), Arrival(3, "a"), Arrival(6, "b"), Arrival(20, "a")]
    world.run(arrivals)
    assert world.scheduler.lines[model.key].needs.bytes == 200
    # At 6 s there is no room beside a, which may grow; at 20 s none for a beside b.
    assert [key.name for key, _ in world.unloads] == ["a", "b"]


@pytest.mark.parametrize("beside", [50, 150])
def test_what_a_request_makes_a_model_grow_by_is_reckoned_with_before(beside: int) -> None:
    models = [SimModel("a", bytes=80), SimModel("b", bytes=beside)]
    arrivals = [Arrival(0, "a"), Arrival(0, "b"), grower := Arrival(10, "a", grows_bytes=80)]
    world = World(models, rules(), looks=[check_budget])
    world.run([*arrivals, Arrival(20, "a", grows_bytes=80), Arrival(25, "a")])
    assert all(one.ended_at_s for one in arrivals)
    went = [(key.name, reason) for key, reason in world.unloads]
    assert went == ([] if beside == 50 else [("a", "asked"), ("b", "evicted")])
    assert grower.waited_s == (0 if beside == 50 else pytest.approx(1.2, abs=0.05))


def test_too_large_alone_too_large_beside_pins_and_no_swap_wanted() -> None:
    models = [SimModel("huge", bytes=251), SimModel("a", bytes=200), SimModel("b", bytes=100)]
    world = World(models, rules())
    pin(world, models[1])
    huge, beside = Arrival(0, "huge"), Arrival(5, "b")
    world.run([huge, Arrival(1, "a"), beside])
    for one, held in ((huge, 0), (beside, 200)):
        assert isinstance(one.error, CapacityError)
        figures = one.error.context
        assert (figures["budget_bytes"], figures["held_bytes"]) == (BUDGET, held)
        assert figures["needed_bytes"] > BUDGET - held
        assert one.error.hint
    stubborn = [Arrival(2, "b", may_swap=False), Arrival(2.5, "a", may_swap=False)]
    World(models, rules()).run([Arrival(0, "a"), *stubborn])
    assert isinstance(stubborn[0].error, CapacityError)
    assert stubborn[1].ended_at_s
    World(models, rules(swap=False)).run([Arrival(0, "a"), later := Arrival(2, "b")])
    assert isinstance(later.error, CapacityError)


def test_memory_held_by_work_in_flight_is_waited_for_but_not_for_ever() -> None:
    models = [SimModel("a", bytes=200), SimModel("b", bytes=200)]
    long = Arrival(0, "a", tokens=1500)
    world = World(models, rules(room_wait_s=60))
    world.run([long, waits := Arrival(1.5, "b")])
    assert waits.ended_at_s
    long = Arrival(0, "a", tokens=15_000)
    world = World(models, rules(room_wait_s=60))
    world.run([long, refused := Arrival(1.5, "b")])
    assert isinstance(refused.error, CapacityError)
    assert refused.error.context["held_bytes"] == 200
    assert long.ended_at_s


def test_a_deadline_that_is_missed_is_told_when_it_is() -> None:
    world = World([SimModel("a")], rules())
    late = Arrival(1.5, "a", deadline_s=2.0)
    world.run([Arrival(0, "a", tokens=1000), late])
    assert isinstance(late.error, DeadlineError)
    assert late.granted_at_s is None


def test_a_deadline_that_the_load_alone_will_miss_is_told_at_once() -> None:
    models = [SimModel("a", bytes=200, load_s=5), SimModel("b", bytes=200, load_s=5)]
    used = [Arrival(number, "ab"[number // 20], tokens=10) for number in range(40)]
    vain, well = Arrival(60, "a", deadline_s=3), Arrival(70, "a", deadline_s=30)
    World(models, rules()).run([*used, vain, well])
    assert isinstance(vain.error, DeadlineError)
    assert vain.ready_at_s is None
    assert well.ended_at_s


def test_who_always_asks_for_more_than_he_uses_is_expected_to_use_less() -> None:
    """Else each of his jobs would stand behind four of who asks for what he uses."""
    for actual, at_once in ((16, True), (200, False)):
        before = [Arrival(n, "a", tokens=200, actual_tokens=actual, tenant="x") for n in range(4)]
        others = [Arrival(30, "a", tokens=50, tenant="y") for _ in range(8)]
        late = Arrival(30.1, "a", tokens=200, actual_tokens=actual, tenant="x")
        World([SimModel("a")], rules(quantum_tokens=20)).run([*before, *others, late])
        earlier = sum(one.granted_at_s < late.granted_at_s for one in others)  # type: ignore
        assert (earlier <= 2) == at_once


def test_a_thousand_models_that_were_asked_for_once_are_not_all_kept() -> None:
    models = [SimModel(f"m{number}", bytes=100, load_s=0.1) for number in range(300)]
    arrivals = [Arrival(2.0 * number, model.name) for number, model in enumerate(models)]
    world = World(models, rules())
    world.run(arrivals)
    assert all(one.ended_at_s for one in arrivals)
    assert len(world.scheduler.lines) <= 128


def test_a_full_queue_takes_from_who_fills_it() -> None:
    greedy = [Arrival(0.0, "a", tenant="greedy", tokens=100) for _ in range(12)]
    modest = [Arrival(1.5, "a", tenant=f"modest{number}", tokens=100) for number in range(3)]
    World([SimModel("a")], rules(queue_size=8)).run([*greedy, *modest])
    assert all(one.ended_at_s for one in modest)
    refused = [one.error for one in greedy if one.error]
    assert len(refused) >= 4
    for error in refused:
        assert isinstance(error, BusyError)
        assert error.context["retry_after_s"] >= 1
        assert error.hint


def test_a_load_that_fails_is_told_to_all_who_wait_and_tried_again() -> None:
    models = [SimModel("bad", failing_loads=1), SimModel("good")]
    waiting = [Arrival(0.0, "bad"), Arrival(0.5, "bad")]
    later, others = Arrival(5, "bad"), [Arrival(0.1 * number, "good") for number in range(5)]
    World(models, rules()).run([*waiting, later, *others])
    assert all(isinstance(one.error, EngineError) for one in waiting)
    assert all(one.ended_at_s for one in (later, *others))


def test_a_load_that_fails_again_and_again_is_let_rest() -> None:
    model = SimModel("bad", failing_loads=4, load_s=0.1)
    asks = [Arrival(0.5 * number, "bad") for number in range(80)]
    world = World([model], rules())
    world.run(asks)
    assert world.failures[model.key] == 4
    resting = [one.error for one in asks if one.error and "failed" in one.error.message]
    assert 2 <= len(resting) <= 40
    assert all(isinstance(error, EngineError) for error in resting)
    assert asks[-1].ended_at_s


def test_an_idle_model_goes_after_its_keep_alive_and_the_last_request_decides() -> None:
    models = [SimModel(name, bytes=50) for name in "abcd"]
    arrivals = [
        Arrival(0, "a", keep_alive_s=0),
        Arrival(0, "b", keep_alive_s=-1),
        Arrival(0, "c"),
        Arrival(0, "d", keep_alive_s=-1),
        Arrival(10, "d", keep_alive_s=5),
    ]
    world = World(models, rules(keep_alive_s=100))
    world.run(arrivals, until_s=50)
    assert [key.name for key, _ in world.unloads] == ["a", "d"]
    world.run([], until_s=500)
    assert [(key.name, reason) for key, reason in world.unloads[2:]] == [("c", "idle")]


def short_behind_long(
    *, parallel: int, queue_class: type[FairQueue[Request]], longs: int = 4
) -> float:
    """How long one tenant's short job waits behind another's long ones, in seconds."""

    class Chosen(Scheduler):
        pass

    Chosen.queue_class = queue_class
    waits = []
    for second in range(8):
        jobs = [Arrival(0, "a", tokens=400, tenant="long") for _ in range(longs)]
        short = Arrival(1.5 + second * 0.5, "a", tokens=8, tenant="short")
        World([SimModel("a", parallel=parallel)], rules(), Chosen).run([*jobs, short])
        waits.append(short.waited_s)
    return sum(waits) / len(waits)


class Fifo(FairQueue[Request]):
    """First come, first served, as in llama.cpp itself."""

    def pop(self, now_s: float, *, short: bool = False) -> Request | None:
        job = self.oldest
        if job is not None:
            self.remove(job)
        return job


@pytest.mark.parametrize("parallel", [1, 2])
def test_a_short_job_waits_a_fifth_of_what_it_waits_first_come_first_served(
    parallel: int,
) -> None:
    ours = short_behind_long(parallel=parallel, queue_class=FairQueue)
    theirs = short_behind_long(parallel=parallel, queue_class=Fifo)
    assert theirs >= 5 * ours


def test_tenants_share_an_engine_by_tokens_and_not_by_requests() -> None:
    many = [Arrival(0, "a", tokens=20, tenant="many") for _ in range(100)]
    few = [Arrival(0, "a", tokens=200, tenant="few") for _ in range(10)]
    world = World([SimModel("a", parallel=1)], rules(queue_size=1000))
    world.run([*many, *few])
    half_s = max(one.ended_at_s or 0 for one in (*many, *few)) / 2
    served: Counter[str] = Counter()
    for one in (*many, *few):
        if one.ended_at_s is not None and one.ended_at_s <= half_s:
            served[one.tenant] += one.tokens
    assert abs(served["many"] - served["few"]) <= 256 + 200
