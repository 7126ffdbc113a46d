"""Bringing what a space agreed on to the graph of its name, where there is one.

The space and the graph are two files: a kill between them is made good by the next look at the
space and by the graph's next update. What is brought is a pure function of the space's history, so
a graph that was there all along and one that is built afterwards hold the same.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from typing import Any

from workbench.core.errors import WorkbenchError
from workbench.identity.users import LOCAL
from workbench.knowledge.agreed import Agreed, What, agreed_until, agreed_values, write_agreed
from workbench.knowledge.events import tell_ledger
from workbench.knowledge.graphs import Graph, list_names
from workbench.knowledge.stating import are_current

from .ancestry import first_parents
from .contents import DECISIONS, STATEMENTS, Contents
from .decisions import Decision, read_decision
from .proposals import Proposal, proposals_of
from .records import Record
from .shelf import list_spaces
from .space import Space
from .statements import Statement, read_statement
from .states import changed_files

_RECORD_DIGITS = 12
_log = logging.getLogger(__name__)


def bring_to_graph(space: Space) -> int:
    """Bring the graph of a space's name up to what is agreed on; how many events that made.

    A graph that cannot be written now follows at the next look at the space: what was merged is.
    """
    if space.name not in list_names():
        return 0
    graph = Graph(space.name)
    try:
        return bring(graph, space)
    except WorkbenchError as error:
        _log.warning("the graph %s does not follow its space yet: %s", graph.name, error.message)
        return 0
    finally:
        graph.database.close()


def bring_to(graph: Graph) -> int:
    """Bring a graph up to what the space of its name agreed on, where there is one."""
    if graph.name not in list_spaces():
        return 0
    space = Space(graph.name)
    try:
        return bring(graph, space)
    finally:
        space.shelf.close()


def bring(graph: Graph, space: Space) -> int:
    """Have a graph hold what a space agreed on, in one transaction; how many events that made."""
    current = are_current(graph)
    head = space.find_head()
    if head is None or (current and agreed_until(graph) == head):
        return 0
    with graph.database.transaction() as connection, space.shelf.snapshot():
        head = space.head
        since = agreed_until(graph)
        if current and since == head:
            return 0
        before = agreed_values(graph)
        changes = _changes(space, head, since, before, anew=not current)
        count = write_agreed(graph, connection, changes, record=head)
    tell_ledger(graph)
    return count


def _changes(
    space: Space, head: str, since: str | None, before: dict[str, Agreed], *, anew: bool
) -> list[Agreed]:
    """What a graph holds otherwise than the space, in the order of kinds and keys."""
    contents = space.contents(head)
    touched = _touched(space, head, since)
    if touched is None or anew:  # a new graph, or one of another space of that name
        touched = {*contents.statements, *contents.decisions, *before}
    there = {key for key in touched if _value(contents, key) is not None}
    origins = find_origins(space, there, head)
    proposals = proposals_of(space.shelf.events())
    found = []
    for key in touched:
        value, known = _value(contents, key), before.get(key)
        if value is not None:
            made = _agreed(space, key, value, origins[key], proposals)
            if known != made or (anew and made.what == "statement"):
                found.append(made)
        elif known is not None:
            record = space.record(head)
            gone = {"space": space.name, "record": head[:_RECORD_DIGITS]}
            found.append(Agreed(known.what, key, None, gone, record.author, record.words))
    return sorted(found, key=lambda each: (each.what, each.key))


def _touched(space: Space, head: str, since: str | None) -> set[str] | None:
    """The keys that changed on the way from a record; None if the head did not come by it."""
    if since is None:
        return None
    found: set[str] = set()
    newer: Record | None = None
    for digest, record in first_parents(space.record, head):
        if newer is not None:
            found |= changed_keys(space, record, newer)
        if digest == since:
            return found
        newer = record
    return None


def changed_keys(space: Space, old: Record, new: Record) -> set[str]:
    """The keys of statements and decisions that two records do not say alike."""
    found: set[str] = set()
    get = space.shelf.get
    for name, sides in changed_files(old.state, new.state, get).items():
        if name.startswith(STATEMENTS):
            read: Callable[[Any], Statement | Decision] = read_statement
        elif name == DECISIONS:
            read = read_decision
        else:
            continue
        lines = [set() if each is None else {*get(each).decode().split("\n")} for each in sides]
        found |= {read(json.loads(line)).key for line in lines[0] ^ lines[1] if line}
    return found


def find_origins(space: Space, keys: Iterable[str], head: str) -> dict[str, str]:
    """For statements and decisions of a record the one that brought each as it stands.

    What a revert brought back is of the record that it was of before it was taken away.
    """
    pending: set[str] = set(keys)
    found: dict[str, str] = {}
    reverts = {
        each.record: str(each.data["of"]) for each in space.shelf.events(kinds=("reverted",))
    }
    for (digest, record), (_, older) in pairwise(first_parents(space.record, head)):
        if not pending:
            break
        touched = changed_keys(space, older, record) & pending
        if not touched:
            continue
        pending -= touched
        if digest in reverts:
            before = space.record(reverts[digest]).parents[0]
            back = _brought_back(space, before, digest, touched)
            found |= find_origins(space, back, before)
            touched -= back
        found |= dict.fromkeys(touched, digest)
    return found


def _brought_back(space: Space, before: str, digest: str, keys: set[str]) -> set[str]:
    """What a revert says as it was before what it takes back."""
    then, now = space.contents(before), space.contents(digest)
    return {key for key in keys if _value(then, key) == _value(now, key)}


def _value(contents: Contents, key: str) -> Statement | Decision | None:
    return contents.statements.get(key) or contents.decisions.get(key)


def _agreed(
    space: Space,
    key: str,
    value: Statement | Decision,
    digest: str,
    proposals: dict[int, Proposal],
) -> Agreed:
    record = space.record(digest)
    what: What = "statement" if isinstance(value, Statement) else value.kind  # type: ignore[assignment]
    origin = dict(_origin(space, digest, record, proposals.get(record.proposal or 0)))
    return Agreed(
        what, key, json.loads(json.dumps(value.plain())), origin, record.author, record.words
    )


def _origin(
    space: Space, digest: str, record: Record, proposal: Proposal | None
) -> Iterator[tuple[str, Any]]:
    """Where it comes from: the same whenever it is asked, whatever roles are given meanwhile."""
    yield "space", space.name
    yield "record", digest[:_RECORD_DIGITS]
    yield "merged_by", record.author
    if proposal is not None:
        approved = {each.user for each in proposal.approvals if each.record == proposal.head}
        yield "proposal", proposal.number
        yield "proposed_by", sorted(proposal.writers)
        yield "approved_by", sorted(approved - proposal.writers - {LOCAL})
