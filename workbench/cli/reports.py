"""How runs of notebooks look in a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from workbench.cli.drawing import print_table

if TYPE_CHECKING:
    from workbench.reports.documents.operations import WrittenDocument
    from workbench.reports.runs import NotebookRun, ReportRun


def show_run(report: ReportRun) -> None:
    """Each notebook with its claims; what failed, and where to look."""
    for made in report.runs:
        _show_notebook(made)
    passed = sum(made.status == "passed" for made in report.runs)
    click.echo(f"{passed} of {len(report.runs)} passed in {report.duration_s:.0f} s")
    click.echo(f"look at {report.index}")


def _show_notebook(made: NotebookRun) -> None:
    mark = "✓" if made.status == "passed" else "✗"
    click.echo(f"{mark} {made.notebook}  {made.status} in {made.duration_s:.0f} s")
    for claim in made.claims:
        click.echo(f"    {claim.text}")
    if made.error is not None:
        click.echo(f"    {made.error.message}")
        if made.run_id:  # a file that is no notebook leaves nothing to look at
            click.echo(f"    {made.folder}")


def show_list(runs: list[dict[str, Any]]) -> None:
    """A line a run, the latest first."""
    if not runs:
        click.echo("no run yet; try: workbench report run notebooks/00_tour.ipynb")
        return
    cells = [
        [
            run["run_id"],
            run["notebook"],
            run["status"] + (", files gone" if run["files_gone"] else ""),
            run["started_at"][:16].replace("T", " "),
            f"{run['duration_s']:.1f} s",
            _claims_text(run),
        ]
        for run in runs
    ]
    print_table(["run", "notebook", "status", "started (UTC)", "took", "claims hold"], cells)
    if any(run["files_gone"] for run in runs):
        click.echo(
            "[files gone: the run's folder was deleted or moved, its record is kept; "
            "`workbench report index` leaves it out of index.html]",
            err=True,
        )


def _claims_text(run: dict[str, Any]) -> str:
    if run["status"] == "cancelled":
        if not run["claims"]:
            return "none so far"
        return f"{run['claims_ok']} of {run['claims']} made so far"
    return f"{run['claims_ok']} of {run['claims']}" if run["claims"] else "none"


def show_document(written: WrittenDocument) -> None:
    """Where it stands, and how large it is."""
    if written.pdf is not None:
        click.echo(f"{written.pdf}  {written.pages} pages, {written.charts} charts")
    if written.html is not None:
        click.echo(f"{written.html}  {written.charts} charts, {written.tables} tables")
