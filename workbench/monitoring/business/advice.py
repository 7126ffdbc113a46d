"""Where money could be saved, by the log: each with its saving as a range, its risk, its evidence.

Savings of different kinds overlap (an answer from the cache needs no smaller model): they are not
to be added up. Nothing here is done by itself.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import permutations
from typing import Any, Literal

from workbench.core.optional import require
from workbench.core.viewers import Viewable
from workbench.monitoring.warehouse.rows import open_rows

from .shares import CONFIDENCE, Estimate, draw_share
from .use import Use

_DAYS_OF_MONTH = 365.25 / 12
_LEAST_ANSWERS = 100
_LEAST_RATED = 30
_NAMED = 12  # keys; more are counted
_LONGER = 1.3  # than the median of the teams in the same task
_DRAWS = 20_000
_SINGLE = ("key_id", "sketch", "prompt_chars")  # what cells do not have

Kind = Literal["cache", "smaller model", "shorter prompts", "failures", "unused keys"]


@dataclass(frozen=True)
class Advice(Viewable):
    """One thing that could be done; ``saving_usd`` is a month's."""

    kind: Kind
    subject: str
    saving_usd: Estimate
    evidence: str
    risk: str
    action: str


def advise(
    use: Use,
    source: Any = None,
    *,
    margin: float = 0.03,
    idle_days: int = 30,
    keys: Collection[str] = (),
    seed: int = 0,
) -> tuple[Advice, ...]:
    """What the log advises, the largest saving first.

    Args:
        use: The cells of the days to judge by.
        source: The rows that they come from, as for ``read_use``.
        margin: How much lower the share of good answers of a smaller model may be, at most.
        idle_days: A key without a call for so long counts as unused.
        keys: Keys that are valid now, so that those that never asked are found too.
        seed: Of the draws.
    """
    month = _DAYS_OF_MONTH / use.days
    with open_rows(source, since=use.since, until=use.until, also=_SINGLE) as rows:
        found = [
            *_repeats(rows.connection, month),
            *_failures(rows.connection, month),
            *_idle_keys(rows.connection, use, idle_days, keys),
        ]
    found += [*_smaller_models(use, month, margin, seed), *_shorter_prompts(use, month)]
    return tuple(sorted(found, key=lambda each: -each.saving_usd.value))


def _repeats(connection: Any, month: float) -> Iterator[Advice]:
    """Answers to the same prompt (by sketch, length and model) within a day, from no cache."""
    count, usd, own, own_usd = connection.execute(
        """
        WITH told AS (
            SELECT key_id, cost_nano, time, cache_hit,
                lag(time) OVER same AS before, lag(time) OVER own AS own_before
            FROM clean WHERE answered AND sketch IS NOT NULL
            WINDOW same AS (PARTITION BY sketch, prompt_chars, prompt_tokens, model ORDER BY time),
                own AS (PARTITION BY key_id, sketch, prompt_chars, prompt_tokens, model
                    ORDER BY time))
        SELECT count(*) FILTER (time - before < INTERVAL 1 DAY),
            coalesce(sum(cost_nano) FILTER (time - before < INTERVAL 1 DAY), 0) / 1e9,
            count(*) FILTER (time - own_before < INTERVAL 1 DAY),
            coalesce(sum(cost_nano) FILTER (time - own_before < INTERVAL 1 DAY), 0) / 1e9
        FROM told WHERE NOT cache_hit
        """
    ).fetchone()
    if own_usd <= 0:
        return
    yield Advice(
        "cache",
        "all models",
        Estimate(own_usd * month, 0.5 * own_usd * month, usd * month),
        f"{own:,} answers repeat a prompt of the same key within a day, {count:,} one of any key",
        "an answer from the cache is a day old at most; those who want variety get the same words. "
        "Half of it is the low end, as a sketch may be the same for prompts that are not",
        "workbench serve with a cache; docs/how-to/cache.md",
    )


def _failures(connection: Any, month: float) -> Iterator[Advice]:
    rows = connection.execute(
        "SELECT model, count(*) FILTER (NOT answered), count(*), "
        "coalesce(sum(cost_nano) FILTER (NOT answered), 0) / 1e9 FROM clean "
        "GROUP BY 1 ORDER BY 4 DESC"
    ).fetchall()
    for model, failed, calls, usd in rows:
        if usd > 0:
            yield Advice(
                "failures",
                model,
                Estimate(0.5 * usd * month, 0.0, usd * month),
                f"{failed:,} of {calls:,} calls failed after they had cost something",
                "none, but the work: some failures have no remedy, so half is taken as likeliest",
                f"workbench serving usage --by model; look at what {model} fails with",
            )


def _idle_keys(
    connection: Any, use: Use, idle_days: int, keys: Collection[str]
) -> Iterator[Advice]:
    bound = use.until - dt.timedelta(days=idle_days)
    last = dict(
        connection.execute(
            "SELECT key_id, max(day) FROM clean WHERE key_id IS NOT NULL GROUP BY 1"
        ).fetchall()
    )
    idle = sorted(key for key, day in last.items() if day < bound)
    never = sorted(set(keys) - set(last))
    if not idle and not never:
        return
    told = ", ".join([*idle, *never][:_NAMED]) + (" ..." if len(idle) + len(never) > _NAMED else "")
    yield Advice(
        "unused keys",
        told,
        Estimate(0.0, 0.0, 0.0),
        f"{len(idle)} keys did not ask for {idle_days} days, {len(never)} never since {use.since}",
        "it saves no money: a key that nobody misses is one that nobody notices being stolen. "
        "A job that runs once a quarter would stop",
        "workbench serving keys revoke KEY",
    )


def _smaller_models(use: Use, month: float, margin: float, seed: int) -> Iterator[Advice]:
    """Cheaper models not worse by more than the margin in a task, all pairs at once at 95%."""
    np = require("numpy", extra="data")
    grouped = use.cells.groupby(["task", "model"])[["answered", "cost_usd", "rated", "liked"]].sum()
    cells: dict[Any, Any] = grouped.to_dict("index")
    pairs = [
        (task, dear, cheap)
        for task in sorted({task for task, _ in cells})
        for dear, cheap in permutations(sorted(m for t, m in cells if t == task), 2)
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
            "smaller model",
            f"{task}: {dear} to {cheap}",
            Estimate(usd, 0.4 * usd, usd),
            f"good answers change by {seen.value:+.1%} ({seen.low:+.1%} to {seen.high:+.1%}), from "
            f"{int(theirs['rated']):,} and {int(ours['rated']):,} ratings",
            f"up to {max(-seen.low, 0):.1%} fewer good answers; those who rate may not be like "
            "all. The low end moves 40% of the traffic",
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
