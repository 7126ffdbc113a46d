"""What a state of a space holds: pages, statements and decisions, and the files that it is.

The files are canonical: equal contents are equal to the byte, and the digest of a state is made of
them. See docs/adr/0064.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from workbench.core.errors import ConflictError, IntegrityError, WorkbenchError
from workbench.store.documents import dump_document

from .decisions import Decision, read_decision
from .pages import Page, check_page, clashing_paths, page_id, rename
from .statements import Statement, read_statement

PAGES = "pages.jsonl"
DECISIONS = "decisions.jsonl"
TEXTS = "pages/"
STATEMENTS = "statements/"


@dataclass(frozen=True)
class Contents:
    """One state. It is not changed: ``with_`` and ``without_`` give another.

    Attributes:
        pages: By their ids.
        statements: By their keys.
        decisions: By their keys.
    """

    pages: Mapping[str, Page] = field(default_factory=dict)
    statements: Mapping[str, Statement] = field(default_factory=dict)
    decisions: Mapping[str, Decision] = field(default_factory=dict)

    def page_at(self, path: str) -> tuple[str, Page] | None:
        """The page of a path, with its id."""
        return next(((key, page) for key, page in self.pages.items() if page.path == path), None)

    def with_page(self, path: str, text: str) -> Contents:
        """With a page of that text at a path: the one that is there, or a new one.

        Raises:
            ConflictError: There is a folder of that name, or a page of a folder's.
            InputError: The path or the text cannot be a page's.
        """
        page = check_page(Page(path, text))
        found = self.page_at(path)
        key = found[0] if found else page_id(path, self.pages)
        return replace(self, pages=_side_by_side({**self.pages, key: page}))

    def with_renamed(self, path: str, new: str) -> Contents:
        """With a page under another path. Raises NotFoundError, ConflictError, InputError."""
        return replace(self, pages=_side_by_side(rename(self.pages, path, new)))

    def without_page(self, path: str) -> Contents:
        """Without the page of a path, if there is one."""
        kept = {key: page for key, page in self.pages.items() if page.path != path}
        return replace(self, pages=kept)

    def with_statement(self, statement: Statement) -> Contents:
        """With a statement, in place of the one that says the same."""
        return replace(self, statements={**self.statements, statement.key: statement})

    def without_statement(self, key: str) -> Contents:
        """Without a statement."""
        kept = {each: said for each, said in self.statements.items() if each != key}
        return replace(self, statements=kept)

    def with_decision(self, decision: Decision) -> Contents:
        """With a decision, in place of the one about the same."""
        return replace(self, decisions={**self.decisions, decision.key: decision})

    def without_decision(self, key: str) -> Contents:
        """Without a decision."""
        kept = {each: made for each, made in self.decisions.items() if each != key}
        return replace(self, decisions=kept)


def _side_by_side(pages: Mapping[str, Page]) -> Mapping[str, Page]:
    if clashes := clashing_paths(page.path for page in pages.values()):
        raise ConflictError(
            f"{clashes[0]} would be two pages, or a page and a folder", hint="take another name"
        )
    return pages


def files_of(contents: Contents) -> dict[str, bytes]:
    """The files that a state is, by their names; nothing is a file without a line."""
    found: dict[str, bytes] = {}
    index = [{"id": key, "path": page.path} for key, page in sorted(contents.pages.items())]
    by_part: defaultdict[str, list[Any]] = defaultdict(list)
    for key, said in sorted(contents.statements.items()):
        by_part[key[:2]].append(said.plain())
    decisions = [made.plain() for _, made in sorted(contents.decisions.items())]
    found |= _lines(PAGES, index) | _lines(DECISIONS, decisions)
    for part, lines in by_part.items():
        found |= _lines(f"{STATEMENTS}{part}.jsonl", lines)
    return found | {f"{TEXTS}{page.path}": page.text.encode() for page in contents.pages.values()}


def contents_of(files: Mapping[str, bytes]) -> Contents:
    """The state that files are.

    Raises:
        IntegrityError: They are not those of a state, or not in its one form.
    """
    try:
        found = _read(files)
    except (ValueError, KeyError, TypeError, LookupError) as error:
        said = error.message if isinstance(error, WorkbenchError) else str(error)
        raise IntegrityError(f"the files are no state of a space: {said}") from error
    canonical = files_of(found)
    if canonical != dict(files):
        names = sorted(
            name for name in {*canonical, *files} if canonical.get(name) != files.get(name)
        )
        raise IntegrityError(f"not in the one form of a state: {', '.join(names[:5])}")
    return found


def _read(files: Mapping[str, bytes]) -> Contents:
    rows = _values(files.get(PAGES, b""))
    if not all(isinstance(row["id"], str) for row in rows):
        raise TypeError("the id of a page is no text")
    pages = _side_by_side({row["id"]: _page(row["path"], files) for row in rows})
    said = [
        read_statement(row)
        for name, content in sorted(files.items())
        if name.startswith(STATEMENTS)
        for row in _values(content)
    ]
    made = [read_decision(row) for row in _values(files.get(DECISIONS, b""))]
    return Contents(pages, {each.key: each for each in said}, {each.key: each for each in made})


def _page(path: str, files: Mapping[str, bytes]) -> Page:
    return check_page(Page(path, files[f"{TEXTS}{path}"].decode()))


def _values(content: bytes) -> list[Any]:
    return [json.loads(line) for line in content.decode().split("\n") if line]


def _lines(name: str, values: list[Any]) -> dict[str, bytes]:
    if not values:
        return {}
    return {name: "".join(dump_document(each, what=name) + "\n" for each in values).encode()}


def digest_of(content: bytes) -> str:
    """The sha256 by which a value is named."""
    return hashlib.sha256(content).hexdigest()
