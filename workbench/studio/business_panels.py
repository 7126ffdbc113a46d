"""How cost and worth are drawn on the business page: plain HTML, there as soon as it is sent."""

from __future__ import annotations

import base64
import datetime as dt
import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

from workbench.core.errors import DataError
from workbench.core.optional import require
from workbench.monitoring.business.costs import CostLine, total_line
from workbench.monitoring.business.returns import Turn, measure_return
from workbench.monitoring.business.wording import chance, percent, plain, span, usd
from workbench.reports.palette import series_colour
from workbench.studio.markup import count, escape, hint_html

if TYPE_CHECKING:
    from workbench.monitoring.business.use import Use

_MOST_BARS = 130
EMPTY = '<div class="wb-empty"><p>Nothing was asked in what is chosen.</p></div>'


_FREE = (
    '<p class="q">Nothing of it cost anything: none of these models has a price. Say what a '
    "million tokens cost, in <code>metrics.yaml</code> of the home:</p>"
    "<p><code>prices: {NAME: {prompt: 0.02, completion: 0.04}}</code></p>"
)
_FAILED = (
    '<p class="q">Failed calls were let in and ended with an error, whoever is to blame: '
    "<code>workbench serving usage --by error</code> tells of what.</p>"
)


_WHOLE = (
    "<p class='q'>This is of a team or a model alone, but the whole running cost of the laboratory "
    "is taken off it: what it would have to bear by itself, not its share.</p>"
)


def draw_figures(use: Use, users: int) -> str:
    """The numbers to take away; ``users`` is how many asked something."""
    total = total_line(use)
    failed = total.requests - total.answers
    told = [
        ("Cost", usd(total.cost_usd), count(use.days, "day")),
        ("Answers", f"{total.answers:,}", f"{count(failed, 'call')} failed"),
        ("Users", f"{users:,}", "who asked something"),
    ]
    if total.success is not None:
        told.append(("Good", percent(total.success.value), span(total.success, percent)))
    if total.success_cost_usd is not None:
        cost = total.success_cost_usd
        told.append(("A good answer", usd(cost.value), span(cost)))
    cells = "".join(
        f"<div><dt>{name}</dt><dd class='value'>{escape(value)}</dd><dd>{escape(more)}</dd></div>"
        for name, value, more in told
    )
    return f'<dl class="wb-key-figures">{cells}</dl>' + (_FAILED if failed else "")


def draw_days(use: Use) -> str:
    """A bar a day (or a week, where there are many), parted by model."""
    frame = use.cells.groupby(["day", "model"])["cost_usd"].sum()
    if len(frame) and not frame.any():  # bars of no height look like a chart that failed
        return _FREE
    step = 1 if use.days <= _MOST_BARS else 7
    columns = -(-use.days // step)
    models = list(use.cells.groupby("model")["cost_usd"].sum().sort_values(ascending=False).index)
    sums = [[0.0] * len(models) for _ in range(columns)]
    for (day, model), value in frame.items():
        sums[(day - use.since).days // step][models.index(model)] += float(value)
    most = max(map(sum, sums)) or 1.0
    width = 1000 / columns
    bars = "".join(_stack(at * width, width, each, most) for at, each in enumerate(sums))
    keys = "".join(
        f'<span><b style="background:{series_colour(at)}"></b>{escape(model)}</span>'
        for at, model in enumerate(models)
    )
    last = use.until - dt.timedelta(days=1)
    said = f"Cost by {'day' if step == 1 else 'week'}, {usd(sum(map(sum, sums)))} in all; at most"
    return (
        f'<figure class="wb-days"><div class="keys">{keys}</div>'
        f'<div class="most">{usd(most)}</div>'
        f'<svg viewBox="0 0 1000 1000" preserveAspectRatio="none" role="img" '
        f'aria-label="{escape(said)} {usd(most)}">{bars}</svg>'
        f"<div class='ends'><span>{use.since:%d %b %Y}</span><span>{last:%d %b %Y}</span></div>"
        f"<figcaption class='q'>Cost by {'day' if step == 1 else 'week'} and model</figcaption>"
        "</figure>"
    )


def _stack(left: float, width: float, parts: Sequence[float], most: float) -> str:
    drawn, top = "", 1000.0
    for at, part in enumerate(parts):
        height = 1000 * part / most
        if height <= 0:
            continue
        top -= height
        drawn += (
            f'<rect x="{left + width * 0.08:.1f}" y="{top:.1f}" width="{width * 0.84:.1f}" '
            f'height="{height:.1f}" fill="{series_colour(at)}"/>'
        )
    return drawn


def draw_line(line: CostLine, most_usd: float) -> str:
    """What stands beside a line's button: a bar, and its figures."""
    share = 0.0 if most_usd <= 0 else 100 * line.cost_usd / most_usd
    told = [usd(line.cost_usd), f"{line.requests:,} calls"]
    if line.success is not None:
        told.append(f"{percent(line.success.value)} good")
    if line.success_cost_usd is not None:
        told.append(f"{usd(line.success_cost_usd.value)} a good answer")
    return (
        f'<div class="wb-line"><i style="width:{share:.1f}%"></i>'
        f"<span>{escape(' · '.join(told))}</span></div>"
    )


def draw_worth(use: Use, *, is_part: bool = False) -> str:
    """The net value by the assumptions as they are unless told, and what it hangs on; ``is_part``:
    use is of one team or model alone."""
    try:
        found = measure_return(use)
    except DataError as error:
        said = f"{error.message[:1].upper()}{error.message[1:]}."
        way = f'<p class="q">{hint_html(error.hint)}</p>' if error.hint else ""
        return f'<p class="q">{escape(said)}</p>{way}'
    rows = "".join(map(_hang, found.tornado))
    least = found.break_even_minutes
    even = "" if least is None else f" A good answer must save {least:.2f} minutes at least."
    return (
        f"<p><strong>{usd(found.net_usd.value)}</strong> net ({span(found.net_usd)}); the chance "
        f"of a gain is {chance(found.chance_of_gain)}.{even}</p>"
        + (_WHOLE if is_part else "")
        + "<h3>What it hangs on</h3><p class='q'>Each from its low to its high end, the others as "
        f"thought likeliest: net value.</p><ul class='wb-hangs'>{rows}</ul>"
        '<p class="q">These ranges are nobody\'s measurement. Your own: <code>workbench monitoring '
        "roi --assume minutes_saved=2,5,9</code></p>"
    )


def _hang(turn: Turn) -> str:
    assumed = f"{plain(turn.low)} to {plain(turn.high)} {turn.unit}".strip()
    net = f"{usd(turn.net_at_low_usd)} to {usd(turn.net_at_high_usd)}"
    return f"<li><strong>{escape(turn.words)}</strong><span>{assumed}: {net}</span></li>"


def draw_files(use: Use) -> str:
    """Links that carry what is chosen: days, teams, models and tasks, without names of users."""
    columns = ["day", "team", "model", "task"]
    sums = use.cells.groupby(columns, sort=True).sum().reset_index()
    arrow, parquet = (require(name, extra="data") for name in ("pyarrow", "pyarrow.parquet"))
    packed = io.BytesIO()
    parquet.write_table(arrow.Table.from_pandas(sums, preserve_index=False), packed)
    stem = f"usage-{use.since}-{use.until - dt.timedelta(days=1)}"
    files = (
        ("CSV", f"{stem}.csv", "text/csv", sums.to_csv(index=False).encode()),
        ("Parquet", f"{stem}.parquet", "application/vnd.apache.parquet", packed.getvalue()),
    )
    links = " · ".join(
        f'<a download="{name}" href="data:{kind};base64,{base64.b64encode(content).decode()}">'
        f"{words} ({len(content) / 1000:,.0f} kB)</a>"
        for words, name, kind, content in files
    )
    return f'<p class="wb-files">{len(sums):,} rows: {links}</p>'
