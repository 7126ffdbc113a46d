"""Runs and their stages as rows: what was done is on the disk before the next stage begins."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from workbench.core.viewers import Viewable
from workbench.store.database import Database, open_database
from workbench.store.documents import dump_document, load_document

RunState = Literal["running", "waiting", "stopped", "failed", "promoted", "refused", "given up"]
StageState = Literal["running", "waiting", "failed", "done"]
OPEN = ("running", "waiting", "stopped", "failed")
_OPEN_MARKS = ", ".join("?" * len(OPEN))


@dataclass(frozen=True)
class StageRow(Viewable):
    """One stage of a run. ``inputs_sha256`` names all that decides its ``output``."""

    stage: str
    state: StageState
    inputs_sha256: str
    inputs: dict[str, Any] = field(repr=False)
    output: dict[str, Any] | None
    error: dict[str, Any] | None
    attempts: int
    begun_s: float
    ended_s: float | None


@dataclass(frozen=True)
class PipelineRun(Viewable):
    """What became of one batch. ``because`` is what started it, ``reason`` why it ended so."""

    id: int
    pipeline: str
    state: RunState
    because: str
    reason: str
    started_s: float
    ended_s: float | None
    stages: tuple[StageRow, ...]
    definition: dict[str, Any] = field(repr=False)

    @property
    def ok(self) -> bool:
        """Whether nothing refused the batch; a command that ends with False exits with 1."""
        return self.state != "refused"

    @property
    def is_open(self) -> bool:
        """Whether there is something left to do."""
        return self.state in OPEN

    def output(self, stage: str) -> dict[str, Any] | None:
        """What a stage that is done gave."""
        return next((s.output for s in self.stages if s.stage == stage and s.state == "done"), None)


class StageRows:
    """The two tables of pipelines in one store, by default that of WORKBENCH_HOME."""

    def __init__(self, database: Database | None = None) -> None:
        self.database = database or open_database()

    def begin_run(self, pipeline: str, definition: Mapping[str, Any], *, because: str) -> int:
        """A new run's id. The index refuses a second open one of the same pipeline."""
        text = dump_document(dict(definition), what="pipeline")
        with self.database.transaction() as connection:
            row = connection.execute(
                "INSERT INTO pipeline_runs (pipeline, definition, because, state, started_s) "
                "VALUES (?, ?, ?, 'running', ?) RETURNING id",
                (pipeline, text, because, time.time()),
            ).fetchone()
        return int(row["id"])

    def set_run(self, run_id: int, state: RunState, *, reason: str = "") -> None:
        """Say how a run stands."""
        ended_s = None if state in OPEN else time.time()
        with self.database.transaction() as connection:
            connection.execute(
                "UPDATE pipeline_runs SET state = ?, reason = ?, ended_s = ? WHERE id = ?",
                (state, reason, ended_s, run_id),
            )

    def begin_stage(self, run_id: int, stage: str, inputs: Mapping[str, Any]) -> None:
        """Note that a stage begins, or begins again; the output of other inputs is forgotten."""
        text, digest = dump_document(dict(inputs), what=stage), digest_inputs(stage, inputs)
        with self.database.transaction() as connection:
            connection.execute(
                "INSERT INTO pipeline_stages (run_id, stage, inputs_sha256, inputs, state, begun_s)"
                " VALUES (?, ?, ?, ?, 'running', ?) ON CONFLICT DO UPDATE SET "
                "output = CASE WHEN inputs_sha256 = excluded.inputs_sha256 THEN output END, "
                "inputs_sha256 = excluded.inputs_sha256, inputs = excluded.inputs, "
                "state = 'running', error = NULL, attempts = attempts + 1, ended_s = NULL",
                (run_id, stage, digest, text, time.time()),
            )

    def end_stage(
        self,
        run_id: int,
        stage: str,
        state: StageState,
        *,
        output: Mapping[str, Any] | None = None,
        error: Mapping[str, Any] | None = None,
    ) -> None:
        """Note how a stage ended. When this returns it is on the disk."""
        told = None if output is None else dump_document(dict(output), what=f"output of {stage}")
        fault = None if error is None else dump_document(dict(error), what="error")
        with self.database.transaction() as connection:
            connection.execute(
                "UPDATE pipeline_stages SET state = ?, output = coalesce(?, output), error = ?, "
                "ended_s = ? WHERE run_id = ? AND stage = ?",
                (state, told, fault, time.time(), run_id, stage),
            )

    def find_done(self, stage: str, inputs: Mapping[str, Any]) -> dict[str, Any] | None:
        """What this stage gave for the same inputs in whatever run; None if it never ended."""
        row = self.database.read_one(
            "SELECT output FROM pipeline_stages WHERE inputs_sha256 = ? AND state = 'done' "
            "ORDER BY run_id DESC LIMIT 1",
            (digest_inputs(stage, inputs),),
        )
        return None if row is None else load_document(row["output"])

    def find_open(self, pipeline: str) -> PipelineRun | None:
        """The run of a pipeline that has something left to do."""
        row = self.database.read_one(
            f"SELECT * FROM pipeline_runs WHERE pipeline = ? AND state IN ({_OPEN_MARKS})",
            (pipeline, *OPEN),
        )
        return None if row is None else self._run(row)

    def find_snapshot(self, pipeline: str, *, before_run: int | None = None) -> str | None:
        """The snapshot of the last run (before one) that came to be champion."""
        for run in self.list_runs(pipeline):
            if run.state == "promoted" and (before_run is None or run.id < before_run):
                return str((run.output("snapshot") or {})["snapshot"])
        return None

    def list_runs(self, pipeline: str | None = None, *, limit: int = 10_000) -> list[PipelineRun]:
        """Runs with their stages, the newest first."""
        rows = self.database.read(
            "SELECT * FROM pipeline_runs WHERE ?1 IS NULL OR pipeline = ?1 "
            "ORDER BY id DESC LIMIT ?2",
            (pipeline, limit),
        )
        return [self._run(row) for row in rows]

    def get(self, run_id: int) -> PipelineRun:
        """A run that is there."""
        (row,) = self.database.read("SELECT * FROM pipeline_runs WHERE id = ?", (run_id,))
        return self._run(row)

    def _run(self, row: sqlite3.Row) -> PipelineRun:
        stages = self.database.read(
            "SELECT * FROM pipeline_stages WHERE run_id = ? ORDER BY rowid", (row["id"],)
        )
        return PipelineRun(
            row["id"],
            row["pipeline"],
            row["state"],
            row["because"],
            row["reason"],
            row["started_s"],
            row["ended_s"],
            tuple(_stage(each) for each in stages),
            load_document(row["definition"]),
        )


def digest_inputs(stage: str, inputs: Mapping[str, Any]) -> str:
    """The sha256 that names a stage's work."""
    return hashlib.sha256(json.dumps([stage, inputs], sort_keys=True).encode()).hexdigest()


def _stage(row: sqlite3.Row) -> StageRow:
    return StageRow(
        row["stage"],
        row["state"],
        row["inputs_sha256"],
        load_document(row["inputs"]),
        load_document(row["output"]),
        load_document(row["error"]),
        row["attempts"],
        row["begun_s"],
        row["ended_s"],
    )
