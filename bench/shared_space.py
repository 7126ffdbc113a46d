"""What work in a space costs at scale: seconds of CPU a verb, with a budget each.

    python bench/shared_space.py [--facts 10000] [--pages 1000] [--states 500]

The home is one of its own. CPU and not the clock, so that what else is at work does not count; the
disk does not either. A verb over its budget is named, and the end is 1.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace

BUDGETS_S = {
    "propose": 1.0,
    "review": 1.5,
    "merge": 1.5,
    "diff": 0.5,
    "log 20": 0.1,
    "blame a page": 2.0,
    "blame a statement": 2.0,
    "revert": 1.5,
    "bring all to a graph": 30.0,
    "bring a merge to a graph": 0.5,
}


def main() -> int:
    """Make the space, time each verb, and say which budgets were kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--facts", type=int, default=10_000)
    parser.add_argument("--pages", type=int, default=1_000)
    parser.add_argument("--states", type=int, default=500)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        os.environ["WORKBENCH_HOME"] = home
        took = measure(asked.facts, asked.pages, asked.states)
    over = [name for name, seconds in took.items() if seconds > BUDGETS_S.get(name, 1e9)]
    for name, seconds in took.items():
        budget = f"budget {BUDGETS_S[name]:.1f}" if name in BUDGETS_S else ""
        told = f"{name:<28}{seconds:>9.3f} s  {budget}{' OVER' if name in over else ''}"
        sys.stdout.write(f"{told}\n")
    return 1 if over else 0


def measure(facts: int, pages: int, states: int) -> dict[str, float]:
    """The seconds of CPU of each verb, by its name."""
    from workbench.knowledge.graphs import Graph
    from workbench.knowledge.shared.approval_rules import set_rule
    from workbench.knowledge.shared.blaming import blame_page, blame_value
    from workbench.knowledge.shared.bringing import bring
    from workbench.knowledge.shared.contents import Contents
    from workbench.knowledge.shared.differences import difference
    from workbench.knowledge.shared.landing import merge_proposal, revert
    from workbench.knowledge.shared.pages import Page, page_id
    from workbench.knowledge.shared.proposing import open_proposal
    from workbench.knowledge.shared.reviewing import review
    from workbench.knowledge.shared.space import Space
    from workbench.knowledge.shared.statements import Statement
    from workbench.knowledge.shared.version_operations import log

    took: dict[str, float] = {}

    def timed(name: str, work: Callable[[], object]) -> None:
        start_s = time.process_time()
        work()
        took[name] = time.process_time() - start_s

    def said(number: int) -> Statement:
        source = (f"page:folder{number % 10}/p{number % pages}.md",)
        return Statement(f"Person {number}", "wrote", f"Book {number}", "1900", sources=source)

    space = Space("scale")
    space.begin()
    set_rule(space, approvals=0, by=None)
    made = {f"folder{n % 10}/p{n}.md": f"# Page {n}\n\nLine.\n" * 5 for n in range(pages)}
    held = Contents(
        {page_id(path, {}): Page(path, text) for path, text in made.items()},
        {each.key: each for each in map(said, range(facts))},
    )
    path, key = "folder0/p0.md", page_id("folder0/p0.md", {})

    def make_states() -> None:
        nonlocal held
        for number in range(states):
            with space.shelf.transaction():
                old = held.pages[key]
                text = f"{old.text}Line {number}\n" if number else old.text
                held = replace(held, pages={**held.pages, key: replace(old, text=text)})
                record = space.add_record("merged", held, (space.head,), author="ann", words="x")
                space.add_event("merged", "ann", record=record)

    timed(f"make {states} states", make_states)
    first = held.with_statement(said(facts + 1)).with_page(path, f"{held.pages[key].text}End\n")
    second = first.with_statement(said(facts + 2))

    def land(number: int, contents: Contents) -> None:
        timed("propose", lambda: open_proposal(space, contents, title="t"))
        timed("review", lambda: review(space, number))
        timed("merge", lambda: merge_proposal(space, number))

    land(1, first)
    land(2, second)  # what was read is known by now, as in a process that stays
    timed("diff", lambda: difference(held, space.contents()))
    timed("log 20", lambda: log("scale"))
    timed("blame a page", lambda: blame_page(space, path))
    timed("blame a statement", lambda: blame_value(space, said(facts + 1).key))
    graph = Graph("scale", durable=False)
    with graph.database.transaction():
        pass
    timed("bring all to a graph", lambda: bring(graph, space))
    timed("revert", lambda: revert(space, space.head))
    timed("bring a merge to a graph", lambda: bring(graph, space))
    return took


if __name__ == "__main__":
    sys.exit(main())
