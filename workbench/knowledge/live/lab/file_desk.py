"""The desk of live pages as a server of files needs it: pages are changed, moved and closed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from workbench.identity.scopes import SignedIn
from workbench.identity.spaces import check_space, is_inside
from workbench.identity.users import LOCAL

from ..desk import Desk
from ..doors import Outbox
from ..open_page import OpenPage

T = TypeVar("T")


class FileDesk(Desk):
    """A desk that also does what a file's document needs. Each call is one job of its thread."""

    async def change(self, space: str, call: Callable[[OpenPage], T]) -> T:
        """Change a page as the server itself does; returns what the call gave.

        Raises:
            ConflictError: What stands on the page is not what the call takes it for.
            LimitError: The page would be too large.
        """
        return (await self.change_with(space, call))[1]

    async def change_with(self, space: str, call: Callable[[OpenPage], T]) -> tuple[int, T]:
        """As ``change``; returns the page's number in the store too."""

        def run(out: Outbox) -> tuple[int, T]:
            page = self.page(space)
            page.catch_up()
            changed, result = page.change(call, user=LOCAL)
            if changed:
                self._tell(page, changed, None, out)
            page.sum_up()
            return page.require_begun(), result

        found: tuple[int, T] = await self._wait_for(run, writes=True)
        return found

    async def ask_page(self, space: str, call: Callable[[OpenPage], T]) -> T:
        """What a call gives that reads a page."""

        def run(out: Outbox) -> T:
            page = self.page(space)
            if update := page.catch_up():
                self._tell(page, update, None, out)
            return call(page)

        result: T = await self._wait_for(run)
        return result

    async def begin(self, signed: SignedIn, space: str) -> int:
        """Begin a page that nothing need stand on yet. Raises AccessError if he may not."""

        def run(out: Outbox) -> int:
            self.authority.require(signed, space, "edit")
            return self.page(check_space(space)).require_begun(signed.user)

        number: int = await self._wait_for(run, writes=True)
        return number

    async def space_at(self, number: int) -> str | None:
        """Where the page of that number lies now."""
        page = await self.ask(lambda: self.pages.at(number))
        return None if page is None else page.space

    async def opened(self) -> dict[str, int]:
        """The pages that somebody has open, with the number of the last update of each."""
        return await self.ask(lambda: {each.space: each.number for each in self._open.values()})

    async def spaces_within(self, space: str) -> list[str]:
        """The pages at a space and in it."""
        listed = await self.ask(self.pages.list)
        return [page.space for page in listed if is_inside(page.space, check_space(space))]

    async def move(self, space: str, to: str) -> None:
        """Move a page, or all pages in a folder; who has one open goes on, by its new rights."""
        space, to = check_space(space), check_space(to)

        def run(out: Outbox) -> None:
            for page in self.pages.list():
                if is_inside(page.space, space):
                    self._move(page.space, to + page.space[len(space) :], out)

        await self._wait_for(run, writes=True)

    async def close(self, space: str, code: int, reason: str) -> None:
        """Close all doors to a page."""

        def run(out: Outbox) -> None:
            page = self._open.get(space)
            for door in list(page.doors.values()) if page else []:
                out.cut(door, code, reason)
                self._leave(door, out)

        await self._wait_for(run)

    def _move(self, space: str, to: str, out: Outbox) -> None:
        self.pages.move(space, to)
        gone = self._open.pop(to, None)
        for door in list(gone.doors.values()) if gone else []:
            out.cut(door, 4404, "another file has its name now")
            self._leave(door, out)
        page = self._open.pop(space, None)
        if page is None:
            return
        page.space = to
        self._open[to] = page
        for door in list(page.doors.values()):
            door.space, door.rights.number = to, -1
            self._look(door, out, used=False)
