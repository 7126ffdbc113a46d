"""The table of training runs to choose from."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.core.optional import require
from workbench.finetuning.recording.comparing import MOST_RUNS
from workbench.studio.markup import number, sheet, when_in_words

if TYPE_CHECKING:
    from workbench.finetuning.recording.recorded_run import RecordedRun

_COLUMNS = [
    ["name", "version", False],
    ["state", "state", False],
    ["steps", "steps", True],
    ["loss", "best loss", True],
    ["on", "on", False],
    ["rate", "tokens/s", True],
    ["seed", "seed", True],
    ["begun", "begun", False],
    ["run", "run", False],
]


def run_table() -> Any:
    """The widget; ``show(runs)`` fills it, ``chosen`` are the ids of those that are ticked."""
    return _kind()()


@functools.cache
def _kind() -> Any:
    base: Any = require("anywidget", extra="studio").AnyWidget
    traitlets = require("traitlets", extra="studio")

    class RunTable(base):
        """Sorts and filters in the page; only what is chosen comes back."""

        _esm = traitlets.Unicode().tag(sync=True)
        _css = traitlets.Unicode().tag(sync=True)
        rows = traitlets.List().tag(sync=True)
        columns = traitlets.List().tag(sync=True)
        chosen = traitlets.List(traitlets.Unicode()).tag(sync=True)
        most = traitlets.Int(MOST_RUNS).tag(sync=True)

        def __init__(self) -> None:
            script = Path(__file__).parent / "widgets" / "run_table.js"
            super().__init__(
                _esm=script.read_text(encoding="utf-8"),
                _css=sheet("tokens") + sheet("table") + sheet("training") + sheet("curves"),
                columns=_COLUMNS,
            )

        def show(self, runs: Sequence[RecordedRun]) -> None:
            """Fill it; what was chosen stays so while it is there."""
            self.rows = [_row(each) for each in runs]
            known = {each.run for each in runs}
            if any(each not in known for each in self.chosen):
                self.chosen = [each for each in self.chosen if each in known]

    return RunTable


def _row(run: RecordedRun) -> dict[str, Any]:
    values = {
        "name": run.name,
        "state": "stopping" if run.is_stopping else run.state,
        "steps": run.steps_done,
        "loss": run.best.loss_nats if run.best else None,
        "on": run.losses_on if run.best else "",
        "rate": run.tokens_per_s or None,
        "seed": run.recipe.get("seed"),
        "begun": run.started_s,
        "run": run.run[:8],
    }
    shown = {name: number(value) for name, value in values.items()} | {
        "name": run.name.partition(":")[2] or run.name,
        "steps": f"{run.steps_done:,} of {run.steps:,}",
        "rate": number(round(run.tokens_per_s)) if run.tokens_per_s else "–",
        "begun": when_in_words(run.started_s),
    }
    return {"run": run.run, "values": values, "shown": shown}
