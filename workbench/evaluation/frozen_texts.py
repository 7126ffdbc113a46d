"""Small sets of texts that were written down before the code that is measured on them.

Each is named by its sha256, so that a figure can say what it was measured on, and a set that was
edited afterwards is refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from workbench.core.frozen import read_frozen_file

_SHA256 = {
    # Twenty prompts with a continuation each, on which engines are compared.
    "continuations": "923b638e529cdc892200cfe6456a6ac142a39400fc516d7feda7128cf69e6458",
    # Sixty short general questions with the answers that count, by which prompts are compared.
    "questions": "a1da5f04dfb7b238d975b5c6b36c38895f44da20560afa9c8801e6a02b1e9e5a",
    # Answers of a model and made ones, labelled by hand: whether they refuse what was asked.
    "refusals": "e416e649e51defe2ce21434c3c4a8748df79874b6f819ba2918356a32f2abb42",
}


@dataclass(frozen=True)
class FrozenTexts:
    """The rows of one set, and the sha256 of the file that they stand in."""

    name: str
    rows: tuple[dict[str, Any], ...]
    sha256: str


def read_frozen(name: str) -> FrozenTexts:
    """One set by name: ``continuations``, ``questions`` or ``refusals``.

    Raises:
        NotFoundError: There is no such set.
        IntegrityError: Its file was changed after it was frozen.
    """
    rows = read_frozen_file("workbench.evaluation", name, _SHA256)
    return FrozenTexts(name, tuple(rows), _SHA256[name])
