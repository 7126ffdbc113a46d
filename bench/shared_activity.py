"""A space of 10,000 events: its feed, a digest, its contributions and a deed, against budgets.

500 pages, a closed folder, and proposals that are opened, commented on, approved and merged, some
of them revised; a third of them state something. Written past the verbs, which read whole states
each time. Seconds are of the processor, in SQLite and without a power cut in mind.

    SHARED_EVENTS=1000 python bench/run.py --only shared_activity   # a small one
"""

from __future__ import annotations

import os
import random
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from shape import Benchmark, Figure

EVENTS = int(os.environ.get("SHARED_EVENTS", "10000"))
PAGES = 500
# Seconds that a person waits: for a page of a feed, for one that looks through all, for a report.
FEED_S, SEARCH_S, DIGEST_S, COUNT_S = 1.0, 5.0, 5.0, 30.0
DEED_S, FOLLOW_S = 0.1, 0.02  # what one button does; what an open live page asks every two seconds


def fill(space: Any) -> None:
    """Bring a space to so many events."""
    from workbench.knowledge.shared.contents import digest_of
    from workbench.knowledge.shared.events import Event
    from workbench.knowledge.shared.records import Record
    from workbench.knowledge.shared.statements import Statement
    from workbench.knowledge.shared.states import write_state

    chance, known = random.Random(69), set()

    def put(content: bytes) -> str:
        digest = digest_of(content)
        if digest not in known:
            known.add(space.shelf.put(content))
        return digest

    def record(kind: Any, state: str, parents: tuple[str, ...], who: str, proposal: int) -> str:
        depth = 1 + max(space.record(each).depth for each in parents)
        now_us = space.now_us()
        return put(Record(kind, state, parents, depth, who, now_us, "t", proposal).content())

    contents, head, number, proposal = space.contents(), space.head, 1, 0

    def add(kind: Any, who: str, digest: str, **data: Any) -> None:
        nonlocal number
        number += 1
        space.shelf.add(Event(number, kind, who, space.now_us(), proposal, digest, data))

    with space.shelf.transaction():
        while number < EVENTS:
            proposal += 1
            who, page = f"user{chance.randrange(20)}", chance.randrange(PAGES)
            folder = "closed" if page % 10 == 0 else f"folder{page % 7}"
            path = f"{folder}/page{page}.md"
            found = contents.page_at(path)
            old = found[1].text if found else "".join(f"line {n}\n" for n in range(40))
            at = old.index("\n", chance.randrange(len(old) - 1)) + 1
            contents = contents.with_page(path, f"{old[:at]}of {proposal}\n{old[at:]}"[-20_000:])
            if proposal % 3 == 0:
                said = Statement(f"Person {page}", "knows", f"Thing {proposal}", sources=("b",))
                contents = contents.with_statement(said)
            state = write_state(contents, put)
            theirs = record("proposed", state, (head,), who, proposal)
            add("opened", who, theirs, base=head, title=f"change {path}")
            add("commented", "rev", theirs, words="so?", page=path, line=1)
            add("approved", "vera", theirs)
            head = record("merged", state, (head, theirs), "cur", proposal)
            add("merged", "cur", head)


def took(work: Callable[[], Any]) -> tuple[float, Any]:
    """CPU seconds of something, and what came of it."""
    before_s = time.process_time()
    found = work()
    return time.process_time() - before_s, found


def measure(rounds: int) -> list[Figure]:
    """Each look, against its budget."""
    from workbench.identity.grants import Grants
    from workbench.identity.users import Users
    from workbench.knowledge.live.agreeing import head_of
    from workbench.knowledge.shared.activity.contributions import contributions
    from workbench.knowledge.shared.activity.digests import digest
    from workbench.knowledge.shared.activity.feed import Filter, activity
    from workbench.knowledge.shared.activity.watches import Wanted, Watches
    from workbench.knowledge.shared.reviewing import comment
    from workbench.knowledge.shared.shelf import SqliteShelf, place_of
    from workbench.knowledge.shared.space import Space
    from workbench.store.database import close_all

    with tempfile.TemporaryDirectory() as folder:
        before = os.environ.get("WORKBENCH_HOME")
        os.environ["WORKBENCH_HOME"] = folder
        space = Space("big", shelf=SqliteShelf(place_of("big", Path(folder)), durable=False))
        space.begin()
        for name, role in (("rea", "reader"), ("rev", "reviewer")):
            Users().add(name)
            Grants().give(name, role, space=space.path)
        Grants().give("rea", "none", space=f"{space.path}/closed")
        watches = Watches(Path(folder))
        watches.watch(space, Wanted(), by="rea")
        fill(space)
        rare = sorted(page.path for page in space.contents().pages.values())[-1]
        asked = Filter(page=rare)
        looks: dict[str, tuple[float, Callable[[], Any]]] = {
            "a page of the feed": (FEED_S, lambda: activity(space, by="rea")),
            "all of one page's feed": (
                SEARCH_S, lambda: activity(space, asked=asked, limit=1000, by="rea")
            ),
            "a digest of all of it": (DIGEST_S, lambda: digest(space, watches, by="rea")),
            "a comment": (DEED_S, lambda: comment(space, 1, "so?", by="rev")),
            "the head, for a live page": (FOLLOW_S, lambda: head_of(f"{space.path}/x.md")),
            "contributions": (COUNT_S, lambda: contributions(space, by="rea")),
        }  # fmt: skip
        figures = []
        for name, (budget_s, look) in looks.items():
            ours = tuple(took(look)[0] for _ in range(rounds))
            figures.append(
                Figure(
                    f"{EVENTS:,} events: {name}", "a budget", "CPU s", ours, (budget_s,) * rounds,
                    better="lower", bound=1.0,
                )
            )  # fmt: skip
        space.shelf.close()
        close_all()
        os.environ.pop("WORKBENCH_HOME")
        if before is not None:
            os.environ["WORKBENCH_HOME"] = before
    return figures


BENCHMARKS = (Benchmark("shared_activity", measure),)
