"""When a pipeline is due: by the clock, by what waits, by drift, or as a run has not ended."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime

from workbench.core.viewers import Viewable
from workbench.finetuning.pipeline.collecting import Waiting, find_waiting, read_questions
from workbench.finetuning.pipeline.definition import Pipeline
from workbench.finetuning.pipeline.known import find_known
from workbench.finetuning.pipeline.running import has_lost_its_process, is_going_on
from workbench.finetuning.pipeline.stage_rows import StageRows
from workbench.store.schedules import next_time


@dataclass(frozen=True)
class Due(Viewable):
    """Whether a pipeline is due, and why (not); what would be done, and what waits."""

    pipeline: str
    is_due: bool
    because: str
    next_stage: str
    files: tuple[str, ...]
    rows: int


def look_whether_due(pipeline: Pipeline, *, now_s: float | None = None) -> Due:
    """Whether a pipeline is due now; nothing is written.

    Args:
        pipeline: Which.
        now_s: The Unix time; now if None. Cron lines are read in UTC.
    """
    now_s = time.time() if now_s is None else now_s
    waiting = find_waiting(pipeline)
    runs = StageRows().list_runs(pipeline.name)
    named = tuple(waiting.files)
    if runs and runs[0].is_open:
        done = {each.stage for each in runs[0].stages if each.state == "done"}
        order = ("collect", "snapshot", "train", "gate", "canary", "promote")
        stage = next(each for each in order if each not in done or each == "promote")
        # Somebody stopped it, or it needs a hand: neither is for the clock to overrule.
        is_due, because = (
            runs[0].state in ("running", "waiting"),
            f"run {runs[0].id} is {runs[0].state}",
        )
        if is_going_on(pipeline.name):
            is_due, because = False, f"run {runs[0].id} goes on in a process now"
        elif has_lost_its_process(runs[0]):
            because = f"the process of run {runs[0].id} has ended before the run"
        return Due(pipeline.name, is_due, because, stage, named, waiting.rows)
    if not waiting.rows:
        is_due, because = False, "nothing new waits"
    else:
        is_due, because = _by_rule(pipeline, waiting, now_s)
    return Due(pipeline.name, is_due, because, "collect", named, waiting.rows)


def _by_rule(pipeline: Pipeline, waiting: Waiting, now_s: float) -> tuple[bool, str]:
    """The first rule that says so, or what each still waits for."""
    rows, told = waiting.rows, []
    if pipeline.rows_waiting is not None:
        if rows >= pipeline.rows_waiting:
            return True, f"{rows} rows wait, at least {pipeline.rows_waiting}"
        told.append(f"{rows} rows wait; it begins with {pipeline.rows_waiting}")
    if pipeline.cron is not None:
        due_s = next_time(pipeline.cron, _last_begun(pipeline))
        said = datetime.fromtimestamp(due_s, UTC).isoformat(timespec="minutes")
        if due_s <= now_s:
            return True, f"{pipeline.cron!r} since {said}"
        told.append(f"{pipeline.cron!r} comes at {said}")
    if pipeline.drift_level is not None:
        has_drifted, reason = _by_drift(pipeline, waiting, pipeline.drift_level)
        if has_drifted:
            return True, reason
        told.append(reason)
    return False, "; ".join(told) or "it is started by hand"


def _by_drift(pipeline: Pipeline, waiting: Waiting, level: float) -> tuple[bool, str]:
    from workbench.finetuning.pipeline.drift import look_for_drift
    from workbench.finetuning.snapshots.snapshot import find_snapshot

    snapshot = find_known(pipeline)
    if snapshot is None:
        return False, "nothing was learnt yet from which to drift: the first is begun by hand"
    known = [each.messages[-2][1] for each in find_snapshot(snapshot).examples()]
    found = look_for_drift(known, read_questions(waiting), level=level)
    return found.has_drifted, found.reason


def _last_begun(pipeline: Pipeline) -> float:
    runs = StageRows().list_runs(pipeline.name, limit=1)
    return max(runs[0].started_s if runs else 0.0, pipeline.defined_s)
