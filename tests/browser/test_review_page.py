"""The review page in Chromium: two people, each signed in as himself, from a proposal through
comment and conflict to a merge and back; once by mouse, once by keyboard alone."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest

from tests.knowledge.review.reviewed_space import NAME, changed, make_space, password_of, propose
from workbench.core import settings
from workbench.knowledge.shared.landing import merge_proposal
from workbench.knowledge.shared.proposals import Proposal, find_proposal
from workbench.knowledge.shared.proposing import revise_proposal
from workbench.knowledge.shared.space import Space
from workbench.store.database import close_all

from .conftest import REPO, TOKEN, Server, Watched, dashboards_command, running, watch_page
from .test_accessible_names import named_controls
from .test_home import live, press_until

Drive = Callable[[Any, str], None]
PAGE = "/voila/render/review.ipynb"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The dashboards' server in a home with the made space."""
    own = tmp_path_factory.mktemp("review-page")
    home, project = own / "home", own / "project"
    home.mkdir()
    pages = project / "notebooks" / "dashboards"
    pages.mkdir(parents=True)
    (project / "workbench.toml").write_text("")
    shutil.copy(REPO / "notebooks" / "dashboards" / "review.ipynb", pages)
    with settings.override(home=home):
        make_space().shelf.close()
        close_all()
    with running(dashboards_command, own / "voila", project, home) as started:
        yield started


@pytest.fixture
def arrive(server: Server, browser: Any) -> Iterator[Callable[..., Watched]]:
    """Open the page in a browser of somebody's own."""
    opened = []

    def made(**options: Any) -> Watched:
        context = browser.new_context(**options)
        found = watch_page(context, server.url(PAGE))
        live(found.page)
        found.page.get_by_label("Password", exact=True).wait_for()
        opened.append((context, found))
        return found

    yield made
    for context, found in opened:
        assert found.outside == [] and found.errors == []
        context.close()


@pytest.fixture
def space(server: Server) -> Iterator[Space]:
    """The shelf, beside the page."""
    with settings.override(home=server.home):
        found = Space(NAME)
        yield found
        found.shelf.close()
        close_all()


def mouse(page: Any, key: str) -> None:
    """Click on what has a key."""
    page.locator(f'[data-key="{key}"]').click()


def at(page: Any) -> str:
    """Where the focus is."""
    found: str = page.evaluate("document.activeElement?.dataset?.key ?? ''")
    return found


def keyboard(page: Any, key: str) -> None:
    """Come to what has a key by Tab and arrow keys, and press it; no pointer and no script."""
    page.locator(f'[data-key="{key}"]').wait_for()
    stop = page.evaluate(
        """key => { const to = document.querySelector(`[data-key="${key}"]`);
        const radios = to.type !== "radio" ? null
          : [...document.querySelectorAll(`[name="${to.name}"]`)];
        const box = radios ? null : to.hasAttribute("data-item") && to.closest("[data-rove]");
        const stops = radios ?? (box ? [...box.querySelectorAll("[data-item]")] : [to]);
        return stops.map(each => each.dataset.key); }""",
        key,
    )
    if at(page) not in stop:
        press_until(page, lambda: at(page) in stop)
    if at(page) == key:
        page.keyboard.press("Space" if "conflict" in key else "Enter")
        return
    down = stop.index(key) > stop.index(at(page))
    press_until(page, lambda: at(page) == key, key="ArrowDown" if down else "ArrowUp")
    if "conflict" not in key:
        page.keyboard.press("Enter")


def type_at(page: Any, drive: Drive, key: str, words: str) -> None:
    """Put words where the focus is to be brought, in place of what is there."""
    if drive is mouse:
        mouse(page, key)
    elif at(page) != key:
        press_until(page, lambda: at(page) == key)
    page.keyboard.press("Control+a")
    page.keyboard.type(words)


def sign_in(page: Any, drive: Drive, user: str) -> None:
    type_at(page, drive, "user", user)
    type_at(page, drive, "password", password_of(user))
    drive(page, "sign_in")
    page.locator(".rv-queue").wait_for()


def told(page: Any, words: str) -> None:
    """Wait for what the page says of a deed."""
    page.locator(".rv-note").get_by_text(words).wait_for()


def photograph(page: Any, name: str) -> None:
    """Keep a picture where the variable says, for whoever looks at the page."""
    if folder := os.environ.get("WORKBENCH_TEST_PICTURES"):
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)


def look_at(space: Space, number: int) -> Proposal:
    return find_proposal(space, number)


def two_that_meet(space: Space, name: str) -> int:
    """A proposal of ann's that is open, and one of vera's of the same line that is merged."""
    page = f"{name}.md"
    first = space.contents().with_page(page, f"# {name}\n\nIt was built in 1800.\n\nOf stone.\n")
    merge_without_rules(space, propose(space, first, f"{name}", "ann"))
    base, at_ = space.contents(), space.head
    mine = changed(base, page, "1800.", "1801, by the town.")
    number = propose(space, mine, f"When {name} was built", "ann", base=at_)
    other = changed(base, page, "1800.", "1799.")
    merge_without_rules(space, propose(space, other, f"{name} is older", "vera", base=at_))
    return number


def merge_without_rules(space: Space, number: int) -> None:
    from workbench.knowledge.shared.reviewing import approve

    approve(space, number, by="bob")
    merge_proposal(space, number, by="bob")


@pytest.mark.parametrize("drive", [mouse, keyboard], ids=["mouse", "keyboard"])
def test_two_people_from_a_proposal_through_comment_and_conflict_to_a_merge_and_back(
    arrive: Callable[..., Watched], space: Space, drive: Drive
) -> None:
    name = f"the-bridge-by-{drive.__name__}"
    number = two_that_meet(space, name)
    key = next(key for key, page in space.contents().pages.items() if page.path == f"{name}.md")
    vera, ann = arrive().page, arrive(color_scheme="dark").page

    # The reviewer looks, comments on a line and asks for changes.
    sign_in(vera, drive, "vera")
    drive(vera, f"row-{number}")
    line = f"line-{key}-3"
    drive(vera, line)
    vera.locator(f'[data-key="talk-{line}"]').wait_for()
    type_at(vera, drive, f"talk-{line}", "Who says so?")
    drive(vera, f"send-{line}")
    told(vera, "Your comment stands")
    drive(vera, "out-ask")
    type_at(vera, drive, "out-words", "name the register")
    drive(vera, "out-send")
    told(vera, "You asked for changes")
    made = look_at(space, number)
    (said,) = made.comments
    assert (said.author, said.page, said.line, said.words) == (
        "vera", f"{name}.md", 3, "Who says so?"
    )  # fmt: skip
    assert made.objections == {"vera": "name the register"}

    # The author sees it, cannot approve, and settles the comment and the conflict in own words.
    sign_in(ann, drive, "ann")
    drive(ann, f"row-{number}")
    ann.get_by_text("nobody approves what he wrote").wait_for()
    assert ann.locator('[data-key="approve"]').count() == 0
    drive(ann, f"settle-{said.number}")
    told(ann, "The comment is settled")
    sides = ann.locator(".rv-sides pre").all_inner_texts()
    assert [each.strip() for each in sides] == [
        f"It was built in {when}" for when in ("1800.", "1799.", "1801, by the town.")
    ]
    drive(ann, "conflict-1-own")
    type_at(ann, drive, "conflict-1-text", "It was built in 1801, says the register.")
    drive(ann, "resolve")
    told(ann, "The conflicts are settled")

    # The reviewer is told that it was revised, looks again, and approves what it is now.
    vera.get_by_text("ann revised it").first.wait_for()
    drive(vera, "reload")
    vera.get_by_text("says the register").wait_for()
    drive(vera, "approve")
    told(vera, "Approved")
    assert vera.locator('[data-key="merge"]').count() == 0
    vera.get_by_text("You cannot merge it").wait_for()
    drive(vera, "sign_out")

    # A third one, who may, signs in where the reviewer sat: merges it, and takes it back.
    before = space.record(space.head).state
    vera.locator('[data-key="user"]').wait_for()
    assert vera.locator(".rv-sheet").count() == 0
    sign_in(vera, drive, "bob")
    drive(vera, f"row-{number}")
    drive(vera, "merge")
    told(vera, "Merged")
    made = look_at(space, number)
    assert (made.state, made.ended_by, made.comments[0].settled_by) == ("merged", "bob", "ann")
    page = space.contents().page_at(f"{name}.md")
    assert page is not None
    assert page[1].text == f"# {name}\n\nIt was built in 1801, says the register.\n\nOf stone.\n"
    assert [each.user for each in made.approvals if each.record == made.head] == ["vera"]
    drive(vera, f"out-revert-{made.ended_as}")
    type_at(vera, drive, "out-words", "the register is of another bridge")
    drive(vera, "out-send")
    told(vera, "what came after it stays")
    assert space.record(space.head).state == before
    assert [each.actor for each in space.shelf.events()[-2:]] == ["bob", "bob"]
    ann.get_by_text("bob merged it").first.wait_for()


@pytest.mark.parametrize("drive", [mouse, keyboard], ids=["mouse", "keyboard"])
def test_the_author_revises_what_was_asked_for(
    arrive: Callable[..., Watched], space: Space, drive: Drive
) -> None:
    path = f"stones-{drive.__name__}.md"
    number = propose(space, space.contents().with_page(path, "# Stones\n\nGrey.\n"), path, "ann")
    key = next(
        key for key, page in space.contents(look_at(space, number).head).pages.items()
        if page.path == path
    )  # fmt: skip
    page = arrive().page
    sign_in(page, drive, "ann")
    drive(page, f"row-{number}")
    drive(page, f"change-{key}")
    field = page.locator(f'[data-key="edit-{key}"]')
    field.wait_for()
    assert field.input_value() == "# Stones\n\nGrey.\n"
    type_at(page, drive, f"edit-{key}", "# Stones\n\nGrey, and red ones.\n")
    drive(page, f"revise-{key}")
    told(page, "It is revised")
    made = look_at(space, number)
    assert len(made.revisions) == 2
    assert space.contents(made.head).pages[key].text == "# Stones\n\nGrey, and red ones.\n"


def test_a_notebook_is_shown_by_its_cells_and_talked_of_there(
    arrive: Callable[..., Watched], space: Space
) -> None:
    cells = [nbformat.v4.new_markdown_cell("# Nights", id="a"),
             nbformat.v4.new_code_cell("nights = 3\nprint(nights)", id="b")]  # fmt: skip
    text = nbformat.writes(nbformat.v4.new_notebook(cells=cells)) + "\n"
    number = propose(space, space.contents().with_page("nights.ipynb", text), "Nights", "ann")
    page = arrive(viewport={"width": 1100, "height": 1000}).page
    sign_in(page, mouse, "vera")
    mouse(page, f"row-{number}")
    cell = page.get_by_role("group", name="Cell 2, code")
    cell.wait_for()
    lines = cell.locator(".rv-line code").all_inner_texts()
    assert [each.strip() for each in lines] == ["nights = 3", "print(nights)"]
    cell.get_by_role("button", name="Comment on line 2, added: print(nights)").click()
    page.keyboard.type("Is that printed?")
    page.keyboard.press("Control+Enter")
    told(page, "Your comment stands")
    cell.locator(".rv-said").get_by_text("Is that printed?").wait_for()
    (said,) = look_at(space, number).comments
    assert text.split("\n")[int(said.line or 0) - 1].strip() == '"print(nights)"'
    page.get_by_text("As lines of its file").click()
    page.locator(".rv-raw .rv-line").filter(has_text='"cell_type": "code"').wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") == 1100
    photograph(page, "review-notebook")


_SEND = {
    "approve": '<button data-act="approve">Approve</button>',
    "merge": '<button data-act="merge">Merge</button>',
    "revert": '<form data-form="revert" data-record="{record}"><button>Take back</button></form>',
}


def send(page: Any, act: str, record: str) -> None:
    """Press what the page does not have, as whoever changes the page in his browser could."""
    page.evaluate(
        """html => { const place = document.createElement("div");
        place.innerHTML = html;
        document.querySelector(".rv").append(place);
        place.querySelector("button").click(); place.remove(); }""",
        _SEND[act].replace("{record}", record),
    )


def test_a_button_that_is_put_there_is_refused_by_the_operation(
    arrive: Callable[..., Watched], space: Space
) -> None:
    page = arrive().page
    sign_in(page, mouse, "vera")
    mouse(page, "row-8")
    page.get_by_text("You cannot approve it").wait_for()
    for act, why in (("approve", "nobody approves his own"), ("merge", "may not merge"),
                     ("revert", "may not revert")):  # fmt: skip
        send(page, act, space.head)
        told(page, why)
    assert look_at(space, 8).state == "open" and look_at(space, 8).approvals == ()


def test_a_trap_for_the_focus_is_seen_by_the_keyboards_test(
    arrive: Callable[..., Watched],
) -> None:
    page = arrive().page
    sign_in(page, keyboard, "vera")
    keyboard(page, "row-7")
    page.locator("#rv-title").wait_for()
    keyboard(page, "out-ask")
    type_at(page, keyboard, "out-words", "why?")
    page.locator('[data-key="out-words"]').evaluate(
        "each => each.addEventListener('keydown', event => event.preventDefault())"
    )
    with pytest.raises(AssertionError, match="never came there"):
        keyboard(page, "out-send")


_ASK_FOR_CODE = """async ([port, token]) => {
  const config = JSON.parse(document.getElementById("jupyter-config-data").textContent);
  const at = `ws://127.0.0.1:${port}/api/kernels/${config.kernelId}/channels?token=${token}`;
  const socket = new WebSocket(at);
  await new Promise((done) => { socket.onopen = done; });
  const heard = [];
  socket.onmessage = ({ data }) => { if (typeof data === "string") heard.push(JSON.parse(data)); };
  const send = (type, content) => socket.send(JSON.stringify({
    header: { msg_id: type, msg_type: type, username: "", session: "s",
      date: new Date().toISOString(), version: "5.3" },
    parent_header: {}, metadata: {}, content, channel: "shell", buffers: [] }));
  send("execute_request", { code: "print(1 + 41)", silent: false });
  send("kernel_info_request", {});
  for (let n = 0; n < 100 && !heard.some((each) => each.msg_type === "kernel_info_reply"); n += 1)
    await new Promise((done) => setTimeout(done, 100));
  socket.close();
  return heard.map((each) => [each.parent_header.msg_id ?? "", each.msg_type]);
}"""


def test_the_kernel_takes_no_code_from_a_page(
    arrive: Callable[..., Watched], server: Server
) -> None:
    """What the session guards would be nothing if a visitor could run code in the page's kernel."""
    page = arrive().page
    answer = page.evaluate(_ASK_FOR_CODE, [server.port, TOKEN])
    assert ["kernel_info_request", "kernel_info_reply"] in answer
    assert not [each for each in answer if each[0] == "execute_request"]


def test_a_session_that_is_ended_elsewhere_empties_the_page(
    arrive: Callable[..., Watched], server: Server, space: Space
) -> None:
    from workbench.identity.sessions import Sessions

    page = arrive().page
    sign_in(page, mouse, "otto")
    mouse(page, "row-6")
    page.get_by_text("lines folded away").wait_for()
    page.get_by_text("You cannot comment on it").wait_for()
    mouse(page, page.locator("[data-key^=unfold-]").get_attribute("data-key"))
    page.get_by_text("lines folded away").wait_for(state="detached")
    Sessions().end_all("otto")
    page.get_by_text("You were signed out").first.wait_for()
    assert page.locator(".rv-sheet").count() == 0
    assert page.get_by_text("You were signed out").count() == 1
    stored = json.dumps(page.evaluate("({ ...localStorage, ...sessionStorage })"))
    assert "wbs-" not in stored and password_of("otto") not in page.content()


def test_what_is_typed_stays_while_others_work_and_the_page_fits_a_phone(
    arrive: Callable[..., Watched], space: Space
) -> None:
    page = arrive(viewport={"width": 400, "height": 900}, color_scheme="dark").page
    sign_in(page, mouse, "bob")
    page.locator('[data-rove="queue"] [data-item][tabindex="0"]').focus()
    page.keyboard.press("End")  # what has ended is folded away
    rows = page.locator('[data-rove="queue"] > ul [data-item]')
    assert at(page) == rows.last.get_attribute("data-key") != ""
    for number in (2, 4, 7, 8):
        mouse(page, f"row-{number}")
        page.locator("#rv-title").get_by_text(str(number), exact=True).wait_for()
        assert page.evaluate("document.documentElement.scrollWidth") == 400
        assert [role for role, name in named_controls(page) if not name] == []
    page.get_by_label("Say something of the whole").fill("half a senten")
    contents = space.contents(look_at(space, 8).head)
    revise_proposal(space, 8, contents.with_page("new.md", "# New\n"), by="vera")
    page.get_by_text("vera revised it").first.wait_for()
    field = page.get_by_label("Say something of the whole")
    assert field.input_value() == "half a senten"
    assert page.evaluate("document.activeElement.dataset.key") == "whole"
    page.keyboard.type("ce")
    page.keyboard.press("Control+Enter")
    told(page, "was revised")
    assert field.input_value() == "half a sentence"  # refused, and not lost
