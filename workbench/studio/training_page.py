"""The training page: runs as they go, compared, started and stopped; versions, gates and trials."""

from __future__ import annotations

import contextlib
from collections.abc import Hashable
from typing import TYPE_CHECKING, Any

from workbench.core.errors import NotFoundError, WorkbenchError
from workbench.core.optional import require
from workbench.studio.markup import count, escape, number, pill, when
from workbench.studio.notebook_results import database_files, database_stamp
from workbench.studio.pages import Page, head_of, keep, trouble
from workbench.studio.pipeline_table import draw_pipelines
from workbench.studio.queue_table import draw_queue
from workbench.studio.tables import table
from workbench.studio.tile_jobs import JobsTile
from workbench.studio.tiles import Tile
from workbench.studio.training_cards import comparison_inside, run_inside
from workbench.studio.training_live import live_run
from workbench.studio.training_start import TrainingForm, start_hint
from workbench.studio.training_table import run_table

if TYPE_CHECKING:
    from workbench.finetuning.recording.recorded_run import RecordedRun
    from workbench.finetuning.versions.operations import VersionRow

_SAID = "What is being taught on this machine, how it went, and which versions came of it."
_MOST_REPORTS = 3


class TrainingPage(Page):
    """Tiles over the store; ``table`` is that of the runs, ``form`` starts one."""

    def __init__(self) -> None:
        widgets = require("ipywidgets", extra="studio")
        self.table, self.form, self.jobs = run_table(), TrainingForm(), JobsTile()
        self.table.observe(lambda _: self.refresh(), names="chosen")
        self._live: dict[str, Any] = {}
        self._choice = widgets.Dropdown(description="Adapter")
        self._choice.observe(lambda _: self.refresh(), names="value")
        chooser = widgets.Box([self._choice])
        chooser.add_class("wb-choose")
        chooser.add_class("wb-named")
        self._chooser = chooser
        tiles = self._tiles()
        super().__init__(
            tiles,
            head=head_of("Training", _SAID, tiles),
            title="The training page of Workbench",
            sheets=("serving", "explain", "viewers", "training", "curves"),
        )

    def _tiles(self) -> list[Tile]:
        def chosen() -> Hashable:
            return database_stamp(), tuple(self.table.chosen)

        def adapter() -> Hashable:
            return database_stamp(), self._choice.value

        return [
            Tile("now", "Training now", self._draw_now, wide=True, stamp=database_stamp),
            Tile("runs", "Runs", self._draw_runs, wide=True, stamp=database_stamp),
            Tile("chosen", "Chosen runs", self._draw_chosen, wide=True, stamp=chosen),
            Tile("versions", "Versions", self._draw_versions, wide=True, stamp=adapter),
            Tile("pipelines", "Pipelines", draw_pipelines, wide=True, stamp=database_stamp),
            Tile("queue", "Training queue", draw_queue, wide=True, stamp=database_stamp),
            Tile("start", "Start a run", lambda: [self.form.widget], stamp=lambda: None),
            Tile("jobs", "Jobs", self._draw_jobs, stamp=database_stamp),
            Tile("gates", "Gate decisions", draw_gates, stamp=database_stamp),
            Tile("trials", "Trials", draw_trials, stamp=database_stamp),
        ]

    def _draw_now(self) -> list[Any]:
        live = [run for run in known_runs() if run.is_live]
        # A widget stays until its run has ended and a look has shown its end.
        self._live = {run.run: self._live.get(run.run) or live_run(run) for run in live}
        if not live:
            return ['<p class="q">Nothing is trained now.</p>']
        return list(self._live.values())

    def _draw_runs(self) -> list[Any]:
        runs = known_runs()
        if not runs:
            return [start_hint()]
        self.table.show(runs)
        return [self.table]

    def _draw_chosen(self) -> list[Any]:
        from workbench.finetuning.recording.comparing import compare_runs

        known = {run.run: run for run in known_runs()}
        chosen = [known[each] for each in self.table.chosen if each in known]
        if not chosen:
            return ['<p class="q">Tick a run to see it, or two or more to compare them.</p>']
        if len(chosen) == 1:
            return [f'<div class="wb-card">{run_inside(chosen[0])}</div>']
        return [f'<div class="wb-card">{comparison_inside(compare_runs(chosen))}</div>']

    def _draw_jobs(self) -> list[Any]:
        self.jobs.refresh()
        return [self.jobs.box]

    def _draw_versions(self) -> list[Any]:
        from workbench.finetuning.versions.lineage import trace_lineage
        from workbench.finetuning.versions.operations import list_versions
        from workbench.studio.version_cards import draw_lineage

        rows = list_versions() if database_files()[0].exists() else []
        if not rows:
            return ['<p class="q">No version yet: a finished run makes the first.</p>']
        names = list(dict.fromkeys(row.name.partition("@")[0] for row in rows))
        if list(self._choice.options) != names:
            kept = self._choice.value
            self._choice.options = names
            self._choice.value = kept if kept in names else names[-1]
        own = [row for row in rows if row.name.partition("@")[0] == self._choice.value]
        shown = [
            {
                "version": f"@{row.version}",
                "names": ", ".join(row.labels) or "–",
                "gate": row.verdict or "not asked",
                "loss before": row.metrics.get("eval_loss_before"),
                "loss after": row.metrics.get("eval_loss_after"),
                "both on": _evaluated_on(row),
                "seed": row.seed,
                "files": "here" if row.is_here else "removed",
            }
            for row in own
        ]
        family = draw_lineage(trace_lineage(own[-1].name))
        return [self._chooser, table(shown).static_html(), family]


def draw_gates() -> str:
    """The newest words of the gate, each with its report folded in."""
    from workbench.finetuning.gate.evidence import KIND, load_report
    from workbench.store.versions import Versions
    from workbench.studio.version_cards import draw_gate

    found = []
    if database_files()[0].exists():
        found = sorted(Versions().list(KIND), key=lambda each: each.created_s, reverse=True)
    if not found:
        return (
            '<p class="q">No version was held against a champion yet: '
            "<code>workbench finetuning gate NAME --target QUESTIONS.jsonl</code></p>"
        )
    parts = []
    for each in found[:_MOST_REPORTS]:
        told = each.metadata
        try:
            report = draw_gate(load_report(str(each.artifact_sha256)))
        except WorkbenchError as error:  # the artifact was removed: the word still stands
            report = trouble(error.message, error.hint)
        parts.append(
            f"<details><summary><strong>{escape(told['candidate'])}</strong>: "
            f"{escape(told['verdict'])}, {when(each.created_s)}</summary>{report}</details>"
        )
    more = len(found) - _MOST_REPORTS
    rest = f'<p class="q">{count(more, "older decision")}.</p>' if more > 0 else ""
    return "".join(parts) + rest


def draw_trials() -> str:
    """The trials that run, as they stand at this look; looking changes nothing."""
    from workbench.finetuning.rollout.looking import look_at_canary
    from workbench.models.routing.trials import list_trials
    from workbench.studio.version_cards import draw_canary

    trials = list_trials() if database_files()[0].exists() else ()
    if not trials:
        return (
            '<p class="q">No version is on trial: '
            "<code>workbench finetuning canary start NAME --share 0.1</code></p>"
        )
    parts = []
    for each in trials:
        try:
            parts.append(draw_canary(look_at_canary(each.name, act=False)))
        except WorkbenchError as error:
            parts.append(trouble(error.message, error.hint))
    return "".join(parts)


def summary(runs: tuple[RecordedRun, ...]) -> str:
    """The newest runs in lines, for the home page."""
    rows = "".join(
        f"<li><span class='name'>{escape(run.name.partition(':')[2] or run.name)}</span>"
        f"<span class='side'>{pill('stopping' if run.is_stopping else run.state)}</span>"
        f"<p class='facts'><span>{run.steps_done:,} of {count(run.steps, 'step')}</span>"
        f"<span>{_loss(run)}</span><span>{when(run.started_s)}</span></p></li>"
        for run in runs
    )
    return f'<ul class="wb-rows">{rows}</ul>'


def _loss(run: RecordedRun) -> str:
    return f"loss {number(run.best.loss_nats)} on {run.losses_on}" if run.best else ""


def _evaluated_on(row: VersionRow) -> str:
    """On which rows a version's losses are; of an older one its run may still say it."""
    from workbench.finetuning.recording.recorded_run import find_recorded_run, name_rows

    said = row.notes.get("evaluated_on")
    if said is None and row.metrics:
        with contextlib.suppress(NotFoundError):
            return find_recorded_run(str(row.notes.get("run"))).losses_on
    return name_rows(str(said or "")) if row.metrics else "–"


def known_runs() -> tuple[RecordedRun, ...]:
    """The runs; none, and no store made for it, in a home where nothing was done yet."""
    from workbench.finetuning.recording.recorded_run import recorded_runs

    return recorded_runs() if database_files()[0].exists() else ()


def training() -> Page:
    """The training page, kept up to date in a running kernel."""
    return keep(TrainingPage())
