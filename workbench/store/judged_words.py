"""Judged calls with their words: only of who agreed that the answer may be learnt from."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from .database import Database, open_database

_MOST_IDS = 500  # in one query

# The words of whoever did not agree never leave the database.
_WORDS = ", ".join(
    f"CASE WHEN f.consent = 1 THEN {column} END AS {name}"
    for column, name in (
        ("f.corrected_answer", "corrected_answer"),
        ("t.prompt", "prompt"),
        ("t.completion", "completion"),
        ("t.form", "form"),
    )
)


@dataclass(frozen=True)
class JudgedWords:
    """One call that was judged by who made it.

    ``judged_s`` is when. The words are None where they were not kept, and all of them where there
    is no consent; ``prompt`` and ``form`` are as ``usage_rows.UsageText`` says.
    """

    request_id: str
    key_id: str
    model: str
    status: int
    score: float
    judged_s: float
    consent: bool
    corrected_answer: str | None = field(repr=False)
    prompt: str | None = field(repr=False)
    completion: str | None = field(repr=False)
    form: str | None = field(repr=False)


def judged_words(
    *, since_s: float = 0.0, key_id: str | None = None, database: Database | None = None
) -> tuple[JudgedWords, ...]:
    """The calls that were judged, in the order in which they were settled.

    Args:
        since_s: Only what was judged from this Unix time on.
        key_id: Only of this key.
        database: The store, by default that of WORKBENCH_HOME.
    """
    rows = (database or open_database()).read(
        f"SELECT f.request_id, f.key_id, u.model_served AS model, u.status, f.score, "
        f"f.time_s AS judged_s, f.consent, "
        f"{_WORDS} FROM feedback f "
        # In this order: few calls are judged, and the planner would walk through all there are.
        "CROSS JOIN usage u ON u.request_id = f.request_id AND u.key_id = f.key_id "
        "LEFT JOIN usage_text t ON t.settlement_id = u.settlement_id "
        "WHERE f.time_s >= ?1 AND (?2 IS NULL OR f.key_id = ?2) "
        "ORDER BY u.time_s, u.settlement_id",
        (since_s, key_id),
    )
    return tuple(JudgedWords(**{**dict(row), "consent": bool(row["consent"])}) for row in rows)


def withdrawn(request_ids: Collection[str], *, database: Database | None = None) -> frozenset[str]:
    """Those of some calls of which the last word said does not agree that they are learnt from.

    Ids that nobody judged here are not among them.
    """
    database = database or open_database()
    ids, found = sorted(request_ids), set[str]()
    for start in range(0, len(ids), _MOST_IDS):
        part = ids[start : start + _MOST_IDS]
        marks = ", ".join("?" * len(part))
        rows = database.read(
            f"SELECT request_id FROM feedback WHERE consent = 0 AND request_id IN ({marks})", part
        )
        found |= {row["request_id"] for row in rows}
    return frozenset(found)
