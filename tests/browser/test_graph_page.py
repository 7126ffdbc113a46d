"""The page of a knowledge graph: searched, opened and walked by keyboard, and led through times."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from workbench.core.viewers import page_of
from workbench.knowledge.views.picture import DrawnEntity, DrawnFact, Picture

from .conftest import Watched

NAMES = ("Ada", "London", "England", "Paris", "Bob <i>", "Acme")
PLACES = ((0, 0), (1, 0), (2, 0), (-1, 0), (0, 1), (1, 1))
# Ends, relation, and the runs of times; Ada was born in two towns, the one of them only at first.
FACTS = (
    (0, "born_in", 1, ((0, 1),)),
    (1, "located_in", 2, ((0, 1),)),
    (0, "born_in", 3, ((0, 0),)),
    (0, "knows", 4, ((0, 1),)),
    (4, "works_for", 5, ((0, 1),)),
)


def page(about: int | None) -> str:
    entities = tuple(
        DrawnEntity(name.casefold(), name, (name,), ("name",), 1, *place)
        for name, place in zip(NAMES, PLACES, strict=True)
    )
    facts = tuple(
        DrawnFact(
            subject, relation, thing, None, None, 0.9, False, None, f"words of {number}", "a.txt",
            number, number + 5, 1, times,
        )
        for number, (subject, relation, thing, times) in enumerate(FACTS)
    )  # fmt: skip
    times = ("2026-11-20T10:00:00", "2026-11-27T10:00:00")
    return page_of(Picture("made", "made", about, 2, "recorded", times, entities, facts))


def shown(watched: Watched, about: int | None = 0) -> Any:
    """The page, drawn; nothing was asked of the network and nothing went wrong."""
    watched.page.set_content(page(about))
    watched.page.wait_for_selector("#picture[data-entities]")
    assert (watched.outside, watched.errors) == ([], [])
    return watched.page


def read(page: Any) -> str:
    said: str = page.inner_text(".read")
    assert page.get_attribute(".cursor", "aria-label") in said  # read out as it is seen
    return said


def count(page: Any, what: str) -> int:
    return int(page.get_attribute("#picture", f"data-{what}"))


def test_opened_and_walked_by_keyboard(open_page: Callable[..., Watched]) -> None:
    page = shown(open_page())
    assert (count(page, "entities"), count(page, "facts")) == (3, 2)  # Ada and what is next to her
    page.focus(".cursor")
    assert read(page) == "Ada, name: 2 facts shown"
    page.keyboard.press("ArrowRight")
    assert read(page) == "London, name: 1 fact shown, 1 more to open"
    assert "words of 0" in page.inner_text(".chosen")
    page.keyboard.press("Enter")
    assert count(page, "entities") == 4 and read(page) == "London, name: 2 facts shown"
    page.keyboard.press("ArrowRight")
    assert read(page).startswith("England")
    page.keyboard.press("ArrowUp")
    assert page.inner_text(".read") == "no neighbour on the upper side of England"
    page.keyboard.press("Home")
    assert read(page).startswith("Ada")
    page.keyboard.press("ArrowDown")
    assert read(page).startswith("Bob <i>")


def test_a_way_is_told_fact_by_fact(open_page: Callable[..., Watched]) -> None:
    page = shown(open_page(), None)
    assert count(page, "entities") == 5  # Paris is of the first time alone
    page.fill('input[type="search"]', "engl")
    page.keyboard.press("Enter")
    assert read(page).startswith("England")
    page.click("text=Way from here")
    page.fill('input[type="search"]', "acme")
    page.keyboard.press("Enter")
    page.click("text=Way to here")
    assert "England to Acme: 4 steps" in page.inner_text(".way")
    assert page.locator(".way li").count() == 4 and "words of 4" in page.inner_text(".way")
    page.click("summary:has-text('Relations')")
    page.uncheck("text=knows")
    assert "No way from England to Acme" in page.inner_text(".way")
    page.focus(".cursor")
    page.keyboard.press("Escape")
    assert page.inner_text(".way") == ""


def test_what_was_not_so_is_hidden(open_page: Callable[..., Watched]) -> None:
    page = shown(open_page(viewport={"width": 400, "height": 800}), None)
    assert page.inner_text("output") == "2026-11-27 10:00:00 UTC"
    page.focus('input[type="range"]')
    page.keyboard.press("ArrowLeft")
    assert page.inner_text("output") == "2026-11-20 10:00:00 UTC" and count(page, "entities") == 6
    page.fill('input[type="search"]', "Paris")
    page.keyboard.press("Enter")
    assert read(page).startswith("Paris")
    page.focus('input[type="range"]')
    page.keyboard.press("ArrowRight")
    assert page.inner_text(".read").startswith("Paris is not shown now; Ada")
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
