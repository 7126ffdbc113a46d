"""What a notebook cell leaves behind: something to read and the same thing for a machine.

The machine's part is a MIME type of our own in the cell's output, so whoever has the executed
notebook has the claims too, and no side file can be lost or disagree with it.
"""

from __future__ import annotations

import sys
from typing import Any

CLAIM_MIME = "application/vnd.workbench.claim+json"
STAMP_MIME = "application/vnd.workbench.stamp+json"
INPUT_MIME = "application/vnd.workbench.input+json"
# A chart as SVG on no ground, in ink of either theme: {"wide": ..., "narrow": ...}, the second for
# a phone. It stands beside the PNG, which code hosts show.
PICTURE_MIME = "application/vnd.workbench.picture+json"

# Colours that hold against a light and a dark page alike; the words carry the meaning.
PASSED_COLOUR, FAILED_COLOUR, QUIET_COLOUR = "#2f8f5b", "#d0453a", "#7a828c"


def in_notebook() -> bool:
    """Whether this process runs cells. It imports nothing: no IPython means no notebook."""
    ipython = sys.modules.get("IPython")
    return ipython is not None and ipython.get_ipython() is not None


def execution_count() -> int | None:
    """The number of the cell that is running, or None outside a notebook."""
    if not in_notebook():
        return None
    return int(sys.modules["IPython"].get_ipython().execution_count)


def show(mime: str, payload: dict[str, Any], *, html: str, text: str) -> None:
    """Put one output into the running cell; outside a notebook do nothing.

    Args:
        mime: The type under which a machine finds ``payload``.
        payload: Plain data.
        html: The same for a reader.
        text: The same where there is no HTML.
    """
    if not in_notebook():
        return
    from IPython.display import display

    display({mime: payload, "text/html": html, "text/plain": text}, raw=True)
