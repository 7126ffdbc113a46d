"""How drift and the quality of answers are drawn: the verdict, the picture, every figure folded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from workbench.studio.cards import card
from workbench.studio.chart import Chart, bars, lines
from workbench.studio.markup import escape
from workbench.studio.tables import table

if TYPE_CHECKING:
    from workbench.monitoring.drift.estimation import EstimatedAccuracy
    from workbench.monitoring.drift.result import ColumnDrift, DriftReport
    from workbench.monitoring.quality.result import QualityReport

_SHOWN = 12


def draw_drift(report: DriftReport) -> str:
    """The columns that changed, beside what chance moves, and what was not compared."""
    drifted = report.drifted
    mark = ("good", "✓ no column drifted")
    if drifted:
        mark = ("bad", f"✗ {len(drifted)} of {len(report.columns)} columns drifted")
    facts = [
        f"{report.reference_rows:,} rows before, {report.current_rows:,} now",
        f"level {report.level:g}, corrected: {report.correction}",
    ]
    parts = [
        _head(mark, f"{report.current} against {report.reference}", facts),
        _others(report),
        plot_drift(report).picture() if any(c.psi is not None for c in report.columns) else "",
        _folded("Every column", [_row(column) for column in report.columns]),
        _left_out(report.left_out.items()),
    ]
    return card("".join(parts))


def plot_drift(report: DriftReport) -> Chart:
    """The index of each column beside what one in twenty still columns would pass by chance."""
    shown = [column for column in report.columns if column.psi is not None][:_SHOWN]
    rows = []
    for column in shown:
        rows.append({"column": column.name, "psi": column.psi, "what": "now"})
        rows.append({"column": column.name, "psi": column.psi_by_chance, "what": "chance, 1 in 20"})
    most = shown[0]
    said = "No column moved more than chance moves it"
    if report.drifted:
        said = f"{report.drifted[0]} moved most: {most.told}"
    return bars(
        rows, "column", "psi", series="what", title=said, x_title="column", sideways=True,
        y_title="population stability index", height_px=max(160, 44 * len(shown)),
    )  # fmt: skip


def draw_estimate(found: EstimatedAccuracy) -> str:
    """The estimate with its interval, and whether to rely on it."""
    mark = ("good", "✓ to within 3 points")
    if not found.supported:
        mark = ("mark", "! do not rely on it: the interval is wider than 3 points")
    told = (
        f"Accuracy {found.accuracy:.1%} ({found.low:.1%} to {found.high:.1%}) is expected on "
        f"{found.rows:,} rows without a label; it was {found.reference_accuracy:.1%} on "
        f"{found.reference_rows:,} with one, of which {found.effective_rows:,.0f} are as good as "
        "such rows now. It holds if only the inputs have shifted."
    )
    return card(_head(mark, "Accuracy without labels", []) + f"<p>{escape(told)}</p>")


def draw_quality(report: QualityReport) -> str:
    """Errors, refusals and scores day by day, and what has shifted."""
    shifted = report.shifted
    mark = ("bad", f"✗ shifted: {', '.join(shifted)}") if shifted else ("good", "✓ as before")
    facts = [f"{report.current} against {report.reference}", f"level {report.level:g}"]
    shifts = [
        {
            "measure": each.measure, "shifted": each.shifted, "before": each.before,
            "now": each.now, "low": each.low, "high": each.high, "PSI": each.size,
            "p": each.p_value, "corrected": each.adjusted_p_value,
        }
        for each in report.shifts
    ]  # fmt: skip
    parts = [
        _head(mark, "Quality of answers", facts),
        plot_quality(report).picture(),
        table(shifts, title="What has shifted").html(),
        _arms(report),
        "".join(f'<p class="q">{escape(note)}</p>' for note in report.notes),
    ]
    return card("".join(parts))


def plot_quality(report: QualityReport) -> Chart:
    """Rates of errors, refusals and judgements, a line each, day by day."""
    import datetime as dt

    rows = []
    for day in report.days:
        when = dt.datetime.fromisoformat(day.day)
        for name in ("errors", "refusals", "judged"):
            share = getattr(day, name)
            if share is not None:
                rows.append({"day": when, "share": 100 * share, "what": name})
    return lines(
        rows, "day", "share", series="what", title="Shares of calls, day by day",
        x_title="day (UTC)", y_title="share (%)", height_px=240,
    )  # fmt: skip


def _arms(report: QualityReport) -> str:
    if report.arms is None:
        return ""
    arms, test = report.arms, report.arms.test
    verdict = "is better" if arms.better else "is worse" if arms.worse else "cannot be told yet"
    told = (
        f"{arms.candidate} {verdict} by {arms.measure}: {test.estimate:+.3f} "
        f"({test.low:+.3f} to {test.high:+.3f}) after {arms.calls:,} calls, valid at any look."
    )
    return f"<p>{escape(told)}</p>"


def _others(report: DriftReport) -> str:
    told = []
    if report.prediction is not None:
        word = "drifted" if report.prediction.drifted else "did not drift"
        told.append(f"The prediction {report.prediction.name} {word} (p {_p(report.prediction)}).")
    if report.concept is not None:
        found = report.concept
        word = "has changed" if found.drifted else "has not changed by more than chance"
        told.append(
            f"The truth given the score {word}: odds × {found.odds_ratio:.2f}, error "
            f"{found.reference_error:.1%} → {found.current_error:.1%}, {found.unlabelled:,} rows "
            "wait for their label."
        )
    if report.together is not None:
        word = "tells" if report.together.drifted else "cannot tell"
        told.append(f"A classifier {word} the rows apart (AUC {report.together.auc:.3f}).")
    return "".join(f"<p>{escape(sentence)}</p>" for sentence in told)


def _p(column: ColumnDrift) -> str:
    return f"{column.p_value:.2g}"


def _row(column: ColumnDrift) -> dict[str, Any]:
    return {
        "column": column.name, "drifted": column.drifted, "what moved": column.told,
        "PSI": column.psi, "by chance": column.psi_by_chance, "KS": column.ks,
        "JS (bits)": column.js_bits, "p": column.p_value, "corrected": column.adjusted_p_value,
        "new": ", ".join(column.new),
    }  # fmt: skip


def _left_out(pairs: Any) -> str:
    items = "".join(f"<li>{escape(name)}: {escape(why)}</li>" for name, why in pairs)
    return f'<p class="q">Not compared:</p><ul class="q">{items}</ul>' if items else ""


def _folded(title: str, rows: Sequence[dict[str, Any]]) -> str:
    shown = table(rows, title=title).html()
    return f"<details><summary>{escape(title)}</summary>{shown}</details>"


def _head(mark: tuple[str, str], title: str, facts: list[str]) -> str:
    quiet = "".join(f'<span class="q">{escape(word)}</span>' for word in facts)
    return (
        f'<div class="top"><span class="pill {mark[0]}">{escape(mark[1])}</span>'
        f"<strong>{escape(title)}</strong>{quiet}</div>"
    )
