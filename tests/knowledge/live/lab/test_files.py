"""Files and live pages are followed: outside, under another name, and what is agreed on."""

from __future__ import annotations

import time
from datetime import datetime

from workbench.identity.grants import Grants
from workbench.knowledge.live.messages import UPDATE
from workbench.knowledge.shared.landing import merge_proposal
from workbench.knowledge.shared.proposing import open_proposal
from workbench.knowledge.shared.shelf import SqliteShelf, place_of
from workbench.knowledge.shared.space import Space

from ..raw import RawClient, raw
from .conftest import PLAN, Lab, wait_for
from .test_attack import ROOM, ask, fresh, room_of, saving


def says(client: RawClient, text: str) -> bool:
    """Whether a client has heard a text by now."""
    from workbench.knowledge.live.messages import STEP1, SYNC, Cursor

    for data in client.heard(timeout_s=0.1):
        cursor = Cursor(data)
        if cursor.integer() == SYNC and cursor.integer() != STEP1:
            client.doc.apply_update(cursor.block())
    return text in str(client.source)


def test_a_file_that_is_changed_outside_is_followed(lab: Lab) -> None:
    fresh(lab)
    with raw(lab.url, room_of(lab, PLAN), token=lab.shows["ada"], path=ROOM) as client:
        client.join()
        (lab.files / "plan.md").write_text("what was here\nand a line of git\n")
        wait_for(lambda: says(client, "a line of git"), log=lab.log)
        client.write("typed ")
        wait_for(lambda: "typed what" in (lab.files / "plan.md").read_text(), log=lab.log)
        status = ask(lab, "cora", "PUT", f"api/contents/{PLAN}", saving("saved by cora\n"))[0]
        assert status == 200
        wait_for(lambda: says(client, "saved by cora"), log=lab.log)


def test_what_is_typed_by_who_leaves_at_once_is_in_the_file(lab: Lab) -> None:
    fresh(lab)
    for n in range(4):
        with raw(lab.url, room_of(lab, PLAN), token=lab.shows["ada"], path=ROOM) as client:
            client.join()
            wait_for(lambda: says(client, "what was here"), log=lab.log)
            client.write(f"last words {n} ")
        wait_for(lambda n=n: f"words {n}" in (lab.files / "plan.md").read_text(), log=lab.log)


def test_a_renamed_file_goes_on_for_who_has_it_open_and_a_deleted_one_ends(lab: Lab) -> None:
    fresh(lab)
    with raw(lab.url, room_of(lab, PLAN), token=lab.shows["ada"], path=ROOM) as client:
        client.join()
        client.write("before ", step=UPDATE)
        moved = {"path": "notebooks/moved.md"}
        assert ask(lab, "cora", "PATCH", f"api/contents/{PLAN}", moved)[0] == 200
        assert "before" in (lab.files / "moved.md").read_text()
        room_of(lab, "notebooks/moved.md")
        client.write("after ")
        wait_for(lambda: "after" in (lab.files / "moved.md").read_text(), log=lab.log)
        assert not (lab.files / "plan.md").exists()
        assert ask(lab, "cora", "DELETE", "api/contents/notebooks/moved.md")[0] == 204
        assert client.closed() == 4404
    assert not (lab.files / "moved.md").exists()


def test_a_page_is_begun_written_proposed_and_follows_what_is_merged(lab: Lab) -> None:
    shelf = SqliteShelf(place_of("leads", lab.home))
    space = Space("leads", shelf=shelf, grants=Grants(lab.database))
    space.begin()
    path = "knowledge/leads/plan.md"
    assert ask(lab, "rita", "PUT", f"api/contents/{path}", saving("x"))[0] == 403
    sent = {"path": path, "title": "a plan"}
    status, told = ask(lab, "paul", "POST", "workbench/live/propose", sent)
    assert (status, "nothing was written" in told["message"]) == (400, True)
    assert ask(lab, "paul", "POST", "workbench/live/propose", [path])[0] == 400
    asked = {"type": ["file"], "format": "text"}
    assert ask(lab, "paul", "PUT", f"api/collaboration/session/{path}", asked)[0] == 400
    assert ask(lab, "paul", "PUT", f"api/contents/{path}", saving("one\ntwo\nthree\n"))[0] == 201
    assert ask(lab, "rita", "POST", "workbench/live/propose", sent)[0] == 403
    assert ask(lab, "paul", "POST", "workbench/live/propose", {**sent, "title": ""})[0] == 400
    status, told = ask(lab, "paul", "POST", "workbench/live/propose", sent)
    for folder in ("", "knowledge", "knowledge/leads"):
        for each in ask(lab, "paul", "GET", f"api/contents/{folder}")[1]["content"]:
            assert time.time() - datetime.fromisoformat(each["last_modified"]).timestamp() < 3600
    assert (status, told) == (200, {"number": 1, "name": "leads"})
    merge_proposal(space, 1)
    with raw(lab.url, room_of(lab, path), token=lab.shows["paul"], path=ROOM) as client:
        client.join()
        client.write("typed ")
        contents = space.contents().with_page("plan.md", "one\ntwo\nthree agreed\n")
        merge_proposal(space, open_proposal(space, contents, title="theirs").number)
        wait_for(lambda: says(client, "three agreed"), log=lab.log)
        assert str(client.source) == "typed one\ntwo\nthree agreed\n"
    shelf.close()
