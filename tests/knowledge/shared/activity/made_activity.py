"""A space in which drawn people do drawn things, with a plain note of each as it is done.

The note is the reference: what it says that an act touched comes of whole states laid side by side,
and who may see it of one question to ``identity`` for each path. Nothing of the feed is asked.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from workbench.core.errors import ConflictError, WorkbenchError
from workbench.identity.grants import Grants
from workbench.knowledge.shared.approval_rules import set_rule
from workbench.knowledge.shared.contents import Contents
from workbench.knowledge.shared.differences import difference
from workbench.knowledge.shared.landing import merge_proposal, release, resolve, revert
from workbench.knowledge.shared.proposals import proposals_of
from workbench.knowledge.shared.proposing import end_proposal, open_proposal, revise_proposal
from workbench.knowledge.shared.reviewing import approve, ask_for_changes, comment, settle_comment
from workbench.knowledge.shared.settling import settle
from workbench.knowledge.shared.space import Space
from workbench.knowledge.shared.statements import Statement

WRITERS = ("con", "rev", "vera", "cur", "adm")
FOLDERS = ("open", "people", "closed")
NAMES = ("Ada", "Babbage", "Cora", "Dora")


@dataclass(frozen=True)
class Note:
    """One act: who did what, and the pages that it touched, by id and path."""

    kind: str
    actor: str
    proposal: int | None = None
    pages: frozenset[tuple[str, str]] = frozenset()
    facts: bool = False
    taken: int | None = None
    place: str = ""


@dataclass
class Made:
    """A space with the notes of all that was done in it."""

    space: Space
    chance: random.Random
    notes: list[Note] = field(default_factory=list)
    base: dict[int, str] = field(default_factory=dict)
    turns: int = 0

    def proposal_touched(self, number: int) -> tuple[set[tuple[str, str]], bool]:
        """What all revisions of a proposal touched, of the notes of each."""
        found = [
            each for each in self.notes
            if each.proposal == number and each.kind in ("opened", "revised")
        ]  # fmt: skip
        return {pair for each in found for pair in each.pages}, any(each.facts for each in found)

    def may_see(self, note: Note, reader: str) -> bool:
        """Whether a reader may see an act, asked of each path that it or its proposal touches."""
        if note.kind == "role":
            place = note.place
            own = place if place.startswith(f"{self.space.path}/") else self.space.path
            return self._may(reader, "administer", place) or (
                note.taken is None and note.actor == reader and self._may(reader, "read", own)
            )
        pages, facts = set(note.pages), note.facts
        for number in (note.proposal, note.taken):
            if number is not None:
                more, said = self.proposal_touched(number)
                pages, facts = pages | more, facts or said
        now = {key: page.path for key, page in self.space.contents().pages.items()}
        paths = {path for _, path in pages} | {now[key] for key, _ in pages if key in now}
        if facts or note.kind in ("begun", "released"):
            paths.add("")
        if note.kind == "ruled":
            paths.add(note.place)
        return all(self._may(reader, "read", self.space.place(path)) for path in paths)

    def _may(self, reader: str, verb: str, place: str) -> bool:
        return reader == "local" or self.space.grants.decide(reader, verb, space=place).allowed


def make(space: Space, *, seed: int) -> Made:
    """The space with what its fixture did noted; roles given there are acts, too."""
    made = Made(space, random.Random(seed))
    made.notes.append(Note("begun", "local"))
    for grant in sorted(space.grants.list(), key=lambda each: each.granted_s):
        made.notes.append(Note("role", grant.user, place=grant.space))
    give(made, "rea", "none", f"{space.path}/closed")
    give(made, "vera", "none", f"{space.path}/people")
    return made


def give(made: Made, user: str, role: str, place: str) -> None:
    Grants().give(user, role, space=place)
    made.notes.append(Note("role", user, place=place))


def go_on(made: Made, acts: int) -> None:
    """So many acts more."""
    for _ in range(acts):
        made.turns += 1
        act = made.chance.choices(ACTS, WEIGHTS)[0]
        try:
            act(made)
        except WorkbenchError:  # by somebody who may not, or of what cannot be
            continue


def _touched(old: Contents, new: Contents) -> tuple[frozenset[tuple[str, str]], bool]:
    change = difference(old, new, with_lines=False)
    pages = {
        (each.id, path)
        for each in change.pages
        for path in (each.old_path, each.new_path)
        if path is not None
    }
    return frozenset(pages), bool(change.values)


def drawn_change(made: Made, contents: Contents) -> Contents:
    """A page written, changed, moved or deleted, or a statement made or ended."""
    chance = made.chance
    paths = sorted(page.path for page in contents.pages.values())
    what = chance.choice(("new", "edit", "edit", "move", "delete", "say", "say", "unsay"))
    if what == "new" or not paths:
        path = f"{chance.choice(FOLDERS)}/page{made.turns}.md"
        return contents.with_page(path, "".join(f"line {n} {chance.random()}\n" for n in range(6)))
    path = chance.choice(paths)
    if what == "edit":
        found = contents.page_at(path)
        assert found is not None
        lines = found[1].text.splitlines(keepends=True)
        lines[chance.randrange(len(lines) or 1) :][:1] = [f"edited {made.turns}\n"]
        at = chance.randrange(len(lines) + 1)
        return contents.with_page(
            path, "".join([*lines[:at], f"new {made.turns}\n", *lines[at + 1 :]])
        )
    if what == "move":
        return contents.with_renamed(path, f"{chance.choice(FOLDERS)}/moved{made.turns}.md")
    if what == "delete":
        return contents.without_page(path)
    if what == "unsay" and contents.statements:
        return contents.without_statement(chance.choice(sorted(contents.statements)))
    said = Statement(
        chance.choice(NAMES), "knows", chance.choice(NAMES), None,
        chance.choice((None, "1843", "1850")), ("a book",),
    )  # fmt: skip
    return contents.with_statement(said)


def _open(made: Made) -> None:
    space, who = made.space, made.chance.choice(WRITERS)
    line = [digest for digest, _ in space.line()]
    base = line[min(len(line) - 1, made.chance.choice((0, 0, 0, 1, 2)))]
    old = space.contents(base)
    new = drawn_change(made, old)
    if made.chance.random() < 0.3:
        new = drawn_change(made, new)
    title = f"title {made.turns} of {', '.join(sorted(difference(old, new).paths))}"
    found = open_proposal(space, new, title=title, base=base, by=who)
    made.base[found.number] = base
    made.notes.append(Note("opened", who, found.number, *_touched(old, new)))


def _any_open(made: Made) -> int:
    found = [
        n for n, each in proposals_of(made.space.shelf.events()).items() if each.state == "open"
    ]
    if not found:
        raise ConflictError("no proposal is open")
    return made.chance.choice(found)


def _of(made: Made, number: int) -> tuple[frozenset[tuple[str, str]], bool]:
    """What a proposal proposes now."""
    proposal = proposals_of(made.space.shelf.events())[number]
    return _touched(made.space.contents(made.base[number]), made.space.contents(proposal.head))


def _revise(made: Made) -> None:
    number = _any_open(made)
    proposal = proposals_of(made.space.shelf.events())[number]
    new = drawn_change(made, made.space.contents(proposal.head))
    revise_proposal(made.space, number, new, by=proposal.author)
    made.notes.append(Note("revised", proposal.author, number, *_of(made, number)))


def _comment(made: Made) -> None:
    number, who = _any_open(made), made.chance.choice(WRITERS)
    contents = made.space.contents(proposals_of(made.space.shelf.events())[number].head)
    pages = list(contents.pages.items())
    where: frozenset[tuple[str, str]] = frozenset()
    path, key = None, None
    if pages and made.chance.random() < 0.5:
        page_id, page = made.chance.choice(pages)
        path, where = page.path, frozenset({(page_id, page.path)})
    elif contents.statements and made.chance.random() < 0.5:
        key = made.chance.choice(sorted(contents.statements))
    comment(made.space, number, f"words {made.turns}", page=path, statement=key, by=who)
    at = (where, key is not None) if path or key else _of(made, number)
    made.notes.append(Note("commented", who, number, *at))
    if made.chance.random() < 0.3:
        said = proposals_of(made.space.shelf.events())[number].comments[-1]
        settle_comment(made.space, number, said.number, by=who)
        made.notes.append(Note("settled", who, number, *_of(made, number)))


def _review(made: Made) -> None:
    number, who = _any_open(made), made.chance.choice(WRITERS)
    if made.chance.random() < 0.8:
        approve(made.space, number, by=who)
        made.notes.append(Note("approved", who, number, *_of(made, number)))
    else:
        ask_for_changes(made.space, number, "more", by=who)
        made.notes.append(Note("objected", who, number, *_of(made, number)))


def _merge(made: Made) -> None:
    space, number = made.space, _any_open(made)
    head, before = space.head, space.contents()
    theirs = proposals_of(space.shelf.events())[number].head
    merged = space.merged(head, theirs)
    if merged.conflicts:
        sides = dict.fromkeys(range(1, len(merged.conflicts) + 1), "theirs")
        both = settle(merged, before, space.contents(theirs), sides)  # type: ignore[arg-type]
        resolve(space, number, both, by="cur")
        made.base[number] = head
        made.notes.append(Note("revised", "cur", number, *_touched(before, both)))
    merge_proposal(space, number, by="cur")
    made.notes.append(Note("merged", "cur", number, *_touched(before, space.contents())))


def _end(made: Made) -> None:
    number = _any_open(made)
    at = _of(made, number)
    author = proposals_of(made.space.shelf.events())[number].author
    end_proposal(made.space, number, words="no", by="cur")
    kind = "withdrawn" if author == "cur" else "declined"
    made.notes.append(Note(kind, "cur", number, *at))


def _revert(made: Made) -> None:
    space = made.space
    before, line = space.contents(), [*space.line()]
    digest, record = made.chance.choice(line[:4])
    revert(space, digest, by="cur")
    at = _touched(before, space.contents())
    made.notes.append(Note("reverted", "cur", None, *at, taken=record.proposal))


def _release(made: Made) -> None:
    release(made.space, f"v{made.turns}", by="cur")
    made.notes.append(Note("released", "cur"))


def _rule(made: Made) -> None:
    path = made.chance.choice(FOLDERS)
    set_rule(made.space, path=path, approvals=0, checks=(), by="adm")
    made.notes.append(Note("ruled", "adm", place=path))


def _role(made: Made) -> None:
    place = f"{made.space.path}/{made.chance.choice(FOLDERS)}"
    give(made, made.chance.choice(("rea", "vera")), made.chance.choice(("none", "reader")), place)


ACTS: tuple[Callable[[Made], None], ...] = (
    _open, _revise, _comment, _review, _merge, _end, _revert, _release, _rule, _role,
)  # fmt: skip
WEIGHTS = (10, 3, 5, 4, 8, 1, 1, 1, 1, 2)
