"""Merges and reverts that are killed, forked from one process that has paid for the imports.

    crash_merge.py FOLDER KILLS VARIANT

Each child merges a proposal, or takes the merge back, and is killed with SIGKILL: every other one
as it begins a statement of SQL that was drawn, the rest after a time that was drawn. Then the space
is opened and judged. Each line on stdout is one kill, as JSON. The variant ``torn`` keeps the event
in a transaction of its own, before what it is of.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

from workbench.knowledge.shared.contents import Contents
from workbench.knowledge.shared.events import MOVES_HEAD
from workbench.knowledge.shared.landing import merge_proposal, revert
from workbench.knowledge.shared.proposals import proposals_of
from workbench.knowledge.shared.proposing import open_proposal
from workbench.knowledge.shared.shelf import SqliteShelf
from workbench.knowledge.shared.space import Space
from workbench.knowledge.shared.statements import Statement
from workbench.knowledge.shared.states import state_digest
from workbench.store.database import close_all
from workbench.store.ledger import Ledger

# For a merge and a revert how many statements each takes, and how long.
Costs = dict[str, tuple[int, float]]


def opened() -> Space:
    return Space("killed")


def close(space: Space) -> None:
    space.shelf.close()
    close_all()


def begin() -> None:
    space = opened()
    space.begin()
    contents = Contents()
    for number in range(12):
        contents = contents.with_page(f"p/{number}.md", f"# Page {number}\n\ntext\n")
    contents = contents.with_statement(Statement("Ada", "wrote", "Notes", sources=("a book",)))
    open_proposal(space, contents, title="begin")
    merge_proposal(space, 1)
    close(space)


def propose(space: Space, number: int) -> int:
    """Two proposals from one base; the first is merged, so that the second is a merge of three."""
    contents = space.contents()
    found = contents.page_at("p/1.md")
    assert found is not None
    text = found[1].text
    other = contents.with_page("p/1.md", f"# Changed {number}\n" + text.partition("\n")[2])
    changed = contents.with_page("p/1.md", f"{text}{number}\n")
    changed = changed.with_page(f"new/{number}.md", "# New\n").with_statement(
        Statement(f"Person {number}", "wrote", "Notes", sources=("a book",))
    )
    made = open_proposal(space, changed, title=f"change {number}")
    aside = open_proposal(space, other, title="aside", base=space.head)
    merge_proposal(space, aside.number)
    return made.number


def damage(space: Space) -> list[str]:
    """What SQLite says of the file, and whether all that is named is there and its own."""
    assert isinstance(space.shelf, SqliteShelf)
    connection = space.shelf.database.connection()
    found = [row[0] for row in connection.execute("PRAGMA integrity_check") if row[0] != "ok"]
    found += [str(row[:]) for row in connection.execute("PRAGMA foreign_key_check")]
    for digest, record in space.history():
        if record.digest != digest:
            found.append(f"record {digest[:8]} is another")
        space.contents_of_state(record.state)
    return found


def torn_merge(space: Space, number: int) -> None:
    """The variant: that a proposal is merged is kept before the state is."""
    head, theirs = space.head, proposals_of(space.shelf.events())[number].head
    space.add_event("merged", "local", proposal=number, record=head)
    merged = space.merged(head, theirs).contents
    record = space.add_record("merged", merged, (head, theirs), author="local", words="torn")
    space.add_event("reverted", "local", record=record)


def run_killed(work: Callable[[Space], object], *, at: int, after_s: float) -> bool:
    """Do it in a child that is killed; whether it was before it was done."""
    child = os.fork()
    if child == 0:
        seen = 0

        def count(statement: str) -> None:
            nonlocal seen
            seen += 1
            if seen == at:
                os.kill(os.getpid(), signal.SIGKILL)

        space = opened()
        space.shelf.database.connection().set_trace_callback(count)  # type: ignore[attr-defined]
        work(space)
        os._exit(0)
    if not at:
        time.sleep(after_s)
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status) == -signal.SIGKILL


def measure(work: Callable[[Space], object]) -> tuple[int, float]:
    """How many statements it takes, and how long."""
    space, seen = opened(), [0]
    space.shelf.database.connection().set_trace_callback(  # type: ignore[attr-defined]
        lambda _: seen.__setitem__(0, seen[0] + 1)
    )
    start_s = time.monotonic()
    work(space)
    took_s = time.monotonic() - start_s
    close(space)
    return seen[0], took_s


def judge(before: str, after: str, number: int | None) -> tuple[str, list[str]]:
    """Which of two states it is, and what is wrong."""
    space = opened()
    faults = damage(space)
    now = space.record(space.head).state
    done = "before" if now == before else "after" if now == after else "?"
    if done == "?":
        faults.append("what was left is neither the state before nor the one after")
    if number is not None:
        merged = proposals_of(space.shelf.events())[number].state == "merged"
        if merged != (done == "after"):
            faults.append("whether the proposal is merged and the state do not agree")
    space.tell_ledger()
    told = {each.data["event"] for each in Ledger().entries(limit=100_000)}
    if told != {each.number for each in space.shelf.events()}:
        faults.append("the ledger does not know every event")
    close(space)
    return done, faults


def drawn_statement(chance: random.Random, statements: int) -> int:
    """One of all, or as often one of the last, where what counts has been kept."""
    first = chance.choice((1, statements - 5))
    return chance.randint(first, statements)


def kill_one(number: int, chance: random.Random, *, torn: bool, costs: Costs) -> None:
    """One proposal merged under a kill, and then taken back under another."""
    space = opened()
    proposal = propose(space, number)
    before = space.record(space.head).state
    merged = space.merged(space.head, proposals_of(space.shelf.events())[proposal].head)
    close(space)
    work = torn_merge if torn else merge_proposal
    killed = run_killed(
        lambda each: work(each, proposal),
        at=drawn_statement(chance, costs["merge"][0]) if number % 2 else 0,
        after_s=chance.uniform(0, 1.5 * costs["merge"][1]),
    )
    done, faults = judge(before, state_digest(merged.contents), proposal)
    tell({"what": "merge", "killed": killed, "done": done, "faults": faults})
    if torn:
        return
    space = opened()
    if done == "before":
        merge_proposal(space, proposal)
    head, now = space.head, space.record(space.head).state
    moves = [each for each in space.shelf.events() if each.kind in MOVES_HEAD]
    assert moves[-1].record == head
    close(space)
    killed = run_killed(
        lambda each: revert(each, head),
        at=0 if number % 2 else drawn_statement(chance, costs["revert"][0]),
        after_s=chance.uniform(0, 1.5 * costs["revert"][1]),
    )
    done, faults = judge(now, before, None)
    tell({"what": "revert", "killed": killed, "done": done, "faults": faults})


def tell(said: dict[str, object]) -> None:
    print(json.dumps(said), flush=True)


if __name__ == "__main__":
    os.environ["WORKBENCH_HOME"] = str(Path(sys.argv[1]) / "killing")
    begin()
    first = opened()
    made = propose(first, 0)
    close(first)
    measured = {"merge": measure(lambda each: merge_proposal(each, made))}
    measured["revert"] = measure(lambda each: revert(each, each.head))
    drawn = random.Random(50)
    for turn in range(1, 1 + int(sys.argv[2])):
        if sys.argv[3] == "torn":  # what it leaves cannot be gone on with
            os.environ["WORKBENCH_HOME"] = str(Path(sys.argv[1]) / f"killing{turn}")
            begin()
        kill_one(turn, drawn, torn=sys.argv[3] == "torn", costs=measured)
