"""A page that is open: its document in memory, which is what its updates in the store come to."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeVar

from workbench.core.errors import (
    AccessError,
    ConflictError,
    InputError,
    LimitError,
    WorkbenchError,
)
from workbench.core.optional import require
from workbench.identity.users import LOCAL
from workbench.store.database import Database

from .doors import Door
from .messages import malformed, read_state
from .pages import Pages
from .presence import Presence
from .update_form import read_update

if TYPE_CHECKING:
    from .update_form import UpdateForm

T = TypeVar("T")
ROOT = "source"  # where jupyter_ydoc has the text of a file
MOST_PAGE_BYTES = 64 << 20
_SUMMED_UPDATES, _SUMMED_BYTES = 500, 1 << 20


class OpenPage:
    """One page in the desk's thread.

    Args:
        pages: The store's pages.
        space: Which; nothing need have been written there yet.
    """

    def __init__(self, pages: Pages, space: str) -> None:
        self._pages, self.space = pages, space
        self.doors: dict[int, Door] = {}
        self.presence = Presence()
        self.load()

    @property
    def database(self) -> Database:
        """The store that the page is in."""
        return self._pages.database

    def load(self) -> None:
        """Make the document from the store, whatever was in memory."""
        pycrdt = require("pycrdt", extra="knowledge")
        self.doc: Any = pycrdt.Doc()
        self.documents: dict[str, Any] = {}  # what the document is to those who read it as a file
        self._changed: list[bytes] = []
        self._watch = self.doc.observe(lambda event: self._changed.append(event.update))
        found = self._pages.find(self.space)
        self.id = None if found is None else found.id
        self.number = self.size_bytes = self._since = self._since_bytes = 0
        self.writers: dict[int, str] = {}
        if self.id is not None:
            state, updates, self.number = self._pages.read(self.id)
            for part in (state, *updates):
                if part is not None:
                    self.doc.apply_update(part)
                    self.size_bytes += len(part)
            self._since, self._since_bytes = len(updates), sum(map(len, updates))
            self.writers = self._pages.writers(self.id)
        self._changed.clear()
        self.known = read_state(self.doc.get_state())

    def catch_up(self) -> bytes | None:
        """Take in what another process wrote; returns it, or None if there was nothing."""
        if self.id is None:
            found = self._pages.find(self.space)
            if found is None:
                return None
        elif self._pages.last_number(self.id) == self.number:
            return None
        before: bytes = self.doc.get_state()
        self.load()
        update: bytes = self.doc.get_update(before)
        return update

    def missing_from(self, update: bytes) -> dict[int, int]:
        """What an update refers to and is not here, by client. Raises InputError."""
        form = read_update(update)
        if missing := form.missing_from(self.known):
            return missing
        self._form: UpdateForm = form
        return {}

    def has(self, update: bytes) -> bool:
        """Whether an update says nothing that is new here. Raises InputError."""
        form = read_update(update)
        # What somebody lacks who knows all that was written is what was deleted.
        return form.is_known(self.known, read_update(self.doc.get_update(self.doc.get_state())))

    def take(self, update: bytes, *, user: str) -> bytes:
        """Apply and keep an update of which nothing is missing; returns what it changed.

        Raises:
            AccessError: It writes under a number that is another user's.
            InputError: It cannot be applied; the document is as it was.
            LimitError: The page would be too large.
        """
        if self.size_bytes + len(update) > MOST_PAGE_BYTES:
            self.sum_up(least=1)  # much of it may be deleted since
            self._require_room(update)
        new = self._new_writers(user)
        self._changed.clear()
        try:
            self.doc.apply_update(update)
            known = read_state(self.doc.get_state())
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:  # noqa: BLE001 - the library's panics derive from nothing else
            self.load()
            raise malformed(f"it cannot be applied ({type(error).__name__})") from None
        if any(to > known.get(client, 0) for client, to in self._form.ends.items()):
            self.load()  # the library keeps it apart, waiting for what refers to itself
            raise malformed("what it writes refers to itself")
        changed = self._merged()
        if changed:
            self._keep(changed, user, new)
        self.known = known
        return changed

    def write_text(self, text: str, *, user: str) -> bytes:
        """Make the text of the page another one, changing as little of it as can be.

        Raises:
            ConflictError: Where the text should stand is something else, a list of a program's.
            LimitError: The page would be too large.
        """
        self._changed.clear()
        try:
            source = self.source()
            before = str(source)
            if before != text:
                _replace(source, before, text)
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:  # noqa: BLE001 - the library's panics derive from nothing else
            self.load()
            raise ConflictError(
                f"{self.space} has something else where its text should stand "
                f"({type(error).__name__})",
                hint="write the text on another page",
            ) from None
        changed = self._merged()
        try:
            self._require_room(changed)
        except LimitError:
            self.load()
            raise
        if changed:
            self._keep(changed, user)
        self.known = read_state(self.doc.get_state())
        return changed

    def change(self, call: Callable[[OpenPage], T], *, user: str) -> tuple[bytes, T]:
        """Have a call change the document; returns what it changed and what the call gave.

        Raises:
            ConflictError: The call failed on what stands there; the document is as it was.
            LimitError: The page would be too large.
            WorkbenchError: What the call raises.
        """
        self._changed.clear()
        try:
            result = call(self)
            changed = self._merged()
            self._require_room(changed)
        except (KeyboardInterrupt, SystemExit):
            raise
        except WorkbenchError:
            self.load()
            raise
        except BaseException as error:  # noqa: BLE001 - the library's panics derive from nothing else
            self.load()
            raise ConflictError(
                f"{self.space} has something else where its content should stand "
                f"({type(error).__name__}: {error})"
            ) from None
        if changed:
            self._keep(changed, user)
        self.known = read_state(self.doc.get_state())
        return changed, result

    def require_begun(self, user: str = LOCAL) -> int:
        """The page's number in the store, where it is begun if it was not."""
        if self.id is None:
            self.id = self._pages.create(self.space, user=user).id
        return self.id

    def source(self) -> Any:
        """The shared text of the page."""
        pycrdt = require("pycrdt", extra="knowledge")
        return self.doc.get(ROOT, type=pycrdt.Text)

    def since(self, state: bytes) -> bytes:
        """What somebody lacks who has got so far. Raises InputError if that is no state vector."""
        read_state(state)
        try:
            update: bytes = self.doc.get_update(state)
        except (ValueError, RuntimeError) as error:
            raise InputError(
                f"the state vector cannot be read: {error}", reason="malformed"
            ) from None
        return update

    def sum_up(self, *, least: int = _SUMMED_UPDATES) -> None:
        """Keep a state, if much was written since the last."""
        if self.id is None or not self._since:
            return
        if self._since >= least or self._since_bytes > max(_SUMMED_BYTES, self.size_bytes // 2):
            state = self.doc.get_update()
            self._pages.keep_state(self.id, self.number, state)
            self.size_bytes, self._since, self._since_bytes = len(state), 0, 0

    def _require_room(self, update: bytes) -> None:
        if self.size_bytes + len(update) > MOST_PAGE_BYTES:
            raise LimitError(
                f"the page {self.space} would be larger than {MOST_PAGE_BYTES >> 20} MiB with its "
                "history",
                hint="go on with another page",
                limit="page",
                allowed=MOST_PAGE_BYTES,
            )

    def _new_writers(self, user: str) -> list[int]:
        """The numbers under which an update writes and nobody has before. Raises AccessError.

        Who wrote ahead under another's number would have that one's next words taken for known,
        and lost; and what he wrote would be hers.
        """
        ends = self._form.ends.items()
        writes = [client for client, to in ends if to > self.known.get(client, 0)]
        for client in writes:
            owner = self.writers.get(client, user)
            if owner != user:
                raise AccessError(
                    f"{user!r} writes under the number {client}, which is that of {owner!r}",
                    hint="begin a document anew: a copy of another's may not be written on with",
                    reason="writer",
                )
        return [client for client in writes if client not in self.writers]

    def _merged(self) -> bytes:
        changed, self._changed = self._changed, []
        if len(changed) > 1:
            merged: bytes = require("pycrdt", extra="knowledge").merge_updates(*changed)
            return merged
        return changed[0] if changed else b""

    def _keep(self, changed: bytes, user: str, writers: Iterable[int] = ()) -> None:
        if self.id is None:
            self.id = self._pages.create(self.space, user=user).id
        for client in writers:
            self._pages.keep_writer(self.id, client, user=user)
            self.writers[client] = user
        self.number = self._pages.append(self.id, changed, user=user)
        self.size_bytes += len(changed)
        self._since += 1
        self._since_bytes += len(changed)


def _replace(source: Any, before: str, after: str) -> None:
    """Change the middle of a text that differs, so that cursors outside of it stay."""
    if len(source) != len(before.encode()):  # pictures and the like count, and are no characters
        with source.doc.transaction():
            del source[0 : len(source)]
            source.insert(0, after)
        return
    start = 0
    for old, new in zip(before, after, strict=False):
        if old != new:
            break
        start += 1
    most = min(len(before), len(after)) - start
    same = 0
    while same < most and before[-1 - same] == after[-1 - same]:
        same += 1
    stop = len(before) - same
    at = len(before[:start].encode())
    with source.doc.transaction():
        if stop > start:
            del source[at : at + len(before[start:stop].encode())]
        if inserted := after[start : len(after) - same]:
            source.insert(at, inserted)
