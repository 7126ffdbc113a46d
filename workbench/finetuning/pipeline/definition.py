"""What a pipeline is told once: where data comes from, what is taught, when, and what decides."""

from __future__ import annotations

import dataclasses
import time
from dataclasses import dataclass
from pathlib import Path

from workbench.core.errors import InputError, NotFoundError
from workbench.core.viewers import Viewable
from workbench.store.records import Records
from workbench.store.schedules import check_cron

NAMESPACE = "finetuning.pipelines"


@dataclass(frozen=True)
class Pipeline(Viewable):
    """One pipeline. Its name is the adapter's and the snapshots'.

    ``data`` is a folder (or one file) of JSONL, ``target`` the gate's questions on it, ``general``
    those that must not be unlearnt (the frozen ones if None). ``recipe`` differs from the preset.
    ``canary_share`` 0 promotes what passed the gate at once. ``checks`` are the gate's, all that
    are offered if None. ``cron``, ``rows_waiting`` and ``drift_level`` say when it is due. With
    ``feedback`` judged answers of the base and of the adapter wait beside the files.
    """

    name: str
    model: str
    data: str
    target: str
    license: str
    consent: str
    preset: str = "steady"
    recipe: dict[str, float | int | str] = dataclasses.field(default_factory=dict)
    policy: str | None = None
    general: str | None = None
    forgetting_budget: float = 0.1
    checks: tuple[str, ...] | None = None
    canary_share: float = 0.0
    cron: str | None = None
    rows_waiting: int | None = None
    drift_level: float | None = None
    feedback: bool = False
    defined_s: float = 0.0

    @property
    def adapter(self) -> str:
        """The full name of what it teaches, ``base:adapter``."""
        return f"{self.model}:{self.name}"

    @property
    def begins_itself(self) -> bool:
        """Whether a rule begins its runs; else somebody does."""
        return any(r is not None for r in (self.cron, self.rows_waiting, self.drift_level))


def define_pipeline(pipeline: Pipeline) -> Pipeline:
    """Check a pipeline and keep it in place of the one of its name.

    Raises:
        InputError, NotFoundError: What it names is not there or not possible.
    """
    check_pipeline(pipeline)
    if not pipeline.defined_s:
        pipeline = dataclasses.replace(pipeline, defined_s=time.time())
    Records().put(NAMESPACE, pipeline.name, document=dataclasses.asdict(pipeline))
    return pipeline


def check_pipeline(pipeline: Pipeline) -> None:
    """Raise before anything is written if a pipeline could not come to an end."""
    from workbench.evaluation.model_checks import require_checks
    from workbench.finetuning.gate.questions import read_questions
    from workbench.finetuning.gate.report import GateRules
    from workbench.finetuning.snapshots.findings import read_policy
    from workbench.finetuning.training.recipe import find_preset
    from workbench.finetuning.training.run import check_run
    from workbench.models import catalogue

    catalogue.find(pipeline.model)
    check_run(find_preset(pipeline.preset, **pipeline.recipe), pipeline.name)
    for questions in (pipeline.target, pipeline.general):
        if questions is not None:
            read_questions(Path(questions))
    read_policy(Path(pipeline.policy) if pipeline.policy else None)
    GateRules(forgetting_budget=pipeline.forgetting_budget)
    require_checks(pipeline.checks)
    if not Path(pipeline.data).exists():
        raise NotFoundError(f"there is no folder {pipeline.data}", hint=f"mkdir {pipeline.data}")
    for what, said in (("license", pipeline.license), ("consent", pipeline.consent)):
        if not said.strip():
            raise InputError(f"nothing is said of the {what}", hint=f"--{what} 'our own'")
    if not 0 <= pipeline.canary_share < 1:
        raise InputError(
            f"a share of {pipeline.canary_share:g} cannot be tried",
            hint="0 promotes what passed the gate at once; else below 1",
        )
    if pipeline.rows_waiting is not None and pipeline.rows_waiting < 1:
        raise InputError(f"rows_waiting is {pipeline.rows_waiting}; it must be at least 1")
    if pipeline.drift_level is not None and not 1e-6 <= pipeline.drift_level <= 0.5:
        raise InputError(
            f"drift_level is {pipeline.drift_level:g}; it must be from 1e-6 to 0.5",
            hint="--drift-level 0.01 begins without a drift once in a hundred batches",
        )
    if pipeline.cron is not None:
        check_cron(pipeline.cron)


def find_pipeline(name: str) -> Pipeline:
    """A pipeline by its name. Raises NotFoundError with near matches."""
    found = Records().find(NAMESPACE, name)
    if found is None:
        known = [each.key for each in Records().list(NAMESPACE)]
        raise NotFoundError.among(
            "pipeline", name, known, hint="workbench finetuning pipeline define"
        )
    return read_pipeline(found.document)


def list_pipelines() -> list[Pipeline]:
    """Every pipeline, by name."""
    return [read_pipeline(each.document) for each in Records().list(NAMESPACE)]


def read_pipeline(document: dict[str, object]) -> Pipeline:
    """A pipeline from plain data."""
    checks = document.get("checks")
    told = {**document, "checks": None if checks is None else tuple(checks)}  # type: ignore[arg-type]
    return Pipeline(**told)  # type: ignore[arg-type]
