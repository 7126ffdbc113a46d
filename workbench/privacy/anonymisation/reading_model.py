"""Which sentence reader this process judges with, decided when it is first wanted, as the lists."""

from __future__ import annotations

import logging
import threading
from pathlib import Path

from workbench.core.errors import NotFoundError, WorkbenchError

from .lists.using import lists_in_use
from .sentence_reader import MODEL, SentenceReader

log = logging.getLogger(__name__)
COMMAND = f"workbench models pull {MODEL}"
WITHOUT = (
    "the model that reads what stands around a name is not here, so more names and "
    "places are missed than docs/how-to/anonymise.md states"
)
_LOCK = threading.RLock()
_taken: list[SentenceReader | None] = []


def reader_in_use() -> SentenceReader | None:
    """The reader; None where its model is not on this disk, or the lists are not.

    It is not fetched on the way: without it the recognisers alone decide, and more is missed.
    """
    with _LOCK:
        if not _taken:
            try:
                _taken.append(SentenceReader(_find_folder()))
            except (WorkbenchError, OSError, ValueError, KeyError) as error:
                log.warning("%s (%s). To fetch it: %s", WITHOUT, error, COMMAND)
                _taken.append(None)
    # What is weighed was fitted with the lists.
    return _taken[0] if lists_in_use().there else None


def why_no_reader() -> str:
    """What follows where texts are judged without the model, and how it is fetched; "" with it."""
    return "" if reader_in_use() is not None else f"{WITHOUT}; to fetch it: {COMMAND}"


def take_reader(folder: Path | None) -> None:
    """Let this process read with the model of a folder from now on, or, for None, without one."""
    with _LOCK:
        _taken[:] = [SentenceReader(folder) if folder else None]


def _find_folder() -> Path:
    from workbench.models import catalogue
    from workbench.models.loading import model_files
    from workbench.models.presence import is_present

    entry = catalogue.find(MODEL)
    if not is_present(entry):
        raise NotFoundError(f"{MODEL} is not on this disk", hint=COMMAND)
    folder = model_files(entry).folder
    if folder is None:
        raise NotFoundError(f"{MODEL} is no folder", hint=COMMAND)
    return folder
