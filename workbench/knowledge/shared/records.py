"""Records: one state each, with its parents, its author, and words; named by their sha256.

Their order is that of parents. ``depth`` is one more than that of the deepest parent, so a record
is deeper than all it comes from, whatever clocks said.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Literal, get_args

from workbench.core.errors import IntegrityError
from workbench.store.documents import dump_document

from .contents import digest_of

RecordKind = Literal["begun", "proposed", "resolved", "merged", "reverted"]
_FORM = "space record 1"


@dataclass(frozen=True)
class Record:
    """One record.

    Attributes:
        kind: What was done.
        state: The digest of the state.
        parents: The digests of the records that it comes from; the first is what was changed.
        depth: 0 for the first record of a space.
        author: Who did it.
        time_us: When, as his clock said, in microseconds since 1970; nothing is ordered by it.
        words: What he says of it.
        proposal: The number of the proposal that it belongs to.
    """

    kind: RecordKind
    state: str
    parents: tuple[str, ...]
    depth: int
    author: str
    time_us: int
    words: str
    proposal: int | None = None

    def content(self) -> bytes:
        """It in its one form."""
        return dump_document({"form": _FORM, **asdict(self)}, what="a record").encode()

    @property
    def digest(self) -> str:
        """The name that it has."""
        return digest_of(self.content())


def record_of(content: bytes) -> Record:
    """The record that bytes are. Raises IntegrityError if they are none, or in another form."""
    try:
        said = json.loads(content)
        form = said.pop("form")
        record = Record(**{**said, "parents": tuple(said["parents"])})
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise IntegrityError(f"the bytes are no record of a space: {error}") from error
    texts = (record.kind, record.state, record.author, record.words, *record.parents)
    numbers = (record.depth, record.time_us, 0 if record.proposal is None else record.proposal)
    if not all(isinstance(each, str) for each in texts) or not all(
        type(each) is int and abs(each) < 1 << 63 for each in numbers
    ):
        raise IntegrityError(f"a record has a field that is none: {content[:120]!r}")
    if form != _FORM or record.kind not in get_args(RecordKind) or record.content() != content:
        raise IntegrityError(f"not the one form of a record: {content[:120]!r}")
    return record
