"""How the knowledge room's results look in a terminal."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

import click

from workbench.cli.drawing import format_bytes, format_count, print_plain, print_table
from workbench.cli.knowledge_activity import (  # noqa: F401
    show_activity,
    show_contributions,
    show_digest,
    show_unwatch,
    show_watch,
    show_watching,
)
from workbench.cli.knowledge_answering import show_ask, show_read  # noqa: F401
from workbench.cli.knowledge_graph import show_path, show_query, show_schema  # noqa: F401
from workbench.cli.knowledge_inference import (  # noqa: F401
    show_contradictions,
    show_infer,
    show_rules_add,
    show_rules_list,
    show_rules_remove,
    show_why,
)
from workbench.cli.knowledge_linking import (  # noqa: F401
    show_candidates_decide,
    show_candidates_decided,
    show_candidates_list,
    show_senses_list,
    show_senses_set,
    show_senses_unset,
)
from workbench.cli.knowledge_live import (  # noqa: F401
    listen_live_serve,
    show_live_compact,
    show_live_history,
    show_live_list,
    show_live_serve,
    show_live_show,
)
from workbench.cli.knowledge_shared import (  # noqa: F401
    show_approve,
    show_blame,
    show_checkout,
    show_export,
    show_import,
    show_log,
    show_merge_proposal,
    show_proposals_comment,
    show_proposals_end,
    show_proposals_list,
    show_proposals_resolve,
    show_proposals_settle,
    show_propose,
    show_protect,
    show_release,
    show_revert,
    show_review,
    show_spaces_add,
    show_spaces_list,
)
from workbench.cli.knowledge_views import show_diff, show_picture  # noqa: F401

if TYPE_CHECKING:
    from workbench.knowledge.building import Deletion
    from workbench.knowledge.ingesting import Ingest
    from workbench.knowledge.merging import Merging
    from workbench.knowledge.operations import FactsAt, GraphDump, GraphSummary, MergeEvent
    from workbench.knowledge.removing import Removal
    from workbench.knowledge.retrieval.telling import Retrieval
    from workbench.knowledge.searching import Found
    from workbench.knowledge.teaching import Teaching

_SHOWN = 20
_ENDINGS = 12


def show_build(done: Ingest) -> None:
    """What was taken in, and what was left out and why."""
    click.echo(
        f"{done.name}: {format_count(done.documents, 'document')} in "
        f"{format_count(done.chunks, 'chunk')}; "
        f"{done.added:,} added, {done.changed:,} changed, {done.withdrawn:,} withdrawn, "
        f"{done.unchanged:,} as before"
    )
    _say_each("left out", done.faults)
    _say_each("in part", done.notes)
    if done.passed_over:
        most = sorted(done.passed_over.items(), key=lambda each: (-each[1], each[0]))
        listed = ", ".join(f"{count:,} {ending}" for ending, count in most[:_ENDINGS])
        rest = sum(count for _, count in most[_ENDINGS:])
        more = f" and {rest:,} with {len(most) - _ENDINGS:,} other endings" if rest else ""
        click.echo(f"passed over, for no reader knows them: {listed}{more}", err=True)
    if done.advice:
        click.echo(done.advice, err=True)


show_update = show_build


def show_delete(done: Deletion) -> None:
    """What was taken out, and what would bring it back."""
    how = "forgotten" if done.forgotten else "taken out (as-of still finds it)"
    click.echo(f"{done.name}: {done.document} {how}")
    if done.note:
        click.echo(done.note, err=True)
    if done.still_there:
        click.echo(f"its file is still in {done.folder}: the next update takes it in", err=True)


def show_remove(done: Removal) -> None:
    """What is gone, and what is not."""
    held = "" if done.documents is None else f" with {format_count(done.documents, 'document')}"
    click.echo(f"{done.name}: the graph{held} is gone; no file of a document was touched")
    if done.note:
        click.echo(done.note, err=True)


def show_teach(done: Teaching) -> None:
    """What the network was trained on, and how graphs come to be read with it."""
    took = "was here" if done.training_cpu_s is None else f"{done.training_cpu_s:,.0f} CPU s"
    click.echo(
        f"trained on {format_count(done.labelled_sentences, 'labelled sentence')} and what rules "
        f"say of {done.rule_sentences:,} others ({took})"
    )
    for name, license in done.licenses.items():
        click.echo(f"{name}: {license}")
    click.echo(f"{format_bytes(done.size_bytes)}, sha256 {done.sha256}: {done.path}")
    click.echo("graphs are read with it from their next update on: workbench knowledge update NAME")


def show_dump(found: GraphDump) -> None:
    """The lines, or where they are."""
    for line in found.lines:
        click.echo(line)
    if found.path is not None:
        click.echo(f"{format_count(found.count, 'line')}: {found.path}")
        click.echo(f"sha256 {found.sha256}")


def show_as_of(found: FactsAt) -> None:
    """A line a fact, with where it is said first."""
    rows = [
        [each["subject"], each["relation"], each["object"], _span(each), _said(each)]
        for each in found.facts
    ]
    if rows:
        print_table(["subject", "relation", "object", "holds", "said in"], rows)
    of = "" if found.valid is None else f" of {found.valid}"
    documents = format_count(found.documents, "document")
    click.echo(f"recorded {found.recorded}{of}: {format_count(len(rows), 'fact')} from {documents}")


def show_search(found: Found) -> None:
    """A passage a hit, with where it stands."""
    for rank, hit in enumerate(found.hits, start=1):
        first, *others = hit.places
        more = f" and {len(others)} more" if others else ""
        where = ", ".join(f"{name} {value}" for name, value in first.place.items())
        said = f" ({where})" if where else ""
        click.echo(f"{rank}. {first.document} {first.start}-{first.end}{said}{more}")
        click.echo(f"   {textwrap.shorten(hit.text, 300, placeholder=' ...')}")
    if not found.hits:
        click.echo(f"nothing in {found.name} has these words", err=True)


def show_retrieve(found: Retrieval) -> None:
    """The path, then a passage a line with its ranks; what was not as asked goes to stderr."""
    click.echo(f"strategy: {found.strategy}; chance of an answer here: {found.chance:.2f}")
    for number, step in enumerate(found.path, start=1):
        led = f" ({step.by} {step.bridge!r})" if step.bridge else ""
        where = f"{step.place.document} {step.place.start}-{step.place.end}"
        click.echo(f"hop {number}: {step.title}{led}, {where}")
    for each in found.communities:
        click.echo(f"about {', '.join(each.entities)} ({each.passages:,} passages)")
        for sentence in each.summary:
            click.echo(f"   {textwrap.shorten(sentence.text, 200, placeholder=' ...')}")
    for rank, passage in enumerate(found.passages, start=1):
        first, ranks = passage.places[0], passage.ranks
        said = ", ".join(f"{name} {place}" for name, place in sorted(ranks.items()))
        click.echo(f"{rank}. {first.document} {first.start}-{first.end} ({said})")
        click.echo(f"   {textwrap.shorten(passage.text, 300, placeholder=' ...')}")
    for note in found.notes:
        click.echo(note, err=True)
    if found.abstained:
        click.echo("the evidence is too thin: no answer would be given", err=True)


def show_merge(done: Merging) -> None:
    """Which two, and how many entities there are now."""
    said = "are one" if done.kind == "merge" else "are two again"
    click.echo(f"{done.name}: {done.first!r} and {done.second!r} {said} (event {done.event})")
    click.echo(f"{format_count(done.entities, 'entity', 'entities')} now")


show_unmerge = show_merge


def show_merges(found: list[MergeEvent]) -> None:
    """A line an event."""
    if found:
        print_plain(found)
    else:
        click.echo("nothing was merged")


def show_list(found: list[dict[str, Any]]) -> None:
    """A line a graph."""
    if found:
        print_plain(found)
    else:
        click.echo("no graph is here yet; `workbench knowledge build NAME FOLDER` makes one")


def show_show(found: GraphSummary) -> None:
    """What a graph holds, and what is not right with it."""
    rows = [
        ["documents", f"{found.documents:,}"],
        ["characters", f"{found.characters:,}"],
        ["chunks", f"{found.chunks:,}"],
        ["mentions", f"{found.mentions:,}"],
        ["entities", f"{found.entities:,}"],
        ["facts", f"{found.facts:,}"],
        ["merges", f"{found.merges:,}"],
        ["agreed on in its space", f"{found.agreed:,}"],
        ["said by extractors, not by the text", f"{found.ungrounded:,}"],
        ["extractors", ", ".join(f"{name} {said}" for name, said in found.extractors.items())],
        ["folders", ", ".join(map(str, found.folders))],
        ["size", format_bytes(found.size_bytes)],
        ["last change", found.changed or "never"],
    ]
    print_table([found.name, ""], rows)
    forms = {short: " or ".join(longs) for short, longs in found.ambiguous.items()}
    _say_each("ambiguous", forms)
    _say_each("left out", found.faults)
    if found.advice:
        click.echo(found.advice, err=True)


def _say_each(what: str, told: dict[str, str]) -> None:
    for name, why in list(told.items())[:_SHOWN]:
        click.echo(f"{what}: {name}: {why}", err=True)
    if len(told) > _SHOWN:
        click.echo(f"{what}: and {len(told) - _SHOWN:,} more; --json has them all", err=True)


def _span(fact: dict[str, Any]) -> str:
    first, last = fact["valid_from"], fact["valid_to"]
    if first == last:
        return first or ""
    return f"{first or '...'} to {last or '...'}"


def _said(fact: dict[str, Any]) -> str:
    first, *others = fact["support"]
    more = f" and {len(others)} more" if others else ""
    return f"{first['document']} {first['start']}-{first['end']}{more}"
