"""Pages of a space: a path and a text; which one it is stays when it is renamed."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from workbench.core.errors import ConflictError, InputError, NotFoundError
from workbench.identity.spaces import MOST_SPACE_CHARS, check_space

MOST_PAGE_BYTES = 32 << 20
# What git refuses, as it would be its own folder on some disk; and the note of a checkout.
_RESERVED = re.compile(r"(?:\.git|git~1)[. ]*(?::.*)?|\.workbench", re.IGNORECASE)


@dataclass(frozen=True)
class Page:
    """A text, or a notebook as its JSON, at a path such as ``people/ada.md``."""

    path: str
    text: str

    @property
    def is_notebook(self) -> bool:
        """Whether it must be JSON."""
        return self.path.endswith(".ipynb")


def check_path(path: str) -> str:
    """A page's path, in its one form.

    Raises:
        InputError: It begins or ends with a slash, could be written in two ways, or has a part
            that git keeps for itself.
    """
    if (composed := unicodedata.normalize("NFC", path)) != path:
        raise InputError(
            f"the path {path!a:.200} has accents as characters of their own",
            hint=f"rename the file to {composed}: typed anew, its letters have them",
        )
    whole = f"/{path}"
    if not path or path.startswith("/") or path.endswith("/") or check_space(whole) != whole:
        raise InputError(f"{path!r:.200} is no path of a page", hint="people/ada.md")
    if len(path) > MOST_SPACE_CHARS // 2 or any(
        len(part.encode()) > 255 for part in path.split("/")
    ):
        raise InputError(f"the path {path!r:.60}... is too long")
    if any(_RESERVED.fullmatch(part) for part in path.split("/")):
        raise InputError(f"{path!r} has a part that is kept for git or for this program")
    return path


def check_page(page: Page) -> Page:
    """The page, if it can be one.

    Raises:
        InputError: Its path is none, its text is too large or has characters that are no text, or
            it is a notebook that is no JSON.
    """
    check_path(page.path)
    try:
        size_bytes = len(page.text.encode())
    except UnicodeEncodeError:
        raise InputError(f"{page.path} has characters that are no text") from None
    if size_bytes > MOST_PAGE_BYTES:
        raise InputError(
            f"{page.path} has {size_bytes / 1e6:.1f} MB; "
            f"a page may have {MOST_PAGE_BYTES / 1e6:.1f} MB",
            hint="part it, or keep it as a document of a graph",
        )
    if page.is_notebook and not is_json(page.text):
        raise InputError(f"{page.path} is a notebook, and no JSON")
    return page


def is_json(text: str) -> bool:
    """Whether a text is a JSON object."""
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False


def clashing_paths(paths: Iterable[str]) -> list[str]:
    """Paths that cannot stand side by side: of two pages, or of a page and a folder.

    >>> clashing_paths(["a", "b", "a/c", "d", "d"])
    ['a', 'd']
    """
    counts = Counter(paths)
    folders = {str(above) for path in counts for above in PurePosixPath(path).parents}
    return sorted(path for path, count in counts.items() if count > 1 or path in folders)


def case_twins(paths: Iterable[str]) -> dict[str, dict[str, str]]:
    """Pages and folders whose names differ in case alone: many disks take them for one.

    Returns:
        By the name without case each way to write it, and the first page so written.

    >>> case_twins(["b/c.md", "b/d.md", "People/eve.md", "people/ada.md"])
    {'people': {'People': 'People/eve.md', 'people': 'people/ada.md'}}
    """
    found: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for path in sorted(paths):
        parts = path.split("/")
        for depth in range(1, len(parts) + 1):
            written = "/".join(parts[:depth])
            found[written.casefold()].setdefault(written, path)
    return {key: ways for key, ways in found.items() if len(ways) > 1}


def page_id(path: str, known: Mapping[str, Page]) -> str:
    """The id of a page that is first written under a path.

    Two people who add one path get one page. Where the page that was first there lives on under
    another name, the new one gets the next id.
    """
    for number in range(len(known) + 1):
        found = hashlib.sha256(f"page {number} {path}".encode()).hexdigest()[:32]
        if found not in known:
            return found
    raise AssertionError("there are more ids than pages")


def rename(pages: Mapping[str, Page], path: str, new: str) -> dict[str, Page]:
    """The pages with one under another path.

    Raises:
        ConflictError: There is a page of the new name.
        InputError: The new name is none.
        NotFoundError: There is no page of the old one.
    """
    check_path(new)
    ids = {page.path: key for key, page in pages.items()}
    if path not in ids:
        raise NotFoundError.among("page", path, ids)
    if new in ids:
        raise ConflictError(f"there is a page {new} already", hint="take another name")
    return {**pages, ids[path]: check_page(Page(new, pages[ids[path]].text))}
