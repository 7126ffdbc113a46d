"""What people write into a proposal is shown by the review page as text, wherever it stands."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.knowledge.review.reviewed_space import NAME, make_space, password_of, propose, said
from workbench.knowledge.review.desk import Desk
from workbench.knowledge.shared.decisions import Decision
from workbench.knowledge.shared.landing import merge_proposal
from workbench.knowledge.shared.reviewing import approve, ask_for_changes, comment
from workbench.knowledge.shared.space import Space
from workbench.store.database import close_all
from workbench.studio.review_data import data_of
from workbench.studio.review_page import script

BAD = """</textarea></pre><img src=x onerror="window.ran='{}'">'"><script>window.ran=1</script>"""
_SHOW = """view => { window.hear = null; render({ el: document.querySelector("main"), model: {
  send: ({ id }) => queueMicrotask(() => window.hear({ id, act: "show", said: "", view })),
  on: (_, hear) => { window.hear = hear; }, off() {} } }); }"""


@pytest.fixture
def space(home: object) -> Iterator[Space]:
    """The made space."""
    made = make_space()
    yield made
    made.shelf.close()
    close_all()


@pytest.fixture
def show(browser: Any) -> Iterator[Any]:
    """Draw what a desk shows, with the page's own script."""
    page = browser.new_page()
    page.set_content("<main></main>")
    page.add_script_tag(content=script().replace("export default { render };", ""))

    def draw(desk: Desk) -> Any:
        page.evaluate(_SHOW, data_of(desk.shown))
        page.locator(".rv-sheet").wait_for()
        return page

    yield draw
    page.close()


def bad(where: str) -> str:
    return BAD.replace("{}", where)


def hostile(space: Space) -> int:
    """A proposal in which each field has an element that would run, and that is in conflict."""
    base, at = space.contents().with_page("q<b>'\".md", "one\n"), None
    number = propose(space, base, bad("first"), "ann")
    approve(space, number, by="bob")
    merge_proposal(space, number, by="bob")
    base, at = space.contents(), space.head
    fact = said(bad("subject")[:120], "employer", bad("object"), bad("source"))
    mine = base.with_page("q<b>'\".md", bad("mine") + "\n").with_statement(fact)
    mine = mine.with_decision(Decision("pair", (bad("one"), "other"), "one", bad("reason")))
    made = propose(space, mine, bad("title"), "ann", base=at, words=bad("words"))
    other = propose(space, base.with_page("q<b>'\".md", bad("theirs")), "t", "vera", base=at)
    approve(space, other, by="bob")
    merge_proposal(space, other, by="bob")
    comment(space, made, bad("comment"), page="q<b>'\".md", line=1, by="bob")
    comment(space, made, bad("of the fact"), statement=fact.key, by="bob")
    comment(space, made, bad("whole"), by="bob")
    ask_for_changes(space, made, bad("asked"), by="vera")
    return made


def test_no_words_of_a_proposal_become_elements(space: Space, show: Any) -> None:
    number = hostile(space)
    for user in ("ann", "bob"):
        desk = Desk()
        desk.sign_in(user, password_of(user))
        desk.open_proposal(number)
        page = show(desk)
        for each in page.locator("main details").all():
            each.evaluate("each => { each.open = true; }")
        for key in page.locator("[data-act=talk], [data-act=edit], [data-choice]").evaluate_all(
            "all => all.map(each => each.dataset.key)"
        ):
            page.evaluate("key => document.querySelector(`[data-key='${key}']`).click()", key)
            assert page.locator("main img, main script, main b b").count() == 0
        text = page.locator("main").inner_text()
        found = {each for each in ("title", "words", "comment", "whole", "of the fact", "asked",
                                   "mine", "theirs", "source", "object", "reason", "first")
                 if f"window.ran='{each}'" in text}  # fmt: skip
        assert len(found) == 12, found
        assert page.evaluate("window.ran ?? null") is None


def test_words_are_marked_in_their_place_behind_signs_of_two_units(space: Space, show: Any) -> None:
    contents = space.contents().with_page("moons.md", "🌕🌖🌗 seen in 1871 here\n")
    first = propose(space, contents, "Moons", "ann")
    approve(space, first, by="bob")
    merge_proposal(space, first, by="bob")
    later = space.contents().with_page("moons.md", "🌕🌖🌗 seen in 1872 here\n")
    desk = Desk()
    desk.sign_in("vera", password_of("vera"))
    number = propose(space, later, "Moons", "ann")
    desk.choose_space(NAME)
    desk.open_proposal(number)
    assert show(desk).locator(".rv-line mark").all_inner_texts() == ["1871", "1872"]
