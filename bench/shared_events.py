"""What it costs to look at a space in which 10,000 things were done: seconds of CPU.

    python bench/shared_events.py [--events 10000] [--open 20]

Most proposals were merged or declined, and much was said of each. The home is one of its own; CPU
and not the clock, so that what else is at work does not count. A look over its budget is named, and
the end is 1.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable

BUDGETS_S = {"proposals list": 0.1, "queue": 0.2, "log 20": 0.1}
TIMES = 5


def main() -> int:
    """Make the space, time each look, and say which budgets were kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=10_000)
    parser.add_argument("--open", type=int, default=20)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        os.environ["WORKBENCH_HOME"] = home
        took = measure(asked.events, asked.open)
    over = [name for name, seconds in took.items() if seconds > BUDGETS_S[name]]
    for name, seconds in took.items():
        told = f"{name:<20}{seconds:>9.3f} s  budget {BUDGETS_S[name]:.2f}"
        sys.stdout.write(f"{told}{' OVER' if name in over else ''}\n")
    return 1 if over else 0


def measure(events: int, left_open: int) -> dict[str, float]:
    """The least seconds of CPU of each look, by its name."""
    from workbench.identity.grants import Grants
    from workbench.identity.scopes import SignedIn
    from workbench.identity.users import Users
    from workbench.knowledge.review.queue import show_queue
    from workbench.knowledge.shared.operations import list_proposals
    from workbench.knowledge.shared.space import Space
    from workbench.knowledge.shared.version_operations import log

    name = "busy"
    space = Space(name)
    space.begin()
    Users().add("ann")
    Grants().give("ann", "curator", space=space.path)
    fill(space, events, left_open)

    def least(look: Callable[[], object]) -> float:
        times = []
        for _ in range(TIMES):
            start_s = time.process_time()
            look()
            times.append(time.process_time() - start_s)
        return min(times)

    return {
        "proposals list": least(lambda: list_proposals(name, user="ann")),
        "queue": least(
            lambda: show_queue(Space(name), by=SignedIn("1", "session", "ann", 2.0**40))
        ),
        "log 20": least(lambda: log(name, user="ann")),
    }


def fill(space: object, events: int, left_open: int) -> None:
    """Proposals of ten events each, of which all but the last are merged or declined."""
    from workbench.knowledge.shared.space import Space

    assert isinstance(space, Space)
    with space.shelf.transaction():
        count = events // 10
        for number in range(1, count + 1):
            contents = space.contents().with_page(f"p{number % 50}.md", f"# {number}\n")
            base = space.head
            record = space.add_record(
                "proposed", contents, (base,), author="bob", words="x", proposal=number
            )
            space.add_event(
                "opened", "bob", proposal=number, record=record, base=base, title=f"change {number}"
            )
            for _ in range(8):
                space.add_event("commented", "ann", proposal=number, record=record, words="so?")
            if number > count - left_open:
                continue
            if number % 4 == 0:
                space.add_event("declined", "ann", proposal=number, record=record, words="no")
                continue
            merged = space.add_record(
                "merged", contents, (base, record), author="ann", words="x", proposal=number
            )
            space.add_event("merged", "ann", proposal=number, record=merged)


if __name__ == "__main__":
    sys.exit(main())
