"""The sign-in page in Chromium: to a provider of another site and back, by the keyboard alone."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from workbench.identity import Passwords, passwords
from workbench.identity.grants import Grants
from workbench.identity.oidc import Provider, Providers
from workbench.identity.users import Users
from workbench.knowledge.live.server import serving
from workbench.store.database import close_all

from ..identity.oidc.real_provider import CLIENT, SECRET, RealProvider

PASSWORD = "violet hammock seven"


@pytest.fixture
def url(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A server at 127.0.0.1, which is another site than the provider's localhost."""
    for name in ("COST", "FLOOR"):
        monkeypatch.setattr(passwords, name, passwords.Cost(64, 1, 1))
    monkeypatch.setenv("OIDC_CLIENT_SECRET_CORP", SECRET)
    Users().add("bob")
    Passwords().set("bob", PASSWORD)
    Grants().give("bob", "contributor", space="/knowledge/leads")
    Grants().give("bob", "reader", space="/notebooks")
    with RealProvider() as provider, serving() as server:
        provider.knows(f"{server.url}/live/oidc/corp/callback")
        Providers().set(Provider("corp", provider.issuer, CLIENT, label="Corp", enter="create",
                                 default_role="reader", default_space="/knowledge"))  # fmt: skip
        yield server.url
    close_all()


def photograph(page: Any, name: str) -> None:
    """Keep a picture where the variable says, for whoever looks at the page."""
    if folder := os.environ.get("WORKBENCH_TEST_PICTURES"):
        page.screenshot(path=str(Path(folder) / f"{name}.png"))


def test_by_a_provider_of_another_site(url: str, open_page: Callable[..., Any]) -> None:
    found = open_page(
        f"{url}/live/sign-in?next=/live/account", viewport={"width": 900, "height": 700}
    )
    page = found.page
    photograph(page, "sign-in")
    page.get_by_role("link", name="Sign in with Corp").click()
    page.get_by_placeholder("Enter any login").fill("sub-ann")
    page.get_by_placeholder("and password").fill("theirs")
    page.get_by_role("button", name="Sign-in").click()
    page.get_by_role("button", name="Continue").click()
    # The session's cookie is strict: it is shown although the way came from another site.
    page.get_by_role("heading", name="Signed in as ann").wait_for()
    photograph(page, "account")
    assert page.locator("td").all_inner_texts() == ["/knowledge", "reader"]
    assert page.url == f"{url}/live/account"
    kept = {each["name"]: each for each in page.context.cookies()}
    assert kept["workbench_session"]["sameSite"] == "Strict"
    assert kept["workbench_session"]["httpOnly"]
    assert "workbench_oidc" not in kept
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("link", name="Sign out there too").click()
    page.get_by_role("button", name="Yes, sign me out").click()
    page.get_by_role("heading", name="Sign in", exact=True).wait_for()
    assert page.url.startswith(f"{url}/live/sign-in")
    assert (found.outside, found.errors) == ([], [])


def test_by_a_password_with_the_keyboard_alone(url: str, open_page: Callable[..., Any]) -> None:
    page = open_page(f"{url}/live/sign-in", viewport={"width": 360, "height": 640},
                     color_scheme="dark").page  # fmt: skip
    assert page.evaluate("document.activeElement.id") == "user"
    page.keyboard.type("bob")
    page.keyboard.press("Tab")
    page.keyboard.type("wrong")
    page.keyboard.press("Enter")
    page.get_by_role("alert").wait_for()
    photograph(page, "sign-in-refused")
    assert page.evaluate("document.activeElement.id") == "password"  # the name is there still
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Signed in as bob").wait_for()
    wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    assert not page.evaluate(wide)
    page.get_by_role("button", name="Link Corp").focus()
    page.keyboard.press("Enter")
    page.get_by_placeholder("Enter any login").fill("sub-bob")
    page.get_by_placeholder("and password").fill("theirs")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Continue").press("Enter")
    page.get_by_text("You can sign in with Corp.").wait_for()
    photograph(page, "linked")
