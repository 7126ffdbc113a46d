"""Files and their live documents are kept the same: each change of one is taken into the other.

What is typed is on the disk in the store before anybody sees it. The file follows within a second,
for kernels, git and people who look; whoever changes the file outside is followed too.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from tornado.web import HTTPError

from workbench.core.errors import ConflictError, InputError, NotFoundError, WorkbenchError

from ..open_page import OpenPage
from .documents import (
    FORMATS,
    Draft,
    Kind,
    Taken,
    document_of,
    draft_of,
    keep_draft,
    take_file,
    write_draft,
)
from .doorkeeper import FILES
from .file_desk import FileDesk
from .following import Follower

log = logging.getLogger(__name__)
_FOLLOWING_LOOKS = 5  # so often what was merged is looked for
_LOOKS_S, _QUIET_LOOKS = 0.4, 4  # a file that nobody types into is looked at every fourth time
_MOST_UNSEEN = 25  # it is kept for ten seconds: who asked for it has then come in
GONE = 4404  # JupyterLab's provider has this code for a file that is not there


@dataclass
class _Kept:
    """A document that was opened here: what is known of its file, and of what was written."""

    path: str
    kind: Kind
    modified: Any = None
    number: int = -1
    unseen: int = 0  # looks since somebody had it open, or was about to


class Keeper:
    """Opens, writes and follows the files behind live documents.

    Args:
        desk: Holds the documents.
        files: Jupyter's contents manager for the files, which asks for no rights.
    """

    def __init__(self, desk: FileDesk, files: Any) -> None:
        self._desk, self._files = desk, files
        self._kept: dict[str, _Kept] = {}
        self._locks: dict[str, asyncio.Lock] = {}
        self._holders: dict[str, asyncio.Task[Any] | None] = {}
        self._following = Follower(desk)
        self._tidied: dict[str, int] = {}
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to look."""
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def stop(self) -> None:
        """Write what is not in a file yet, and end."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        for space in list(self._kept):
            await self._attempt(space, self.write)

    async def open(self, space: str, kind: Kind) -> int:
        """Have a document that is what its file is; returns the number of its page.

        Raises:
            ConflictError: A notebook is to be opened as a text, which is another document.
            NotFoundError: There is no such file.
        """
        is_file = space.startswith(FILES + "/")
        if kind == "file" and space.endswith(".ipynb"):
            raise ConflictError(
                f"{space} is a notebook, and is written together as one",
                hint="open it with Notebook; as a text it can be read by download",
            )
        if not is_file:
            if kind == "notebook":
                raise InputError(f"{space} is a page of text", hint="open it with Editor")
            return await self._desk.change(space, lambda page: page.require_begun())
        async with self._alone(space):
            kept = self._kept.setdefault(space, _Kept(space.strip("/"), kind))
            if kept.kind != kind:
                raise ConflictError(f"{space} is open as a {kept.kind}")
            kept.unseen = 0
            try:
                taken = await self._take(space, kept)
            except BaseException:
                self._kept.pop(space, None)
                raise
            if taken.both:
                taken = await self._set_aside(space, kept)
            return taken.id

    def forget(self, space: str) -> None:
        """Keep a file no more: it was deleted, or has another name."""
        self._kept.pop(space, None)

    async def write(self, space: str) -> None:
        """Put what a document says into its file, now."""
        kept = self._kept.get(space)
        if kept is None or self._is_within(space):
            return
        async with self._alone(space):
            draft: Draft | None = await self._desk.ask_page(
                space, lambda page: draft_of(page, kept.kind)
            )
            if draft is None:
                return
            model = await self._model(kept.path, kept.kind, content=False)
            if model["last_modified"] != kept.modified:
                taken = await self._take(space, kept)
                if taken.both:
                    await self._set_aside(space, kept)
                return
            await self._write(space, kept, draft)

    async def look(self, space: str) -> None:
        """Take the file into the document if it was changed outside."""
        kept = self._kept.get(space)
        if kept is None or self._is_within(space):
            return
        async with self._alone(space):
            model = await self._model(kept.path, kept.kind, content=False)
            if model["last_modified"] == kept.modified:
                return
            taken = await self._take(space, kept)
            if taken.both:
                await self._set_aside(space, kept)

    async def _write(self, space: str, kept: _Kept, draft: Draft) -> None:
        form = {"type": kept.kind, "format": FORMATS[kept.kind], "content": draft.content}
        await self._desk.change(space, lambda page: write_draft(page, kept.kind, draft))
        saved = await self._files.save_file(form, kept.path)
        kept.modified = saved["last_modified"]
        found = await self._files.get(kept.path, content=False, require_hash=True)
        kind, file_hash = kept.kind, found["hash"]
        await self._desk.change(space, lambda page: keep_draft(page, kind, draft, file_hash))

    async def _take(self, space: str, kept: _Kept) -> Taken:
        model = await self._model(kept.path, kept.kind, content=True)
        kept.modified = model["last_modified"]

        def take(page: OpenPage) -> tuple[bool, bool]:
            return take_file(page, kept.kind, model["content"], model["hash"])

        number, (changed, both) = await self._desk.change_with(space, take)
        return Taken(number, changed, both)

    async def _set_aside(self, space: str, kept: _Kept) -> Taken:
        """Both were changed: what stands in the file goes beside it, and the document into it."""
        model = await self._model(kept.path, kept.kind, content=True)
        folder, _, name = kept.path.rpartition("/")
        stem, dot, end = name.rpartition(".")
        at = datetime.now(UTC).strftime("%Y-%m-%d %H.%M.%S")
        aside = f"{folder}/{stem or end} (changed outside {at}){dot}{end if stem else ''}"
        form = {"type": kept.kind, "format": FORMATS[kept.kind], "content": model["content"]}
        await self._files.save_file(form, aside)
        log.warning("%s was changed outside and here: the former is kept as %s", space, aside)
        draft = await self._desk.ask_page(space, lambda page: draft_of(page, kept.kind))
        if draft is not None:
            await self._write(space, kept, draft)
        number = await self._desk.change(space, lambda page: page.require_begun())
        return Taken(number)

    async def _model(self, path: str, kind: Kind, *, content: bool) -> dict[str, Any]:
        try:
            found: dict[str, Any] = await self._files.get(
                path,
                content=content,
                type=kind,
                format=FORMATS[kind] if content and kind == "file" else None,
                require_hash=True,
            )
        except HTTPError as error:
            if error.status_code == 404:
                raise NotFoundError(f"there is no file {path}") from None
            raise InputError(f"{path} cannot be opened: {error.log_message}") from None
        return found

    @contextlib.asynccontextmanager
    async def _alone(self, space: str) -> AsyncIterator[None]:
        """One at a time for each file."""
        async with self._locks.setdefault(space, asyncio.Lock()):
            self._holders[space] = asyncio.current_task()
            try:
                yield
            finally:
                self._holders[space] = None

    def _is_within(self, space: str) -> bool:
        """Whether this is asked from within: to save a notebook, Jupyter keeps its state first."""
        holder = self._holders.get(space)
        return holder is not None and holder is asyncio.current_task()

    async def _run(self) -> None:
        turn = 0
        while True:
            await asyncio.sleep(_LOOKS_S)
            turn += 1
            try:
                await self._round(turn)
            except Exception:  # whatever it is, what is typed later must get into its file
                log.exception("files and their documents could not be looked at; soon again")

    async def _round(self, turn: int) -> None:
        for space in list(self._kept):
            await self._attempt(space, partial(self._turn, turn=turn))
        await self._tidy_pages()
        if turn % _FOLLOWING_LOOKS == 0:
            await self._following.look()

    async def _turn(self, space: str, turn: int) -> None:
        kept = self._kept.get(space)
        if kept is None:
            return  # it got another name, or was deleted, while others were looked at
        opened = await self._desk.opened()
        number = opened.get(space, kept.number)
        kept.unseen = 0 if space in opened else kept.unseen + 1
        if kept.unseen >= _MOST_UNSEEN:
            self._kept.pop(space, None)
            self._locks.pop(space, None)
        elif number != kept.number or kept.unseen == 1:  # who left may have typed just before
            kept.number = number
            await self.write(space)
        elif turn % _QUIET_LOOKS == 0:
            await self.look(space)

    async def _tidy_pages(self) -> None:
        """A live page has no file, and is stored at once: JupyterLab is told that it is."""

        def tidy(page: OpenPage) -> None:
            document_of(page, "file").ystate["dirty"] = False

        for space, number in (await self._desk.opened()).items():
            if not space.startswith(FILES + "/") and self._tidied.get(space) != number:
                await self._attempt(space, lambda each: self._desk.change(each, tidy))
                self._tidied[space] = (await self._desk.opened()).get(space, number)

    async def _attempt(self, space: str, call: Callable[[str], Any]) -> None:
        try:
            await call(space)
        except NotFoundError:
            self.forget(space)
            await self._desk.close(space, GONE, "the file is not there any more")
        except (WorkbenchError, HTTPError, OSError) as error:
            log.warning("%s and its file could not be made the same yet: %s", space, error)
