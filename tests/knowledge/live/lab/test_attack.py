"""Every role, path and way in of JupyterLab's server: what is forbidden changes nothing.

Who may what stands in ``conftest`` by hand. What is allowed must succeed, or a server that refuses
all would pass.
"""

from __future__ import annotations

import contextlib
import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from workbench.identity.grants import Grants
from workbench.identity.sessions import Sessions
from workbench.identity.users import Users
from workbench.knowledge.live.messages import STEP2, UPDATE

from ..raw import presences, raw
from .conftest import BOOK, GRANTS, NOTE, PLAN, READS, WRITES, Lab, wait_for, write_files

ROOM = "/api/collaboration/room"


def ask(
    lab: Lab, who: str | None, method: str, path: str, body: Any = None, **headers: str
) -> tuple[int, Any]:
    """The status of an answer, and its JSON or bytes."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{lab.url}/{path}", data, method=method)
    if who is not None:
        request.add_header("Authorization", f"Bearer {lab.shows.get(who, who)}")
    for name, value in headers.items():
        request.add_header(name.replace("_", "-"), value)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            text = answer.read()
            status = answer.status
    except urllib.error.HTTPError as error:
        with error:
            text, status = error.read(), error.code
    return status, json.loads(text) if text[:1] in (b"{", b"[") else text


def saving(text: str) -> dict[str, str]:
    return {"type": "file", "format": "text", "content": text}


def put(lab: Lab, who: str, path: str) -> int:
    if path.endswith(".ipynb"):
        content = json.loads((lab.files / path.removeprefix("notebooks/")).read_text())
        content["cells"][0]["source"] = f"by {who}"
        model: dict[str, Any] = {"type": "notebook", "format": "json", "content": content}
    else:
        model = saving(f"by {who}")
    return ask(lab, who, "PUT", f"api/contents/{path}", model)[0]


def rename(lab: Lab, who: str, path: str) -> int:
    folder, _, name = path.rpartition("/")
    return ask(lab, who, "PATCH", f"api/contents/{path}", {"path": f"{folder}/new {name}"})[0]


def delete(lab: Lab, who: str, path: str) -> int:
    return ask(lab, who, "DELETE", f"api/contents/{path}")[0]


def upload(lab: Lab, who: str, path: str) -> int:
    """A new file beside it."""
    beside = path.rpartition("/")[0] + f"/of {who}.md"
    return ask(lab, who, "PUT", f"api/contents/{urllib.parse.quote(beside)}", saving("new"))[0]


def begin(lab: Lab, who: str, path: str) -> int:
    """A new file in its folder, named by the server."""
    folder = path.rpartition("/")[0]
    return ask(lab, who, "POST", f"api/contents/{folder}", {"type": "file", "ext": ".md"})[0]


def copy(lab: Lab, who: str, path: str) -> int:
    folder = path.rpartition("/")[0]
    return ask(lab, who, "POST", f"api/contents/{folder}", {"copy_from": path})[0]


def checkpoint(lab: Lab, who: str, path: str) -> int:
    return ask(lab, who, "POST", f"api/contents/{path}/checkpoints", {})[0]


def restore(lab: Lab, who: str, path: str) -> int:
    ask(lab, "ada", "POST", f"api/contents/{path}/checkpoints", {})
    put(lab, "ada", path)
    return ask(lab, who, "POST", f"api/contents/{path}/checkpoints/checkpoint", {})[0]


CHANGES = [put, rename, delete, upload, begin, copy, checkpoint, restore]
# A file's own grants are asked for a file in it, and the folder's for what is begun in it; here
# both are the same, but for who writes in the folder of the note alone.
PATHS = [PLAN, NOTE, BOOK]


def fresh(lab: Lab) -> None:
    for path in sorted(lab.files.rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()
    write_files(lab.files)


def room_of(lab: Lab, path: str) -> str:
    """By which name a file's document is joined, as who may all is told."""
    kind, form = ("notebook", "json") if path.endswith(".ipynb") else ("file", "text")
    where = urllib.parse.quote(path, safe="")
    body = {"type": kind, "format": form}
    status, told = ask(lab, "ada", "PUT", f"api/collaboration/session/{where}", body)
    assert status in (200, 201), told
    return f"/{form}:{kind}:{told['fileId']}?sessionId={told['sessionId']}"


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("change", CHANGES)
def test_what_is_forbidden_over_http_changes_nothing(
    change: Callable[[Lab, str, str], int], path: str, lab: Lab
) -> None:
    accepted, refused = [], []
    for who in GRANTS:
        fresh(lab)
        if change is restore:
            restore(lab, "ada", path)
        before = lab.state()
        status = change(lab, who, path)
        if who in WRITES[path]:
            if not 200 <= status < 300:
                refused.append((who, status))
        elif status not in (403, 404) or (change is not restore and lab.state() != before):
            accepted.append((who, status))
    assert (accepted, refused) == ([], [])


@pytest.mark.parametrize("path", PATHS)
def test_what_one_may_not_read_is_not_shown(path: str, lab: Lab) -> None:
    fresh(lab)
    session = "api/collaboration/session/" + urllib.parse.quote(path, safe="")
    kind = ("notebook", "json") if path.endswith(".ipynb") else ("file", "text")
    body = {"type": kind[0], "format": kind[1]}
    wrong = []
    for who in GRANTS:
        for method, address, sent in (
            ("GET", f"api/contents/{path}", None),
            ("GET", f"api/contents/{path}?content=0", None),
            ("GET", f"files/{path}", None),
            ("GET", f"api/contents/{path}/checkpoints", None),
            ("PUT", session, body),
        ):
            status, told = ask(lab, who, method, address, sent)
            if (status == 200) != (who in READS[path]):
                wrong.append((who, address, status))
            if who not in READS[path] and "what was here" in str(told):
                wrong.append((who, address, told))
    assert wrong == []


def test_lists_leave_out_what_one_may_not_read(lab: Lab) -> None:
    fresh(lab)

    def listed(who: str, path: str) -> set[str] | None:
        status, told = ask(lab, who, "GET", f"api/contents/{path}")
        return {each["name"] for each in told["content"]} if status == 200 else None

    assert listed("ada", "") == {"notebooks", "knowledge"}
    assert listed("rita", "") == {"notebooks"} == listed("carl", "")
    assert listed("paul", "") == {"knowledge"}
    assert listed("zed", "") is None
    assert listed("carl", "notebooks") == {"team"}
    assert listed("nora", "notebooks") == {"plan.md"}
    assert listed("nora", "notebooks/team") is None
    assert listed("rita", "notebooks/team") == {"note.md", "book.ipynb"}


NORAS = [
    ("PATCH", f"api/contents/{PLAN}", {"path": "notebooks/team/moved.md"}),
    ("PATCH", "api/contents/notebooks/team", {"path": "notebooks/mine"}),
    ("DELETE", "api/contents/notebooks/team", None),
    ("DELETE", "api/contents/notebooks", None),
    ("POST", "api/contents/notebooks", {"copy_from": NOTE}),
    ("POST", "api/contents/notebooks", {"copy_from": "/notebooks//team/note.md"}),
    ("POST", "api/contents/notebooks", {"copy_from": "notebooks/../notebooks/team/note.md"}),
    ("POST", "api/contents/notebooks", {"copy_from": "notebooks/team"}),
    ("PUT", f"api/contents/{PLAN}", {"path": NOTE, **saving("x")}),
    ("PUT", "api/contents/notebooks/%2e%2e/notebooks/team/note.md", saving("x")),
    ("PUT", "api/contents/notebooks/team%2Fnote.md", saving("x")),
    ("PUT", "api/contents/notebooks%2Fteam/note.md", saving("x")),
    ("PUT", "api/contents//notebooks/team/note.md", saving("x")),
    ("GET", "files/notebooks/./team/note.md", None),
    ("GET", "files/notebooks/x/..%2Fteam/note.md", None),
    ("GET", "files/notebooks/team%2Fnote.md", None),
    ("GET", "view/notebooks/team/note.md", None),
    ("GET", "nbconvert/html/notebooks/team/book.ipynb", None),
    ("GET", "api/contents/notebooks/team/.ipynb_checkpoints", None),
]


@pytest.mark.parametrize(("method", "address", "body"), NORAS)
def test_no_other_name_of_a_path_leads_around(
    method: str, address: str, body: Any, lab: Lab
) -> None:
    """Nora writes all about the team's folder, and is shut out of it."""
    fresh(lab)
    before = lab.state()
    status, told = ask(lab, "nora", method, address, body)
    assert status in (400, 403, 404, 405), (status, told)
    assert "what was here" not in str(told)
    assert lab.state() == before


def test_a_folder_with_grants_in_it_is_moved_by_who_administers_it(lab: Lab) -> None:
    """Nora could read it then: her grant would stay behind, where the folder was."""
    fresh(lab)
    move = {"path": "notebooks/other"}
    assert ask(lab, "cora", "PATCH", "api/contents/notebooks/team", move)[0] == 403
    assert ask(lab, "ada", "PATCH", "api/contents/notebooks/team", move)[0] == 200


RUNNING = [
    ("POST", "api/kernels", {"name": "python3"}),
    ("POST", "api/sessions", {"path": "x", "name": "x", "type": "console", "kernel": {}}),
    ("POST", "api/terminals", {}),
    ("GET", "api/kernels/00000000-0000-0000-0000-000000000000", None),
    ("GET", "terminals/websocket/1", None),
    ("POST", "nbconvert/html", {}),
    ("POST", "api/shutdown", {}),
    ("GET", "metrics", None),
    ("GET", "lab/api/extensions", None),
    ("POST", "lab/api/plugins", {"cmd": "disable", "plugin_name": "x"}),
    ("POST", "lab/api/build", {}),
    ("PUT", "api/config/notebook", {"x": 1}),
    ("PATCH", "api/me", {"color": "red"}),
    ("POST", "api/events", {}),
    ("POST", f"api/contents/{BOOK}/trust", {}),
]


@pytest.mark.parametrize(("method", "address", "body"), RUNNING)
def test_nobody_else_runs_code_or_changes_the_server(
    method: str, address: str, body: Any, lab: Lab
) -> None:
    for who in GRANTS.keys() - {"ada"}:
        assert ask(lab, who, method, address, body)[0] in (403, 404, 405), who


def test_who_administers_everything_runs_code_and_others_find_nothing_running(lab: Lab) -> None:
    status, made = ask(lab, "ada", "POST", "api/kernels", {"name": "python3"})
    assert status == 201, lab.log.read_text()[-6000:]
    assert [each["id"] for each in ask(lab, "ada", "GET", "api/kernels")[1]] == [made["id"]]
    assert ask(lab, "carl", "GET", "api/kernels") == (200, [])
    assert ask(lab, "carl", "DELETE", f"api/kernels/{made['id']}")[0] == 403
    not_joined(lab, "/channels", "carl", path=f"/api/kernels/{made['id']}")
    assert ask(lab, "ada", "DELETE", f"api/kernels/{made['id']}")[0] == 204


def not_joined(lab: Lab, room: str, who: str = "", **about: Any) -> None:
    """A socket that is refused."""
    with (
        pytest.raises(InvalidStatus),
        raw(lab.url, room, **{"token": lab.shows.get(who), "path": ROOM, **about}),
    ):
        pass


def attack(lab: Lab, who: str, path: str, room: str) -> list[str]:
    """Write into a document in each way that there is; returns what was written."""
    tried = []
    for step, name in ((UPDATE, "update"), (STEP2, "step2")):
        with (
            contextlib.suppress(InvalidStatus, ConnectionClosed),
            raw(lab.url, room, token=lab.shows[who], path=ROOM, acknowledges=False) as client,
        ):
            client.show({"user": {"name": "ada", "role": "admin"}})
            client.join()
            client.write(f"<{name} of {who}>", step=step)
            client.heard(timeout_s=0.3)
        tried.append(f"<{name} of {who}>")
    return tried


@pytest.mark.parametrize("path", [PLAN, NOTE])
def test_what_is_forbidden_over_a_socket_is_not_written(path: str, lab: Lab) -> None:
    fresh(lab)
    room = room_of(lab, path)
    tried = {who: attack(lab, who, path, room) for who in GRANTS}
    allowed = [text for who in WRITES[path] for text in tried[who]]
    name = path.removeprefix("notebooks/")

    def text() -> str:
        return (lab.files / name).read_text()

    wait_for(lambda: all(each in text() for each in allowed), log=lab.log)
    forbidden = [each for who in GRANTS.keys() - WRITES[path] for each in tried[who]]
    assert [each for each in forbidden if each in text()] == []


def test_who_may_not_read_cannot_join(lab: Lab) -> None:
    fresh(lab)
    room = room_of(lab, NOTE)
    for who in GRANTS.keys() - READS[NOTE]:
        not_joined(lab, room, who)
    for name in ("/text:file:999", "/text:file:x", "/text:file", "/JupyterLab:other"):
        not_joined(lab, name, "ada")


def test_nobody_is_shown_as_somebody_else(lab: Lab) -> None:
    fresh(lab)
    forged = {"user": {"name": "ada", "username": "ada", "display_name": "ada"}}
    for room in (room_of(lab, PLAN), "/JupyterLab:globalAwareness"):
        with (
            raw(lab.url, room, token=lab.shows["ada"], path=ROOM) as ada,
            raw(lab.url, room, token=lab.shows["rita"], path=ROOM) as rita,
        ):
            rita.show(forged)
            seen = presences(ada.heard(timeout_s=0.5))
            shown = [each["user"] for each in seen.values() if each]
            assert shown, room
            assert {name for user in shown for name in user.values()} == {"rita"}


def test_who_is_here_is_told_without_the_paths_of_what_he_has_open(lab: Lab) -> None:
    room = "/JupyterLab:globalAwareness"
    with (
        raw(lab.url, room, token=lab.shows["ada"], path=ROOM) as ada,
        raw(lab.url, room, token=lab.shows["nora"], path=ROOM) as nora,
    ):
        ada.show({"user": {"name": "ada"}, "current": f"notebook:RTC:{BOOK}", "documents": [BOOK]})
        assert "team" not in str(presences(nora.heard(timeout_s=0.5)))
    with pytest.raises(InvalidStatus), raw(lab.url, room, token=lab.shows["zed"], path=ROOM):
        pass


# What is shown to be let in.


def test_what_is_stale_stolen_or_made_up_lets_nobody_in(lab: Lab) -> None:
    fresh(lab)
    Users(lab.database).add("otto")
    Grants(lab.database).give("otto", "contributor", space="/notebooks")
    ended, gone = (
        Sessions(lab.database).start("otto").text,
        Sessions(lab.database).start("otto").text,
    )
    Sessions(lab.database).end_shown(ended, because="signed out")
    assert ask(lab, gone, "GET", f"api/contents/{PLAN}")[0] == 200
    Users(lab.database).disable("otto")
    for text in (ended, gone, gone[:-1] + "x", "wbs-", "wbt-" + gone[4:], "token", ""):
        assert ask(lab, text, "GET", f"api/contents/{PLAN}")[0] == 403, text
        assert ask(lab, text, "PUT", f"api/contents/{PLAN}", saving("x"))[0] == 403
    assert ask(lab, None, "GET", f"api/contents/{PLAN}?token={lab.shows['ada']}")[0] == 403


def test_a_token_does_what_it_was_made_for(lab: Lab) -> None:
    fresh(lab)
    token = Sessions(lab.database).add_token("nora", "reads", scopes=["read:/notebooks"]).text
    assert ask(lab, token, "GET", f"api/contents/{PLAN}")[0] == 200
    assert ask(lab, token, "PUT", f"api/contents/{PLAN}", saving("x"))[0] == 403
    room = room_of(lab, PLAN)
    with raw(lab.url, room, token=token, path=ROOM) as client:
        client.join()
        client.write("<by a token to read>")
        client.heard(timeout_s=0.8)
    assert "<by" not in (lab.files / "plan.md").read_text()


def test_a_page_of_another_server_does_nothing_with_a_session(lab: Lab) -> None:
    fresh(lab)
    cookie = f"workbench_lab_session={lab.shows['ada']}"
    other = "https://elsewhere.example"
    assert ask(lab, None, "GET", f"api/contents/{PLAN}", Cookie=cookie)[0] == 200
    sent = ask(lab, None, "PUT", f"api/contents/{PLAN}", saving("x"), Cookie=cookie, Origin=other)
    assert sent[0] in (403, 404)
    assert "what was here" in (lab.files / "plan.md").read_text()
    room = room_of(lab, PLAN)
    for headers in ([("Origin", other)], []):
        not_joined(lab, room, headers=[("Cookie", cookie), *headers])
    assert ask(lab, None, "GET", f"api/contents/{PLAN}", Host="elsewhere.example:80")[0] == 403
    with raw(lab.url, room, path=ROOM, headers=[("Cookie", cookie), ("Origin", lab.url)]) as client:
        client.join()


@pytest.mark.parametrize("how", ["role", "session", "user"])
def test_a_door_that_stays_open_takes_nothing_once_the_right_is_gone(how: str, lab: Lab) -> None:
    fresh(lab)
    name = f"door{how}"
    Users(lab.database).add(name)
    Grants(lab.database).give(name, "contributor", space="/notebooks")
    session = Sessions(lab.database).start(name).text
    room = room_of(lab, PLAN)
    with raw(lab.url, room, token=session, path=ROOM) as client:
        client.join()
        client.write("<before>")
        wait_for(lambda: "<before>" in (lab.files / "plan.md").read_text(), log=lab.log)
        if how == "role":
            Grants(lab.database).give(name, "reader", space="/notebooks")
        elif how == "session":
            Sessions(lab.database).end_shown(session, because="signed out")
        else:
            Users(lab.database).disable(name)
        try:
            client.write("<after>")
            client.heard(timeout_s=1.0)
        except ConnectionClosed:
            assert how != "role"
    assert "<after>" not in (lab.files / "plan.md").read_text()
    assert ask(lab, session, "PUT", f"api/contents/{PLAN}", saving("x"))[0] == 403
