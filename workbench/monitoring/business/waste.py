"""What single calls tell: answers that a cache would have had, failures that cost, idle keys.

A warehouse that was built from elsewhere has no keys and no sketches; failures are in it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterator
from typing import Any

from workbench.monitoring.warehouse.opening import lies_elsewhere, open_warehouse
from workbench.monitoring.warehouse.rows import open_rows
from workbench.monitoring.warehouse.sql import NANO, moment

from .advised import Advice
from .shares import Estimate
from .use import Use

_NAMED = 12  # keys; more are counted
_SINGLE = ("key_id", "sketch", "prompt_chars")  # what cells do not have
_NO_FAILURE = "no call that failed had cost anything"


def wasted(
    use: Use, source: Any, month: float, idle_days: int, keys: Collection[str]
) -> tuple[list[Advice], list[str]]:
    """What single rows tell, and why they do not tell more."""
    if source is None and lies_elsewhere():
        with open_warehouse(rows_alone=True) as warehouse:
            failures = [*_failures(warehouse.query, f"clean_rows WHERE {_within(use)}", month)]
        notes = ["repeats and unused keys were not looked for: the warehouse was built from "
                 "elsewhere, and has no keys and no sketches of prompts"]  # fmt: skip
        return failures, notes + ([] if failures else [_NO_FAILURE])
    with open_rows(source, since=use.since, until=use.until, also=_SINGLE) as rows:
        ask = rows.connection.execute
        repeats, repeats_note = _repeats(rows.connection, month)
        failures = [*_failures(lambda query: ask(query).fetchall(), "clean", month)]
        idle = [*_idle_keys(rows.connection, use, idle_days, keys)]
    notes = [] if repeats else [repeats_note]
    notes += [] if failures else [_NO_FAILURE]
    notes += [] if idle else [f"no key was silent for {idle_days} days"]
    return [*repeats, *failures, *idle], notes


def _within(use: Use) -> str:
    return f"time >= {moment(use.since)} AND time < {moment(use.until)}"


def _repeats(connection: Any, month: float) -> tuple[list[Advice], str]:
    """Answers to the same prompt (by sketch, length and model) within a day, from no cache; and
    what to say where there is none."""
    count, usd, own, own_usd, sketched = connection.execute(
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
            coalesce(sum(cost_nano) FILTER (time - own_before < INTERVAL 1 DAY), 0) / 1e9, count(*)
        FROM told WHERE NOT cache_hit
        """
    ).fetchone()
    if not sketched:
        return [], "repeats cannot be told: no answer has a sketch of its prompt"
    if own_usd <= 0:
        return [], "no prompt of a key came again within a day at a cost"
    found = Advice(
        "cache",
        "all models",
        Estimate(own_usd * month, 0.5 * own_usd * month, usd * month),
        f"{own:,} answers repeat a prompt of the same key within a day, {count:,} one of any key",
        "an answer from the cache is a day old at most; those who want variety get the same words. "
        "Half of it is the low end, as a sketch may be the same for prompts that are not",
        "workbench serve with a cache; docs/how-to/cache.md",
    )
    return [found], ""


def _failures(ask: Callable[[str], list[Any]], rows: str, month: float) -> Iterator[Advice]:
    found = ask(
        "SELECT model, count(*) FILTER (WHERE NOT answered), count(*), "
        f"CAST(coalesce(sum(cost_nano) FILTER (WHERE NOT answered), 0) AS BIGINT) FROM {rows} "
        "GROUP BY 1 ORDER BY 4 DESC, 1"
    )
    for model, failed, calls, nano in found:
        usd = nano / NANO
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
