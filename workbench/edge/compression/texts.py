"""The texts on which models are compared, and those by which they are calibrated, each by sha256.

The leads of Wikipedia are put in the order of the sha256 of their titles: the first hundred are to
be measured on, those from the thousandth on to calibrate with. So the two never meet, and neither
was chosen by anybody.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from workbench.core.errors import IntegrityError

LEADS = "wikipedia-leads"
PASSAGES = "passages"
_QUICK = 4
_MEASURED = slice(0, 100)
_CALIBRATION_FROM = 1000
CALIBRATION_TEXTS = 256
# Of the hundred leads, as they were when the first figure was taken.
LEADS_SHA256 = "3363250bf05a248ad5a11bbf9ceb9dd30bdc437007deec79a08d1b01e11861ec"


@dataclass(frozen=True)
class Texts:
    """Texts with the name that they go by, and the sha256 of all of them."""

    name: str
    texts: tuple[str, ...]

    @property
    def sha256(self) -> str:
        """Of the texts, each with its length before it."""
        told = hashlib.sha256()
        for text in self.texts:
            content = text.encode()
            told.update(len(content).to_bytes(8, "little") + content)
        return told.hexdigest()


def read_measured(source: str | None = None, *, full: bool = False) -> Texts:
    """What a model is measured on.

    Args:
        source: A text file, whose paragraphs are the texts; ``wikipedia-leads``; None for the
            frozen passages on which ``models tune`` compares variants as well.
        full: All twelve passages and not only four.

    Raises:
        NotFoundError, InputError: There is no such file, or it holds no text.
        IntegrityError: The leads are not those on which figures were taken.
    """
    if source is None or source == PASSAGES:
        from workbench.models.tuning.frozen_sets import read_set

        rows = read_set("passages")[: None if full else _QUICK]
        name = PASSAGES if full else f"{PASSAGES}, the first {_QUICK}"
        return Texts(name, tuple(row["text"] for row in rows))
    if source != LEADS:
        return _of_file(source)
    found = Texts(f"{LEADS}, a hundred", tuple(read_leads()[_MEASURED]))
    if found.sha256 != LEADS_SHA256:
        raise IntegrityError(
            f"the hundred leads have sha256 {found.sha256}; figures were taken on {LEADS_SHA256}",
            hint="workbench data pull wikipedia-leads",
        )
    return found


def read_calibration(source: str, *, count: int = CALIBRATION_TEXTS) -> Texts:
    """What a model is calibrated by: a text file's paragraphs, or ``wikipedia-leads``.

    Raises:
        NotFoundError, InputError: There is no such file, or it holds no text.
    """
    if source == LEADS:
        some = read_leads()[_CALIBRATION_FROM : _CALIBRATION_FROM + count]
        return Texts(f"{LEADS}, {len(some)} others", tuple(some))
    return _of_file(source)


def order_leads(titles: Sequence[str]) -> list[int]:
    """The places of titles in the order of their sha256."""
    keys = [hashlib.sha256(title.encode()).digest() for title in titles]
    return sorted(range(len(titles)), key=keys.__getitem__)


def read_leads() -> list[str]:
    """The leads of Wikipedia in that order."""
    from workbench import data

    rows = data.load(LEADS, "train")
    texts = rows["text"]
    return [texts[place] for place in order_leads(rows["title"]) if texts[place].strip()]


def _of_file(source: str) -> Texts:
    from workbench.evaluation.operations import read_paragraphs

    path = Path(source).expanduser()
    return Texts(path.name, tuple(read_paragraphs(path)))
