"""A file's live document: what it says as Jupyter has it, and how a file is taken into it.

All of this runs in the desk's thread. What the file was when both were the same stands in the
document's own ``state``, where jupyter_ydoc has such things: ``hash`` (of the file's bytes) and
``kept`` (of the document), so that whichever was changed since is known also after a crash.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any, Literal

from workbench.core.optional import require

from ..open_page import OpenPage

Kind = Literal["file", "notebook"]
FORMATS: dict[str, str] = {"file": "text", "notebook": "json"}
_KEPT = "kept"


@dataclass(frozen=True)
class Taken:
    """What became of a file that was looked at: ``both`` is true if the document was changed too
    since the two were the same, and then nothing was taken."""

    id: int
    changed: bool = False
    both: bool = False


@dataclass(frozen=True)
class Draft:
    """What a document says now, if its file does not."""

    content: Any
    digest: str
    number: int


def document_of(page: OpenPage, kind: Kind) -> Any:
    """The document of an open page as jupyter_ydoc has it, made once for each page in memory."""
    jupyter_ydoc = require("jupyter_ydoc", extra="knowledge")
    found = page.documents.get(kind)
    if found is None or found.ydoc is not page.doc:
        made = jupyter_ydoc.YNotebook if kind == "notebook" else jupyter_ydoc.YUnicode
        found = page.documents[kind] = made(page.doc)
    found.undo_manager.clear()  # of the server, which takes nothing back
    return found


def digest_of(content: Any) -> str:
    """What is the same for documents that say the same."""
    text = json.dumps(content, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def take_file(page: OpenPage, kind: Kind, content: Any, file_hash: str) -> tuple[bool, bool]:
    """Take a file's content into a document that was not changed since; whether it was, twice:
    that the document changed, and that both had."""
    document = document_of(page, kind)
    state = document.ystate
    if isinstance(content, str):
        content = content.replace("\r\n", "\n")
    known, now = state.get("hash"), document.get()
    if known == file_hash:
        return False, False
    if known is not None and digest_of(now) not in (state.get(_KEPT), digest_of(content)):
        return False, True
    with page.doc.transaction():
        if digest_of(now) != digest_of(content):
            document.set(content)
        _mark(document, file_hash)
    return True, False


def draft_of(page: OpenPage, kind: Kind) -> Draft | None:
    """What a document says, if that is not what its file was given last."""
    document = document_of(page, kind)
    content = document.get()
    digest = digest_of(content)
    if digest == document.ystate.get(_KEPT):
        return None
    return Draft(content, digest, page.number)


def keep_draft(page: OpenPage, kind: Kind, draft: Draft, file_hash: str) -> None:
    """Note that a draft is in the file."""
    document = document_of(page, kind)
    with page.doc.transaction():
        state = document.ystate
        state["hash"], state[_KEPT] = file_hash, draft.digest
        if digest_of(document.get()) == draft.digest:
            state["dirty"] = False


def _mark(document: Any, file_hash: str) -> None:
    state = document.ystate
    state["hash"], state["dirty"] = file_hash, False
    state[_KEPT] = digest_of(document.get())
