"""The training queue as a table: what runs, what waits, and what was decided of each last."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.studio.markup import duration
from workbench.studio.notebook_results import database_files
from workbench.studio.tables import table

if TYPE_CHECKING:
    from workbench.finetuning.scheduling.operations import Row

_NONE = (
    '<p class="q">Nothing is on the training queue: '
    "<code>workbench finetuning queue submit --help</code></p>"
)


def draw_queue() -> str:
    """A row a job, in the order in which they came."""
    from workbench.finetuning.scheduling.operations import list_jobs

    rows = list_jobs() if database_files()[0].exists() else []
    if not rows:
        return _NONE
    return table([_row(each) for each in rows]).static_html()


def _row(row: Row) -> dict[str, object]:
    said = row.progress or {}
    known = said.get("label") == "training" and said.get("total")
    return {
        "job": row.job,
        "state": row.state,
        "why": row.why,
        "done": f"{said['done'] / said['total']:.0%}" if known else "–",
        "waited": duration(row.waited_s),
        "team": row.team,
        "priority": row.priority,
        "cores": row.cores,
        "what": row.operation,
    }
