"""A made usage log whose truth is known: how good each model is at each task, and what is wasted.

Nothing of it was observed. Models are asked different things (the dear one the hard tasks), so
that a comparison without regard to tasks is wrong by a known amount.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from workbench.core.optional import require

TASKS = ("chat", "summary", "extraction", "code")
TEAMS = ("research", "sales", "legal", "support")
MODELS = ("small", "large")
# The chance that an answer is good, by model and task.
SUCCESS = {
    "small": {"chat": 0.86, "summary": 0.82, "extraction": 0.90, "code": 0.45},
    "large": {"chat": 0.88, "summary": 0.86, "extraction": 0.90, "code": 0.78},
}
USD_PER_TOKEN = {"small": (0.4e-6, 1.2e-6), "large": (3e-6, 12e-6)}
_TASK_SHARE = (0.4, 0.25, 0.15, 0.2)
_LARGE_SHARE = {"chat": 0.35, "summary": 0.4, "extraction": 0.5, "code": 0.85}
_PROMPT = {"chat": 400, "summary": 2400, "extraction": 1200, "code": 1500}
_ANSWER = {"chat": 250, "summary": 300, "extraction": 90, "code": 600}
_WEEKDAY = (1.15, 1.2, 1.2, 1.15, 1.0, 0.3, 0.25)


@dataclass(frozen=True)
class MadeUsage:
    """The log as ``store.usage_export`` writes it, with the planted truth."""

    table: Any
    teams: dict[str, str]
    success: dict[str, dict[str, float]]
    repeats_cost_usd: float
    failed_cost_usd: float
    idle_keys: tuple[str, ...]
    long_prompts: tuple[str, str]


def made_usage(
    *,
    since: dt.date = dt.date(2026, 8, 1),
    days: int = 92,
    requests_per_day: int = 900,
    weekly_growth: float = 0.02,
    rated_share: float = 0.08,
    seed: int = 8,
) -> MadeUsage:
    """Draw a log: 40 users in four teams, weekly seasons, growth, failures, repeats.

    6% of calls repeat another of the same key within a day, 3% fail and cost something all the
    same, sales writes prompts twice as long as others in summaries, three keys fall silent after
    the first fifth; 17 users come one by one, five leave.
    """
    np, arrow = require("numpy", extra="data"), require("pyarrow", extra="data")
    random = np.random.default_rng(seed)
    numbers = np.arange(days)
    weekday = np.array([_WEEKDAY[(since + dt.timedelta(days=int(n))).weekday()] for n in numbers])
    level = requests_per_day * (1 + weekly_growth) ** (numbers / 7) * weekday
    level = level * random.lognormal(0, 0.06, days)
    day = np.repeat(numbers, random.poisson(level))
    rows = _draw(day, random, np, days)
    truth = _plant(rows, random, np)
    start = dt.datetime.combine(since, dt.time(), dt.UTC).timestamp()
    seconds = day * 86_400 + random.uniform(7 * 3600, 20 * 3600, len(day))
    rows["time"] = ((start + _after_their_first(rows, seconds)) * 1e6).astype("int64")
    rated = random.random(len(day)) < rated_share
    good = random.random(len(day)) < rows.pop("chance")
    score = np.where(good, 1.0, -1.0)
    table = _table(rows, arrow, np, np.where(rated, score, np.nan))
    return MadeUsage(
        table=table,
        teams={f"user-{n:02d}": TEAMS[n % 4] for n in range(40)},
        success=SUCCESS,
        idle_keys=tuple(f"key-{n}" for n in (*range(15, 20), 37, 38, 39)),
        long_prompts=("sales", "summary"),
        **truth,
    )


def _draw(day: Any, random: Any, np: Any, days: int) -> dict[str, Any]:
    """Who asks what of which model, with how many tokens."""
    count = len(day)
    popularity = 1 / np.arange(2, 42)
    user = random.choice(40, count, p=popularity / popularity.sum())
    silent = (user >= 37) & (day > days / 5)
    user = np.where(silent, user - 30, user)
    # Who is not there yet, or no longer, is stood in for by somebody of the same team.
    joined = np.where((user >= 20) & (user < 37), (user - 19) * 0.03 * days, 0)
    user = np.where(day < joined, user % 20, user)
    user = np.where((user >= 15) & (user < 20) & (day > 0.6 * days), user - 12, user)
    task = random.choice(4, count, p=_TASK_SHARE)
    by_task: dict[str, Any] = {
        name: np.array([table[t] for t in TASKS]) for name, table in _TABLES.items()
    }
    model = (random.random(count) < by_task["large"][task]).astype(int)
    prompt = by_task["prompt"][task] * random.lognormal(-0.08, 0.4, count)
    prompt = np.where((user % 4 == 1) & (task == 1), 2 * prompt, prompt).round()
    answer = (by_task["answer"][task] * random.lognormal(-0.12, 0.5, count)).round()
    chance = np.array([[SUCCESS[m][t] for t in TASKS] for m in MODELS])[model, task]
    return {
        "day": day, "user": user, "task": task, "model": model, "prompt": prompt, "answer": answer,
        "chance": chance, "sketch": np.arange(count), "first": np.arange(count),
    }  # fmt: skip


_TABLES: dict[str, dict[str, float]] = {
    "large": _LARGE_SHARE,
    "prompt": {**_PROMPT},
    "answer": {**_ANSWER},
}


def _plant(rows: dict[str, Any], random: Any, np: Any) -> dict[str, float]:
    """Repeats and failures; what they cost is the truth that advice is held to."""
    count = len(rows["day"])
    repeat = np.flatnonzero(random.random(count) < 0.06)
    before = np.maximum(repeat - random.integers(1, 40, len(repeat)), 0)
    sound = (rows["day"][before] == rows["day"][repeat]) & ~np.isin(before, repeat)
    repeat, before = repeat[sound], before[sound]
    for name in ("user", "task", "model", "prompt", "chance", "sketch"):
        rows[name][repeat] = rows[name][before]
    rows["first"][repeat] = before
    failed = random.random(count) < 0.03
    failed[repeat] = failed[before] = False
    rows["failed"] = failed
    rows["answer"] = np.where(failed, 0, rows["answer"])
    prices = np.array([USD_PER_TOKEN[m] for m in MODELS])[rows["model"]]
    usd = rows["prompt"] * prices[:, 0] + rows["answer"] * prices[:, 1]
    rows["cost"] = usd.round(9)
    return {
        "repeats_cost_usd": float(rows["cost"][repeat].sum()),
        "failed_cost_usd": float(rows["cost"][failed].sum()),
    }


def _after_their_first(rows: dict[str, Any], seconds: Any) -> Any:
    """A repeat comes some minutes after what it repeats."""
    first = rows["first"]
    is_repeat = first != range(len(first))
    seconds[is_repeat] = seconds[first[is_repeat]] + 60.0 + (first[is_repeat] % 900)
    return seconds


def _table(rows: dict[str, Any], arrow: Any, np: Any, score: Any) -> Any:
    count = len(rows["day"])
    status = np.where(rows["failed"], 500, 200)
    names = {
        "settlement_id": [f"set_{n:08d}" for n in range(count)],
        "time": arrow.array(rows["time"], arrow.timestamp("us", tz="UTC")),
        "request_id": [f"req_{n:08d}" for n in range(count)],
        "key_id": [f"key-{n:02d}" for n in rows["user"]],
        "user": [f"user-{n:02d}" for n in rows["user"]],
        "model_served": [MODELS[n] for n in rows["model"]],
        "status": arrow.array(status, arrow.int16()),
        "prompt_tokens": rows["prompt"].astype("int64"),
        "completion_tokens": rows["answer"].astype("int64"),
        "cost_usd": rows["cost"],
        "cache": arrow.nulls(count, arrow.string()),
        "task": [TASKS[n] for n in rows["task"]],
        "prompt_chars": (rows["prompt"] * 4).astype("int64"),
        "sketch": [int(n).to_bytes(8, "big") for n in rows["sketch"]],
        "feedback_score": arrow.array(
            np.where(rows["failed"], np.nan, score), arrow.float64(), from_pandas=True
        ),
    }
    return arrow.table(names)
