"""What JupyterLab asks before it opens a document, and what it may do there."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from jupyter_server.base.handlers import APIHandler
from tornado import web

from workbench.core.errors import AccessError, InputError, NotFoundError, WorkbenchError

from ..agreeing import Marks, mark_proposed, marks_of, parts_of, propose_text, require_begun
from ..open_page import OpenPage
from .documents import FORMATS
from .gate import who_asks
from .needs import space_of_path

RUN = "workbench-live-1"  # JupyterLab's word for a server whose documents go on after it ended


class SessionAnswer(APIHandler):
    """``PUT api/collaboration/session/PATH``: by which name a file's document is joined."""

    async def put(self, path: str) -> None:
        """Open the file's document to who may read it."""
        live = self.settings["workbench_live"]
        try:
            signed = who_asks(self.request, live.sessions)
            space = space_of_path(path)
            live.doorkeeper.authority.require(signed, space, "read")
            body = _object_in(self)
            kind, form = body.get("type"), body.get("format")
            if str(kind) not in FORMATS or form != FORMATS[kind]:
                raise InputError(f"what is written together is text or a notebook, not {kind!r}")
            number = await live.keeper.open(space, kind)
        except AccessError as error:
            raise web.HTTPError(403, str(error)) from None
        except NotFoundError as error:
            raise web.HTTPError(404, str(error)) from None
        except WorkbenchError as error:
            raise web.HTTPError(400, str(error)) from None
        told = {"format": form, "type": kind, "fileId": str(number), "sessionId": RUN}
        self.finish(json.dumps(told))


class ProposeAnswer(APIHandler):
    """``POST workbench/live/propose`` ``{"path": ..., "title": ...}``: a live page's text becomes
    a proposal."""

    async def post(self) -> None:
        """Propose it as who asks."""
        live = self.settings["workbench_live"]
        try:
            body = _object_in(self)
            signed = who_asks(self.request, live.sessions)
            space = space_of_path(str(body.get("path", "")))
            live.doorkeeper.authority.require(signed, space, "read")
            text, marks = await live.desk.ask_page(space, _written_on)
            title = str(body.get("title", ""))
            made = await asyncio.to_thread(propose_text, space, text, marks, title=title, by=signed)
            await live.desk.change(space, mark_proposed(made.head))
        except AccessError as error:
            raise web.HTTPError(403, str(error)) from None
        except WorkbenchError as error:
            raise web.HTTPError(400, str(error)) from None
        self.finish(json.dumps({"number": made.number, "name": parts_of(space)[0]}))


def _written_on(page: OpenPage) -> tuple[str, Marks]:
    """What a page says. Raises ConflictError where nothing was ever written."""
    require_begun(page)
    return str(page.source()), marks_of(page)


def _object_in(handler: APIHandler) -> Any:
    """A request's body. Raises InputError if it is no object."""
    body = handler.get_json_body()
    if not isinstance(body, dict):
        raise InputError("the body is no object of JSON")
    return body


class RightsAnswer(APIHandler):
    """``GET workbench/live/rights?path=PATH``: what who asks may do there, and why not more."""

    def get(self) -> None:
        """Answer it."""
        live = self.settings["workbench_live"]
        keeper = live.doorkeeper
        try:
            signed = who_asks(self.request, live.sessions)
            space = space_of_path(self.get_query_argument("path", ""))
            decision = live.grants.decide(signed, "edit", space=space)
        except WorkbenchError as error:
            raise web.HTTPError(403, str(error)) from None
        told = {
            "user": signed.user,
            "edit": decision.allowed and keeper.may(signed, "read", space),
            "propose": keeper.may(signed, "propose", space),
            "run": keeper.may_run(signed),
            "run_said": keeper.why_no_run(signed),
            "said": decision.said,
        }
        self.finish(json.dumps(told))
