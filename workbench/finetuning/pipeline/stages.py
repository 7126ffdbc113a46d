"""What each stage needs and does. Each may be begun again at any moment.

What a stage does lasts by itself (a snapshot, a registered adapter, a name) and is found again
when it is repeated, so a stage that was killed between its work and its row does nothing twice.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from workbench.core import settings
from workbench.core.errors import DataError
from workbench.core.plain import to_plain
from workbench.finetuning.pipeline.collecting import (
    first_lines,
    name_judgement,
    read_batch,
    require_waiting,
)
from workbench.finetuning.pipeline.definition import Pipeline
from workbench.finetuning.pipeline.giving_way import GivingWay
from workbench.finetuning.pipeline.known import find_known
from workbench.finetuning.pipeline.slots import holding_slot
from workbench.finetuning.pipeline.stage_rows import PipelineRun, StageRows
from workbench.finetuning.snapshots.collecting_feedback import note_reading

Ends = Literal["waiting", "refused", "promoted"]


@dataclass(frozen=True)
class Given:
    """What a stage gave; ``ends`` says that the run goes no further now, and ``reason`` why."""

    output: dict[str, Any]
    ends: Ends | None = None
    reason: str = ""


@dataclass
class Context:
    """A run as a stage sees it: ``done`` holds what the stages before it gave."""

    pipeline: Pipeline
    run: PipelineRun
    done: dict[str, dict[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class Stage:
    """One stage: ``inputs`` is all that decides what ``work`` gives."""

    name: str
    inputs: Callable[[Context], dict[str, Any]]
    work: Callable[[Context], Given]


def _collect_inputs(at: Context) -> dict[str, Any]:
    return {"run": at.run.id}


def collect(at: Context) -> Given:
    """Take what waits, as bytes that stay."""
    from workbench.store.artifacts import Artifacts

    waiting = require_waiting(at.pipeline)
    batch = Artifacts().put_bytes(read_batch(waiting)).sha256
    # Said here and kept: once this run's own version is champion, it would be that one's.
    known = find_known(at.pipeline, before_run=at.run.id)
    told: dict[str, Any] = {
        "batch": batch, "files": waiting.files, "rows": waiting.rows, "known": known,
    }  # fmt: skip
    if len(waiting.files) > 1:
        told["first_lines"] = first_lines(waiting)
    if waiting.judged_rows and waiting.judged is not None:
        note_reading(
            "access", f"feedback, pipeline {at.pipeline.name}", waiting.judged, run=at.run.id
        )
        told["judged"] = [name_judgement(each) for each in waiting.judged_rows]
    if let_go := _let_go(known, {each.request_id for each in waiting.judged_rows}):
        told["let_go"] = let_go
    return Given(told)


def _let_go(known: str | None, judged: set[str]) -> list[str]:
    """The rows that the champion learnt and that are not learnt again: they were judged anew since,
    or who had agreed does not any more."""
    from workbench.finetuning.snapshots.snapshot import find_snapshot
    from workbench.store.judged_words import withdrawn

    learnt = {each.identity for each in find_snapshot(known).examples()} if known else set()
    return sorted((learnt & judged) | withdrawn(learnt))


def _snapshot_inputs(at: Context) -> dict[str, Any]:
    told = at.pipeline
    return {
        "batch": at.done["collect"]["batch"],
        "files": at.done["collect"]["files"],
        "known": _known(at),
        **{name: at.done["collect"][name] for name in ("let_go",) if name in at.done["collect"]},
        "target": _digest(told.target),
        "policy": _digest(told.policy) if told.policy else None,
        "license": told.license,
        "consent": told.consent,
        "model": told.model,
        "name": told.name,
        "max_tokens": _recipe(told).max_tokens,
    }


def _known(at: Context) -> str | None:
    """What the champion learnt: it is trusted, and learnt again."""
    told = at.done["collect"]
    if "known" in told:
        return None if told["known"] is None else str(told["known"])
    return StageRows().find_snapshot(at.pipeline.name, before_run=at.run.id)  # begun before


def snapshot(at: Context) -> Given:
    """Check the batch against what is known and asked; keep both as one snapshot."""
    from workbench.finetuning.snapshots.checking import check_examples
    from workbench.finetuning.snapshots.reading import read_examples
    from workbench.finetuning.snapshots.set_aside import keep_blocked
    from workbench.finetuning.snapshots.snapshot import find_snapshot, keep_snapshot
    from workbench.finetuning.snapshots.splitting import TRAIN
    from workbench.finetuning.training.adapting import load_encoder

    told, known_id = at.pipeline, _known(at)
    known = find_snapshot(known_id) if known_id else None
    let_go = set(at.done["collect"].get("let_go", ()))
    before = [each for each in known.examples() if each.identity not in let_go] if known else []
    encoder, context_tokens = load_encoder(told.model, _recipe(told))
    try:
        file, places = _batch_file(at), list[str]()
        examples, quarantine = read_examples(file, places=places)
        kept, report = check_examples(
            examples,
            policy=_policy(told, context_tokens),
            known=before,
            heldout=_asked(told),
            count_tokens=lambda row: len(encoder.encode(examples[row.place]).ids),
            source=told.name,
            quarantine=quarantine,
            places=places,
        )
        report = keep_blocked(file, examples, report)
        report.check()
    except DataError as error:
        return Given({"error": error.to_dict()}, "refused", f"{error.message}{_tell_files(at)}")
    every = [*before, *kept]
    found = keep_snapshot(
        every,
        [TRAIN] * len(every),
        name=told.name,
        license=_said_of_both(told.license, known.license if known else ""),
        consent=_said_of_both(told.consent, known.consent if known else ""),
        sources=at.done["collect"]["files"],
        report=report,
        parents=[known] if known else [],
    )
    output = {
        "snapshot": found.id, "rows": len(every), "new_rows": len(kept),
        "left_out": report.rows - report.kept_rows, "findings": dict(report.counts),
    }  # fmt: skip
    if not kept:
        return Given(output, "refused", "no new row may be learnt")
    return Given(output)


def _said_of_both(new: str, known: str) -> str:
    """The licence or consent of new rows and of those before, which another may have brought."""
    before = [each for each in known.split("; ") if each]
    return "; ".join(dict.fromkeys([*before, new]))


def _tell_files(at: Context) -> str:
    """Which lines of a batch are of which file, as rows are named by the batch's lines."""
    first = at.done["collect"].get("first_lines", ())
    told = ", ".join(f"{name} from line {line}" for name, line in first)
    return f" (of the files together: {told})" if told else ""


def _batch_file(at: Context) -> Path:
    """The batch under a name that says its form."""
    from workbench.store.artifacts import Artifacts
    from workbench.store.files import make_folder, write_bytes

    batch = at.done["collect"]["batch"]
    folder = settings.home() / "finetuning" / "batches"
    path = folder / f"{batch[:16]}.jsonl"
    if not path.is_file():
        make_folder(folder)
        write_bytes(path, Artifacts().read(batch))
    return path


def _asked(told: Pipeline) -> tuple[Any, ...]:
    """The gate's questions as examples, so that a batch that holds them is a leak."""
    from workbench.finetuning.examples import Example
    from workbench.finetuning.gate.questions import read_questions

    return tuple(
        Example((*each.messages, ("assistant", each.accept[0])))
        for each in read_questions(Path(told.target)).questions
    )


def _policy(told: Pipeline, context_tokens: int) -> Any:
    from workbench.finetuning.snapshots.findings import read_policy

    strict = read_policy(Path(told.policy) if told.policy else None)
    most = min(strict.context_tokens, context_tokens, _recipe(told).max_tokens)
    return dataclasses.replace(strict, context_tokens=most)


def _train_inputs(at: Context) -> dict[str, Any]:
    return {
        "snapshot": at.done["snapshot"]["snapshot"],
        "model": at.pipeline.model,
        "name": at.pipeline.name,
        "recipe": to_plain(_recipe(at.pipeline)),
    }


def train(at: Context) -> Given:
    """Teach the base everything that is known and new; a run that was killed goes on."""
    from workbench.finetuning.snapshots.snapshot import find_snapshot
    from workbench.finetuning.training.registering import Origin
    from workbench.finetuning.training.run import run_training

    said, giving_way = at.done["snapshot"], GivingWay()
    with holding_slot():
        done = run_training(
            find_snapshot(said["snapshot"]).examples(),
            _recipe(at.pipeline),
            model=at.pipeline.model,
            name=at.pipeline.name,
            origin=Origin(said["snapshot"], said["left_out"], said["findings"]),
            between_steps=giving_way,
        )
    told = (
        "model", "version", "steps", "train_loss", "eval_loss_before", "eval_loss_after",
        "evaluated_on", "run",
    )  # fmt: skip
    given = {name: getattr(done, name) for name in told}
    return Given({**given, "gave_way_s": giving_way.waited_s})


def _gate_inputs(at: Context) -> dict[str, Any]:
    candidate, champion = at.done["train"]["model"], _champion(at)
    if champion == candidate:  # promoted, and killed before that was written down
        known = next((each for each in at.run.stages if each.stage == "gate"), None)
        if known is not None and known.state == "done":
            return known.inputs
    return {
        "candidate": candidate,
        "champion": champion,
        "target": _digest(at.pipeline.target),
        "general": _digest(at.pipeline.general) if at.pipeline.general else None,
        "forgetting_budget": at.pipeline.forgetting_budget,
        "checks": None if at.pipeline.checks is None else list(at.pipeline.checks),
    }


def gate(at: Context) -> Given:
    """Hold the candidate against the champion."""
    from workbench.finetuning.gate.questions import read_questions
    from workbench.finetuning.gate.report import GateRules
    from workbench.finetuning.gate.running import run_gate

    candidate, general = at.done["train"]["model"], at.pipeline.general
    if _champion(at) == candidate:  # the same rows by the same recipe are the same version
        given = {"verdict": "refuse", "champion": candidate, "report": None}
        return Given(given, "refused", f"{candidate} is the champion already: nothing new came")
    report = run_gate(
        candidate,
        Path(at.pipeline.target),
        general=read_questions(Path(general)) if general else None,
        checks=at.pipeline.checks,
        rules=GateRules(forgetting_budget=at.pipeline.forgetting_budget),
    )
    told = {"verdict": report.verdict, "champion": report.champion, "report": report.artifact}
    given = {**told, "gain": report.gain.change, "reasons": list(report.reasons)}
    return Given(given) if report.ok else Given(given, "refused", report.reasons[0])


def _canary_inputs(at: Context) -> dict[str, Any]:
    return {
        "run": at.run.id,
        "candidate": at.done["train"]["model"],
        "champion": at.done["gate"]["champion"],
        "share": at.pipeline.canary_share,
    }


def canary(at: Context) -> Given:
    """Try the candidate on a share of the champion's requests; look at it each time."""
    from workbench.finetuning.rollout.looking import look_at_canary
    from workbench.finetuning.rollout.starting import start_canary
    from workbench.models.routing.trials import find_trial

    name, candidate = at.pipeline.adapter, at.done["train"]["model"]
    champion = _champion(at)
    if champion == candidate:
        return Given({"decision": "promoted"})
    if not at.pipeline.canary_share:
        return Given({"decision": "left out"})
    if champion == at.pipeline.model:
        return Given({"decision": "left out", "why": "there is no champion to be tried against"})
    row = next((each for each in at.run.stages if each.stage == "canary"), None)
    trial = find_trial(name, "champion")
    mine = trial is not None and f"{name}@{trial.candidate}" == candidate
    if not mine and row is not None and (row.output or {}).get("trial"):
        return Given({"decision": "ended"}, "refused", "its trial was ended by somebody else")
    if not mine:
        trial = start_canary(candidate, share=at.pipeline.canary_share, reason=_why(at))
    assert trial is not None
    state = look_at_canary(name)
    said = {"trial": trial.identity, "decision": state.decision, "units": state.units}
    if state.decision == "promoted":
        return Given(said)
    going_on = not state.is_over
    return Given(said, "waiting" if going_on else "refused", state.reason)


def _promote_inputs(at: Context) -> dict[str, Any]:
    return {
        "run": at.run.id,
        "candidate": at.done["train"]["model"],
        "report": at.done["gate"]["report"],
    }


def promote(at: Context) -> Given:
    """Move the champion's name; one that stands there already is left."""
    from workbench.finetuning.gate.promoting import promote_passed

    move = promote_passed(at.done["train"]["model"], reason=_why(at))
    return Given({"champion": at.done["train"]["model"], "before": move.before}, "promoted")


STAGES = (
    Stage("collect", _collect_inputs, collect),
    Stage("snapshot", _snapshot_inputs, snapshot),
    Stage("train", _train_inputs, train),
    Stage("gate", _gate_inputs, gate),
    Stage("canary", _canary_inputs, canary),
    Stage("promote", _promote_inputs, promote),
)


def _why(at: Context) -> str:
    return f"pipeline {at.pipeline.name}, run {at.run.id}"


def _champion(at: Context) -> str:
    from workbench.finetuning.gate.promoting import champion_name

    return champion_name(at.pipeline.adapter)


def _recipe(told: Pipeline) -> Any:
    from workbench.finetuning.training.recipe import find_preset

    return find_preset(told.preset, **told.recipe)


def _digest(path: str) -> str:
    from workbench.store.files import saying_why

    with saying_why(Path(path)):
        return hashlib.sha256(Path(path).read_bytes()).hexdigest()
