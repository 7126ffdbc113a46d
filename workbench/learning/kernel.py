"""A learner's notebook in a process of its own, inside the sandbox.

``python -m workbench.learning.kernel`` runs cells and answers questions about what they left: one
JSON line in, one out. Everything here stands where the learner's code could change it, so nothing
of what it says is believed; it is only compared with what is right.
"""

from __future__ import annotations

import json
import os
from typing import Any

from .answers import answer

_SHOWN = 2000


def serve() -> None:
    """Answer until standard input ends."""
    # The cells write to the descriptors themselves; the answers keep the real standard output.
    questions = os.fdopen(os.dup(0), "r", encoding="utf-8")
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.dup2(2, 1)
    shell = _shell()
    for line in questions:
        request = json.loads(line)
        said = _run(shell, request["run"]) if "run" in request else answer(shell.user_ns, request)
        answers.write(json.dumps(said) + "\n")
        answers.flush()


def _shell() -> Any:
    """An IPython shell, so that magics and a last line's value work as in a notebook."""
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.colors = "NoColor"
    shell = InteractiveShell.instance(config=config)
    # Nobody sees what is shown here, and to draw it may take more memory than a sandbox gives: the
    # JavaScript engine that makes a chart's picture ends the process then.
    shown: Any = shell.display_formatter
    shown.active_types = ["text/plain"]
    shown.mimebundle_formatter.enabled = shown.ipython_display_formatter.enabled = False
    return shell


def _run(shell: Any, text: str) -> dict[str, Any]:
    result = shell.run_cell(text, store_history=False)
    error = result.error_before_exec or result.error_in_exec
    if error is None:
        return {"ok": True}
    return {"ok": False, "error": f"{type(error).__name__}: {error}"[:_SHOWN]}


if __name__ == "__main__":
    serve()
