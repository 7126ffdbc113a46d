"""Usage as the gateway would have settled it, made by drawing: fast enough for millions of rows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.core.errors import InputError
from workbench.core.optional import require
from workbench.core.progress import track

from .plan import HOURS, MODELS, TASKS, TEAMS, WEEKDAYS, Drift, TrafficPlan

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

_HOUR_US = 3_600_000_000
_ANSWERED = {"chat": 180, "summarise": 120, "code": 260, "extract": 60, "translate": 150}
_ASKED = {"chat": 140, "summarise": 900, "code": 420, "extract": 600, "translate": 220}
_LANGUAGES = ("en", "de", "fr", "es")


@dataclass(frozen=True)
class Load:
    """What is true of made traffic, hour by hour: the expected calls, and the share that fails."""

    expected: np.ndarray
    failing: np.ndarray
    slowness: np.ndarray


def load_of(plan: TrafficPlan) -> Load:
    """The expected load of each hour: days, weeks, growth and incidents.

    Raises:
        InputError: The plan has no day, no call, or an incident of a kind that is not known.
    """
    import numpy as np

    if plan.days < 1 or plan.calls < 1 or plan.users < 1:
        raise InputError(f"{plan.days} days, {plan.calls} calls and {plan.users} users",
                         hint="at least 1 of each")  # fmt: skip
    hours = np.arange(plan.hours)
    weekday = (hours // 24 + plan.start.weekday()) % 7
    shape = np.take(HOURS, hours % 24) * np.take(WEEKDAYS, weekday)
    shape *= plan.growth ** (hours / max(1, plan.hours - 1))
    expected = shape * plan.calls / shape.sum()
    failing, slowness = np.full(plan.hours, plan.errors), np.ones(plan.hours)
    for each in plan.incidents:
        where = slice(each.first_hour, each.first_hour + each.hours)
        if each.kind == "errors":
            failing[where] = each.size
        elif each.kind == "slow":
            slowness[where] *= each.size
        elif each.kind in ("outage", "rush"):
            expected[where] *= each.size
        else:
            raise InputError(f"an incident of the kind {each.kind!r}",
                             hint="errors, slow, outage or rush")  # fmt: skip
    return Load(expected, failing, slowness)


def make_usage(plan: TrafficPlan) -> Iterator[tuple[str, pa.Table]]:
    """The rows month by month, as ``("2026-01", table)``, in order of time.

    The columns are those of the usage log's export; nobody's words are in it.
    """
    import numpy as np

    load = load_of(plan)
    generator = np.random.default_rng(plan.seed)
    counts = generator.poisson(load.expected)
    people = People(plan, generator)
    begun, first = 0, 0
    start = dt.datetime.combine(plan.start, dt.time(), dt.UTC)
    months = [
        (start + dt.timedelta(hours=int(hour))).strftime("%Y-%m")
        for hour in range(0, plan.hours, 24)
    ]
    for month in dict.fromkeys(months):
        hours = 24 * months.count(month)
        span = np.arange(begun, begun + hours)
        hour = np.repeat(span, counts[span])
        yield month, _rows(plan, load, people, generator, hour, first=first)
        begun, first = begun + hours, first + len(hour)


def write_usage(plan: TrafficPlan, folder: Path) -> list[Path]:
    """The rows as ``folder/2026-01.parquet`` and so on, as the usage log's export has them."""
    parquet = require("pyarrow.parquet", extra="data")
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for month, table in track(make_usage(plan), "Making traffic"):
        path = folder / f"{month}.parquet"
        parquet.write_table(table, path, compression="zstd", compression_level=1)
        written.append(path)
    return written


class People:
    """Who calls: a few often, each of one team and mostly by one model."""

    def __init__(self, plan: TrafficPlan, generator: np.random.Generator) -> None:
        import numpy as np

        rank = np.arange(1, plan.users + 1)
        weight = 1.0 / (rank + 6.0) ** 0.9
        self.often = np.cumsum(weight / weight.sum())
        teams = list(TEAMS)
        self.team = generator.choice(len(teams), plan.users, p=list(TEAMS.values()))
        self.model = generator.choice(len(MODELS), plan.users, p=_shares())
        self.names = [f"{teams[team]}-{number:04d}" for number, team in enumerate(self.team)]


def _shares() -> list[float]:
    whole = sum(model.share for model in MODELS.values())
    return [model.share / whole for model in MODELS.values()]


def _rows(
    plan: TrafficPlan, load: Load, people: People, generator: np.random.Generator,
    hour: np.ndarray, *, first: int,
) -> pa.Table:  # fmt: skip
    import numpy as np
    import pyarrow as pa

    n = len(hour)
    start_us = int(dt.datetime.combine(plan.start, dt.time(), dt.UTC).timestamp()) * 1_000_000
    time = np.sort(start_us + hour * _HOUR_US + generator.integers(0, _HOUR_US, n))
    user = np.searchsorted(people.often, generator.random(n)).clip(0, plan.users - 1)
    own = generator.random(n) < 0.7
    model = np.where(own, people.model[user], _draw(generator, _shares(), n))
    task = _draw(generator, list(TASKS.values()), n)
    language = _draw(generator, [0.82, 0.09, 0.05, 0.04], n)
    asked = np.take(list(_ASKED.values()), task) * generator.lognormal(0.0, 0.55, n)
    if plan.drift is not None:
        task, language, asked = _drifted(plan.drift, generator, hour, task, language, asked)
    answered = np.take(list(_ANSWERED.values()), task) * generator.lognormal(0.0, 0.5, n)
    embeds = model == list(MODELS).index("all-minilm-l6")
    failed = generator.random(n) < load.failing[hour]
    prompt = np.maximum(1, asked).astype(np.int64)
    completion = np.where(embeds | failed, 0, np.maximum(1, answered)).astype(np.int64)
    known = list(MODELS.values())
    first_s = np.take([m.first_token_s for m in known], model) * generator.lognormal(0, 0.35, n)
    speed = np.take([max(1.0, m.tokens_per_s) for m in known], model)
    duration = (first_s + completion / speed * generator.lognormal(0, 0.2, n)) * load.slowness[hour]
    nano = np.where(failed, 0, _nano_usd(model, prompt, completion))
    hit = generator.random(n) < 0.06
    values: dict[str, Any] = {
        "settlement_id": _ids(first, n),
        "time": pa.array(time, pa.timestamp("us", tz="UTC")),
        "request_id": _ids(first, n, "req_"),
        "key_id": _words(user % 97, [f"key_{number:02d}" for number in range(97)]),
        "user": _words(user, people.names),
        "model_asked": _words(model, list(MODELS)),
        "model_served": _words(model, list(MODELS)),
        "endpoint": _words(embeds.astype(np.int64), ["chat.completions", "embeddings"]),
        "status": pa.array(np.where(failed, 502, 200), pa.int16()),
        "error_code": _words(failed.astype(np.int64), [None, "engine"]),
        "prompt_tokens": prompt, "completion_tokens": completion,
        "cached_tokens": np.where(hit, prompt, 0),
        "cost_usd": np.where(hit, 0, nano) / 1e9,
        "queue_s": generator.exponential(0.02, n), "time_to_first_token_s": first_s,
        "duration_s": duration, "stream": generator.random(n) < 0.6,
        "cache": _words(hit.astype(np.int64), [None, "exact"]),
        "prompt_chars": prompt * 4, "language": _words(language, list(_LANGUAGES)),
        "task": _words(task, list(TASKS)), "feedback_score": _scores(generator, n),
    }  # fmt: skip
    return pa.table(values)


def _drifted(
    drift: Drift, generator: np.random.Generator, hour: np.ndarray, task: np.ndarray,
    language: np.ndarray, asked: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:  # fmt: skip
    """Tasks, languages and lengths of prompts, changed from the drift's hour on."""
    import numpy as np

    after = hour >= drift.hour
    moved = after & (generator.random(len(hour)) < drift.task_share)
    task = np.where(moved, list(TASKS).index(drift.task), task)
    language = np.where(moved, _LANGUAGES.index(drift.language), language)
    return task, language, np.where(after, asked * drift.prompt_factor, asked)


def _scores(generator: np.random.Generator, n: int) -> Any:
    """What the one in 25 said who said something."""
    import numpy as np
    import pyarrow as pa

    liked = np.where(generator.random(n) < 0.9, 1.0, 0.0)
    return pa.array(liked, mask=generator.random(n) > 0.04)


def _nano_usd(model: np.ndarray, prompt: np.ndarray, completion: np.ndarray) -> np.ndarray:
    """What tokens cost, in whole billionths of a dollar."""
    import numpy as np

    known = list(MODELS.values())
    asked = np.take([round(1000 * m.usd_per_million_prompt) for m in known], model)
    told = np.take([round(1000 * m.usd_per_million_completion) for m in known], model)
    made: np.ndarray = prompt * asked + completion * told
    return made


def _draw(generator: np.random.Generator, shares: list[float], n: int) -> np.ndarray:
    import numpy as np

    return np.searchsorted(np.cumsum(shares), generator.random(n) * sum(shares)).clip(
        0, len(shares) - 1
    )


def _words(at: np.ndarray, words: list[Any]) -> Any:
    import numpy as np
    import pyarrow as pa

    missing = at == 0 if words[0] is None else None  # Parquet has no missing word in a dictionary
    offset = 0 if missing is None else 1
    places = pa.array(np.maximum(at - offset, 0).astype(np.int32), mask=missing)
    return pa.DictionaryArray.from_arrays(places, pa.array(words[offset:], pa.string()))


def _ids(first: int, n: int, prefix: str = "set_") -> Any:
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    numbers = pc.cast(pa.array(np.arange(first, first + n) + 10**12), pa.string())
    return pc.binary_join_element_wise(prefix, numbers, "")
