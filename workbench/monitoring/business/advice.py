"""Where money could be saved, by the log: each with its saving as a range, its risk, its evidence.

Savings of different kinds overlap (an answer from the cache needs no cheaper one): they are not
to be added up. Nothing here is done by itself.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from itertools import permutations
from typing import Any

from workbench.core.optional import require

from .advised import Advice, Advised
from .moves import Considered, answering_models, tell_moves
from .shares import CONFIDENCE, Estimate, draw_share
from .use import Use
from .waste import wasted
from .wording import percent, points, span

_DAYS_OF_MONTH = 365.25 / 12
_LEAST_ANSWERS = 100
_LEAST_RATED = 30
_LONGER = 1.3  # than the median of the teams in the same task
_DRAWS = 20_000


def advise(
    use: Use,
    source: Any = None,
    *,
    margin: float = 0.03,
    idle_days: int = 30,
    keys: Collection[str] = (),
    seed: int = 0,
) -> Advised:
    """What the log advises, the largest saving first.

    Args:
        use: The cells of the days to judge by.
        source: The rows that they come from, as for ``read_use``. A warehouse that was built from
            elsewhere has no keys and no sketches: what hangs on them is not looked for.
        margin: How much lower the share of good answers of a cheaper model may be, at most.
        idle_days: A key without a call for so long counts as unused.
        keys: Keys that are valid now, so that those that never asked are found too.
        seed: Of the draws.
    """
    month = _DAYS_OF_MONTH / use.days
    found, notes = wasted(use, source, month, idle_days, keys)
    considered, told = tell_moves(use, margin=margin, seed=seed)
    moves = [*_moves(considered), *_cheaper_models(use, month, margin, seed)]
    longer = [*_shorter_prompts(use, month)]
    notes += [] if told is None else [told]
    notes += [] if longer else [f"no team's prompts are {_LONGER:g} times as long as other teams'"]
    found += [*moves, *longer]
    ordered = tuple(sorted(found, key=lambda each: -each.saving_usd.value))
    return Advised(ordered, considered, tuple(notes))


def _moves(considered: Considered | None) -> Iterator[Advice]:
    """The move that is put forward, if one is."""
    if considered is None or not considered.is_advised:
        return
    move = considered.move
    low = max(-move.success_change.low, 0)
    free = " It has no price: what its machine costs is not in the saving."
    yield Advice(
        "cheaper model",
        f"{percent(move.share)} of {move.source} to {move.target}",
        move.saving_usd,
        considered.why,
        f"up to {100 * low:.1f} points fewer good answers; those who rate may not be like all."
        + (free if move.target_cost_usd.value == 0 else ""),
        "try it as a canary first: workbench monitoring what-if "
        f"{move.source} {move.target} --share {move.share:g}",
    )


def _cheaper_models(use: Use, month: float, margin: float, seed: int) -> Iterator[Advice]:
    """Cheaper models not worse by more than the margin in a task, all pairs at once at 95%."""
    np = require("numpy", extra="data")
    grouped = use.cells.groupby(["task", "model"])[["answered", "cost_usd", "rated", "liked"]].sum()
    cells: dict[Any, Any] = grouped.to_dict("index")
    answering = set(answering_models(use))
    pairs = [
        (task, dear, cheap)
        for task in sorted({task for task, _ in cells})
        for dear, cheap in permutations(
            sorted(m for t, m in cells if t == task and m in answering), 2
        )
        if _is_cheaper(cells[task, cheap], cells[task, dear])
    ]
    random = np.random.default_rng(seed)
    for task, dear, cheap in pairs:
        ours, theirs = cells[task, dear], cells[task, cheap]
        change = draw_share(int(theirs["liked"]), int(theirs["rated"]), random, _DRAWS)
        change = change - draw_share(int(ours["liked"]), int(ours["rated"]), random, _DRAWS)
        # Bonferroni: among many pairs one looks good by chance.
        if np.quantile(change, (1 - CONFIDENCE) / 2 / len(pairs)) < -margin:
            continue
        usd = (ours["cost_usd"] / ours["answered"] - theirs["cost_usd"] / theirs["answered"]) * (
            ours["answered"] * month
        )
        seen = Estimate.of_draws(change)
        yield Advice(
            "cheaper model",
            f"{task}: {dear} to {cheap}",
            Estimate(usd, 0.4 * usd, usd),
            f"good answers change by {points(seen.value)} ({span(seen, points)}), from "
            f"{int(theirs['rated']):,} and {int(ours['rated']):,} ratings",
            f"up to {100 * max(-seen.low, 0):.1f} points fewer good answers; those who rate may "
            "not be like all. The low end moves 40% of the traffic",
            f"try it as a canary first: workbench monitoring what-if {dear} {cheap} --tasks {task}",
        )


def _is_cheaper(cheap: Mapping[str, float], dear: Mapping[str, float]) -> bool:
    if min(cheap["answered"], dear["answered"]) < _LEAST_ANSWERS:
        return False
    if min(cheap["rated"], dear["rated"]) < _LEAST_RATED:
        return False
    return cheap["cost_usd"] / cheap["answered"] < 0.9 * dear["cost_usd"] / dear["answered"]


def _shorter_prompts(use: Use, month: float) -> Iterator[Advice]:
    """Teams whose prompts are longer than other teams' in the same task with the same model."""
    np = require("numpy", extra="data")
    names = ["answered", "prompt_tokens", "completion_tokens", "cost_usd"]
    cells = use.cells.groupby(["task", "team", "model"])[names].sum().reset_index()
    cells = cells[cells["answered"] >= _LEAST_ANSWERS]
    cells["length"] = cells["prompt_tokens"] / cells["answered"]
    prices = {model: _prompt_price(use, model, np) for model in sorted(set(cells["model"]))}
    median = cells.groupby(["task", "model"])["length"].transform("median")
    teams = cells.groupby(["task", "model"])["team"].transform("nunique")
    long = cells[(cells["length"] > _LONGER * median) & (teams >= 3)].assign(median=median)
    for (task, team), rows in long.groupby(["task", "team"]):
        excess = (rows["length"] - rows["median"]) * rows["answered"]
        usd = float(sum(excess * rows["model"].map(prices))) * month
        if usd <= 0:
            continue
        length = rows["prompt_tokens"].sum() / rows["answered"].sum()
        yield Advice(
            "shorter prompts",
            f"{team}: {task}",
            Estimate(0.5 * usd, 0.0, usd),
            f"{length:,.0f} tokens a prompt, {length / float(rows['median'].mean()):.1f} times "
            "other teams'",
            "what is cut may be what the answer needs: compare the ratings before and after. "
            "Half of the difference is taken as likeliest",
            f"read some prompts of {team} in {task}; say what all have in common once",
        )


def _prompt_price(use: Use, model: str, np: Any) -> float:
    """USD a prompt token, by least squares over the cells: what was paid, not a list's price."""
    cells = use.cells[use.cells["model"] == model]
    tokens = cells[["prompt_tokens", "completion_tokens"]].to_numpy(dtype=float)
    solved = require("scipy.optimize", extra="data").nnls(tokens, cells["cost_usd"].to_numpy())
    return float(solved[0][0])
