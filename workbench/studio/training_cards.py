"""How training runs are drawn: one with its curve and answers, and several side by side."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from workbench.core.errors import NotFoundError
from workbench.finetuning.recording.comparing import run_names
from workbench.studio.cards import card
from workbench.studio.curves import Curve, draw_curves, thin
from workbench.studio.markup import count, duration, escape, hint_html, number, pill, style, when
from workbench.studio.process_cards import draw_processes
from workbench.studio.tables import Table, plain_table

if TYPE_CHECKING:
    from workbench.finetuning.recording.comparing import RunComparison
    from workbench.finetuning.recording.recorded_run import RecordedRun, SampleAnswer
    from workbench.finetuning.training.registering import TrainingRun

_LOSS = "nats an answer token"
_MARKS = re.compile(r"<\|[^|>]*\|>")
_MOST_ANSWERS = 6


def draw_result(result: TrainingRun) -> str:
    """What a run gave: its record, where it is still kept; else its figures."""
    from workbench.finetuning.recording.recorded_run import find_recorded_run

    with contextlib.suppress(NotFoundError):
        return draw_run(find_recorded_run(result.run))
    from workbench.studio.cards import draw_fields

    return draw_fields(result)


def draw_run(run: RecordedRun) -> str:
    """One run: how it stands, the curves, what it answered on the way, and its recipe."""
    return card(style("training", "curves") + run_inside(run))


def run_inside(run: RecordedRun) -> str:
    """The same without the frame, for a page that draws it again and again."""
    begun = {"goes on from": run.starts_from} if run.starts_from else {}
    recipe = {
        **begun, **run.recipe, "precision of the base": run.precision, "examples": run.examples,
    }  # fmt: skip
    parts = [
        _head(run),
        _trouble(run),
        _figures(run),
        _private(run),
        _general(run),
        draw_curves(
            [loss_curve(run)], title="Loss", unit=_LOSS, end=run.steps, dots=f"on {run.losses_on}"
        ),
        f'<div class="wb-pairs">{_rates([run])}</div>',
        draw_processes(run),
        _answers(run),
        f"<details><summary>Recipe and data</summary>{plain_table(recipe)}"
        f'<p class="q">data {escape(run.snapshot or run.data_sha256)}</p></details>',
    ]
    return "".join(parts)


def draw_comparison(found: RunComparison) -> str:
    """Several runs: differences first, then curves over each other, figures, what is the same."""
    return card(style("training", "curves") + comparison_inside(found))


def comparison_inside(found: RunComparison) -> str:
    """The same without the frame."""
    names = run_names(found.runs)
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in names)
    rows = "".join(
        f'<tr class="wb-differs"><td>{escape(each.what.replace("_", " "))}</td>'
        + "".join(f"<td>{escape(_short(value))}</td>" for value in each.values) + "</tr>"
        for each in found.differences
    )  # fmt: skip
    differ = (
        f'<div class="wide"><table><thead><tr><th>differs</th>{head}</tr></thead><tbody>{rows}'
        "</tbody></table></div>"
        if rows
        else '<p class="q">They were given the same in everything.</p>'
    )
    curves = [
        loss_curve(run, name=name, index=index)
        for index, (name, run) in enumerate(zip(names, found.runs, strict=True))
    ]
    answers = "".join(
        f"<details><summary>Answers of {escape(name)}</summary>{_answers(run)}</details>"
        for name, run in zip(names, found.runs, strict=True)
        if run.samples
    )
    return (
        f'<div class="top"><strong>{count(len(found.runs), "run")} side by side</strong></div>'
        f"{differ}{_not_alike(found.runs)}"
        f"{draw_curves(curves, title='Loss', unit=_LOSS, dots=_losses_on(found.runs))}"
        f'<div class="wb-pairs">{_rates(found.runs)}</div>{_table(found.runs, names)}{answers}'
        f"<details><summary>The same in all</summary>{plain_table(found.same)}</details>"
    )


def _not_alike(runs: Sequence[RecordedRun]) -> str:
    """A warning where losses are not of the same rows."""
    if len({run.data_sha256 for run in runs}) == 1:
        return ""
    seeds = "held-out" in _losses_on(runs)
    why = ": another seed holds out others" if seeds else ""
    return (
        f'<p class="note">The rows that losses are of are not the same in all{why}. '
        "Give <code>--eval-data</code> to compare losses.</p>"
    )


def _losses_on(runs: Sequence[RecordedRun]) -> str:
    """On which rows the runs were evaluated, each kind once."""
    return "on " + " or ".join(dict.fromkeys(run.losses_on for run in runs))


def loss_curve(run: RecordedRun, *, name: str = "", index: int = 0) -> Curve:
    """The loss of the steps as a line, and of the evaluations as dots."""
    are_joined = len(run.evaluations) > 2  # of two a line would look like the course between
    return Curve(
        name or run.name,
        thin([(point.step, point.loss_nats) for point in run.curve]),
        tuple((each.step, each.loss_nats) for each in run.evaluations),
        index,
        dots_are_joined=are_joined,
    )


def _rates(runs: Sequence[RecordedRun]) -> str:
    names = run_names(runs)

    def over(field: str) -> list[Curve]:
        return [
            Curve(name, thin([(p.step, getattr(p, field)) for p in run.curve]), index=index)
            for index, (name, run) in enumerate(zip(names, runs, strict=True))
        ]

    rates = draw_curves(over("learning_rate"), title="Learning rate", unit="", height_px=110)
    speed = draw_curves(over("tokens_per_s"), title="Speed", unit="tokens/s", height_px=110)
    return rates + speed


def _head(run: RecordedRun) -> str:
    state = "stopping" if run.is_stopping else run.state
    words = (f"run {run.run}", f"{run.steps_done:,} of {count(run.steps, 'step')}")
    quiet = "".join(f'<span class="q">{escape(word)}</span>' for word in words)
    begun = f'<span class="q">begun {when(run.started_s)}</span>'
    return f'<div class="top">{pill(state)}<strong>{escape(run.name)}</strong>{quiet}{begun}</div>'


def _trouble(run: RecordedRun) -> str:
    if run.trouble:
        hint = f" {hint_html(run.hint)}" if run.hint else ""
        return f'<p class="trouble">{escape(run.trouble)}{hint}</p>'
    if run.state in ("interrupted", "stopped"):
        why = "Its process ended without a word" if run.state == "interrupted" else "It was stopped"
        return f'<p class="note">{why}. The command that began it goes on where it was.</p>'
    return ""


def _figures(run: RecordedRun) -> str:
    evaluations = run.evaluations
    told: list[tuple[str, Any]] = [
        ("loss at the last step", run.curve[-1].loss_nats if run.curve else None),
        (f"loss on {run.losses_on} before", evaluations[0].loss_nats if evaluations else None),
        (
            f"loss on {run.losses_on} now",
            evaluations[-1].loss_nats if len(evaluations) > 1 else None,
        ),
        ("tokens/s", round(run.tokens_per_s) if run.tokens_per_s else None),
        ("in steps", duration(run.seconds)),
    ]
    if run.is_live and run.steps_done and run.seconds:
        left_s = run.seconds / run.steps_done * (run.steps - run.steps_done)
        told.append(("left, about", duration(left_s)))
    cells = "".join(f"<div><b>{escape(number(value))}</b><span>{name}</span></div>"
                    for name, value in told)  # fmt: skip
    return f'<div class="wb-run-figures">{cells}</div>'


def _private(run: RecordedRun) -> str:
    """What a private run cost, and whom that protects."""
    cost = run.figures
    if "epsilon_pld" not in cost:
        return ""
    whom = "one row"
    if "users" in cost:
        most = count(round(cost["rows_per_user"]), "row")
        whom = f"one of {count(round(cost['users']), 'user')}, of each of whom {most} at most count"
    said = f"Private: epsilon {number(cost['epsilon_pld'])} at delta {cost['delta']:g}, for {whom}."
    return f'<p class="q">{escape(said)} The losses and answers shown here are not.</p>'


def _general(run: RecordedRun) -> str:
    """What it still knows of what nobody taught it, beside what its base knows."""
    from workbench.finetuning.training.general import GeneralAnswers

    told = run.figures
    if "general_asked" not in told:
        return ""
    found = GeneralAnswers(*(told[f"general_{name}"] for name in ("asked", "before", "after")))
    anchors = int(run.recipe.get("anchors") or 0)
    said = found.tell(run.model, run.name.partition(":")[2], anchors=anchors)
    kind = "note" if found.are_lost else "q"
    return f'<p class="{kind}">{escape(said[:1].upper() + said[1:])}.</p>'


def _answers(run: RecordedRun) -> str:
    """Each row's first and last answer, beside the one that was wanted."""
    samples = run.samples
    if not samples:
        return ""
    rows: dict[str, list[SampleAnswer]] = {}
    for each in samples:
        rows.setdefault(each.row, []).append(each)
    lines = "".join(
        f"<tr><td>{escape(_asked(given[-1].asked) or row)}</td><td>{escape(given[-1].wanted)}</td>"
        f"<td>{escape(given[0].answer)}</td><td>{_last(given)}</td></tr>"
        for row, given in list(rows.items())[:_MOST_ANSWERS]
    )
    last = max(each.step for each in samples)
    return (
        f'<p class="q">Answers to {escape(run.losses_on)}:</p>'
        '<div class="wide"><table class="wb-answers"><thead><tr><th>asked</th><th>wanted</th>'
        f"<th>before</th><th>after {count(last, 'step')}</th></tr></thead><tbody>{lines}</tbody>"
        "</table></div>"
    )


def _last(given: Sequence[SampleAnswer]) -> str:
    if len(given) < 2:
        return '<span class="q">not yet</span>'
    answer, wanted = given[-1].answer.strip(), given[-1].wanted.strip()
    return f"{'✓ ' if answer == wanted else ''}{escape(answer)}"


def _asked(text: str) -> str:
    """The last thing that was said before the answer, without the marks of a chat template."""
    parts = [part.strip() for part in _MARKS.split(text) if part.strip()]
    parts = [part for part in parts if part not in ("assistant", "user", "system")]
    return re.sub(r"^(user|assistant)\s+", "", parts[-1]) if parts else ""


def _table(runs: Sequence[RecordedRun], names: Sequence[str]) -> str:
    rows = tuple(
        {
            "run": name,
            "state": run.state,
            "steps": run.steps_done,
            "last loss": run.curve[-1].loss_nats if run.curve else None,
            "loss before": run.evaluations[0].loss_nats if run.evaluations else None,
            "least loss": run.best.loss_nats if run.best else None,
            "both on": run.losses_on,
            "tokens/s": round(run.tokens_per_s),
            "in_steps_s": round(run.seconds, 1),
        }
        for name, run in zip(names, runs, strict=True)
    )
    return Table(rows, "What came of it").static_html()


def _short(value: Any) -> str:
    text = number(value) if not isinstance(value, (list, tuple)) else ", ".join(map(str, value))
    return f"{text[:12]}…" if re.fullmatch(r"[0-9a-f]{40,}", text) else text
