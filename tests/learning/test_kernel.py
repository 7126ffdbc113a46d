"""The process in which a lab is graded: what a cell shows is not drawn."""

from __future__ import annotations

import subprocess
import sys

_CELLS = """
import json, sys
from workbench.learning.kernel import _run, _shell
shell = _shell()
class Dear:
    def _repr_mimebundle_(self, include=None, exclude=None):
        import os, signal
        os.kill(os.getpid(), signal.SIGTRAP)  # as V8 ends where its heap has no room
    def _ipython_display_(self):
        self._repr_mimebundle_()
    _repr_html_ = _ipython_display_
    def __repr__(self):
        return "dear"
shell.user_ns["dear"] = Dear()
said = [_run(shell, text) for text in ("dear", "display(dear)", "_.__repr__()", "1/0")]
sys.stderr.write(json.dumps([each["ok"] for each in said]))
"""


def test_what_a_cell_shows_is_told_in_words_alone() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _CELLS], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr.endswith("[true, true, true, false]")
    assert "dear" in done.stdout
