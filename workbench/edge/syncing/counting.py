"""How many records of which kind devices have sent."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.store.database import Database, open_database


@dataclass(frozen=True)
class KindCount:
    """Records of one kind: how many came, of how many devices, and when the last one did."""

    kind: str
    records: int
    devices: int
    size_bytes: int
    last_s: float


def count_kinds(database: Database | None = None) -> tuple[KindCount, ...]:
    """The kinds in the order of their names; by default in WORKBENCH_HOME's database."""
    rows = (database or open_database()).read(
        "SELECT kind, count(*), count(DISTINCT device), sum(length(body)), max(taken_s) "
        "FROM edge_records GROUP BY kind ORDER BY kind"
    )
    return tuple(KindCount(*row) for row in rows)
