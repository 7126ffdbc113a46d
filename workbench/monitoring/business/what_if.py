"""What if a share of one model's traffic went to another: cost, and answers that would be good.

Quality is compared within tasks and weighed by the tasks of the traffic that would move
(poststratification): a model that is asked the hard questions looks worse than it is over all of
its answers. Cost is what the other's answers cost in the same task; where it answered too few
there, its price a token times the tokens of the traffic. Intervals: ratings by their posteriors,
costs by days drawn anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.core.errors import DataError, InputError, NotFoundError
from workbench.core.viewers import Viewable

from .shares import CONFIDENCE, Estimate, draw_share, share
from .use import Use

if TYPE_CHECKING:
    import numpy as np
    import pandas

CAVEAT = (
    "answers that were rated stand for those that were not, and inside a task both models are "
    "taken to be asked the same: an experiment (a canary) would show it, the log cannot"
)
_DRAWS, _DAY_DRAWS = 8000, 2000
_LEAST_ANSWERS = 30
_DAYS_OF_MONTH = 365.25 / 12


@dataclass(frozen=True)
class TaskMove:
    """One task of the traffic that would move. Success is None where nobody rated."""

    task: str
    answers: int
    source_cost_usd: float
    target_cost_usd: float
    source_success: Estimate | None
    target_success: Estimate | None
    source_rated: int
    target_rated: int
    cost_basis: str


@dataclass(frozen=True)
class Move(Viewable):
    """What moving ``share`` of a model's traffic would come to, a month.

    ``success_change`` is in shares of the answers that move (-0.02: two in a hundred fewer are
    good), ``plain_change`` the same without regard to tasks, which is biased where models are asked
    different things. ``cost_of_lost_usd`` is the saving by good answer lost; None where none is.
    """

    source: str
    target: str
    share: float
    answers_per_month: float
    source_cost_usd: Estimate
    target_cost_usd: Estimate
    saving_usd: Estimate
    success_change: Estimate
    plain_change: float | None
    good_answers_change: Estimate
    cost_of_lost_usd: float | None
    tasks: tuple[TaskMove, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Judged:
    """A move, and the draws of its change of good answers."""

    move: Move
    change: np.ndarray

    def least_change(self, moves: int = 1) -> float:
        """The bound below which the change lies in 5 of 100 cases at most, over so many moves at
        once (Bonferroni: among many one looks good by chance)."""
        import numpy as np

        return float(np.quantile(self.change, (1 - CONFIDENCE) / 2 / moves))


def move_traffic(
    use: Use,
    *,
    source: str,
    target: str,
    share_moved: float = 0.4,
    tasks: Sequence[str] | None = None,
    seed: int = 0,
) -> Move:
    """Judge a move by the log.

    Args:
        use: Days in which both models answered.
        source: The model that would be asked less.
        target: The model that would be asked instead.
        share_moved: Of the source's answers in each task, above 0 and up to 1.
        tasks: Only of these tasks.
        seed: Of the draws.

    Raises:
        NotFoundError: A model or task is not in the log.
        DataError: One of them answered nothing.
    """
    return judge_move(
        use, source=source, target=target, share_moved=share_moved, tasks=tasks, seed=seed
    ).move


def judge_move(
    use: Use,
    *,
    source: str,
    target: str,
    share_moved: float = 0.4,
    tasks: Sequence[str] | None = None,
    seed: int = 0,
) -> Judged:
    """A move with its draws; as ``move_traffic``."""
    import numpy as np

    if not 0 < share_moved <= 1:
        raise InputError(f"the share is {share_moved:g}; it must be above 0 and up to 1")
    if source == target:
        raise InputError(f"{source!r} is both models")
    ours, theirs = (_answers_of(use, name) for name in (source, target))
    if tasks is not None:
        known = sorted(set(ours["task"]))
        for each in tasks:
            if each not in known:
                raise NotFoundError.among("task", each, known)
        ours = ours[ours["task"].isin(tasks)]
    lines = _task_lines(ours, theirs)
    month = share_moved * _DAYS_OF_MONTH / use.days
    moved = sum(line.answers for line in lines) * month
    random = np.random.default_rng(seed)
    change, at = _success_change(ours, theirs, lines, random)
    before = _costs(ours, ours, lines, random) * month
    after = _costs(theirs, ours, lines, random) * month
    saving = Estimate.of_draws(
        before - after, sum(x.source_cost_usd - x.target_cost_usd for x in lines) * month
    )
    success_change = Estimate.of_draws(change, at)
    good = success_change.times(moved)
    move = Move(
        source=source,
        target=target,
        share=share_moved,
        answers_per_month=moved,
        source_cost_usd=Estimate.of_draws(before, sum(x.source_cost_usd for x in lines) * month),
        target_cost_usd=Estimate.of_draws(after, sum(x.target_cost_usd for x in lines) * month),
        saving_usd=saving,
        success_change=success_change,
        plain_change=_plain_change(ours, theirs),
        good_answers_change=good,
        cost_of_lost_usd=-saving.value / good.value if good.value < 0 else None,
        tasks=lines,
        notes=(*use.notes, *_notes(lines, source, target)),
    )
    return Judged(move, change)


def _answers_of(use: Use, model: str) -> pandas.DataFrame:
    cells = use.only(model=model).cells
    if cells["answered"].sum() == 0:
        raise DataError(f"the model {model!r} answered nothing from {use.since} to {use.until}")
    return cells


def _by_task(cells: pandas.DataFrame) -> dict[str, dict[str, float]]:
    names = ["answered", "prompt_tokens", "completion_tokens", "cost_usd", "rated", "liked"]
    grouped = cells.groupby("task")[names].sum()
    return {str(task): dict(row) for task, row in grouped.iterrows()}


def _task_lines(ours: pandas.DataFrame, theirs: pandas.DataFrame) -> tuple[TaskMove, ...]:
    mine, other = _by_task(ours), _by_task(theirs)
    usd = sum(row["cost_usd"] for row in other.values())
    tokens = sum(row["prompt_tokens"] + row["completion_tokens"] for row in other.values())
    lines = []
    for task, row in mine.items():
        if row["answered"] == 0:
            continue
        beside = other.get(task, dict.fromkeys(row, 0.0))
        if beside["answered"] >= _LEAST_ANSWERS:
            each, basis = beside["cost_usd"] / beside["answered"], "same task"
            cost = float(each * row["answered"])
        else:
            asked = row["prompt_tokens"] + row["completion_tokens"]
            cost, basis = float(usd / max(tokens, 1) * asked), "price a token"
        lines.append(
            TaskMove(
                task=task,
                answers=int(row["answered"]),
                source_cost_usd=float(row["cost_usd"]),
                target_cost_usd=cost,
                source_success=share(int(row["liked"]), int(row["rated"])),
                target_success=share(int(beside["liked"]), int(beside["rated"])),
                source_rated=int(row["rated"]),
                target_rated=int(beside["rated"]),
                cost_basis=basis,
            )
        )
    return tuple(sorted(lines, key=lambda line: -line.source_cost_usd))


def _success_change(
    ours: pandas.DataFrame, theirs: pandas.DataFrame, lines: Sequence[TaskMove], random: Any
) -> tuple[Any, float | None]:
    """Draws of the change, and its value where every task was rated with both."""
    import numpy as np

    mine, other = _by_task(ours), _by_task(theirs)
    total = sum(line.answers for line in lines)
    drawn, value = np.zeros(_DRAWS), 0.0
    for line in lines:
        weight = line.answers / total
        row, beside = mine[line.task], other.get(line.task, {"liked": 0.0, "rated": 0.0})
        p_target = draw_share(int(beside["liked"]), int(beside["rated"]), random, _DRAWS)
        p_source = draw_share(int(row["liked"]), int(row["rated"]), random, _DRAWS)
        drawn += weight * (p_target - p_source)
        if line.source_success and line.target_success:
            value += weight * (line.target_success.value - line.source_success.value)
    rated = all(line.source_rated and line.target_rated for line in lines)
    return drawn, value if rated else None


def _costs(
    priced: pandas.DataFrame, moved: pandas.DataFrame, lines: Sequence[TaskMove], random: Any
) -> Any:
    """Draws of what the moved answers cost at the prices of ``priced``, by days drawn anew."""
    import numpy as np

    days = sorted(set(priced["day"]))
    weights = random.multinomial(len(days), [1 / len(days)] * len(days), _DAY_DRAWS)
    answers = {line.task: line.answers for line in lines}
    tables = {
        name: priced.pivot_table(index="day", columns="task", values=name, aggfunc="sum")
        .reindex(days)
        .fillna(0.0)
        for name in ("cost_usd", "answered", "prompt_tokens", "completion_tokens")
    }
    tokens = (tables["prompt_tokens"] + tables["completion_tokens"]).to_numpy().sum(axis=1)
    a_token = weights @ tables["cost_usd"].to_numpy().sum(axis=1) / np.maximum(weights @ tokens, 1)
    asked = moved.groupby("task")[["prompt_tokens", "completion_tokens"]].sum().sum(axis=1)
    drawn = np.zeros(_DAY_DRAWS)
    for task, count in answers.items():
        known = task in tables["answered"]
        if known and tables["answered"][task].sum() >= _LEAST_ANSWERS:
            made = weights @ tables["answered"][task].to_numpy()
            each = weights @ tables["cost_usd"][task].to_numpy() / np.maximum(made, 1)
            drawn += each * count
        else:
            drawn += a_token * asked[task]
    return drawn


def _plain_change(ours: pandas.DataFrame, theirs: pandas.DataFrame) -> float | None:
    if not ours["rated"].sum() or not theirs["rated"].sum():
        return None
    target, source = (each["liked"].sum() / each["rated"].sum() for each in (theirs, ours))
    return float(target - source)


def _notes(lines: Sequence[TaskMove], source: str, target: str) -> tuple[str, ...]:
    told = [CAVEAT]
    for name, blank in (
        (target, [line.task for line in lines if not line.target_rated]),
        (source, [line.task for line in lines if not line.source_rated]),
    ):
        if blank:
            told.append(
                f"no answer of {name} was rated in {', '.join(blank)}: any success is taken as "
                "equally likely there, which widens the interval"
            )
    guessed = [line.task for line in lines if line.cost_basis != "same task"]
    if guessed:
        told.append(
            f"{target} answered fewer than {_LEAST_ANSWERS} in {', '.join(guessed)}: its price a "
            "token is used"
        )
    return tuple(told)
