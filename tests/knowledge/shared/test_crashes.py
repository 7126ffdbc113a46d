"""``kill -9`` in a merge or a revert leaves a space as before or as after."""

from __future__ import annotations

import multiprocessing
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from workbench.core.errors import ConflictError
from workbench.knowledge.shared.contents import Contents
from workbench.knowledge.shared.landing import merge_proposal
from workbench.knowledge.shared.proposals import proposals_of
from workbench.knowledge.shared.proposing import open_proposal
from workbench.knowledge.shared.space import Space
from workbench.store.database import close_all

from ..kills import kill
from .conftest import MakeSpace

SCRIPT = Path(__file__).with_name("crash_merge.py")
KILLS = 50


@pytest.mark.slow
@pytest.mark.soak
def test_fifty_kills_leave_the_space_before_or_after(tmp_path: Path, scale: int) -> None:
    seen = kill(SCRIPT, tmp_path, KILLS * scale)
    assert [each for each in seen if each["faults"]] == []
    assert len(seen) == 2 * KILLS * scale
    # It is a test only if kills came at work, before and after what counts.
    ways = Counter((each["what"], each["done"]) for each in seen if each["killed"])
    print(ways)
    assert ways.total() >= KILLS * scale
    assert {what for what, _ in ways} == {"merge", "revert"}
    assert {done for _, done in ways} == {"before", "after"}


def test_the_look_sees_a_merge_that_is_kept_in_two_parts(tmp_path: Path) -> None:
    seen = kill(SCRIPT, tmp_path, 10, "torn")
    assert any(each["faults"] for each in seen)


def _merge(name: str, number: int, start: Any, results: Any) -> None:
    space = Space(name)
    start.wait()
    try:
        results.put((number, merge_proposal(space, number).state))
    except ConflictError as error:
        results.put((number, [str(each) for each in error.context["conflicts"]]))


@pytest.mark.parametrize("same", [False, True])
def test_two_merges_at_once(make_space: MakeSpace, same: bool) -> None:
    """Both land, the second with what the first left; or the second's conflicts are named."""
    space = make_space()
    base = Contents().with_page("a.md", "a\nb\nc\nd\ne\n")
    merge_proposal(space, open_proposal(space, base, title="base").number)
    texts = ("A\nb\nc\nd\ne\n", "X\nb\nc\nd\ne\n" if same else "a\nb\nc\nd\nE\n")
    numbers = [
        open_proposal(space, base.with_page("a.md", text), title="t").number for text in texts
    ]
    space.shelf.close()
    close_all()
    context = multiprocessing.get_context("spawn")
    start, results = context.Barrier(2), context.Queue()
    workers = [
        context.Process(target=_merge, args=("leads", number, start, results)) for number in numbers
    ]
    for worker in workers:
        worker.start()
    found = dict(results.get(timeout=120) for _ in workers)
    for worker in workers:
        worker.join()
    landed = [number for number, said in found.items() if isinstance(said, str)]
    page = space.contents().page_at("a.md")
    assert page is not None
    if same:
        assert len(landed) == 1
        (said,) = (each for each in found.values() if not isinstance(each, str))
        assert said == ["a.md, line 1: these lines were changed in two ways"]
        assert page[1].text == texts[numbers.index(landed[0])]
    else:
        assert len(landed) == 2 and page[1].text == "A\nb\nc\nd\nE\n"
    states = proposals_of(space.shelf.events())
    assert [states[number].state for number in landed] == ["merged"] * len(landed)


def test_an_hour_backwards_reorders_nothing(make_space: MakeSpace) -> None:
    time_ns = [1_800_000_000 * 10**9]
    space = make_space(clock=lambda: time_ns[0])
    for number in range(4):
        contents = space.contents().with_page(f"{number}.md", "# A\n")
        made = open_proposal(space, contents, title=str(number))
        time_ns[0] -= 3600 * 10**9
        merge_proposal(space, made.number)
    line = [record for _, record in space.line()]
    assert [record.words for record in line[:-1]] == ["3", "2", "1", "0"]
    assert [record.depth for record in line] == sorted((r.depth for r in line), reverse=True)
    times = [record.time_us for record in line]
    assert times == sorted(times)  # the clock says the contrary, and decides nothing
    history = space.history()
    place = {digest: number for number, (digest, _) in enumerate(history)}
    assert all(place[p] < place[d] for d, record in history for p in record.parents)
