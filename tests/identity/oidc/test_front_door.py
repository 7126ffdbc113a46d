"""The sign-in page of a real server, as a browser goes through it: cookies, redirects, attacks."""

from __future__ import annotations

import asyncio
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from urllib.parse import urljoin, urlsplit

import httpx2
import pytest

from workbench.core.errors import AccessError
from workbench.identity import Passwords
from workbench.identity.grants import Grants
from workbench.identity.oidc import fetching
from workbench.identity.oidc.issuers import _issuers
from workbench.identity.oidc.signing_in import OidcSignIn
from workbench.identity.users import Users
from workbench.identity.web import (
    Answer,
    Asked,
    FrontDoor,
    Place,
    front_door,
    starlette_routes,
    waiting,
)
from workbench.knowledge.live.server import serving

from .conftest import Door
from .real_provider import RealProvider, go_through

PASSWORD = "violet hammock seven"
HERE = {"sec-fetch-site": "same-origin"}


@contextmanager
def a_browser(url: str) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=url, follow_redirects=False, trust_env=False) as found:
        yield found


@pytest.fixture
def url(door: Door, provider: RealProvider) -> Iterator[str]:
    """A server of live pages whose door leads to the provider."""
    Users().add("bob")
    Passwords().set("bob", PASSWORD)
    with serving() as server:
        provider.knows(f"{server.url}/live/oidc/corp/callback")
        door.set(label="Corp <&>")
        yield server.url


def there_and_back(browser: httpx2.Client, login: str = "sub-ann", **query: str) -> httpx2.Response:
    gone = browser.get("/live/oidc/corp/start", params=query, headers=HERE)
    assert gone.status_code == 303, gone.text
    return arrive(browser, go_through(gone.headers["location"], login))


def arrive(browser: httpx2.Client, back: str) -> httpx2.Response:
    """Come back, by the page that asks the same again with all cookies."""
    page = browser.get(back)
    assert page.status_code == 200
    onward = re.search(r'content="0; url=([^"]+)"', page.text)
    assert onward is not None
    return browser.get(onward[1].replace("&amp;", "&"))


def test_somebody_comes_in_by_a_provider_and_goes_out(url: str) -> None:
    with a_browser(url) as browser:
        page = browser.get("/live/sign-in?next=/live/pages")
        assert "Sign in with Corp &lt;&amp;&gt;" in page.text
        way = re.search(r'href="(/live/oidc/corp/start[^"]*)"', page.text)
        assert way is not None
        gone = browser.get(way[1], headers=HERE)
        assert "SameSite=lax" in gone.headers["set-cookie"]
        assert "HttpOnly" in gone.headers["set-cookie"]
        back = arrive(browser, go_through(gone.headers["location"], "sub-ann"))
        assert (back.status_code, back.headers["location"]) == (303, "/live/pages")
        kept = [line for line in back.headers.get_list("set-cookie") if "workbench_s" in line]
        assert "SameSite=strict" in kept[0]
        assert browser.get("/live/pages").json() == {"pages": []}
        account = browser.get("/live/account")
        assert "Signed in as ann" in account.text
        out = browser.post("/live/sign-out/form", headers={"origin": url})
        there = re.search(r'href="([^"]+)">Sign out there', out.text)
        assert there is not None
        asked = there[1].replace("&amp;", "&")
        assert f"post_logout_redirect_uri={url.replace(':', '%3A').replace('/', '%2F')}" in asked
        assert httpx2.get(asked, trust_env=False).status_code == 200
        assert browser.get("/live/pages").status_code == 401


def test_somebody_comes_in_by_the_form(url: str) -> None:
    with a_browser(url) as browser:
        given = {"user": "bob", "password": PASSWORD, "next": "/live/pages"}
        done = browser.post("/live/sign-in/form", data=given, headers={"origin": url})
        assert (done.status_code, done.headers["location"]) == (303, "/live/pages")
        assert browser.get("/live/pages").status_code == 200
        assert "Signed in as bob" in browser.get("/live/account").text


def test_what_is_wrong_is_told_on_the_page(url: str) -> None:
    with a_browser(url) as browser:
        for _ in range(5):
            given = {"user": '"><script>', "password": "wrong"}
            done = browser.post("/live/sign-in/form", data=given, headers={"origin": url})
            assert done.status_code == 401
        assert "the name or the password is wrong" in done.text
        assert "<script>" not in done.text
        assert "wrong" not in re.findall(r'value="([^"]*)"', done.text)
        done = browser.post("/live/sign-in/form", data=given, headers={"origin": url})
        assert (done.status_code, done.headers["retry-after"]) == (429, "1")
        big = browser.post("/live/sign-in/form", content=b"x" * 20_000, headers={"origin": url})
        assert big.status_code in (401, 429)


def test_no_page_runs_or_is_framed(url: str) -> None:
    with a_browser(url) as browser:
        for path in ("sign-in", "oidc/corp/callback", "oidc/none/start"):
            said = browser.get(f"/live/{path}", headers=HERE)
            policy = said.headers["content-security-policy"]
            assert "default-src 'none'" in policy
            assert "frame-ancestors 'none'" in policy
            assert "script" not in said.text
            assert said.headers["cache-control"] == "no-store"
            assert "no-referrer" not in said.headers["referrer-policy"]  # else Origin is null


EVIL = ["https://evil.example", "//evil.example", "/\\evil.example", "/\t/evil.example",
        "javascript:alert(1)"]  # fmt: skip


@pytest.mark.parametrize("page", EVIL)
def test_nobody_is_sent_elsewhere_after_signing_in(page: str, url: str) -> None:
    with a_browser(url) as browser:
        back = there_and_back(browser, next=page)
        assert back.headers["location"] == "/live/account"
        given = {"user": "bob", "password": PASSWORD, "next": page}
        done = browser.post("/live/sign-in/form", data=given, headers={"origin": url})
        assert done.headers["location"] == "/live/account"
        assert "evil" not in browser.get("/live/sign-in", params={"next": page}).text


def test_the_test_above_sees_an_open_redirect(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(front_door, "page_of_here", lambda text, otherwise: text or otherwise)
    with a_browser(url) as browser:
        assert "evil" in there_and_back(browser, next=EVIL[0]).headers["location"]


def test_what_another_browser_began_is_not_ended_here(url: str) -> None:
    with a_browser(url) as victim, a_browser(url) as attacker:
        gone = attacker.get("/live/oidc/corp/start", headers=HERE)
        back = go_through(gone.headers["location"], "sub-eve")
        refused = arrive(victim, back)
        assert refused.status_code == 403
        assert "another browser" in refused.text
        assert victim.get("/live/pages").status_code == 401
        assert arrive(attacker, back).status_code == 303
        again = arrive(attacker, back)  # the cookie is gone with the first
        assert again.status_code == 403


def test_a_page_of_another_site_begins_nothing(url: str) -> None:
    with a_browser(url) as browser:
        there = {"sec-fetch-site": "cross-site"}
        shown = browser.get("/live/oidc/corp/start", headers=there)
        assert shown.status_code == 200
        assert "set-cookie" not in shown.headers
        there_and_back(browser)
        for origin in ("http://evil.example", "null", "http://["):
            for path in ("sign-out/form", "oidc/corp/link", "sign-in/form"):
                said = browser.post(f"/live/{path}", headers={"origin": origin})
                assert said.status_code == 403, path
            assert browser.post("/live/sign-out/form").status_code == 403
        assert browser.get("/live/pages").status_code == 200


def test_a_host_that_is_not_ours_is_sent_nowhere(url: str) -> None:
    """The address that the provider sends back to is made of the host that the browser says."""
    with a_browser(url) as browser:
        said = browser.get("/live/oidc/corp/start", headers={**HERE, "host": "evil.example"})
        assert said.status_code == 400


def test_who_is_signed_in_links_himself(url: str, door: Door) -> None:
    door.set(enter="linked")
    Grants().give("bob", "reader", space="/a")
    with a_browser(url) as browser:
        given = {"user": "bob", "password": PASSWORD}
        browser.post("/live/sign-in/form", data=given, headers={"origin": url})
        page = browser.get("/live/account").text
        assert "<code>/a</code>" in page
        action = re.search(r'action="(/live/oidc/corp/link)"', page)
        assert action is not None
        gone = browser.post(action[1], headers={"origin": url})
        onward = re.search(r'href="([^"]+)">Go on', gone.text)
        assert onward is not None
        back = arrive(browser, go_through(onward[1].replace("&amp;", "&"), "sub-bob"))
        assert back.headers["location"] == "/live/account"
        assert "You can sign in with Corp" in browser.get("/live/account").text
    with a_browser(url) as other:
        there_and_back(other, "sub-bob")
        assert "Signed in as bob" in other.get("/live/account").text
        refused = there_and_back(other, "sub-eve")
        assert refused.status_code == 403
        assert "nobody here" in refused.text


def test_a_provider_that_is_away_leaves_the_password(url: str, provider: RealProvider) -> None:
    _issuers.clear()
    provider.line.down = True
    with a_browser(url) as browser:
        said = browser.get("/live/oidc/corp/start", headers=HERE)
        assert said.status_code == 503
        assert "does not answer" in said.text and "Errno" not in said.text
        assert "To the sign-in page" in said.text
        given = {"user": "bob", "password": PASSWORD}
        done = browser.post("/live/sign-in/form", data=given, headers={"origin": url})
        assert done.status_code == 303


def test_a_door_with_tls_before_it_says_so(door: Door) -> None:
    place = Place("/lab", "/lab/tree", secure=True)
    front = FrontDoor(place, oidc=OidcSignIn(door.oidc.database))
    gone = front.answer(Asked("GET", "oidc/corp/start", "lab.example", "192.0.2.1"))
    assert "redirect_uri=https%3A%2F%2Flab.example%2Flab%2Foidc%2Fcorp" in (gone.location or "")
    assert urlsplit(urljoin("https://x/", gone.location or "")).netloc
    for rest in ("", "oidc", "oidc/corp", "oidc/corp/nothing", "a/b/c", "oidc/a/b/start"):
        asked = Asked("GET", rest, "lab.example", "192.0.2.1")
        assert front.answer(asked).status == 404
        assert front.answer(replace(asked, method="DELETE")).status == 404


@contextmanager
def many_on_their_way(url: str, provider: RealProvider) -> Iterator[list[int]]:
    """Forty who press the button while the provider says nothing; what they are answered."""
    _issuers.clear()
    provider.line.slow.clear()
    answered: list[int] = []

    def press() -> None:
        with httpx2.Client(timeout=60, trust_env=False) as browser:
            answered.append(browser.get(f"{url}/live/oidc/corp/start", headers=HERE).status_code)

    threads = [threading.Thread(target=press) for _ in range(40)]
    for thread in threads:
        thread.start()
    try:
        wait_for(lambda: len(answered) >= 40 - waiting.MOST_WAITING)
        yield answered
    finally:
        provider.line.slow.set()
        for thread in threads:
            thread.join()


def wait_for(condition: Callable[[], bool]) -> None:
    for _ in range(1000):
        if condition():
            return
        time.sleep(0.02)
    raise AssertionError("it never came")


def sign_in_by_password(url: str, timeout_s: float) -> int:
    given = {"user": "bob", "password": PASSWORD}
    with httpx2.Client(timeout=timeout_s, trust_env=False) as browser:
        to = f"{url}/live/sign-in/form"
        return browser.post(to, data=given, headers={"origin": url}).status_code


def test_a_slow_provider_does_not_keep_passwords_waiting(
    url: str, provider: RealProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "DEADLINE_S", 60.0)
    monkeypatch.setattr(fetching, "_STEP_S", 60.0)
    with many_on_their_way(url, provider) as answered:
        assert answered == [503] * 8  # who would be the 33rd is told to wait
        assert sign_in_by_password(url, 20.0) == 303
    assert sorted(answered) == [303] * 32 + [503] * 8
    assert provider.line.asked["/.well-known/openid-configuration"] == 1


def test_a_slow_provider_keeps_nobody_from_signing_out(
    url: str, door: Door, provider: RealProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "DEADLINE_S", 60.0)
    monkeypatch.setattr(fetching, "_STEP_S", 60.0)
    monkeypatch.setattr(starlette_routes, "LINK_WAIT_S", 0.2)
    sessions = door.oidc.passwords.sessions
    with a_browser(url) as came, a_browser(url) as typed:
        assert there_and_back(came).status_code == 303
        given = {"user": "bob", "password": PASSWORD}
        typed.post("/live/sign-in/form", data=given, headers={"origin": url})
        with many_on_their_way(url, provider):
            for browser in (came, typed):
                text = browser.cookies["workbench_session"]
                assert sessions.verify(text, kind="session")
                out = browser.post("/live/sign-out/form", headers={"origin": url}, timeout=20.0)
                assert out.status_code == 200 and "This browser is signed out" in out.text
                with pytest.raises(AccessError):
                    sessions.verify(text, kind="session")


def test_the_tests_above_see_threads_that_are_shared(
    url: str, provider: RealProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "DEADLINE_S", 60.0)
    monkeypatch.setattr(fetching, "_STEP_S", 60.0)
    taken: list[int] = []

    async def shared(self: object, call: Callable[[], Answer]) -> Answer:
        taken.append(1)
        return await asyncio.to_thread(call)

    monkeypatch.setattr(waiting.Waiters, "run", shared)
    monkeypatch.setattr(waiting, "MOST_WAITING", 40)
    with many_on_their_way(url, provider):
        wait_for(lambda: len(taken) == 40)
        with pytest.raises(httpx2.ReadTimeout):
            sign_in_by_password(url, 2.0)


def test_who_waits_for_a_provider_that_is_away_is_told_what_the_first_was(
    url: str, provider: RealProvider
) -> None:
    _issuers.clear()
    provider.line.down = True
    with a_browser(url) as browser:
        for _ in range(5):
            assert browser.get("/live/oidc/corp/start", headers=HERE).status_code == 503
    assert provider.line.asked["/.well-known/openid-configuration"] == 1
