"""Each who signs in has layouts of his own: nobody sees another's open tabs, or asks for them."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from .browsing import fresh_book
from .conftest import PATIENCE_MS, Lab, lab_in, wait_for

pytestmark = pytest.mark.browser
_TABS = ".lm-DockPanel-tabBar .lm-TabBar-tabLabel"


def ask(lab: Lab, who: str, name: str, *, layout: object = None) -> tuple[int, Any]:
    """A workspace as somebody asks for it, or lays it down."""
    request = urllib.request.Request(f"{lab.url}/lab/api/workspaces/{name}")
    request.add_header("Authorization", f"Bearer {lab.shows[who]}")
    if layout is not None:
        request.method, request.data = "PUT", json.dumps(layout).encode()
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            text = answer.read()
            return answer.status, json.loads(text) if text else None
    except urllib.error.HTTPError as error:
        with error:
            return error.code, None


def test_a_workspace_is_had_by_whose_it_is_alone(lab: Lab) -> None:
    layout = {"data": {"tabs": "of tess"}, "metadata": {"id": "plans"}}
    assert ask(lab, "tess", "plans", layout=layout)[0] == 204
    assert ask(lab, "tess", "plans")[1]["data"] == {"tabs": "of tess"}
    for other in ("rita", "cora"):
        status, found = ask(lab, other, "plans")
        assert status == 404 or "of tess" not in json.dumps(found)
        assert "plans" not in json.dumps(ask(lab, other, "")[1])
        mine = {"data": {"tabs": f"of {other}"}, "metadata": {"id": "plans"}}
        assert ask(lab, other, "plans", layout=mine)[0] == 204
    assert ask(lab, "tess", "plans")[1]["data"] == {"tabs": "of tess"}


def tabs(page: Any) -> list[str]:
    return [str(each) for each in page.locator(_TABS).all_inner_texts()]


def test_nobody_opens_the_lab_with_anothers_tabs(lab: Lab, chromium: Any) -> None:
    """All three go to /lab, where each has the workspace that is called default."""
    path = fresh_book(lab)
    name = path.rpartition("/")[2]

    def come(who: str, at: str) -> Any:
        context = chromium.new_context(viewport={"width": 1100, "height": 720})
        session = {"name": "workbench_lab_session", "value": lab.shows[who], "url": lab.url}
        context.add_cookies([session])
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.goto(f"{lab.url}{at}")
        page.locator(_TABS).first.wait_for()
        return page

    tess = come("tess", f"/lab/tree/{path}")
    tess.locator(_TABS, has_text=name).wait_for()
    wait_for(lambda: name in json.dumps(ask(lab, "tess", "default")[1]))
    tess.context.close()
    other = come("rita", "/lab")
    other.locator(_TABS, has_text="Launcher").first.wait_for()
    assert name not in tabs(other)
    other.context.close()
    again = come("tess", "/lab")
    again.locator(_TABS, has_text=name).wait_for()  # what is his comes back
    again.context.close()


_SHARED = """
from workbench.knowledge.live.lab import own_settings
own_settings.OwnWorkspaces.prepare = own_settings.WorkspacesHandler.prepare
"""


def test_a_server_of_one_workspace_is_caught(tmp_path: Path, shared_home_path: Path) -> None:
    """The variant: JupyterLab's own handler, which keeps one folder for all."""
    with (
        lab_in(tmp_path, shared_home_path, before=_SHARED) as shared,
        pytest.raises(AssertionError, match="of tess"),
    ):
        test_a_workspace_is_had_by_whose_it_is_alone(shared)
