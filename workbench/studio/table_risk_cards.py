"""How a table's risk is drawn: three attackers, the sizes of classes, what is no longer known."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from workbench.reports.palette import series_colour
from workbench.studio.cards import card
from workbench.studio.chart import Chart, bars
from workbench.studio.markup import escape, number
from workbench.studio.privacy_cards import Bar, draw_bars
from workbench.studio.tables import table

if TYPE_CHECKING:
    from workbench.privacy.anonymisation.filing import AnonymisedFile
    from workbench.privacy.anonymisation.tables.assessing import AnonymisedTable, TableRisk

_EDGES = (1, 2, 3, 5, 10, 20, 50, 100, 1000)
_ATTACKERS = (
    ("prosecutor", "knows that a person is in it"),
    ("journalist", "looks for anybody"),
    ("marketer", "looks for as many as possible"),
)


def draw_risk(risk: TableRisk) -> str:
    """One table: whose risk is how large, and how many rows hide among how many."""
    head = _head(_verdict(risk), "What the table gives away", _facts(risk))
    parts = [
        head,
        _risks({"": risk}),
        _population(risk),
        plot_classes({"rows": risk}).picture(),
        _folded({"value": risk}),
    ]
    return card("".join(parts))


def draw_anonymised(made: AnonymisedTable) -> str:
    """A table before and after: risks, class sizes, what is no longer known."""
    title = "A table made coarser"
    mark = ("good", f"✓ each row is one of at least {made.after.k}")
    if made.after.k == 1:
        mark = ("bad", f"✗ {made.after.alone:,} rows are alone")
    return _both(mark, title, made.before, made.after, made.loss)


def draw_table_file(made: AnonymisedFile) -> str:
    """The same of a file, with the bound that its risk was held to."""
    assert made.table is not None and made.before is not None
    mark = ("good", f"✓ written to {made.out.name}") if made.out else ("bad", "✗ refused")
    said = (
        f"The {made.table.attacker}'s risk is {number(made.risk)}; "
        f"{number(made.most_risk)} was allowed."
    )
    kind = "q" if made.ok else "trouble"
    note = f'<p class="{kind}">{said}{"" if made.ok else " Nothing was written."}</p>'
    return _both(mark, made.source, made.before, made.table, made.loss, note + _left(made))


def _left(made: AnonymisedFile) -> str:
    """The columns that stay as they are, and a word on those that tell whom a row is of."""
    said = ""
    if made.left:
        said = f'<p class="q">Left as they are: {escape(", ".join(made.left))}.</p>'
    if made.telling:
        names = escape(" or ".join(made.telling))
        said += (
            f'<p class="note">By {names} alone a row is found likelier than is allowed. Leave out '
            "what names a person, or count it as known to others.</p>"
        )
    return said


def plot_classes(risks: Mapping[str, TableRisk]) -> Chart:
    """The share of rows that hide in classes of each size, for each of some tables."""
    most = max(max(risk.class_sizes) for risk in risks.values())
    edges = [edge for edge in _EDGES if edge <= most]
    steps: list[tuple[int, int | None]] = [*pairwise(edges), (edges[-1], None)]
    rows = [
        {"size": _span(low, high), "share": 100 * _share(risk, low, high), "table": name}
        for name, risk in risks.items()
        for low, high in steps
    ]
    last = list(risks.values())[-1]
    alone = 100 * last.alone / last.rows
    several = len(risks) > 1
    said = f"{alone:.1f}% of the rows are alone"
    if several:
        first = next(iter(risks.values()))
        said = f"{100 * first.alone / first.rows:.1f}% of the rows were alone, {alone:.1f}% are"
    options: dict[str, Any] = {"series": "table"} if several else {}
    return bars(
        rows, "size", "share", title=said, x_title="rows that agree in all quasi-identifiers",
        y_title="share of all rows (%)", height_px=240, **options,
    )  # fmt: skip


def _both(
    mark: tuple[str, str], title: str, before: TableRisk, after: TableRisk,
    loss: Mapping[str, float], note: str = "",
) -> str:  # fmt: skip
    mean = sum(loss.values()) / len(loss)
    lost = [Bar(name, share, told=f"{share:.1%}") for name, share in loss.items()]
    lost.append(Bar("all together", mean, "var(--mark)", told=f"{mean:.1%}"))
    parts = [
        _head(mark, title, _facts(after)),
        note,
        _risks({"before": before, "after": after}),
        _population(after),
        plot_classes({"before": before, "after": after}).picture(),
        '<p class="q">What is no longer known of a value (0%: it stands there; 100%: anything):'
        "</p>",
        draw_bars(lost, most=1.0),
        _folded({"before": before, "after": after}),
    ]
    return card("".join(parts))


def _risks(risks: Mapping[str, TableRisk]) -> str:
    """A bar an attacker and table, on the scale from 0 to 1."""
    drawn = []
    for attacker, what in _ATTACKERS:
        for when, risk in risks.items():
            value = risk.risk_of(attacker)  # type: ignore[arg-type]
            name = f"{attacker}, {when}" if when else f"{attacker} ({what})"
            fill = series_colour(list(risks).index(when))  # as in the picture below
            drawn.append(Bar(name, value, fill, told=f"{value:.4f}"))
    return draw_bars(drawn, most=1.0)


def _population(risk: TableRisk) -> str:
    if risk.population_rows is None:
        said = "No population was given: the journalist's and the marketer's risks are at most that"
    else:
        said = f"The table was drawn from {risk.population_rows:,} rows"
    return f'<p class="q">{said}.</p>'


def _verdict(risk: TableRisk) -> tuple[str, str]:
    if risk.most_risk is not None:
        bound = f"the stated {number(risk.most_risk)} ({risk.attacker})"
        return ("good", f"✓ within {bound}") if risk.ok else ("bad", f"✗ over {bound}")
    if risk.alone:
        return ("mark", f"! {risk.alone:,} rows are alone")
    return ("plain", f"· k is {risk.k:,}")


def _facts(risk: TableRisk) -> list[str]:
    return [f"{risk.rows:,} rows", f"by {', '.join(risk.quasi)}", f"k = {risk.k:,}"]


def _folded(risks: Mapping[str, TableRisk]) -> str:
    told = {name: _figures(risk) for name, risk in risks.items()}
    rows = [
        {"figure": figure, **{name: each[figure] for name, each in told.items()}}
        for figure in next(iter(told.values()))
    ]
    shown = table(rows, title="Every figure").html()
    return f"<details><summary>Every figure</summary>{shown}</details>"


def _figures(risk: TableRisk) -> dict[str, Any]:
    """The figures by what they are; those on a sensitive column where there is one."""
    found: dict[str, Any] = {
        "k": risk.k,
        "classes": risk.classes,
        "rows that are alone": risk.alone,
        "mean class over k": risk.mean_class_ratio,
        "discernibility": risk.discernibility,
        "mean risk of a row": risk.mean_risk,
    }
    if risk.sensitive is not None:
        found |= {
            f"least values of {risk.sensitive} in a class (l)": risk.distinct_l,
            f"rows in classes with one {risk.sensitive}": risk.told_rows,
            "l by entropy": risk.entropy_l,
            "furthest of a class from the table (t)": risk.t,
        }
    return found


def _share(risk: TableRisk, low: int, high: int | None) -> float:
    inside = (
        size * many
        for size, many in risk.class_sizes.items()
        if size >= low and (high is None or size < high)
    )
    return sum(inside) / risk.rows


def _span(low: int, high: int | None) -> str:
    """A size as the axis says it."""
    if high is None:
        return f"{low:,} or more"
    return f"{low:,}" if high == low + 1 else f"{low:,} to {high - 1:,}"


def _head(mark: tuple[str, str], title: str, facts: list[str]) -> str:
    quiet = "".join(f'<span class="q">{escape(word)}</span>' for word in facts)
    return (
        f'<div class="top"><span class="pill {mark[0]}">{escape(mark[1])}</span>'
        f"<strong>{escape(title)}</strong>{quiet}</div>"
    )
