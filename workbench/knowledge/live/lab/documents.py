"""A file's live document: what it says as Jupyter has it, and how a file is taken into it.

All of this runs in the desk's thread. What the file was when both were the same stands in the
document's own ``state``, where jupyter_ydoc has such things: ``hash`` (of the file's bytes) and
``kept`` (of the document), so that whichever was changed since is known also after a crash. What
is about to be written stands there before it is (``written``): a server that was killed after the
write, and before that was noted, knows its own file again.
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
_KEPT, _WRITTEN = "kept", "written"


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
        if state.get(_WRITTEN) != _as_read(kind, content):
            return False, True
        with page.doc.transaction():  # what was typed since is in the document alone
            state["hash"], state[_KEPT] = file_hash, digest_of(content)
        return False, False
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


def write_draft(page: OpenPage, kind: Kind, draft: Draft) -> None:
    """Note that a draft is about to be put into the file."""
    document = document_of(page, kind)
    with page.doc.transaction():
        document.ystate[_WRITTEN] = _as_read(kind, draft.content)


def keep_draft(page: OpenPage, kind: Kind, draft: Draft, file_hash: str) -> None:
    """Note that a draft is in the file."""
    document = document_of(page, kind)
    with page.doc.transaction():
        state = document.ystate
        state["hash"], state[_KEPT] = file_hash, draft.digest
        if digest_of(document.get()) == draft.digest:
            state["dirty"] = False


def _as_read(kind: Kind, content: Any) -> str:
    """What a document that was given a file's content would say, but for what a file does not tell:
    whether its reader trusts a cell."""
    jupyter_ydoc = require("jupyter_ydoc", extra="knowledge")
    fresh = jupyter_ydoc.YNotebook() if kind == "notebook" else jupyter_ydoc.YUnicode()
    fresh.set(content)
    said = fresh.get()
    for cell in said["cells"] if kind == "notebook" else ():
        cell["metadata"].pop("trusted", None)
    return digest_of(said)


def _mark(document: Any, file_hash: str) -> None:
    state = document.ystate
    state["hash"], state["dirty"] = file_hash, False
    state[_KEPT] = digest_of(document.get())
