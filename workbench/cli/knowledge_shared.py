"""How spaces, proposals and their states look in a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from workbench.cli.drawing import format_count, print_table

if TYPE_CHECKING:
    from workbench.knowledge.shared.approval_rules import ApprovalRule
    from workbench.knowledge.shared.differences import PageChange
    from workbench.knowledge.shared.folders import Checkout
    from workbench.knowledge.shared.git_export import Export
    from workbench.knowledge.shared.git_import import Import
    from workbench.knowledge.shared.landing import Landed
    from workbench.knowledge.shared.lines import Hunk
    from workbench.knowledge.shared.notebook_cells import CellChange
    from workbench.knowledge.shared.operations import ProposalSummary, ShownReview
    from workbench.knowledge.shared.version_operations import Blame, LogLine, Release

_SHORT = 12


def show_spaces_add(record: str) -> None:
    """The record that it begins with."""
    click.echo(f"the space begins with {record[:_SHORT]}")


def show_spaces_list(found: list[str]) -> None:
    """A line a space."""
    for name in found:
        click.echo(name)
    if not found:
        click.echo("no space is here yet; `workbench knowledge spaces add NAME` makes one")


def show_checkout(done: Checkout) -> None:
    """What was written where."""
    click.echo(
        f"{done.folder}: {format_count(done.pages, 'page')}, "
        f"{format_count(done.statements, 'statement')}, "
        f"{format_count(done.decisions, 'decision')} of {done.name} at {done.record[:_SHORT]}"
    )
    click.echo(f'workbench knowledge propose {done.name} {done.folder} --title "..."', err=True)


def show_propose(done: ProposalSummary) -> None:
    """Where a proposal stands."""
    from workbench.knowledge.shared.authors import named, what_it_means

    author = named(done.author, done.author_state)
    click.echo(f"proposal {done.number} ({done.state}) of {author}: {done.title}")
    if done.state == "open" and (meant := what_it_means(done.author, done.author_state)):
        click.echo(meant)
    given = f", approved by {', '.join(done.approvals)}" if done.approvals else ""
    revisions = format_count(done.revisions, "revision")
    click.echo(f"{revisions}, the last {done.record[:_SHORT]}{given}")
    for each in done.uncounted:
        click.echo(f"an approval that does not count: {each}")
    for each in done.objections:
        click.echo(f"changes are asked for by {each}")


show_approve = show_proposals_resolve = show_proposals_end = show_proposals_settle = show_propose
show_proposals_dismiss = show_propose


def show_proposals_list(found: list[ProposalSummary]) -> None:
    """A line a proposal."""
    if not found:
        click.echo("no proposal is open")
        return
    from workbench.knowledge.shared.authors import named

    rows = [
        [
            str(each.number), each.state, named(each.author, each.author_state),
            each.title.split("\n")[0],
            ", ".join([*each.approvals, *_not_counted(each)]), str(each.open_comments or ""),
        ]
        for each in found
    ]  # fmt: skip
    print_table(["", "", "author", "title", "approved by", "comments"], rows)


def _not_counted(found: ProposalSummary) -> list[str]:
    return [f"{each.partition(': ')[0]} (does not count)" for each in found.uncounted]


def show_review(found: ShownReview) -> None:
    """The change of text and facts, then what is said of it."""
    show_propose(found.proposal)
    for page in found.change.pages:
        _show_page(page)
    for value in found.change.values:
        why = " (its page was renamed)" if value.follows else ""
        click.echo(f"{value.kind} {value.key[:_SHORT]}{why}")
        for sign, said in (("-", value.old), ("+", value.new)):
            if said is not None:
                click.echo(f"  {sign} {said}")
    for finding in found.findings:
        line = f", line {finding.line}" if finding.line is not None else ""
        click.echo(f"{finding.check}: {finding.what}{line}: {finding.said}")
    for number, conflict in enumerate(found.conflicts, start=1):
        click.echo(f"conflict {number}: {conflict.kind}: {conflict}")
    for each in found.comments:
        place = "".join(f", {each[key]}" for key in ("page", "line", "statement") if each[key])
        if each["line"] and each["line_now"] != each["line"]:
            now = each["line_now"]
            place += " (changed since)" if now is None else f" ({each['page_now']}, {now} now)"
        state = f" (settled by {each['settled_by']})" if each["settled_by"] else ""
        click.echo(f"comment {each['number']} of {each['author']}{place}{state}: {each['words']}")
    if found.needs:
        click.echo(f"{format_count(found.needs, 'approval')} missing", err=True)


def show_merge_proposal(done: Landed) -> None:
    """What is agreed on now."""
    from workbench.knowledge.shared.authors import named

    click.echo(f"agreed on: {done.record[:_SHORT]} (before: {done.before[:_SHORT]})")
    if done.author is not None and (author := named(done.author, done.author_state)) != done.author:
        click.echo(f"what {author} wrote is agreed on now, under that name")
    click.echo(f"state {done.state}")


show_revert = show_merge_proposal


def show_proposals_comment(number: int) -> None:
    """The comment's number."""
    click.echo(f"comment {number}")


def show_protect(rule: ApprovalRule) -> None:
    """What is asked from now on."""
    where = rule.path or "the space"
    held = ", ".join(rule.checks) or "no check"
    click.echo(f"{where}: {format_count(rule.approvals, 'approval')}; {held} may hold a merge up")


def show_release(done: Release) -> None:
    """The name and what it is of."""
    click.echo(f"{done.release} is {done.record[:_SHORT]} of {done.name}")


def show_log(found: list[LogLine]) -> None:
    """A line a record."""
    rows = [
        [
            each.record[:_SHORT], each.kind, each.author, ", ".join(each.written_by),
            f"{each.time[:19]}{' (its clock was ahead)' if each.clock_ahead else ''}",
            " ".join([each.words.split("\n")[0], *(f"[{name}]" for name in each.releases)]),
        ]
        for each in found
    ]  # fmt: skip
    print_table(["record", "", "by", "written by", "time", ""], rows)


def show_blame(found: Blame) -> None:
    """A line a line of the page, or a line a change."""
    for line in found.lines:
        text = line.text.rstrip("\r\n")
        click.echo(f"{line.record[:8]} {line.author:<12.12} {line.line:>5} {text}")
    for value in found.values:
        click.echo(f"{value.record[:8]} {value.author:<12.12} {value.said or 'taken away'}")


def show_export(done: Export) -> None:
    """What was written where, and by what it is known again."""
    click.echo(
        f"{done.path}: {format_count(done.records, 'record')}, "
        f"{format_count(done.proposals, 'proposal')}, {format_count(done.releases, 'release')}; "
        f"main is {done.commit[:_SHORT]}"
    )
    click.echo(f"sha256 {done.sha256}")


def show_import(done: Import) -> None:
    """What was taken in, and by what it is known again."""
    click.echo(
        f"{done.name}: {format_count(done.records, 'record')} by {', '.join(done.authors)}; "
        f"agreed on: {done.head[:_SHORT]}"
    )
    click.echo(f"sha256 {done.sha256}")


def _show_page(page: PageChange) -> None:
    names = [each or "(none)" for each in (page.old_path, page.new_path)]
    click.echo(names[0] if names[0] == names[1] else f"{names[0]} -> {names[1]}")
    for cell in page.cells or ():
        _show_cell(cell)
    _show_hunks(page.hunks if page.cells is None else ())


def _show_cell(cell: CellChange) -> None:
    if cell.old_number is None or cell.new_number is None:
        deed = "new" if cell.old_number is None else "gone"
    else:
        parts = {"moved": cell.moved, "run": cell.outputs, "metadata": cell.metadata}
        deed = ", ".join(name for name, is_so in parts.items() if is_so) or "changed"
    number = cell.new_number or cell.old_number
    click.echo(f"  cell {number} ({cell.id}, {cell.cell_type}): {deed}")
    _show_hunks(cell.hunks)


def _show_hunks(hunks: tuple[Hunk, ...]) -> None:
    for hunk in hunks:
        click.echo(f"  @@ line {hunk.old_line}, now {hunk.new_line}")
        for sign, lines in (("-", hunk.old), ("+", hunk.new)):
            for line in lines:
                text = line.rstrip("\r\n")
                click.echo(f"  {sign}{text}")
