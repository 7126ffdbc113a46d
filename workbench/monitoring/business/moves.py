"""Which move of traffic the log puts forward: the largest saving among those that lose no quality.

Advice and the month's report ask here, so that neither puts forward what the other advises against.
"""

from __future__ import annotations

from dataclasses import dataclass

from workbench.core.errors import DataError
from workbench.models.catalogue import entries

from .costs import costs_by
from .use import Use
from .what_if import Move, judge_move
from .wording import plain, points, span, usd

_LEAST_ANSWERS = 30
_NEARLY = 0.9  # of the largest saving


@dataclass(frozen=True)
class Considered:
    """The best move of the dearest model's traffic, and why it is or is not put forward."""

    move: Move
    is_advised: bool
    why: str


def answering_models(use: Use) -> tuple[str, ...]:
    """The models that answer in words, by name. An embedding model does not, whatever its calls
    were labelled with: the catalogue says so, or no call of it has one token of an answer."""
    tokens = use.cells.groupby("model")["completion_tokens"].sum()
    return tuple(str(name) for name in tokens.index if tokens[name] > 0 and not _embeds(str(name)))


def _embeds(model: str) -> bool:
    known = entries().get(model)
    return known is not None and known.kind == "embedding"


def consider_moves(use: Use, *, margin: float, seed: int = 0) -> Considered:
    """Judge moves of 40% of the model that costs the most to each that answers for less.

    One is advised if its share of good answers is not lower by more than the margin, over all
    moves at once at 95%. Of several it is the one that saves the most; of those that save nearly as
    much, the one whose share of good answers is surest.

    Args:
        use: The cells of the days to judge by.
        margin: How much lower the share of good answers may be, at most.
        seed: Of the draws.

    Raises:
        DataError: There is no move to judge; the message says why.
    """
    source, targets = _ends(use)
    found = [judge_move(use, source=source, target=name, seed=seed) for name in targets]
    cheaper = [each for each in found if each.move.saving_usd.value > 0]
    if not cheaper:
        raise DataError(f"no model would do for less what {source} was asked")
    sound = [each for each in cheaper if each.least_change(len(cheaper)) >= -margin]
    if sound:
        enough = _NEARLY * max(each.move.saving_usd.value for each in sound)
        near = [each for each in sound if each.move.saving_usd.value >= enough]
        best = max(near, key=lambda each: each.least_change())
        return Considered(best.move, True, _why_sound(best.move, len(cheaper)))
    # None is: the one of which the log says the least bad is told, and that it is not advised.
    best = max(cheaper, key=lambda each: each.move.success_change.value)
    return Considered(best.move, False, _why_not(best.move, margin, len(cheaper)))


def _ends(use: Use) -> tuple[str, list[str]]:
    """The dearest model, and those that it could be compared with."""
    answering = set(answering_models(use))
    able = [
        line
        for line in costs_by(use, "model")
        if line.name in answering and line.answers >= _LEAST_ANSWERS
    ]
    if len(able) < 2:
        word = "model" if len(able) == 1 else "models"
        raise DataError(f"only {len(able)} {word} answered {_LEAST_ANSWERS} times or more")
    if able[0].cost_usd == 0:
        raise DataError("no model's answers cost anything: metrics.yaml gives prices")
    return able[0].name, [line.name for line in able[1:]]


def _why_sound(move: Move, count: int) -> str:
    others = "" if count == 1 else f"; {count} moves were judged"
    return (
        f"good answers change by {points(move.success_change.value)} "
        f"({span(move.success_change, points)}) within tasks, {_rated(move)}{others}"
    )


def _why_not(move: Move, margin: float, count: int) -> str:
    best = "the one that" if count == 1 else f"of {count}, that which"
    return (
        f"no model is known to answer what {move.source} is asked as well for less: {best} loses "
        f"least, {move.target}, would save {usd(move.saving_usd.value)} a month and change good "
        f"answers by {points(move.success_change.value)} ({span(move.success_change, points)}), "
        f"{_rated(move)}; {plain(100 * margin)} points fewer are let pass"
    )


def _rated(move: Move) -> str:
    target = sum(task.target_rated for task in move.tasks)
    source = sum(task.source_rated for task in move.tasks)
    return f"from {target:,} and {source:,} ratings"


def tell_moves(use: Use, *, margin: float, seed: int) -> tuple[Considered | None, str | None]:
    """What ``consider_moves`` finds, or None; and what is to be said where none is advised."""
    try:
        found = consider_moves(use, margin=margin, seed=seed)
    except DataError as error:
        return None, error.message
    return found, None if found.is_advised else found.why
