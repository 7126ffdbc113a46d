"""The warehouse's SQL: how rows become clean ones, and clean ones rollups.

Only what DuckDB and Postgres both know, except for reading and writing Parquet itself. Sums are of
whole numbers (billionths of the currency, microseconds), so that no order of rows changes them.
Moments are without a zone, in UTC: DuckDB is several times slower on those that have one.
"""

from __future__ import annotations

from collections.abc import Collection

NANO = 1_000_000_000
# Durations are counted in bins whose edges grow by the fourth root of 2: a quantile is within 9%.
BINS_PER_DOUBLING = 4
_WHEN_BAD = (
    ("no settlement id", "settlement_id IS NULL OR settlement_id = ''"),
    ("no time", "time IS NULL"),
    ("ahead of the clock", "time > $latest"),
    ("not of its month", "time < $first OR time >= $next"),
    ("negative tokens", "prompt_tokens < 0 OR completion_tokens < 0 OR cached_tokens < 0"),
    ("no tokens told", "prompt_tokens IS NULL OR completion_tokens IS NULL"),
    ("cost is no number", "cost_usd IS NULL OR isnan(cost_usd) OR isinf(cost_usd)"),
    ("negative cost", "cost_usd < 0"),
    ("a currency without a rate", "rate IS NULL"),
    ("settled twice", "turn > 1"),
)
_OPTIONAL = {
    "currency": "VARCHAR", "task": "VARCHAR", "language": "VARCHAR", "cache": "VARCHAR",
    "feedback_score": "DOUBLE", "cached_tokens": "BIGINT", "time_to_first_token_s": "DOUBLE",
    "duration_s": "DOUBLE", "status": "SMALLINT", "key_id": "VARCHAR", "model_served": "VARCHAR",
}  # fmt: skip
NEEDED = frozenset(
    (
        "settlement_id",
        "time",
        "user",
        "model_asked",
        "prompt_tokens",
        "completion_tokens",
        "cost_usd",
    )
)


def reading(columns: Collection[str], *, repeated: bool) -> str:
    """Rows of one month's file, each with its rate and why it is bad; NULL where it is good."""
    own = ", ".join(
        name if name in columns else f"CAST(NULL AS {kind}) AS {name}"
        for name, kind in _OPTIONAL.items()
    )
    turn = "row_number() OVER (PARTITION BY settlement_id ORDER BY time, request_id)"
    request = "request_id" if "request_id" in columns else "'' AS request_id"
    why = " ".join(f"WHEN {test} THEN '{reason}'" for reason, test in _WHEN_BAD)
    return f"""
WITH read AS (
  SELECT settlement_id, make_timestamp(epoch_us(time)) AS time, "user", model_asked,
    prompt_tokens, completion_tokens, cost_usd,
    {own}, {request}
  FROM read_parquet($file)
), rated AS (
  SELECT read.*, CASE WHEN currency IS NULL OR currency = $currency THEN 1.0 ELSE rates.rate END
    AS rate, {turn if repeated else "1"} AS turn
  FROM read LEFT JOIN rates ON rates.code = read.currency
)
SELECT *, CASE {why} END AS reason FROM rated
"""


CLEAN = f"""
SELECT time, CAST(date_trunc('day', time) AS DATE) AS day, date_trunc('hour', time) AS hour,
  coalesce(nullif(model_served, ''), nullif(model_asked, ''), 'unknown') AS model,
  coalesce(nullif("user", ''), nullif(key_id, ''), 'unknown') AS "user",
  coalesce(task, 'other') AS task, coalesce(language, 'unknown') AS language,
  coalesce(status, 200) < 400 AS answered, cache IS NOT NULL AS cache_hit,
  prompt_tokens, completion_tokens, coalesce(cached_tokens, 0) AS cached_tokens,
  CAST(round(CASE WHEN NOT isfinite(cost_usd) THEN NULL
    WHEN cost_usd = 0 AND prices.model IS NOT NULL AND cache IS NULL
    AND coalesce(status, 200) < 400
    THEN (prompt_tokens * prices.prompt + completion_tokens * prices.completion) / 1e6
    ELSE cost_usd * rate END * {NANO}) AS BIGINT) AS cost_nano,
  CAST(round(coalesce(duration_s, 0) * 1e6) AS BIGINT) AS duration_us,
  CAST(round(time_to_first_token_s * 1e6) AS BIGINT) AS first_token_us, feedback_score
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
  count(first_token_us) AS first_tokens, count(feedback_score) AS judged,
  count(*) FILTER (WHERE feedback_score > 0.5) AS liked
FROM clean GROUP BY ALL ORDER BY ALL
"""
PEOPLE = """
SELECT day, team, "user", count(*) AS requests, count(*) FILTER (WHERE answered) AS answered,
  CAST(sum(prompt_tokens + completion_tokens) AS BIGINT) AS tokens,
  CAST(sum(cost_nano) AS BIGINT) AS cost_nano
FROM clean GROUP BY ALL ORDER BY ALL
"""
DURATIONS = f"""
SELECT day, model, team,
  CAST(floor(log2(greatest(duration_us, 1000) / 1000.0) * {BINS_PER_DOUBLING}) AS SMALLINT) AS bin,
  count(*) AS requests
FROM clean WHERE answered GROUP BY ALL ORDER BY ALL
"""
OWNED = f"""
SELECT told.*, owners.team FROM ({CLEAN}) AS told JOIN owners USING ("user")
"""
WHOSE = """
SELECT DISTINCT coalesce(nullif("user", ''), nullif(key_id, ''), 'unknown') FROM judged
WHERE reason IS NULL ORDER BY 1
"""
ROLLUPS = {"hourly": HOURLY, "people": PEOPLE, "durations": DURATIONS}
