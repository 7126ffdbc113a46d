"""Who has an account at a provider sits down at the review page's desk as himself, and no other."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.identity.oidc.conftest import running  # noqa: F401 - a fixture
from tests.identity.oidc.real_provider import CLIENT, SECRET, RealProvider, go_through
from workbench.core import settings
from workbench.core.errors import AccessError
from workbench.identity.oidc import Links, Provider, Providers
from workbench.identity.oidc.issuers import _issuers
from workbench.identity.oidc.signing_in import Departure
from workbench.knowledge.review.desk import Desk
from workbench.knowledge.review.visitor import Way, back_to, ways_in
from workbench.knowledge.shared.proposals import find_proposal
from workbench.knowledge.shared.space import Space
from workbench.studio.review_page import ReviewPage

PAGE = "http://127.0.0.1:8866/voila/render/review.ipynb"


@pytest.fixture
def provider(
    running: RealProvider,  # noqa: F811
    space: Space,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[RealProvider]:
    """A provider that the home believes, at which vera is sub-bob."""
    monkeypatch.setenv("OIDC_CLIENT_SECRET_CORP", SECRET)
    running.reset(back_to(PAGE, "corp"))
    _issuers.clear()
    Providers().set(Provider("corp", running.issuer, CLIENT, label="Corp"))
    Links().add("vera", running.issuer, "sub-bob")
    yield running
    running.line.slow.set()


def answer_of(gone: Departure, login: str = "sub-bob") -> dict[str, str]:
    """What a browser brings back that was signed in there."""
    found = dict(parse_qsl(urlsplit(go_through(gone.url, login)).query))
    assert found.pop("provider") == "corp"
    return found


def test_who_came_by_a_provider_approves_as_himself(provider: RealProvider, space: Space) -> None:
    before, desk = Desk(), Desk()
    gone = before.visitor.depart("corp", page=PAGE)  # the page that is left, and its kernel, end
    desk.arrive("corp", answer_of(gone), browser=gone.browser)
    assert desk.shown.user == "vera" and before.visitor.user is None
    desk.open_proposal(7)
    desk.approve()
    assert [each.user for each in find_proposal(space, 7).approvals][-1] == "vera"
    assert space.shelf.events()[-1].actor == "vera"
    with pytest.raises(AccessError, match="may not merge"):
        desk.merge()  # by her roles, as after a password
    Links().remove("vera", provider.issuer)
    assert desk.look() and desk.shown.user is None and "signed out" in desk.shown.gone


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"browser": None}, "browser"),
        ({"browser": "wbo-" + "a" * 43}, "browser"),
        ({"login": "sub-ann"}, "unlinked"),
    ],
)
def test_what_another_browser_began_or_who_is_nobody_here_signs_nobody_in(
    provider: RealProvider, space: Space, change: dict[str, Any], reason: str
) -> None:
    desk = Desk()
    gone = desk.visitor.depart("corp", page=PAGE)
    query = answer_of(gone, change.get("login", "sub-bob"))
    with pytest.raises(AccessError) as told:
        desk.arrive("corp", query, browser=change.get("browser", gone.browser))
    assert told.value.context["reason"] == reason
    assert desk.shown.user is None and desk.visitor.user is None


def test_an_answer_is_taken_once_and_for_its_own_provider(
    provider: RealProvider, space: Space
) -> None:
    Providers().set(Provider("other", f"{provider.issuer}/other", CLIENT))
    desk = Desk()
    gone = desk.visitor.depart("corp", page=PAGE)
    query = answer_of(gone)
    with pytest.raises(AccessError) as told:
        desk.arrive("other", {**query, "iss": f"{provider.issuer}/other"}, browser=gone.browser)
    assert told.value.context["reason"] == "mix-up"
    desk.arrive("corp", query, browser=gone.browser)
    with pytest.raises(AccessError) as told:
        Desk().arrive("corp", query, browser=gone.browser)
    assert told.value.context["reason"] == "used"


def test_the_page_sends_no_session_and_tells_where_to_sign_out_there(
    provider: RealProvider, space: Space
) -> None:
    page = ReviewPage()
    ways = page.do({"act": "show"})["view"]["ways"]
    assert ways == [{"name": "corp", "label": "Corp"}]
    gone = page.do({"act": "depart", "provider": "corp", "page": PAGE})
    assert gone["trouble"] is None
    query = answer_of(Departure(gone["url"], gone["browser"]))
    message = {"act": "arrive", "provider": "corp", "query": query, "browser": gone["browser"]}
    answer = page.do(message)
    assert answer["trouble"] is None and answer["view"]["user"] == "vera"
    text = page.desk.visitor._text
    assert text is not None and text.startswith("wbs-") and text not in json.dumps(answer)
    there = page.do({"act": "sign_out", "page": PAGE})["there"]
    assert there["label"] == "Corp" and there["url"].startswith(provider.issuer)
    assert page.do({"act": "show"})["view"]["user"] is None


def test_a_home_in_which_no_provider_is_set_up_says_so(space: Space) -> None:
    assert ways_in() == ()
    assert ReviewPage().do({"act": "show"})["view"]["ways"] == []
    Providers().set(Provider("corp", "https://login.example.org", CLIENT))
    assert ways_in() == (Way("corp", "corp"),)


def test_asking_for_providers_makes_no_store() -> None:
    assert ways_in() == ()
    assert not settings.home().exists()


@pytest.mark.parametrize("query", [None, "code=x", {"code": 5}])
def test_an_answer_that_is_none_is_named(space: Space, query: Any) -> None:
    message = {"act": "arrive", "provider": "corp", "query": query}
    assert "no answer of a provider" in ReviewPage().do(message)["trouble"]["message"]
