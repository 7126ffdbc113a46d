"""What came of a trial: an outcome for each unit for which lots were drawn.

A unit is a request, or all requests of a user or key in one period. Its outcome is the mean of its
requests': what the user said of the answer (-1 to 1), -1 where the server failed, 0 where nobody
said anything. Silence is an outcome, too: were only judged answers counted, a version that makes
users complain more often would be compared on other requests than its rival.

A unit counts once its time for being judged is over; what is said later changes nothing any more.
So the outcomes come in an order that is settled when they come, as a sequential test needs it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from workbench.models.routing.trials import CANDIDATE, ROUTE, Lot, Trial, read_route
from workbench.store.database import Database
from workbench.store.judged_calls import JudgedCall, judged_calls


@dataclass(frozen=True)
class UnitOutcome:
    """One unit: who it is, when it was over, its arm, the share then, its outcome in [-1, 1]."""

    unit: str
    ends_s: float
    is_candidate: bool
    share: float
    outcome: float
    requests: int
    judged: int


@dataclass(frozen=True)
class ArmCounts:
    """What one arm has had so far, whether its time is over or not."""

    requests: int
    judged: int
    errors: int
    mean_score: float | None


@dataclass(frozen=True)
class _Drawn:
    call: JudgedCall
    lot: Lot


def read_calls(trial: Trial, database: Database) -> list[_Drawn]:
    """The calls of a trial in the order in which they were settled."""
    found = []
    for call in judged_calls(
        f"{ROUTE}:{trial.identity}:", since_s=trial.started_s, database=database
    ):
        lot = read_route(call.route)
        if lot is not None and lot.identity == trial.identity:
            found.append(_Drawn(call, lot))
    return found


def units_of(
    calls: Iterable[_Drawn], trial: Trial, *, judged_within_s: float, now_s: float
) -> list[UnitOutcome]:
    """The units whose time is over, in the order in which it was.

    Args:
        calls: As ``read_calls`` gives them.
        trial: Which lots were drawn.
        judged_within_s: How long after a unit's end its answers may be judged.
        now_s: The Unix time of the look.
    """
    grouped: dict[str, list[_Drawn]] = {}
    for each in calls:
        grouped.setdefault(_unit(each, trial), []).append(each)
    found = []
    for unit, members in grouped.items():
        first = members[0]
        ends_s = first.call.time_s
        if trial.sticky != "request":
            ends_s = (first.lot.period + 1) * trial.period_s
        closed_s = ends_s + judged_within_s
        if closed_s > now_s:
            continue
        # Where the share was raised on the way, a unit's later requests may be of the other arm.
        same = [each.call for each in members if each.lot.arm == first.lot.arm]
        outcomes = [_outcome(call, closed_s) for call in same]
        judged = sum(call.judged_s is not None and call.judged_s <= closed_s for call in same)
        is_candidate = first.lot.arm == CANDIDATE
        mean = sum(outcomes) / len(outcomes)
        found.append(
            UnitOutcome(unit, ends_s, is_candidate, first.lot.share, mean, len(same), judged)
        )
    return sorted(found, key=lambda each: (each.ends_s, each.unit))


def count_arm(calls: Sequence[_Drawn], arm: str) -> ArmCounts:
    """What an arm has had so far."""
    mine = [each.call for each in calls if each.lot.arm == arm]
    scores = [call.score for call in mine if call.score is not None]
    return ArmCounts(
        len(mine),
        len(scores),
        sum(map(is_error, mine)),
        sum(scores) / len(scores) if scores else None,
    )


def recent_errors(calls: Sequence[_Drawn], arm: str, window: int) -> tuple[int, int]:
    """How many of an arm's last requests ended in an error, and of how many."""
    mine = [each.call for each in calls if each.lot.arm == arm][-window:]
    return sum(map(is_error, mine)), len(mine)


def is_error(call: JudgedCall) -> bool:
    """Whether the server failed; a client that went away or asked wrongly blames no model."""
    return call.status >= 500


def _unit(each: _Drawn, trial: Trial) -> str:
    if trial.sticky == "request":
        return each.call.request_id
    subject = each.call.user if trial.sticky == "user" else each.call.key_id
    return f"{subject}/{each.lot.period}"


def _outcome(call: JudgedCall, closed_s: float) -> float:
    if is_error(call):
        return -1.0
    if call.score is None or call.judged_s is None or call.judged_s > closed_s:
        return 0.0
    return call.score
