"""A page's desk: what its visitor looks at, and the verbs, each done with his session's rights.

The verbs are the functions that the operations ``knowledge.approve``, ``knowledge.merge_proposal``
and their like call, with who signed in as ``by`` in place of a name that a caller gives, and with
the record that was looked at: what was revised meanwhile is neither approved nor merged.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace

from workbench.core.errors import AccessError, ConflictError, InputError, NotFoundError
from workbench.identity.scopes import SignedIn
from workbench.knowledge.shared.contents import Contents
from workbench.knowledge.shared.landing import merge_proposal, resolve, revert
from workbench.knowledge.shared.opening import opened_space
from workbench.knowledge.shared.pages import Page
from workbench.knowledge.shared.proposals import find_proposal
from workbench.knowledge.shared.proposing import end_proposal, revise_proposal
from workbench.knowledge.shared.reviewing import (
    approve,
    ask_for_changes,
    comment,
    dismiss_request,
    require_seen,
    settle_comment,
)
from workbench.knowledge.shared.settling import Choice, settle
from workbench.knowledge.shared.shelf import list_spaces
from workbench.knowledge.shared.space import Space

from .meanwhile import told_since
from .queue import Queue, show_queue
from .sheet import Sheet, show_sheet
from .visitor import Visitor

MORE_LINES = 1000  # that one press unfolds
MOST_EDITED_CHARS = 200_000


@dataclass(frozen=True)
class Shown:
    """What a page shows now.

    Attributes:
        user: Who is signed in.
        spaces: Those that he may read, with how many proposals are open.
        queue: Of the space that is chosen.
        sheet: Of the proposal that is open.
        meanwhile: What others did since the sheet was made.
        gone: Why nobody is signed in any more, if somebody was.
    """

    user: str | None = None
    spaces: tuple[str, ...] = ()
    queue: Queue | None = None
    sheet: Sheet | None = None
    meanwhile: tuple[str, ...] = ()
    gone: str = ""


@dataclass
class Desk:
    """What one page's visitor does. Not for two threads at once: the page sees to that."""

    visitor: Visitor = field(default_factory=Visitor)
    shown: Shown = field(default_factory=Shown)
    _unfolded: dict[str, int] = field(default_factory=dict)

    def sign_in(self, user: str, password: str, *, device: str | None = None) -> str:
        """Sign in, and show the spaces that he may read; gives the browser's new proof."""
        proof = self.visitor.sign_in(user, password, device=device)
        self._welcome()
        return proof

    def arrive(
        self,
        provider: str,
        query: Mapping[str, str],
        *,
        browser: str | None,
        device: str | None = None,
    ) -> str:
        """Sign in with what a provider sent the browser back with; see ``Visitor.arrive``."""
        proof = self.visitor.arrive(provider, query, browser=browser, device=device)
        self._welcome()
        return proof

    def sign_out(self, *, page: str | None = None) -> tuple[str, str] | None:
        """End the session; nothing of what was shown stays. See ``Visitor.sign_out``."""
        self._forget()
        return self.visitor.sign_out(page=page)

    def _welcome(self) -> None:
        self.shown = Shown(self.visitor.user)
        self.choose_space(None)

    def choose_space(self, name: str | None) -> None:
        """Show a space's queue; without a name the first that he may read."""
        by = self._by()
        spaces = tuple(each for each in list_spaces() if _may_read(each, by))
        if name is not None and name not in spaces:
            raise NotFoundError.among("space that you may read", name, spaces)
        chosen = name or (spaces[0] if spaces else None)
        self._unfolded = {}
        self.shown = Shown(by.user, spaces)
        if chosen is not None:
            with opened_space(chosen) as space:
                self.shown = replace(self.shown, queue=show_queue(space, by=by))

    def open_proposal(self, number: int) -> None:
        """Show a proposal."""
        if self.shown.sheet is None or self.shown.sheet.proposal.number != number:
            self._unfolded = {}
        self._show(number)

    def close_proposal(self) -> None:
        """Show the queue alone."""
        self._show(None)

    def reload(self) -> None:
        """Show all as it is now."""
        self._show(self._number())

    def unfold(self, page: str) -> None:
        """Show more of a page's lines."""
        sheet = self._sheet()
        shown = {each.id: sum(map(len, each.parts)) for each in sheet.pages}
        if page not in shown:
            raise NotFoundError.among("page", page, shown)
        self._unfolded[page] = shown[page] + MORE_LINES
        self.reload()

    def comment(
        self,
        words: str,
        *,
        page: str | None = None,
        line: int | None = None,
        statement: str | None = None,
    ) -> None:
        """Say something of the proposal, of a line as it was shown, or of a statement."""
        sheet, by = self._sheet(), self._by()
        with self._space() as space:
            comment(
                space, sheet.proposal.number, words,
                page=page, line=line, statement=statement, seen=sheet.seen, by=by,
            )  # fmt: skip
        self.reload()

    def settle_comment(self, number: int) -> None:
        """Say that what a comment asks is done."""
        sheet, by = self._sheet(), self._by()
        with self._space() as space:
            settle_comment(space, sheet.proposal.number, number, by=by)
        self.reload()

    def approve(self) -> None:
        """Approve what was shown."""
        sheet, by = self._sheet(), self._by()
        with self._space() as space:
            approve(space, sheet.proposal.number, seen=sheet.seen, by=by)
        self.reload()

    def ask_for_changes(self, words: str) -> None:
        """Ask for changes to what was shown."""
        sheet, by = self._sheet(), self._by()
        with self._space() as space:
            ask_for_changes(space, sheet.proposal.number, words, seen=sheet.seen, by=by)
        self.reload()

    def dismiss(self, of: str, reason: str = "") -> None:
        """Take back one's own request for changes, or dismiss another's with a reason."""
        sheet, by = self._sheet(), self._by()
        with self._space() as space:
            dismiss_request(space, sheet.proposal.number, of=of, words=reason, by=by)
        self.reload()

    def merge(self) -> None:
        """Merge what was shown, with what was merged since; a conflict or a check refuses it."""
        sheet, by = self._sheet(), self._by()
        with self._space() as space:
            merge_proposal(space, sheet.proposal.number, seen=sheet.seen, by=by)
        self.reload()

    def resolve(self, choices: Mapping[int, Choice]) -> None:
        """Settle the conflicts that were shown, as they were shown.

        Raises:
            ConflictError: It was revised, or something was merged since: they may be others now.
        """
        sheet, by = self._sheet(), self._by()
        with self._space() as space:
            if space.head != sheet.head:
                raise ConflictError(
                    "something was merged since these conflicts were shown, and they may be others",
                    hint="show it as it is now",
                )
            merged = space.merged(sheet.head, sheet.seen)
            ours, theirs = space.contents(sheet.head), space.contents(sheet.seen)
            contents = settle(merged, ours, theirs, choices)
            resolve(
                space, sheet.proposal.number, contents, onto=sheet.head, seen=sheet.seen, by=by
            )  # fmt: skip
        self.reload()

    def page_text(self, page: str) -> str:
        """A page of the proposal, whole, for its author to change it here.

        Raises:
            InputError: It is too long for a form, or has line ends that a form would change.
        """
        sheet, by = self._sheet(), self._by()
        with self._space() as space:
            found = _page_of(space.contents(sheet.seen), page)
            space.require(by, "read", [found.path])
        if len(found.text) > MOST_EDITED_CHARS or "\r" in found.text:
            why = "carriage returns" if "\r" in found.text else f"{len(found.text):,} characters"
            raise InputError(
                f"{found.path} has {why}, which a form does not keep",
                hint="change it in a folder, and propose it with --revise",
            )
        return found.text

    def revise_page(self, page: str, text: str) -> None:
        """Change a page of one's own proposal: it is a revision, and is approved anew."""
        sheet, by = self._sheet(), self._by()
        with self._space() as space:
            contents = space.contents(sheet.seen)
            changed = replace(_page_of(contents, page), text=text)
            self._revise(space, replace(contents, pages={**contents.pages, page: changed}), by)

    def revise_fact(self, key: str, *, sources: tuple[str, ...], note: str) -> None:
        """Change where a statement of one's own proposal is said, and what is noted of it."""
        sheet, by = self._sheet(), self._by()
        with self._space() as space:
            contents = space.contents(sheet.seen)
            if key not in contents.statements:
                raise NotFoundError(f"the proposal has no statement {key[:12]}")
            said = replace(contents.statements[key], sources=sources, note=note)
            self._revise(space, contents.with_statement(said), by)

    def _revise(self, space: Space, contents: Contents, by: SignedIn) -> None:
        sheet = self._sheet()
        require_seen(find_proposal(space, sheet.proposal.number), sheet.seen)
        revise_proposal(space, sheet.proposal.number, contents, base=sheet.seen, by=by)
        self.reload()

    def end(self, reason: str = "") -> None:
        """Withdraw one's own proposal, or decline another's."""
        sheet, by = self._sheet(), self._by()
        with self._space() as space:
            end_proposal(space, sheet.proposal.number, words=reason, by=by)
        self.reload()

    def revert(self, record: str, reason: str = "") -> None:
        """Take back what a record of the log brought."""
        by = self._by()
        with self._space() as space:
            revert(space, record, words=reason, by=by)
        self.reload()

    def look(self) -> bool:
        """See what others did meanwhile; whether anything is new. It keeps no session alive."""
        before = self.shown
        if before.user is None:
            return False
        try:
            by = self.visitor.still_signed_in()
        except AccessError as error:
            self._forget(gone=f"You were signed out: {error.message}.")
            return True
        queue = before.queue
        if queue is None:
            return False
        sheet, told = before.sheet, list[str]()
        with opened_space(queue.space) as space:
            try:
                space.require(by, "read")
            except AccessError as error:
                self.shown = Shown(by.user, gone=f"{error.message}.")
                return True
            if space.shelf.events(after=queue.event):
                queue = show_queue(space, by=by)
            if sheet is not None:
                told = told_since(space, sheet.event, proposal=sheet.proposal.number, by=by)
        self.shown = replace(before, queue=queue, meanwhile=tuple(told))
        return self.shown != before

    def _show(self, number: int | None) -> None:
        by = self._by()
        with self._space() as space:
            sheet = None
            if number is not None:
                sheet = show_sheet(space, number, by=by, unfolded=self._unfolded)
            self.shown = replace(
                self.shown, queue=show_queue(space, by=by), sheet=sheet, meanwhile=(), gone=""
            )

    def _by(self) -> SignedIn:
        try:
            return self.visitor.signed_in()
        except AccessError as error:
            if self.shown.user is not None:
                self._forget(gone=f"You were signed out: {error.message}.")
            raise

    def _forget(self, *, gone: str = "") -> None:
        self.shown, self._unfolded = Shown(gone=gone), {}

    def _space(self) -> AbstractContextManager[Space]:
        if self.shown.queue is None:
            raise InputError("no space is chosen", hint="choose one first")
        return opened_space(self.shown.queue.space)

    def _sheet(self) -> Sheet:
        if self.shown.sheet is None:
            raise InputError("no proposal is open", hint="choose one from the queue")
        return self.shown.sheet

    def _number(self) -> int | None:
        return None if self.shown.sheet is None else self.shown.sheet.proposal.number


def _may_read(name: str, by: SignedIn) -> bool:
    with opened_space(name) as space:
        return space.may(by, "read", [""])


def _page_of(contents: Contents, page: str) -> Page:
    if page not in contents.pages:
        raise NotFoundError("the proposal has no such page")
    return contents.pages[page]
