"""The review page's messages: each checked, none believed, and nothing secret in what is kept."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.knowledge.review.conftest import made_home, space  # noqa: F401 - fixtures
from tests.knowledge.review.reviewed_space import password_of
from workbench.core import settings
from workbench.knowledge.shared.proposals import find_proposal
from workbench.knowledge.shared.space import Space
from workbench.studio.review_acts import ACTS
from workbench.studio.review_page import ReviewPage, script


def asked(page: ReviewPage, act: str, /, **more: Any) -> dict[str, Any]:
    return page.do({"id": 1, "act": act, **more})


def test_an_empty_home_stays_empty_and_shows_the_page() -> None:
    page = ReviewPage()
    assert "What others propose" in page.html() and "form to sign in" in page.html()
    assert asked(page, "show")["view"]["user"] is None
    assert not (settings.home() / "shared").exists()
    assert not (settings.home() / "store.sqlite").exists()


@pytest.mark.parametrize("act", sorted({*ACTS} - {"sign_in", "sign_out", "show"}))
def test_nothing_is_done_for_nobody(space: Space, act: str) -> None:  # noqa: F811
    page = ReviewPage()
    before = len(space.shelf.events())
    answer = asked(
        page, act, number=5, space="ostra", words="x", page="p", text="t", record=space.head,
        comment=1, key="k", sources="", note="", choices=[],
    )  # fmt: skip
    assert answer["trouble"] is not None and answer["view"]["queue"] is None
    assert len(space.shelf.events()) == before


def test_a_message_that_is_none_is_named_and_changes_nothing(space: Space) -> None:  # noqa: F811
    page = ReviewPage()
    asked(page, "sign_in", user="bob", password=password_of("bob"))
    asked(page, "open", number=2)
    before = len(space.shelf.events())
    for act, more, why in (
        ("administer", {}, "no verb"),
        (["approve"], {}, "no verb"),
        ("open", {"number": "5"}, "no number"),
        ("open", {"number": True}, "no number"),
        ("open", {"number": 99}, "no proposal 99"),
        ("comment", {"words": 5}, "no text"),
        ("comment", {"words": "x", "page": "mill.md", "line": 1.5}, "no number"),
        ("resolve", {"choices": "ours"}, "no choices"),
        ("resolve", {"choices": [{"number": 1, "side": "mine"}]}, "no choice"),
        ("resolve", {"choices": [{"number": 1, "side": "own"}]}, "no text"),
        ("space", {"space": "../../etc"}, "space that you may read"),
        ("revise_fact", {"key": "k", "sources": "", "note": ""}, "no statement"),
        ("sign_in", {"user": "bob", "password": None}, "no text"),
    ):
        answer = asked(page, act, **more)  # type: ignore[arg-type]
        assert why in answer["trouble"]["message"], (act, answer["trouble"])
    assert len(space.shelf.events()) == before
    assert asked(page, "show")["view"]["sheet"]["number"] == 2


def test_neither_password_nor_session_is_in_what_the_page_sends_or_keeps(
    space: Space,  # noqa: F811
) -> None:
    page = ReviewPage()
    answers = [asked(page, "sign_in", user="bob", password=password_of("bob"))]
    answers += [asked(page, "open", number=number) for number in (2, 4, 5, 6, 7, 8)]
    text = page.desk.visitor._text
    assert text is not None and text.startswith("wbs-")
    told = json.dumps(answers) + json.dumps(page.app.get_state(), default=str)
    assert text not in told and password_of("bob") not in told
    kept = {name: value for name, value in page.app.get_state().items() if name != "_esm"}
    assert "ostra" not in json.dumps(kept, default=str).lower()  # a saved notebook keeps these
    assert "ostra" not in page.html().lower()
    asked(page, "sign_out")
    assert page.desk.visitor._text is None
    assert asked(page, "approve")["trouble"]["message"] == "no proposal is open"


def test_a_merge_that_a_check_holds_up_says_which(space: Space) -> None:  # noqa: F811
    page = ReviewPage()
    asked(page, "sign_in", user="bob", password=password_of("bob"))
    asked(page, "open", number=4)
    asked(page, "approve")
    assert "asks for changes" in asked(page, "merge")["trouble"]["message"]
    assert find_proposal(space, 4).state == "open"


def test_the_script_is_whole_and_asks_nothing_of_the_network() -> None:
    source = script()
    assert source.count("export default") == 1 and "drawGraph" in source
    assert "http" not in source.replace("http://www.w3.org", "") and "import(" not in source
