"""Live pages that people have open follow what is agreed on in their space."""

from __future__ import annotations

import asyncio
import logging

from workbench.core.errors import NotFoundError, WorkbenchError

from ..agreeing import Marks, bring, find_agreed, head_of, marks_of, parts_of
from .file_desk import FileDesk

log = logging.getLogger(__name__)


class Follower:
    """Brings open pages up to what was merged; what people type meanwhile stays.

    Args:
        desk: Holds the pages.
    """

    def __init__(self, desk: FileDesk) -> None:
        self._desk = desk
        self._left: dict[str, tuple[str, Marks]] = {}  # what there was nothing to be done with

    async def look(self) -> None:
        """Bring each open page up that was brought up, or proposed, before."""
        for space in await self._desk.opened():
            if not space.startswith("/knowledge/") or space.count("/") < 3:
                continue
            try:
                await self._follow(space)
            except NotFoundError:
                log.debug("%s belongs to no space of shared knowledge", space)
            except WorkbenchError as error:
                log.warning("%s could not be brought up to what is agreed on: %s", space, error)

    async def _follow(self, space: str) -> None:
        marks = await self._desk.ask_page(space, marks_of)
        if marks.agreed is None and marks.proposed is None:
            return  # nobody said that it is the page of that space
        head = await asyncio.to_thread(head_of, space)
        if head == marks.agreed or self._left.get(space) == (head, marks):
            return
        agreed = await asyncio.to_thread(find_agreed, space, marks)
        if agreed is None:
            self._left[space] = (head, marks)
            return
        done = await self._desk.change(space, lambda page: bring(page, agreed))
        if not done.ok:
            self._left[space] = (agreed.record, marks)
            log.warning("%s and what was merged into %s both changed", space, parts_of(space)[0])
