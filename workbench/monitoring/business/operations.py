"""What a user can ask about cost and worth."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import annotated_types as limits

from workbench.core.errors import InputError, NotFoundError
from workbench.core.operations import find, operation
from workbench.core.viewers import Viewable

if TYPE_CHECKING:
    from .assumptions import Assumptions
    from .use import Use

from .advised import Advised
from .costs import By, Costs
from .returns import Return
from .what_if import Move


@dataclasses.dataclass(frozen=True)
class MonthReport(Viewable):
    """What a month's report says first, and where it stands."""

    period: str
    requests: int
    cost_usd: float
    net_usd: float | None
    missing: tuple[str, ...]
    pdf: Path | None
    pages: int | None
    html: Path | None


@operation("monitoring.roi", title="Measure the return on investment", produces="return")
def roi(
    *,
    period: str | None = None,
    assume: list[str] | None = None,
    teams: Path | None = None,
    team: str | None = None,
    usage: Path | None = None,
    seed: Annotated[int, limits.Ge(0)] = 0,
) -> Return:
    """Measure what the answers of a month were worth against what they cost, with intervals.

    Time saved by good answers times its rate, less the settled usage and what runs beside. How
    many were good is estimated from those that were rated. What the log cannot know is assumed, as
    a range, and the tornado says how much hangs on each.

    Args:
        period: A month as 2026-10; by default the one that runs.
        assume: As minutes_saved=2,5,9 (low, likeliest, high); also rate_usd, realised (the share
            of time saved that becomes work), review_minutes, running_usd (a month).
        teams: A YAML file of teams: research: [ada, grace]; by default as metrics.yaml says.
        team: Only this team's answers; running_usd stays whole.
        usage: Parquet files as `workbench serving usage-export` writes them, by default those of
            this home.
        seed: Of the draws.

    Raises:
        DataError: Nothing was answered in the month, or nobody rated.
    """
    from .returns import measure_return

    use = _read(period, teams, usage)
    if team is not None:
        use = use.only(team=team)
    return measure_return(use, assumptions=assumptions_of(assume or []), seed=seed)


@operation("monitoring.costs", title="Show what answers cost", produces="costs")
def costs(
    *,
    by: By = "team",
    period: str | None = None,
    teams: Path | None = None,
    usage: Path | None = None,
) -> Costs:
    """Show the cost of a month, of an answer and of a successful one, and what was set aside.

    Args:
        by: What to group by.
        period: A month as 2026-10; by default the one that runs.
        teams: A YAML file of teams: research: [ada, grace]; by default as metrics.yaml says.
        usage: Parquet files of usage, by default those of this home.
    """
    from .costs import costs_by

    use = _read(period, teams, usage)
    return Costs(costs_by(use, by), use.notes)


@operation("monitoring.what_if", title="Judge a move of traffic by the log", produces="move")
def what_if(
    source: str,
    target: str,
    *,
    share: Annotated[float, limits.Gt(0), limits.Le(1)] = 0.4,
    tasks: list[str] | None = None,
    period: str | None = None,
    usage: Path | None = None,
    seed: Annotated[int, limits.Ge(0)] = 0,
) -> Move:
    """Say what moving a share of one model's traffic to another would cost and change.

    Good answers are compared within tasks, and weighed by the tasks that would move: over all
    answers a model that is asked the hard questions looks worse than it is.

    Args:
        source: The model that would be asked less.
        target: The model that would be asked instead.
        share: Of the source's answers in each task.
        tasks: Only of these tasks.
        period: A month as 2026-10; by default the one that runs.
        usage: Parquet files of usage, by default those of this home.
        seed: Of the draws.

    Raises:
        NotFoundError: A model or a task is not in the month's log.
    """
    from .what_if import move_traffic

    use = _read(period, None, usage)
    return move_traffic(
        use, source=source, target=target, share_moved=share, tasks=tasks, seed=seed
    )


@operation("monitoring.advice", title="Say where money could be saved", produces="advice")
def advice(
    *,
    period: str | None = None,
    margin: Annotated[float, limits.Ge(0), limits.Lt(1)] = 0.03,
    idle_days: Annotated[int, limits.Ge(1)] = 30,
    teams: Path | None = None,
    usage: Path | None = None,
) -> Advised:
    """Say what the log advises: a cache, a cheaper model, shorter prompts, keys that nobody uses.

    Each with its saving a month as a range, its risk and its evidence. They overlap. The month's
    report has the same; where nothing is advised it is said why.

    Args:
        period: A month as 2026-10; by default the one that runs.
        margin: How much lower a cheaper model's share of good answers may be, at most.
        idle_days: A key without a call for so long counts as unused.
        teams: A YAML file of teams: research: [ada, grace]; by default as metrics.yaml says.
        usage: Parquet files of usage, by default those of this home.
    """
    from .advice import advise

    use = _read(period, teams, usage)
    keys = () if usage is not None else _valid_keys()
    return advise(use, _files(usage), margin=margin, idle_days=idle_days, keys=keys)


@operation("monitoring.report", title="Write a month's report", produces="month-report")
def report(
    *,
    period: str | None = None,
    pdf: Path | None = None,
    html: Path | None = None,
    assume: list[str] | None = None,
    budget_usd: Annotated[float, limits.Gt(0)] | None = None,
    teams: Path | None = None,
    usage: Path | None = None,
    seed: Annotated[int, limits.Ge(0)] = 0,
) -> MonthReport:
    """Write a month's report for who decides: a first page, then the detail; as PDF, HTML or both.

    Text, tables and charts read the same figures. What could not be computed is said in it.

    Args:
        period: A month as 2026-10; by default the one before that which runs.
        pdf: Where to write the PDF.
        html: Where to write the page.
        assume: As for `workbench monitoring roi`.
        budget_usd: Of the quarter: the chance of spending more is told.
        teams: A YAML file of teams: research: [ada, grace]; by default as metrics.yaml says.
        usage: Parquet files of usage, by default those of this home.
        seed: Of the draws.
    """
    from workbench.store.files import check_place

    from .month_figures import month_figures
    from .month_pages import month_document
    from .teams import read_teams

    if pdf is None and html is None:
        raise InputError("nothing to write", hint="--pdf OUT.pdf or --html OUT.html")
    for path in filter(None, (pdf, html)):  # before the work, not after it
        check_place(path.absolute())
    figures = month_figures(
        _begun(period or _month_before()),
        _files(usage),
        teams=None if teams is None else read_teams(teams),
        assumptions=assumptions_of(assume or []),
        budget_usd=budget_usd,
        keys=() if usage is not None else _valid_keys(),
        seed=seed,
    )
    # The drawing stands on a floor above: it is found by its name in the registry.
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "document.json"
        source.write_text(json.dumps(month_document(figures)), "utf-8")
        written = find("reports.document").run({"source": source, "pdf": pdf, "html": html})
    return MonthReport(
        period=figures.period,
        requests=figures.total.requests,
        cost_usd=figures.total.cost_usd,
        net_usd=None if figures.returned is None else figures.returned.net_usd.value,
        missing=figures.missing,
        pdf=written.pdf,
        pages=written.pages,
        html=written.html,
    )


def assumptions_of(told: list[str]) -> Assumptions:
    """Assumptions from ``name=low,likeliest,high``; what is not told stays as it is.

    Raises:
        NotFoundError: There is no such assumption.
        InputError: It is told twice, or no range.
    """
    from .assumptions import Assumptions, Range

    held = Assumptions()
    known = held.ranges()
    said: dict[str, Any] = {}
    for each in told:
        name, _, text = each.partition("=")
        if name not in known:
            raise NotFoundError.among("assumption", name, known, hint="minutes_saved=2,5,9")
        if name in said:
            raise InputError(f"{name} is assumed twice")
        said[name] = Range.parse(text, name=name)
    return dataclasses.replace(held, **said)


def _read(period: str | None, teams: Path | None, usage: Path | None) -> Use:
    """The month, up to today where it is not over."""
    from .teams import read_teams
    from .use import month_span, read_use

    today = dt.datetime.now(dt.UTC).date()
    since, until = month_span(_begun(period or f"{today:%Y-%m}"))
    if since <= today < until:
        until = today + dt.timedelta(days=1)
    mapped = None if teams is None else read_teams(teams)
    return read_use(_files(usage), since=since, until=until, teams=mapped)


def _begun(period: str) -> str:
    """The month, unless it lies ahead."""
    from .use import month_span

    if month_span(period)[0] > dt.datetime.now(dt.UTC).date():
        raise InputError(f"{period} has not begun", hint="a month that has, as --period 2026-10")
    return period


def _files(usage: Path | None) -> list[Path] | None:
    if usage is None:
        return None
    found = sorted(usage.glob("*.parquet")) if usage.is_dir() else [usage]
    if not found or not found[0].is_file():
        raise NotFoundError(f"there is no Parquet file at {usage}")
    return found


def _valid_keys() -> list[str]:
    from workbench.identity import access

    return [key.id for key in access.list_keys()]


def _month_before() -> str:
    first = dt.datetime.now(dt.UTC).date().replace(day=1)
    return f"{first - dt.timedelta(days=1):%Y-%m}"
