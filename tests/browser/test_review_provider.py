"""The review page in Chromium: to a provider of another site and back to the page, as oneself."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import Any

import pytest

from tests.identity.oidc.real_provider import CLIENT, SECRET, RealProvider
from tests.knowledge.review.reviewed_space import NAME, make_space
from workbench.core import settings
from workbench.identity.oidc import Links, Provider, Providers
from workbench.knowledge.review.visitor import back_to
from workbench.knowledge.shared.proposals import find_proposal
from workbench.knowledge.shared.space import Space
from workbench.store.database import close_all

from .conftest import REPO, Server, Watched, dashboards_command, running, watch_page
from .test_home import live

PAGE = "/voila/render/review.ipynb"


@pytest.fixture(scope="module")
def provider() -> Iterator[RealProvider]:
    """At localhost, which is another site than the page's 127.0.0.1."""
    with RealProvider() as found:
        yield found


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, provider: RealProvider) -> Iterator[Server]:
    """The dashboards' server in a home with the made space, in which vera is sub-bob there."""
    own = tmp_path_factory.mktemp("review-provider")
    home, project = own / "home", own / "project"
    pages = project / "notebooks" / "dashboards"
    pages.mkdir(parents=True)
    (project / "workbench.toml").write_text("")
    shutil.copy(REPO / "notebooks" / "dashboards" / "review.ipynb", pages)
    secret = own / "secret"
    secret.write_text(SECRET)
    home.mkdir()
    with settings.override(home=home):
        make_space().shelf.close()
        believed = Provider("corp", provider.issuer, CLIENT, label="Corp", secret_file=str(secret))
        Providers().set(believed)
        Links().add("vera", provider.issuer, "sub-bob")
        close_all()
    with running(dashboards_command, own / "voila", project, home) as started:
        page = f"http://127.0.0.1:{started.port}{PAGE}"
        provider.knows(back_to(page, "corp"), post_logout_redirect_uris=[page])
        yield started


def arrive(server: Server, browser: Any, contexts: list[Any]) -> Watched:
    """The page in a browser of somebody's own."""
    contexts.append(browser.new_context(viewport={"width": 1000, "height": 800}))
    found = watch_page(contexts[-1], server.url(PAGE))
    live(found.page)
    return found


@pytest.fixture
def contexts() -> Iterator[list[Any]]:
    made: list[Any] = []
    yield made
    for each in made:
        each.close()


def enter_there(page: Any, login: str) -> None:
    """Sign in at the provider."""
    page.get_by_placeholder("Enter any login").fill(login)
    page.get_by_placeholder("and password").fill("theirs")
    page.get_by_role("button", name="Sign-in").click()
    page.get_by_role("button", name="Continue").click()


def test_there_and_back_as_oneself_and_out_again(
    server: Server, browser: Any, contexts: list[Any]
) -> None:
    found = arrive(server, browser, contexts)
    page = found.page
    page.get_by_role("button", name="Sign in with Corp").click()
    enter_there(page, "sub-bob")
    live(page)
    page.locator(".rv-bar").get_by_text("Signed in as vera").wait_for()
    assert page.url == f"http://127.0.0.1:{server.port}{PAGE}"  # neither code nor state stays
    page.locator('[data-key="row-7"]').click()
    page.locator('[data-key="approve"]').click()
    page.locator(".rv-note").get_by_text("Approved").wait_for()
    with settings.override(home=server.home):
        space = Space(NAME)
        assert "vera" in [each.user for each in find_proposal(space, 7).approvals]
        space.shelf.close()
        close_all()
    kept = page.evaluate("JSON.stringify({ ...localStorage, ...sessionStorage })")
    assert "wbs-" not in kept and "wbo-" not in kept
    page.locator('[data-key="sign_out"]').click()
    page.get_by_role("link", name="sign out there too").click()
    page.get_by_role("button", name="Yes, sign me out").click()
    page.get_by_role("button", name="Sign in with Corp").wait_for()
    assert page.url.startswith(f"http://127.0.0.1:{server.port}{PAGE}")
    assert (found.outside, found.errors) == ([], [])


def test_a_way_that_another_browser_began_ends_nowhere(
    server: Server, browser: Any, contexts: list[Any]
) -> None:
    """Who is led to a provider by another's address must sign in neither him nor for him."""
    begun, led = (arrive(server, browser, contexts) for _ in range(2))
    with begun.page.expect_request(lambda each: "code_challenge" in each.url) as first:
        begun.page.get_by_role("button", name="Sign in with Corp").click()
    led.page.goto(first.value.url)
    enter_there(led.page, "sub-bob")
    live(led.page)
    led.page.locator(".rv-note").get_by_text("begun in another browser").wait_for()
    for each in (begun, led):
        assert each.page.locator(".rv-bar").count() == 0
