"""Every role x path x verb, over HTTP and over the WebSocket, and everything that can be shown.

The oracle is typed out here and shares nothing with the package: what a role may, and which role
holds on which page.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from urllib.parse import quote

import pytest
from websockets.exceptions import InvalidStatus

from workbench.identity.grants import Grants
from workbench.identity.keys import Keys
from workbench.identity.sessions import Sessions
from workbench.identity.users import Users
from workbench.knowledge.live import rights as rights_module
from workbench.knowledge.live.messages import REFUSED, STEP1, STEP2, SYNC, UPDATE, sync_message
from workbench.knowledge.live.rights import Authority
from workbench.knowledge.live.server import LiveServer

from .conftest import People, ask
from .raw import presences, raw

MAY = {
    None: "", "none": "", "reader": "read", "contributor": "read edit", "reviewer": "read edit",
    "curator": "read edit", "admin": "read edit",
}  # fmt: skip
# A page, and whose role holds there: the one that is varied, none, or another that is fixed.
PAGES = {
    "/a/page": "varied",
    "/a/b/page": "varied",
    "/a/shut/page": "none",
    "/a/open/page": "contributor",
    "/ab/page": "nobody's",
    "/page": "nobody's",
}
READS = ("get", "history", "people", "listed", "join", "sync", "seen")
WRITES = ("put", "update", "step2")


def allowed(role: str | None, page: str) -> set[str]:
    held = {"varied": role, "none": "none", "contributor": "contributor", "nobody's": None}
    words = MAY[held[PAGES[page]]].split()
    return {*(READS if "read" in words else ()), *(WRITES if "edit" in words else ())}


def done(url: str, page: str, token: str, admin: str, mark: str) -> set[str]:
    """Try everything on a page; returns what was done, judged by what is there afterwards."""
    found = set()
    for verb, path in (("get", "page"), ("history", "history"), ("people", "people")):
        if ask(f"{url}/live/{path}{page}", token=token)[0] == 200:
            found.add(verb)
    listed = ask(f"{url}/live/pages", token=token)[1].get("pages", [])
    if page in [each["space"] for each in listed]:
        found.add("listed")
    before = ask(f"{url}/live/page{page}", token=admin)[1]["text"]
    put = {"text": before + f"<put {mark}>"}
    ask(f"{url}/live/page{page}", token=token, method="PUT", body=put)
    found |= through_a_socket(url, page, token, admin, mark)
    text = ask(f"{url}/live/page{page}", token=admin)[1]["text"]
    return found | {verb for verb in WRITES if f"<{verb} {mark}>" in text}


def through_a_socket(url: str, page: str, token: str, admin: str, mark: str) -> set[str]:
    found = set()
    try:
        with raw(url, page, token=token) as client, raw(url, page, token=admin) as other:
            found.add("join")
            client.send(sync_message(STEP1, b"\0"))
            heard = client.heard(until=SYNC, timeout_s=5)
            while heard and heard[-1][:2] == bytes((SYNC, STEP1)):
                heard = client.heard(until=SYNC, timeout_s=5)
            if heard and heard[-1][:2] == bytes((SYNC, STEP2)):
                found.add("sync")
            client.show({"mark": mark})
            client.write(f"<update {mark}>", step=UPDATE)
            client.write(f"<step2 {mark}>", step=STEP2)
            client.send(sync_message(STEP1, b"\0"))  # its answer comes after all of these
            while client.heard(until=SYNC, timeout_s=5)[-1][:2] != bytes((SYNC, STEP2)):
                pass
            seen = presences(other.heard(timeout_s=0.2)).values()
            if any(state and state["mark"] == mark for state in seen):
                found.add("seen")
    except InvalidStatus as error:
        assert error.response.status_code in (401, 403)
    return found


def differences(server: LiveServer, people: People) -> list[tuple[str | None, str, set[str]]]:
    """Where what was done is not what is allowed."""
    admin = people.add("ann", _="admin")
    for page in PAGES:
        ask(f"{server.url}/live/page{page}", token=admin, method="PUT", body={"text": "seed "})
    found = []
    for role in MAY:
        name = f"u-{role or 'without'}"
        token = people.add(name)
        if role is not None:
            Grants().give(name, role, space="/a")
        Grants().give(name, "none", space="/a/shut")
        Grants().give(name, "contributor", space="/a/open")
        for page in PAGES:
            was = done(server.url, page, token, admin, f"{role}")
            if was != allowed(role, page):
                found.append((role, page, was ^ allowed(role, page)))
    return found


@pytest.mark.slow
def test_every_role_on_every_path_for_every_verb(server: LiveServer, people: People) -> None:
    assert differences(server, people) == []


# What is shown: 401 for what opens nothing, and it opens nothing.


def ended(people: People) -> str:
    text = people.add("bob", a="curator")
    Sessions().end_all("bob")
    return text


def revoked(people: People) -> str:
    people.add("bob", a="curator")
    made = Sessions().add_token("bob", "stolen", scopes=["curator:/a"])
    Sessions().end("stolen", user="bob")
    return made.text


def expired(people: People) -> str:
    people.add("bob", a="curator")
    made = Sessions().add_token("bob", "short", scopes=["curator:/a"], expires_days=1e-9)
    time.sleep(0.01)
    return made.text


def of_a_disabled_user(people: People) -> str:
    text = people.add("bob", a="curator")
    Users().disable("bob")
    return text


def of_a_removed_user(people: People) -> str:
    text = people.add("bob", a="curator")
    Users().remove("bob")
    return text


def key_of_the_gateway(people: People) -> str:
    people.add("bob", a="curator")
    return Keys().create("k", user="bob").key


def made_up(people: People) -> str:
    return "wbs-" + "A" * 43


def device(people: People) -> str:
    return "wbd-" + "A" * 43


def nothing(people: People) -> None:
    return None


def long(people: People) -> str:
    return "wbt-" + "A" * 6000


SHOWN = [ended, revoked, expired, of_a_disabled_user, of_a_removed_user, key_of_the_gateway,
         made_up, device, nothing, long]  # fmt: skip


@pytest.mark.parametrize("shown", SHOWN)
def test_what_opens_nothing(
    shown: Callable[[People], str | None], server: LiveServer, people: People
) -> None:
    admin = people.add("ann", _="admin")
    page = f"{server.url}/live/page/a/page"
    ask(page, token=admin, method="PUT", body={"text": "seed"})
    text = shown(people)
    for path in ("page/a/page", "history/a/page", "people/a/page", "pages"):
        assert ask(f"{server.url}/live/{path}", token=text)[0] == 401
    assert ask(page, token=text, method="PUT", body={"text": "mine"})[0] == 401
    assert ask(f"{server.url}/live/sign-out", token=text, method="POST")[0] == (
        401 if text is None else 200
    )
    with pytest.raises(InvalidStatus) as told, raw(server.url, "/a/page", token=text):
        pass
    assert told.value.response.status_code == 401
    # In an address, where logs keep it, it is not even looked at.
    assert ask(f"{page}?token={text}")[0] == 401
    assert ask(page, token=admin)[1]["text"] == "seed"


@pytest.mark.parametrize(
    ("scopes", "may"),
    [
        (["read:/a"], "read"),
        (["edit:/a"], ""),  # who may write and not read would be sent what others write
        (["read:/a", "edit:/a"], "read edit"),
        (["contributor:/a"], "read edit"),
        (["contributor:/a/page"], "read edit"),
        (["read:/a/page", "edit:/a/b"], "read"),
        (["contributor:/a/b"], ""),
    ],
)
def test_a_token_writes_where_its_scopes_say(
    scopes: list[str], may: str, server: LiveServer, people: People
) -> None:
    admin = people.add("ann", _="admin")
    ask(f"{server.url}/live/page/a/page", token=admin, method="PUT", body={"text": "seed"})
    people.add("bob", a="curator")
    was = done(server.url, "/a/page", people.token("bob", *scopes), admin, "token")
    words = may.split()
    assert was == {*(READS if "read" in words else ()), *(WRITES if "edit" in words else ())}


def test_a_token_whose_scopes_are_overlooked_is_caught(
    server: LiveServer, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin = people.add("ann", _="admin")
    ask(f"{server.url}/live/page/a/page", token=admin, method="PUT", body={"text": "seed"})
    people.add("bob", a="curator")
    real = Grants.decide
    monkeypatch.setattr(
        rights_module.Grants,
        "decide",
        lambda self, who, verb, *, space: real(self, getattr(who, "user", who), verb, space=space),
    )
    was = done(server.url, "/a/page", people.token("bob", "read:/a"), admin, "token")
    assert was == {*READS, *WRITES}


def test_a_stolen_token_writes_no_more_through_the_door_that_it_opened(
    server: LiveServer, people: People
) -> None:
    admin = people.add("ann", _="admin")
    people.add("bob", a="curator")
    token = people.token("bob", "curator:/a")
    with raw(server.url, "/a/page", token=token) as client:
        client.join()
        client.write("while it was good ")
        client.heard(timeout_s=0.3)
        Sessions().end_all("bob")
        client.write("<stolen>")
        assert client.closed() == 4401
    assert ask(f"{server.url}/live/page/a/page", token=admin)[1]["text"] == "while it was good "


def test_a_token_that_runs_out_closes_its_door(server: LiveServer, people: People) -> None:
    people.add("bob", a="curator")
    made = Sessions().add_token("bob", "short", scopes=["curator:/a"], expires_days=2 / 86400)
    with raw(server.url, "/a/page", token=made.text) as client:
        client.join()
        assert client.closed() == 4401


def test_a_session_that_only_stays_open_lies_idle(
    server: LiveServer, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a browser that was left open would keep its session for as long as it may last."""
    from workbench.knowledge.live import desk

    monkeypatch.setattr(desk, "LOOKED_AGAIN_S", 0.1)
    monkeypatch.setattr(rights_module, "LOOKED_AGAIN_S", 0.1)
    people.add("bob", a="curator")
    text = Sessions().start("bob", idle_s=2.0).text
    with raw(server.url, "/a/page", token=text) as client:
        client.join()
        assert client.closed() == 4401


def test_a_role_that_is_given_opens_the_door_that_is_there(
    server: LiveServer, people: People
) -> None:
    admin, rob = people.add("ann", _="admin"), people.add("rob", a="reader")
    with raw(server.url, "/a/page", token=rob) as client:
        client.join()
        client.write("not yet")
        assert client.heard(until=REFUSED)[-1][0] == REFUSED
        Grants().give("rob", "contributor", space="/a")
        assert client.heard(until=SYNC, timeout_s=10)[-1][:2] == bytes((SYNC, STEP1))
        client.send(sync_message(STEP2, client.doc.get_update()))
        client.heard(timeout_s=0.3)
    assert ask(f"{server.url}/live/page/a/page", token=admin)[1]["text"] == "not yet"


# One page has one name.

NAMES = ["/a/../a/page", "/a//page", "/a/./page", "/a/%2e%2e/a/page", "/a\\page", "/a/page%00",
         "/a/%252e%252e/page", "/a/ page", "", "/a/page\n"]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_could_be_another_is_refused(
    name: str, server: LiveServer, people: People
) -> None:
    admin = people.add("ann", _="admin")
    written = quote(name, safe="/%")
    status, said = ask(f"{server.url}/live/page{written}", token=admin)
    assert status in (400, 404), said
    assert ask(f"{server.url}/live/page{written}", token=admin, method="PUT", body={"text": "x"})[
        0
    ] in (400, 404, 405)
    pages = ask(f"{server.url}/live/pages", token=admin)[1]["pages"]
    assert [each["space"] for each in pages if each["space"] != "/"] == []


def test_a_page_that_is_not_there_is_not_told_from_one_that_may_not_be_read(
    server: LiveServer, people: People
) -> None:
    admin, bob = people.add("ann", _="admin"), people.add("bob", a="reader")
    ask(f"{server.url}/live/page/b/page", token=admin, method="PUT", body={"text": "secret"})
    there = ask(f"{server.url}/live/page/b/page", token=bob)
    not_there = ask(f"{server.url}/live/page/b/pagx", token=bob)
    assert (there[0], not_there[0]) == (403, 403)
    assert ask(f"{server.url}/live/page/a/page", token=bob)[0] == 404


def test_rights_are_read_in_the_transaction_that_writes(
    server: LiveServer, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    depths = []
    real = Authority.changes

    def changes(self: Authority) -> int:
        depths.append(self.database._link().depth)
        return real(self)

    monkeypatch.setattr(Authority, "changes", changes)
    token = people.add("bob", a="curator")
    with raw(server.url, "/a/page", token=token) as client:
        client.join()
        depths.clear()
        client.write("x")
        client.heard(timeout_s=0.3)
    assert 1 in depths
