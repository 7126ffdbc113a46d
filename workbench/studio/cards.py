"""How single results are drawn: each a small piece of HTML that stands still."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, Any

from workbench.models.footprints import MEMORY_AT_MOST
from workbench.studio.markup import (
    count,
    duration,
    escape,
    number,
    pill,
    style,
    when,
)
from workbench.studio.tables import plain_table, table
from workbench.studio.token_tables import ShownToken, TokenTable, merge_pieces, token_table

if TYPE_CHECKING:
    from workbench.data.operations import Description
    from workbench.evaluation.bootstrap import Interval
    from workbench.evaluation.checks import Check
    from workbench.models.operations import ModelRow, PulledModel, Score
    from workbench.models.reply import Reply
    from workbench.reports.runs import ReportRun
    from workbench.store.job_rows import Job


def card(inside: str) -> str:
    """HTML with the style of a single result."""
    return f'<div class="wb wb-card">{style("tokens", "viewers")}{inside}</div>'


def draw_reply(reply: Reply) -> str:
    """The answer, its cost in one quiet line, and its tokens if they were asked for."""
    rate = f"{reply.tokens_per_s:.0f} tokens/s" if reply.tokens_per_s else ""
    cost = [
        f"{reply.model} on {reply.engine}",
        f"{reply.prompt_tokens} + {reply.completion_tokens} tokens",
        rate,
        f"first after {duration(reply.time_to_first_token_s)}",
        {"stop": "came to its end", "length": "cut at the length asked for"}.get(
            reply.finish_reason, reply.finish_reason
        ),
        f"seed {reply.seed}",
    ]
    line = "".join(f"<span>{escape(part)}</span>" for part in cost if part)
    tokens = ""
    if reply.logprobs:
        drawn = token_table(reply.logprobs, text=reply.text).html()
        tokens = f"<details><summary>Its {len(reply.logprobs)} tokens</summary>{drawn}</details>"
    said = escape(reply.text) or '<span class="q">(an empty answer)</span>'
    return card(f'<div class="said">{said}</div><div class="cost">{line}</div>{tokens}')


def draw_score(score: Score) -> str:
    """The tokens of a continuation, and what they come to."""
    pairs = zip(score.tokens, score.logprobs, strict=True)
    tokens = merge_pieces((ShownToken(text, value) for text, value in pairs), None)
    each = -score.total_logprob / max(1, len(score.logprobs))
    cost = (
        f"<span>{escape(score.model)} on {escape(score.engine)}</span>"
        f"<span>{score.total_logprob:.3f} nats in {count(len(score.logprobs), 'token')}</span>"
        f"<span>perplexity {math.exp(min(700.0, each)):.4g}</span>"
    )
    return card(f'{TokenTable(tokens).html()}<div class="cost">{cost}</div>')


def draw_pulled(pulled: PulledModel) -> str:
    """What is on the disk now."""
    rows = [
        {
            "file": f.name,
            "size_bytes": f.size_bytes,
            "sha256": f.sha256[:16] + "…",
            "from": f.source,
        }
        for f in pulled.files
    ]
    head = (
        f'<div class="top"><strong>{escape(pulled.name)}</strong><span class="pill good">✓ on this '
        f'disk</span><span class="q">{escape(pulled.license)}</span></div>'
    )
    return card(head + table(rows).static_html())


def draw_models(rows: list[ModelRow]) -> str:
    """The catalogue as a table that sorts and filters."""
    shown = [
        {
            "name": row.name,
            "kind": row.kind,
            "size_bytes": row.size_bytes,
            f"{MEMORY_AT_MOST}_bytes": row.memory_bytes,
            "licence": row.license,
            "where": "on this disk" if row.present else "wheel" if row.verified else "hub",
            "engines": row.engines,
        }
        for row in rows
    ]
    return table(shown, title="Models of the catalogue").html()


def draw_report_run(report: ReportRun) -> str:
    """Each notebook's run in a line."""
    rows = "".join(
        f"<tr><td>{escape(run.notebook)}</td><td>{pill(run.status)}</td>"
        f"<td>{sum(claim.ok for claim in run.claims)} of {count(len(run.claims), 'claim')}</td>"
        f"<td class='n'>{duration(run.duration_s)}</td>"
        f"<td>{escape(run.error.message) if run.error else ''}</td></tr>"
        for run in report.runs
    )
    head = "<th>Notebook</th><th>Result</th><th>Hold</th><th class='n'>Time</th><th></th>"
    return card(
        f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'
        "</div>"
        f'<p class="cost"><span>index: {escape(report.index)}</span></p>'
    )


def draw_job(job: Job) -> str:
    """One job with what it came to, or how far it is."""
    from workbench.studio.tile_jobs import amount, runner_of

    head = (
        f'<div class="top"><strong>{escape(job.operation)}</strong>{pill(job.state)}'
        f'<span class="q">job {job.id}, submitted {when(job.created_s)}</span></div>'
    )
    parts = [head, plain_table(job.params) if job.params else ""]
    told = job.progress
    if job.state == "running" and told:
        done, total = told.get("done") or 0, told.get("total")
        bar = f' max="{total}" value="{done}"' if total else ""
        label = escape(f"{told.get('label', '')} {amount(done, total, told.get('unit') or '')}")
        parts.append(f'<progress{bar} aria-label="{label}"></progress><p class="q">{label}</p>')
    if job.state == "queued":
        parts.append(f'<p class="q">It is run by <code>{runner_of(job.lane)}</code></p>')
    if job.error:
        parts.append(f'<p class="trouble">{escape(job.error.get("message", ""))}</p>')
    if job.result is not None:
        shown = plain_table(job.result)
        parts.append(f"<details open><summary>Result</summary>{shown}</details>")
    return card("".join(parts))


def draw_check(check: Check) -> str:
    """A value, its bounds and whether it lies in them."""
    low = None if check.low is None else f"at least {number(check.low)}"
    high = None if check.high is None else f"at most {number(check.high)}"
    bounds = " and ".join(filter(None, (low, high))) or "no bound"
    unit = f" {escape(check.unit)}" if check.unit else ""
    return card(
        f'<div class="top">{pill("holds" if check.ok else "fails")}<span>{escape(check.name)} = '
        f"<strong>{number(check.value)}</strong>{unit}</span>"
        f'<span class="q">({bounds})</span></div>'
    )


def draw_interval(interval: Interval) -> str:
    """An estimate on its interval."""
    low, high, middle = interval.low, interval.high, interval.estimate
    span = (high - low) or 1.0
    place = 8 + 144 * min(1.0, max(0.0, (middle - low) / span))
    picture = (
        '<svg width="160" height="18" viewBox="0 0 160 18" aria-hidden="true">'
        '<g stroke="var(--bar)" stroke-width="2"><path d="M8 9h144M8 4v10M152 4v10"/></g>'
        f'<circle cx="{place:.1f}" cy="9" r="5" fill="var(--bar)"/></svg>'
    )
    percent = f"{100 * interval.confidence:g}%"
    return card(
        f'<div class="top"><strong>{number(middle)}</strong>{picture}<span class="q">{percent} '
        f"interval {number(low)} to {number(high)}; {escape(interval.method)}, "
        f"{interval.draws:,} draws of {count(interval.rows, 'row')}</span></div>"
    )


def draw_description(told: Description) -> str:
    """A data set: where it is from, and its columns."""
    splits = ", ".join(f"{name} {rows:,}" for name, rows in told.rows.items())
    parts = [
        f'<div class="top"><strong>{escape(told.title or told.name)}</strong>'
        f'<span class="q">{escape(splits)} rows</span>'
        f'<span class="q">{escape(told.license)}</span></div>'
    ]
    if told.notes:
        parts.append(f'<p class="q">{escape(told.notes)}</p>')
    if told.quarantined_rows:
        rows = count(told.quarantined_rows, "bad row")
        parts.append(f'<p class="trouble">{rows} were set aside.</p>')
    for name, columns in told.columns.items():
        rows_ = [{f.name: getattr(c, f.name) for f in dataclasses.fields(c)} for c in columns]
        for row in rows_:
            row["frequent"] = ", ".join(f"{value} ({n:,})" for value, n in row["frequent"][:3])
            row.pop("rows")
        title = f"Columns of {name}" if len(told.columns) > 1 else "Columns"
        parts.append(table(rows_, title=title).html())
    return card("".join(parts))


def draw_fields(result: Any) -> str:
    """Any dataclass: its plain fields first, then each field that holds rows as a table."""
    if not dataclasses.is_dataclass(result) or isinstance(result, type):
        return plain_table(result)
    values = {f.name: getattr(result, f.name) for f in dataclasses.fields(result) if f.repr}
    listed = {name: value for name, value in values.items() if _holds_rows(value)}
    plain = {name: value for name, value in values.items() if name not in listed}
    title = f"{len(plain)} fields" if not plain else ""
    parts = [plain_table(plain) if plain else title]
    parts += [table(rows, title=name.replace("_", " ")).html() for name, rows in listed.items()]
    return card("".join(parts))


def _holds_rows(value: Any) -> bool:
    return (
        isinstance(value, (list, tuple))
        and bool(value)
        and all(dataclasses.is_dataclass(item) for item in value)
    )
