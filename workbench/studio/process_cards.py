"""How the processes of a run do: who works and who waits, memory, bytes, restarts, speed-up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.studio.curves import Below, Curve, draw_curves, round_ticks
from workbench.studio.markup import count, escape, number

if TYPE_CHECKING:
    from workbench.finetuning.recording.recorded_run import RecordedRun

_WORKING = "share of its time"


def draw_processes(run: RecordedRun) -> str:
    """The processes of a run; "" of one that had no others."""
    if int(run.plan.get("processes") or 1) < 2:
        return ""
    plan = ", ".join(f"{name} {value}" for name, value in run.plan.items() if name != "processes")
    head = f"<p><strong>{count(run.plan['processes'], 'process', 'processes')}</strong>"
    head += f' <span class="q">{escape(plan)}</span></p>'
    now = run.processes.get("now") or []
    if not now:
        said = "None of them has said yet how it does." if run.is_live else "None said how it did."
        return f'{head}<p class="q">{said}</p>{_restarts(run)}'
    return "".join(
        (head, _scaling(run), _straggler(now), _table(run, now), _curves(run), _restarts(run))
    )


def _scaling(run: RecordedRun) -> str:
    from workbench.finetuning.recording.scaling import find_scaling

    found = find_scaling(run)
    if found is None:
        return (
            '<p class="q">How much faster than one process: train the same with '
            "<code>--processes 1</code> to know.</p>"
        )
    return (
        f"<p>{number(found.times)} times the tokens/s of one process (run "
        f"{escape(found.alone[:8])}, {number(round(found.alone_tokens_per_s))}): "
        f"<strong>{found.efficiency:.0%}</strong> of what as many would give at best.</p>"
    )


def _straggler(now: list[dict[str, Any]]) -> str:
    """The one that all wait for, in words."""
    from workbench.finetuning.distributed.vitals import ProcessVitals, find_straggler

    slow = find_straggler([ProcessVitals(**each) for each in now])
    if slow is None:
        return ""
    wait = max(1 - each["working"] for each in now)
    return (
        f'<p class="note">In the last half minute process {slow.rank} worked {slow.working:.0%} of '
        f"its time, and the others waited for it, one of them {wait:.0%}: its part is larger, or "
        "its core is slower or shared.</p>"
    )


def _table(run: RecordedRun, now: list[dict[str, Any]]) -> str:
    rows = "".join(
        f'<tr><td>{each["rank"]}</td><td><meter min="0" max="1" value="{each["working"]:.3f}">'
        f"</meter> {each['working']:.0%}</td><td>{1 - each['working']:.0%}</td>"
        f"<td>{each['memory_bytes'] / 1e6:,.0f} MB</td><td>{_sent(each)}</td></tr>"
        for each in now
    )
    when = "now" if run.is_live else "at the end"
    return (
        '<div class="wide"><table><thead><tr><th>process</th>'
        f"<th>worked</th><th>waited</th><th>memory {when}</th><th>sent</th></tr></thead>"
        f'<tbody>{rows}</tbody></table></div><p class="q">Over half a minute; work is what it had '
        "of a core or stood in line for.</p>"
    )


def _sent(each: dict[str, Any]) -> str:
    sent = each.get("sent_bytes_s")
    return "–" if sent is None else f"{sent / 1e6:,.2f} MB/s"


def _curves(run: RecordedRun) -> str:
    points = run.processes.get("points") or []
    if len(points) < 3:
        return ""
    ranks = sorted({rank for _, shares in points for rank in shares}, key=int)
    curves = [
        Curve(
            f"process {rank}",
            tuple((at_s, shares[rank]) for at_s, shares in points if rank in shares),
            index=index,
        )
        for index, rank in enumerate(ranks)
    ]
    end_s = float(points[-1][0]) or 1.0
    unit_s, name = (60.0, "min") if end_s > 120 else (1.0, "s")
    marks = tuple(
        (at * unit_s, f"{at:g} {name}")
        for at in round_ticks(0.0, end_s / unit_s)
        if at * unit_s <= end_s
    )
    lowest = ", ".join(
        f"{each.name} {min(y for _, y in each.line):.0%} to {max(y for _, y in each.line):.0%}"
        for each in curves
    )
    return draw_curves(
        curves, title="Worked", unit=_WORKING, height_px=120,
        below=Below(0.0, end_s, marks, "since its start"), said=f"Worked: {lowest}",
    )  # fmt: skip


def _restarts(run: RecordedRun) -> str:
    if not run.restarts:
        return ""
    rows = "".join(
        f"<li>after step {each['at_step']}: {escape(each['cause'])}; on "
        f"{count(each['processes'], 'process', 'processes')} from step {each['from_step']}, "
        f"{count(each['steps_lost'], 'step')} done again</li>"
        for each in run.restarts
    )
    times = count(len(run.restarts), "time")
    return f"<details open><summary>It began again {times}</summary><ul>{rows}</ul></details>"
