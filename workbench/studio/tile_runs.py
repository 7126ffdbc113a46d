"""The tile of runs: each notebook's claims with their history, and how long its runs took."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import Any

from workbench.reports.claims import bounds_text, format_value
from workbench.reports.sparkline import sparkline
from workbench.studio.chart import Chart, points
from workbench.studio.links import Links, current_links
from workbench.studio.markup import count, duration, escape, pill, when
from workbench.studio.run_history import claims_held, is_copy, page_of, recent_runs, records_stamp
from workbench.studio.tiles import tile

_SHOWN_PAST = 8
_MOST_DRAWN = 20  # notebooks in the chart, those run last
_ROW_PX = 22


@tile("runs", title="Runs and claims", order=20, wide=True, stamp=records_stamp)
def draw_runs() -> Any:
    """A chart of the runs, and below it each notebook's claims."""
    runs = recent_runs()
    if not runs:
        return (
            '<div class="wb-empty"><p>No notebook has been run as a report yet. A run checks every '
            "claim of a notebook against its bounds and keeps the result.</p>"
            "<p>Try <code>make report</code>, or "
            "<code>workbench report run notebooks/00_tour.ipynb</code></p></div>"
        )
    latest_first = sorted(runs.values(), key=lambda each: each[-1]["run_id"], reverse=True)
    titles = Counter(_title(each[-1]) for each in latest_first)
    text = "".join(
        _notebook(each, current_links(), is_shared=titles[_title(each[-1])] > 1)
        for each in latest_first
    )
    chart = duration_chart([record for each in latest_first for record in each])
    return [chart, text] if chart else text


def duration_chart(records: list[dict[str, Any]]) -> Chart | None:
    """How long each notebook's runs took, a line each; None while there is only one run."""
    if len(records) < 2:
        return None
    last: dict[str, str] = {}
    for record in records:
        last[record["slug"]] = max(record["run_id"], last.get(record["slug"], ""))
    newest = sorted(last, key=lambda slug: last[slug], reverse=True)[:_MOST_DRAWN]
    shown = sorted(
        (record for record in records if record["slug"] in newest),
        key=lambda each: (newest.index(each["slug"]), _is_earlier(each, last)),
    )
    rows = [
        {
            "notebook": record["slug"],
            "duration_s": record["duration_s"],
            "which": _which(record, last),
            "began": f"{dt.datetime.fromisoformat(record['started_at']):%Y-%m-%d %H:%M} UTC, "
            f"{record['status']}",
        }
        for record in shown
    ]
    return points(
        rows,
        "notebook",
        "duration_s",
        series="which",
        detail="began",
        title="Time that each run took",
        x_title="",
        y_title="time (s)",
        height_px=120 + _ROW_PX * len(newest),
        sideways=True,
        failed="failed",
        order=("last run", "earlier run", "failed"),
    )


def _is_earlier(record: dict[str, Any], last: dict[str, str]) -> bool:
    return bool(record["run_id"] != last[record["slug"]])


def _which(record: dict[str, Any], last: dict[str, str]) -> str:
    if record["status"] != "passed":
        return record["status"]
    return "earlier run" if _is_earlier(record, last) else "last run"


def _title(record: dict[str, Any]) -> str:
    return str(record.get("title") or record["slug"])


def _notebook(records: list[dict[str, Any]], links: Links, *, is_shared: bool) -> str:
    """``is_shared``: another notebook has this title as well, so that its path must tell them."""
    last = records[-1]
    path = str(last.get("notebook") or last["slug"])
    copy = "your copy, " if is_copy(last) else ""
    where = f"<span class='q'>{copy}{escape(path)}</span>" if is_shared or copy else ""
    claims = claims_held(last)
    error = last.get("error") or {}
    trouble = f'<p class="wb-trouble">{escape(error["message"])}</p>' if error else ""
    return (
        '<details class="wb-run"><summary>'
        f'<span class="name">{escape(_title(last))}</span>{where}'
        f"{pill(last['status'])}<span class='q'>{claims}</span>"
        f"<span class='q'>{count(len(records), 'run')}, last {when(last['started_at'])}</span>"
        f'</summary><div class="inside">{trouble}{_claims(records)}{_past(records, links)}</div>'
        "</details>"
    )


def _claims(records: list[dict[str, Any]]) -> str:
    if not records[-1]["claims"]:
        return '<p class="q">It claims nothing.</p>'
    rows = "".join(_claim(claim, records) for claim in records[-1]["claims"])
    head = "<th>Claim</th><th>Value</th><th>Bounds</th><th>Result</th>"
    return (
        f'<div class="wide"><table><thead><tr>{head}<th>Last {count(len(records), "run")}</th></tr>'
        f"</thead><tbody>{rows}</tbody></table></div>"
    )


def _claim(claim: dict[str, Any], records: list[dict[str, Any]]) -> str:
    values = [_value(record, claim["name"]) for record in records]
    bounds = bounds_text(claim.get("low"), claim.get("high"), claim.get("equals"))
    shown = claim.get("note") or format_value(claim.get("value"))
    unit = f" {claim['unit']}" if claim.get("unit") else ""
    told = ", ".join("none" if value is None else format_value(value) for value in values)
    line = sparkline(
        values,
        label=f"{claim['name']} in the last {count(len(values), 'run')}: {told}",
        low=_as_number(claim.get("low")),
        high=_as_number(claim.get("high")),
        ok=bool(claim["ok"]),
    )
    marks = "".join("✓" if _held(record, claim["name"]) else "✗" for record in records)
    history = (
        line if any(value is not None for value in values) else f'<span class="q">{marks}</span>'
    )
    return (
        f"<tr><td>{escape(claim['name'])}</td><td><strong>{escape(shown)}</strong>{escape(unit)}"
        f"</td><td class='q'>{escape(bounds)}</td>"
        f"<td>{pill('holds' if claim['ok'] else 'fails')}</td><td>{history}</td></tr>"
    )


def _past(records: list[dict[str, Any]], links: Links) -> str:
    items = []
    for record in reversed(records[-_SHOWN_PAST:]):
        page = page_of(record)
        text = f"{when(record['started_at'])}, {record['status']}, {duration(record['duration_s'])}"
        items.append(
            f'<a href="{escape(links.report(page))}">{text}</a>'
            if page
            else f'<span class="q">{text} (no page here)</span>'
        )
    return '<p class="q" style="margin-top:.6rem">Reports: ' + " · ".join(items) + "</p>"


def _value(record: dict[str, Any], name: str) -> float | None:
    found = [claim.get("value") for claim in record["claims"] if claim.get("name") == name]
    return _as_number(found[0]) if found else None


def _held(record: dict[str, Any], name: str) -> bool:
    return any(claim["ok"] for claim in record["claims"] if claim.get("name") == name)


def _as_number(value: Any) -> float | None:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return float(value) if is_number else None
