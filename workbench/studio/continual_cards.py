"""How learning in sequence is drawn: what was kept after each task, and each task's way since."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.core.errors import NotFoundError
from workbench.studio.cards import card
from workbench.studio.chart import Chart, heat, lines
from workbench.studio.markup import count, escape
from workbench.studio.tables import table

if TYPE_CHECKING:
    from workbench.finetuning.continual.result import Continual, MethodResult, SeedFigure

_LINE_PX, _FRAME_PX = 40, 130


def matrix_chart(found: Continual, method: str | None = None) -> Chart:
    """The mean accuracy on each task (along) after each task (down), of one method.

    Args:
        found: From ``finetuning.continual``.
        method: One of its methods; by default the first.

    Raises:
        NotFoundError: It has no such method.
    """
    chosen = _find(found, method)
    rows = [
        {"asked": task, "after": after, "share": value}
        for after, row in zip(("nothing", *_after(found)), chosen.matrix, strict=True)
        for task, value in zip(found.tasks, row, strict=True)
        if value is not None
    ]
    return heat(
        rows,
        "asked",
        "after",
        value="share",
        value_title="share answered rightly",
        title=f"{chosen.method} on {found.benchmark}: what is known after each task",
        x_title="asked",
        y_title="learnt so far, up to",
        height_px=_FRAME_PX + _LINE_PX * len(chosen.matrix),
    )


def curves_chart(found: Continual, method: str | None = None) -> Chart:
    """The mean accuracy on each task from when it was learnt to the end, a line a task.

    Raises:
        NotFoundError: It has no such method.
    """
    chosen = _find(found, method)
    rows = [
        {"learnt": str(after), "share": value, "task": name}
        for task, name in enumerate(found.tasks)
        for after, row in enumerate(chosen.matrix)
        if after > task and (value := row[task]) is not None
    ]
    return lines(
        rows,
        "learnt",
        "share",
        series="task",
        title=f"{chosen.method} on {found.benchmark}: each task since it was learnt",
        x_title="tasks learnt",
        y_title="share answered rightly",
    )


def draw_continual(found: Continual) -> str:
    """Figures of all methods first, then the first method's matrix and curves."""
    seeds = ", ".join(map(str, found.seeds))
    head = (
        f'<p class="q">{escape(found.benchmark)}: {count(len(found.tasks), "task")} one after the '
        f"other, seeds {seeds}; intervals are Student's over seeds, {found.confidence:.0%}. "
        f"Data: {escape(found.source)}; licence: {escape(found.license)}.</p>"
    )
    figures = table([_line(each) for each in found.methods], title="What is kept").html()
    pictures = "".join(make(found).picture() for make in (matrix_chart, curves_chart))
    others = "".join(
        f"<details><summary>{escape(each.method)}</summary>"
        f"{matrix_chart(found, each.method).picture()}</details>"
        for each in found.methods[1:]
    )
    return card(head + figures + pictures + others)


def _find(found: Continual, method: str | None) -> MethodResult:
    known = {each.method: each for each in found.methods}
    name = method or found.method
    if name not in known:
        raise NotFoundError.among("method", name, known, hint="found.methods")
    return known[name]


def _after(found: Continual) -> list[str]:
    return [f"{number}. {name}" for number, name in enumerate(found.tasks, start=1)]


def _line(each: MethodResult) -> dict[str, Any]:
    line: dict[str, Any] = {
        "method": each.method,
        "accuracy at the end (ACC)": _said(each.acc),
        "backward transfer (BWT)": _said(each.bwt),
        "forgetting": _said(each.forgetting),
        "forward transfer (FWT)": "" if each.fwt is None else _said(each.fwt),
        "kept examples": each.memory_examples,
        "CPU s": each.cpu_seconds,
    }
    for name, (before, after) in each.besides.items():
        line[name] = f"{before:.3f}, then {after:.3f}"
    return line


def _said(figure: SeedFigure) -> str:
    if figure.low is None or figure.high is None:
        return f"{figure.value:.3f}"
    return f"{figure.value:.3f} ({figure.low:.3f} to {figure.high:.3f})"
