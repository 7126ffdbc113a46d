"""Signing in to JupyterLab at a real provider."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from workbench.identity.oidc import Links, Provider, Providers
from workbench.knowledge.live.lab.gate import COOKIE

from ....identity.oidc.real_provider import CLIENT, SECRET, RealProvider, go_through
from .conftest import Lab, lab_in

HERE = {"sec-fetch-site": "same-origin"}


@pytest.fixture(scope="module")
def provider() -> Iterator[RealProvider]:
    """The provider's process."""
    with RealProvider() as found:
        yield found


@pytest.fixture(scope="module")
def lab(
    tmp_path_factory: pytest.TempPathFactory, shared_home_path: Path, provider: RealProvider
) -> Iterator[Lab]:
    """A lab whose rita is known at the provider."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OIDC_CLIENT_SECRET_CORP", SECRET)
        with lab_in(tmp_path_factory.mktemp("lab"), shared_home_path) as found:
            provider.knows(f"{found.url}/oidc/corp/callback")
            Providers(found.database).set(Provider("corp", provider.issuer, CLIENT, label="Corp"))
            Links(found.database).add("rita", provider.issuer, "sub-rita")
            yield found


def come_back(browser: httpx2.Client, back: str) -> httpx2.Response:
    onward = re.search(r'content="0; url=([^"]+)"', browser.get(back).text)
    assert onward is not None
    return browser.get(onward[1].replace("&amp;", "&"))


def test_who_is_linked_comes_in_and_may_what_he_may(lab: Lab) -> None:
    with httpx2.Client(base_url=lab.url, trust_env=False, timeout=60) as browser:
        page = browser.get("/login?next=/lab/tree/notebooks")
        way = re.search(r'href="(/oidc/corp/start[^"]*)">Sign in with Corp', page.text)
        assert way is not None
        gone = browser.get(way[1], headers=HERE)
        assert gone.status_code == 303
        done = come_back(browser, go_through(gone.headers["location"], "sub-rita"))
        assert (done.status_code, done.headers["location"]) == (303, "/lab/tree/notebooks")
        assert COOKIE in browser.cookies
        assert browser.get("/api/me").json()["identity"]["username"] == "rita"
        assert browser.get("/api/contents/notebooks/plan.md").status_code == 200
        written = browser.put(
            "/api/contents/notebooks/plan.md",
            json={"type": "file", "format": "text", "content": "x"},
            headers={"origin": lab.url, "X-XSRFToken": browser.cookies.get("_xsrf", "")},
        )
        assert written.status_code == 403  # she is a reader


def test_nobody_else_comes_in(lab: Lab) -> None:
    with (
        httpx2.Client(base_url=lab.url, trust_env=False, timeout=60) as browser,
        httpx2.Client(base_url=lab.url, trust_env=False, timeout=60) as another,
    ):
        gone = browser.get("/oidc/corp/start?next=//evil.example", headers=HERE)
        refused = come_back(browser, go_through(gone.headers["location"], "sub-eve"))
        assert refused.status_code == 403
        assert "nobody here" in refused.text
        assert 'href="/login"' in refused.text
        gone = browser.get("/oidc/corp/start?next=//evil.example", headers=HERE)
        back = go_through(gone.headers["location"], "sub-rita")
        assert come_back(another, back).status_code == 403
        assert come_back(browser, back).headers["location"] == "/lab"
        there = another.get("/oidc/corp/start", headers={"sec-fetch-site": "cross-site"})
        assert (there.status_code, there.headers["location"]) == (302, "/login")
        assert another.post("/oidc/corp/start").status_code == 403
        assert another.get("/oidc/corp/link").status_code in (302, 403, 404)
        said = another.get("/oidc/corp/start", headers={**HERE, "host": "evil.example"})
        assert said.status_code == 403
        assert another.get("/api/contents").status_code == 403


def test_what_is_not_open_stays_shut(lab: Lab) -> None:
    """The door opened two addresses and no more."""
    from workbench.knowledge.live.lab.needs import OPEN, RULES

    ours = {name for name, rule in RULES.items() if "workbench" in name and rule("GET", "") == OPEN}
    assert {name.rpartition(".")[2] for name in ours} == {
        "ProviderDoor", "SignInPage", "SignOutPage",
    }  # fmt: skip
    assert RULES["workbench.knowledge.live.lab.provider_door.ProviderDoor"]("POST", "") != OPEN
