"""The warehouse's SQL: how rows become clean ones, and clean ones rollups.

Only what DuckDB and Postgres both know, except for reading and writing Parquet itself. Sums are of
whole numbers (billionths of the currency, microseconds), so that no order of rows changes them.
Moments are without a zone, in UTC: DuckDB is several times slower on those that have one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence

NANO = 1_000_000_000
# Durations are counted in bins whose edges grow by the fourth root of 2: a quantile is within 9%.
BINS_PER_DOUBLING = 4
TWICE = "settled twice"
_WHEN_BAD = (
    ("no settlement id", "settlement_id IS NULL OR settlement_id = ''"),
    ("no time", "time IS NULL"),
    ("ahead of the clock", "time > {latest}"),
    ("not of its month", "time < begins OR time >= ends"),
    ("negative tokens", "prompt_tokens < 0 OR completion_tokens < 0 OR cached_tokens < 0"),
    ("no tokens told", "prompt_tokens IS NULL OR completion_tokens IS NULL"),
    ("cost is no number", "cost_usd IS NULL OR isnan(cost_usd) OR isinf(cost_usd)"),
    ("negative cost", "cost_usd < 0"),
    ("a currency without a rate", "rate IS NULL"),
    # So that no sum leaves 64 bits. NaN is greater than all, in DuckDB as in Postgres.
    (
        "more than a call can be",
        "prompt_tokens > 1e12 OR completion_tokens > 1e12 OR cached_tokens > 1e12 "
        "OR cost_usd * rate > 1e6 OR abs(duration_s) > 1e9 OR abs(time_to_first_token_s) > 1e9",
    ),
)
_OPTIONAL = {
    "request_id": "VARCHAR", "model_asked": "VARCHAR", "currency": "VARCHAR", "task": "VARCHAR",
    "language": "VARCHAR", "cache": "VARCHAR", "feedback_score": "DOUBLE",
    "cached_tokens": "BIGINT", "time_to_first_token_s": "DOUBLE", "duration_s": "DOUBLE",
    "status": "SMALLINT", "key_id": "VARCHAR", "model_served": "VARCHAR",
}  # fmt: skip
_ALWAYS = ("settlement_id", "user", "prompt_tokens", "completion_tokens", "cost_usd")
NEEDED = frozenset((*_ALWAYS, "time"))


def quoted(said: str) -> str:
    """A text as SQL writes it."""
    return "'" + said.replace("'", "''") + "'"


def moment(when: dt.date) -> str:
    """A day or moment as SQL writes it, in UTC without a zone."""
    if isinstance(when, dt.datetime) and when.tzinfo is not None:
        when = when.astimezone(dt.UTC).replace(tzinfo=None)
    return f"TIMESTAMP {quoted(when.isoformat())}"


def named(name: str) -> str:
    """A column's name as SQL writes it."""
    return '"' + name.replace('"', '""') + '"'


def telling(
    rows: str, columns: Collection[str], *, month: str | None = None, also: Sequence[str] = ()
) -> str:
    """The rows of one file or table with every column that the rules know; what it lacks is NULL.

    Args:
        rows: What stands behind FROM.
        columns: Those that it has; ``NEEDED`` among them.
        month: Such as 2026-11, where all rows must be of it.
        also: Further columns that are wanted.
    """
    own = [
        named(name) if name in columns else f"CAST(NULL AS {kind}) AS {named(name)}"
        for name, kind in _OPTIONAL.items()
    ]
    more = [
        named(name) if name in columns else f"NULL AS {named(name)}"
        for name in dict.fromkeys(also)
        if name not in _OPTIONAL and name not in NEEDED
    ]
    begins, ends = ("NULL", "NULL") if month is None else _ends(month)
    told = ", ".join([*map(named, _ALWAYS), *own, *more])
    return (
        f"SELECT make_timestamp(epoch_us(time)) AS time, {told}, CAST({begins} AS TIMESTAMP) AS "
        f"begins, CAST({ends} AS TIMESTAMP) AS ends FROM {rows}"
    )


def judging(
    told: Sequence[str], *, currency: str, latest_us: int, repeated: bool, elsewhere: bool = False
) -> str:
    """All rows of ``telling``, each with its rate and why it is bad; NULL where it is good.

    Of rows of one settlement the earliest that is sound counts.

    Args:
        told: A query each.
        currency: What a rate of 1 is.
        latest_us: What is later (microseconds since 1970) is ahead of the clock.
        repeated: Whether a settlement may come twice; to look at that is dear.
        elsewhere: Whether a table ``elsewhere`` names settlements that count in another file.
    """
    latest = f"make_timestamp({latest_us})"
    why = " ".join(f"WHEN {test.format(latest=latest)} THEN '{name}'" for name, test in _WHEN_BAD)
    again = []
    if repeated:
        again.append(
            "row_number() OVER (PARTITION BY settlement_id, fault IS NULL "
            "ORDER BY time, request_id, cost_usd, prompt_tokens, completion_tokens) > 1"
        )
    if elsewhere:
        again.append("settlement_id IN (SELECT settlement_id FROM elsewhere)")
    twice = f"WHEN {' OR '.join(again)} THEN '{TWICE}'" if again else ""
    return f"""
WITH told AS (
  {" UNION ALL ".join(told)}
), rated AS (
  SELECT told.*, CASE WHEN told.currency IS NULL OR told.currency = {quoted(currency)} THEN 1.0
    ELSE rates.rate END AS rate
  FROM told LEFT JOIN rates ON rates.code = told.currency
), faults AS (
  SELECT rated.*, CASE {why} END AS fault FROM rated
)
SELECT faults.*, CASE WHEN fault IS NOT NULL THEN fault {twice} END AS reason FROM faults
"""


def _ends(month: str) -> tuple[str, str]:
    """The first moment of a month and of the next, as SQL."""
    year, number = map(int, month.split("-"))
    after = (year + 1, 1) if number == 12 else (year, number + 1)
    return (
        f"TIMESTAMP '{year:04d}-{number:02d}-01'",
        f"TIMESTAMP '{after[0]:04d}-{after[1]:02d}-01'",
    )


def clean(*also: str) -> str:
    """The good rows with their team, and further columns of ``telling`` that they have not."""
    more = "".join(f", judged.{named(name)}" for name in also if name not in _CLEAN_HAS)
    return f"SELECT told.*, owners.team FROM ({_CLEAN.format(more=more)}) AS told " + (
        'JOIN owners USING ("user")'
    )


_CLEAN_HAS = frozenset(
    (*_ALWAYS[1:4], "time", "task", "language", "cached_tokens", "feedback_score")
)
# A settlement is known again by its hash, which is of DuckDB: another version builds anew.
_CLEAN = f"""
SELECT time, CAST(date_trunc('day', time) AS DATE) AS day, date_trunc('hour', time) AS hour,
  coalesce(nullif(model_served, ''), nullif(model_asked, ''), 'unknown') AS model,
  coalesce(nullif("user", ''), nullif(key_id, ''), 'unknown') AS "user",
  coalesce(task, 'other') AS task, coalesce(language, 'unknown') AS language,
  coalesce(status, 200) < 400 AS answered, coalesce(status, 200) >= 500 AS failed,
  cache IS NOT NULL AS cache_hit,
  prompt_tokens, completion_tokens, coalesce(cached_tokens, 0) AS cached_tokens,
  CAST(round(CASE WHEN NOT isfinite(cost_usd) THEN NULL
    WHEN cost_usd = 0 AND prices.model IS NOT NULL AND cache IS NULL
    AND coalesce(status, 200) < 400
    THEN (prompt_tokens * prices.prompt + completion_tokens * prices.completion) / 1e6
    ELSE cost_usd * rate END * {NANO}) AS BIGINT) AS cost_nano,
  CAST(round(coalesce(duration_s, 0) * 1e6) AS BIGINT) AS duration_us,
  CAST(round(time_to_first_token_s * 1e6) AS BIGINT) AS first_token_us, feedback_score,
  hash(settlement_id) AS settlement_hash{{more}}
FROM judged LEFT JOIN prices ON prices.model =
  coalesce(nullif(model_served, ''), nullif(model_asked, ''), 'unknown')
WHERE reason IS NULL
"""
QUARANTINE = """
SELECT reason, settlement_id, time, "user", model_asked, prompt_tokens, completion_tokens, cost_usd,
  currency FROM judged WHERE reason IS NOT NULL ORDER BY reason, settlement_id, time
"""
HOURLY = """
SELECT hour, model, team, task, count(*) AS requests,
  count(*) FILTER (WHERE answered) AS answered, count(*) FILTER (WHERE cache_hit) AS cache_hits,
  CAST(sum(prompt_tokens) AS BIGINT) AS prompt_tokens,
  CAST(sum(completion_tokens) AS BIGINT) AS completion_tokens,
  CAST(sum(cached_tokens) AS BIGINT) AS cached_tokens, CAST(sum(cost_nano) AS BIGINT) AS cost_nano,
  CAST(sum(duration_us) AS BIGINT) AS duration_us,
  CAST(coalesce(sum(first_token_us), 0) AS BIGINT) AS first_token_us,
  count(first_token_us) AS first_tokens,
  count(feedback_score) FILTER (WHERE answered) AS judged,
  count(*) FILTER (WHERE answered AND feedback_score > 0.5) AS liked
FROM clean GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
"""
PEOPLE = """
SELECT day, team, "user", model, count(*) AS requests,
  count(*) FILTER (WHERE answered) AS answered, count(*) FILTER (WHERE cache_hit) AS cache_hits,
  CAST(sum(prompt_tokens) AS BIGINT) AS prompt_tokens,
  CAST(sum(completion_tokens) AS BIGINT) AS completion_tokens,
  CAST(sum(cost_nano) AS BIGINT) AS cost_nano,
  count(feedback_score) FILTER (WHERE answered) AS judged,
  count(*) FILTER (WHERE answered AND feedback_score > 0.5) AS liked
FROM clean GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
"""
DURATIONS = f"""
SELECT day, model, team,
  CAST(floor(log2(greatest(duration_us, 1000) / 1000.0) * {BINS_PER_DOUBLING}) AS SMALLINT) AS bin,
  count(*) AS requests
FROM clean WHERE answered GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
"""
WHOSE = """
SELECT DISTINCT coalesce(nullif("user", ''), nullif(key_id, ''), 'unknown') FROM judged
WHERE reason IS NULL ORDER BY 1
"""
ROLLUPS = {"hourly": HOURLY, "people": PEOPLE, "durations": DURATIONS}
