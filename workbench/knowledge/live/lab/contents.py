"""Jupyter's files as the users of Workbench see them: two folders, and of these what they may read.

``notebooks`` is a folder of the disk, ``knowledge`` holds the live pages. So a path of Jupyter's,
with a slash before it, is the space that roles are given for. Rights are asked by the gate; here
what one may not read is left out of lists, and what one may not write is marked.
"""

from __future__ import annotations

import hashlib
import mimetypes
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jupyter_server.base.call_context import CallContext
from jupyter_server.files.handlers import FilesHandler
from jupyter_server.services.contents.largefilemanager import AsyncLargeFileManager
from tornado.web import HTTPError
from traitlets import default

from workbench.core.errors import WorkbenchError
from workbench.identity.scopes import SignedIn

from ..open_page import OpenPage
from ..pages import Page
from .doorkeeper import FILES, PAGES
from .gate import who_asks
from .letter_case import misspelt

_TOP = (FILES.strip("/"), PAGES.strip("/"))


class TeamContents(AsyncLargeFileManager):
    """Files of one folder and live pages. ``live`` is set before it is asked for anything."""

    live: Any = None

    @default("files_handler_class")
    def _files_handler(self) -> type:
        return FilesHandler  # which asks this manager, and not the disk

    @default("files_handler_params")
    def _files_params(self) -> dict[str, Any]:
        return {"path": self.root_dir}

    async def get(
        self,
        path: str,
        content: bool = True,
        type: str | None = None,
        format: str | None = None,
        require_hash: bool = False,
    ) -> dict[str, Any]:
        """A file, folder or page, as who asks may see it."""
        path = path.strip("/")
        if not path:
            model = _folder("", [await self._top(name) for name in _TOP] if content else None)
        elif _is_page(path):
            model = await self._page(path, content, type, require_hash)
        elif path.split("/")[0] not in _TOP:
            raise HTTPError(404, f"there is no {path}")
        else:
            model = await super().get(path, content, type, format, require_hash)
        return self._seen(model)

    async def save(self, model: dict[str, Any], path: str = "") -> dict[str, Any]:
        """Save a file, and take it into its live document if somebody has it open."""
        path = path.strip("/")
        if _is_page(path):
            return await self._save_page(model, path)
        if path.split("/")[0] != _TOP[0]:
            raise HTTPError(400, "nothing is kept beside these two folders")
        if model.get("type") in ("file", "notebook"):
            await self.live.keeper.write("/" + path)
        saved = await self.save_file(model, path)
        await self.live.keeper.look("/" + path)
        return saved

    async def save_file(self, model: dict[str, Any], path: str) -> dict[str, Any]:
        """Save a file, and no more: what the keeper does."""
        saved: dict[str, Any] = await super().save(model, path)
        return saved

    async def rename_file(self, old_path: str, new_path: str) -> None:
        """Give a file or folder another name; who has it open goes on under it."""
        old_path, new_path = old_path.strip("/"), new_path.strip("/")
        if old_path in _TOP or _is_page(old_path) or not new_path.startswith(_TOP[0] + "/"):
            raise HTTPError(400, "a live page or one of these two folders has no other name")
        for space in await self.live.desk.spaces_within("/" + old_path):
            await self.live.keeper.write(space)
            self.live.keeper.forget(space)
        await super().rename_file(old_path, new_path)
        await self.live.desk.move("/" + old_path, "/" + new_path)

    async def delete_file(self, path: str) -> None:
        """Delete a file or folder; who has it open is told."""
        path = path.strip("/")
        if path in _TOP or _is_page(path):
            raise HTTPError(400, "a live page or one of these two folders is not deleted here")
        spaces = await self.live.desk.spaces_within("/" + path)
        for space in spaces:
            self.live.keeper.forget(space)
        await super().delete_file(path)
        for space in spaces:
            await self.live.desk.close(space, 4404, "the file was deleted")

    async def new_untitled(self, path: str = "", type: str = "", ext: str = "") -> dict[str, Any]:
        """Begin a file where files are, and a page of Markdown where pages are."""
        if path.strip("/") == "":
            raise HTTPError(400, f"choose a folder first: {' or '.join(_TOP)}")
        if path.strip("/").split("/")[0] == _TOP[1]:
            if type not in ("", "file") or ext not in ("", ".txt", ".md"):
                raise HTTPError(400, "live pages are texts; notebooks lie in the folder notebooks")
            return await super().new_untitled(path, type="file", ext=".md")
        made: dict[str, Any] = await super().new_untitled(path, type=type, ext=ext)
        return made

    async def dir_exists(self, path: str) -> bool:
        """Whether there is such a folder."""
        if not path.strip("/") or path.strip("/") == _TOP[1]:
            return True
        if _is_page(path):
            return bool(await self._pages_in(path.strip("/")))
        found: bool = await super().dir_exists(path)
        return found

    async def file_exists(self, path: str = "") -> bool:
        """Whether there is such a file or page."""
        if _is_page(path):
            pages = self.live.desk.pages
            space = "/" + path.strip("/")
            return await self.live.desk.ask(lambda: pages.find(space)) is not None
        found: bool = await super().file_exists(path)
        return found

    async def is_hidden(self, path: str) -> bool:
        """Whether a name begins with a dot."""
        if _is_page(path):
            return any(name.startswith(".") for name in path.split("/"))
        found: bool = await super().is_hidden(path)
        return found

    async def create_checkpoint(self, path: str) -> dict[str, Any]:
        """Keep a state of a file; a page's are all kept."""
        if _is_page(path):
            return {"id": "kept", "last_modified": datetime.now(UTC)}
        await self.live.keeper.write("/" + path.strip("/"))
        made: dict[str, Any] = await super().create_checkpoint(path)
        return made

    async def restore_checkpoint(self, checkpoint_id: str, path: str) -> None:
        """Bring a state of a file back, also for those who have it open."""
        if _is_page(path):
            raise HTTPError(400, "a live page's states are in its history")
        await self.live.keeper.write("/" + path.strip("/"))
        await super().restore_checkpoint(checkpoint_id, path)
        await self.live.keeper.look("/" + path.strip("/"))

    async def list_checkpoints(self, path: str) -> list[dict[str, Any]]:
        """The states that are kept of a file."""
        found: list[dict[str, Any]] = [] if _is_page(path) else await super().list_checkpoints(path)
        return found

    async def delete_checkpoint(self, checkpoint_id: str, path: str) -> None:
        """Drop one."""
        if _is_page(path):
            raise HTTPError(400, "a live page's states stay")
        await super().delete_checkpoint(checkpoint_id, path)

    def _seen(self, model: dict[str, Any]) -> dict[str, Any]:
        """A model as who asks may see it; as it is if the server itself asks."""
        signed = self._asks()
        if signed is None:
            return model
        keeper = self.live.doorkeeper
        model["writable"] = bool(model["writable"]) and keeper.may(
            signed, "edit", "/" + model["path"]
        )
        if model["type"] == "directory" and isinstance(model["content"], list):
            seen = [each for each in model["content"] if keeper.sees(signed, "/" + each["path"])]
            for each in seen:
                each["writable"] = each["writable"] and keeper.may(
                    signed, "edit", "/" + each["path"]
                )
            model["content"] = seen
        return model

    def _asks(self) -> SignedIn | None:
        handler = CallContext.get(CallContext.JUPYTER_HANDLER)
        if handler is None:
            return None
        try:
            return who_asks(handler.request, self.live.sessions)
        except WorkbenchError:
            raise HTTPError(403, "nobody is signed in") from None

    def _get_os_path(self, path: str) -> str:
        """Where a file is: what all of Jupyter's own file work asks."""
        if (name := misspelt(Path(self.root_dir), path)) is not None:
            raise HTTPError(404, f"there is no {name!r}, only a name in other capitals")
        found: str = super()._get_os_path(path)
        return found

    async def _top(self, name: str) -> dict[str, Any]:
        if name == _TOP[1]:
            return _folder(name, None, _last_s(await self._pages_in(name)))
        return _folder(name, None, (Path(self.root_dir) / name).stat().st_mtime)

    async def _pages_in(self, path: str) -> list[Page]:
        """The pages in a folder, at any depth."""
        pages = self.live.desk.pages
        begin = f"/{path}/"
        listed = await self.live.desk.ask(lambda: pages.list())
        return [page for page in listed if page.space.startswith(begin)]

    async def _page(
        self, path: str, content: bool, type: str | None, require_hash: bool
    ) -> dict[str, Any]:
        """A live page, or a folder of them."""
        space = "/" + path
        pages = self.live.desk.pages
        page = await self.live.desk.ask(lambda: pages.find(space))
        if page is not None and type != "directory":
            text = await self.live.desk.ask_page(space, _text_of)
            model = _model(path, "file", page.created_s, page.last_s or page.created_s)
            model["size"] = len(text.encode())
            if content:
                model.update(content=text, format="text")
                model["mimetype"] = mimetypes.guess_type(path)[0] or "text/plain"
            if require_hash:
                digest = hashlib.sha256(text.encode()).hexdigest()
                model.update(hash=digest, hash_algorithm="sha256")
            return model
        inside = await self._pages_in(path)
        if not inside and path != _TOP[1]:
            raise HTTPError(404, f"there is no page {space}")
        if not content:
            return _folder(path, None, _last_s(inside))
        return _folder(path, _entries(path, inside), _last_s(inside))

    async def _save_page(self, model: dict[str, Any], path: str) -> dict[str, Any]:
        signed = self._asks()
        text = model.get("content")
        if signed is None or model.get("type") != "file" or not isinstance(text, str):
            raise HTTPError(400, "a live page is a text, and is written by somebody")
        try:
            await self.live.desk.begin(signed, "/" + path)
            await self.live.desk.write_text(signed, "/" + path, text)
        except WorkbenchError as error:
            raise HTTPError(403, str(error)) from None
        return await self.get(path, content=False)


def _is_page(path: str) -> bool:
    return path.strip("/").split("/")[0] == _TOP[1]


def _text_of(page: OpenPage) -> str:
    return str(page.source())


def _model(path: str, type: str, created_s: float, modified_s: float) -> dict[str, Any]:
    return {
        "name": path.rpartition("/")[2],
        "path": path,
        "type": type,
        "created": datetime.fromtimestamp(created_s, UTC),
        "last_modified": datetime.fromtimestamp(modified_s, UTC),
        "content": None,
        "format": None,
        "mimetype": None,
        "size": None,
        "writable": True,
    }


def _entries(path: str, inside: list[Page]) -> list[dict[str, Any]]:
    """What lies directly in a folder of pages: folders, then pages."""
    files, folders = dict[str, Page](), dict[str, list[Page]]()
    for page in inside:
        first, _, deeper = page.space.removeprefix(f"/{path}/").partition("/")
        if deeper:
            folders.setdefault(first, []).append(page)
        else:
            files[first] = page
    found = [_folder(f"{path}/{name}", None, _last_s(folders[name])) for name in sorted(folders)]
    return found + [
        _model(f"{path}/{name}", "file", files[name].created_s, _last_s([files[name]]))
        for name in sorted(files)
    ]


def _last_s(pages: list[Page]) -> float:
    """When something was last written on any of these; now if there are none."""
    return max((page.last_s or page.created_s for page in pages), default=time.time())


def _folder(
    path: str, content: list[dict[str, Any]] | None, modified_s: float | None = None
) -> dict[str, Any]:
    modified_s = time.time() if modified_s is None else modified_s
    model = _model(path, "directory", modified_s, modified_s)
    if content is not None:
        model.update(content=content, format="json")
    return model
