"""Ways of faking a pass in the learner's own kernel; none changes what the grader finds."""

from __future__ import annotations

import json
import runpy
import sqlite3
from pathlib import Path

import pytest

from workbench.learning.catalogue import LabSpec
from workbench.learning.grading import grade_notebook
from workbench.learning.operations import grade, progress
from workbench.store.ledger import Ledger

from .conftest import SMALL_LAB, WriteNotebook, needs_bubblewrap

pytestmark = needs_bubblewrap

WRONG = "number = 42\ndef add(a, b): return a * b"


def assert_not_passed(notebook: Path) -> str:
    """The function's question has no points; what was said about it."""
    found = grade_notebook(notebook)
    assert not found.ok
    assert found.questions[1].points == 0
    assert found.questions[1].message
    return found.questions[1].message


def test_an_honest_answer_passes(write_notebook: WriteNotebook) -> None:
    found = grade_notebook(write_notebook("number = 42\ndef add(a, b): return a + b"))
    assert found.ok, found
    assert (found.score, found.score_possible) == (4, 4)


def test_check_replaced_by_one_that_always_passes(write_notebook: WriteNotebook) -> None:
    trick = """
import sys
import workbench.learning.session, workbench.learning.checking, workbench.learning.expecting
from workbench.learning.checking import Verdict
workbench.learning.session.Lab.check = lambda self, question: Verdict(True)
workbench.learning.checking.run_check = lambda *given: Verdict(True)
workbench.learning.expecting.expect_close = lambda *given, **more: None
"""
    assert "product" in assert_not_passed(write_notebook(WRONG, trick, 'check("q2")'))


def test_the_kernel_itself_replaced_by_one_that_knows_the_public_answer(
    write_notebook: WriteNotebook,
) -> None:
    trick = """
import gc
from types import FunctionType
def answer(namespace, request):
    return {"value": 42 if "value" in request else 5}
for found in gc.get_objects():
    if type(found) is FunctionType and found.__name__ == "serve":
        found.__globals__["answer"] = answer
"""
    found = grade_notebook(write_notebook(WRONG, trick))
    assert found.questions[1].public_ok
    assert not found.questions[1].hidden_ok
    assert found.questions[1].points == 0


def test_recorded_result_edited(write_notebook: WriteNotebook, small: LabSpec, home: Path) -> None:
    grade(write_notebook(WRONG))
    assert progress(SMALL_LAB)[0].best_score == 1
    with sqlite3.connect(home / "store.sqlite") as connection:
        row = connection.execute(
            "SELECT key, document FROM records WHERE namespace = 'learning.grades'"
        ).fetchone()
        document = {**json.loads(row[1]), "score": 4, "ok": True}
        connection.execute(
            "UPDATE records SET document = ? WHERE key = ?", (json.dumps(document), row[0])
        )
    connection.close()
    found = progress(SMALL_LAB)[0]
    assert found.unsound == 1
    assert found.best_score is None


def test_ledger_edited_as_well(write_notebook: WriteNotebook, home: Path) -> None:
    grade(write_notebook(WRONG))
    with sqlite3.connect(home / "store.sqlite") as connection:
        connection.execute("DROP TRIGGER ledger_keeps_words")
        connection.execute("UPDATE ledger SET data = replace(data, '\"score\":1', '\"score\":4')")
    connection.close()
    assert not Ledger().verify().ok
    assert progress(SMALL_LAB)[0].unsound == 1


@pytest.mark.parametrize("end", ["os._exit(0)", "sys.exit(0)", "os.kill(os.getpid(), 9)"])
def test_forged_result_printed_before_the_end(write_notebook: WriteNotebook, end: str) -> None:
    trick = f"""
import json, os, sys
forged = json.dumps({{"value": 5, "ok": True, "score": 4, "hidden_ok": True}}) + "\\n"
for descriptor in range(64):
    try:
        os.write(descriptor, forged.encode() * 20)
    except OSError:
        pass
{end}
"""
    found = grade_notebook(write_notebook(WRONG, trick))
    assert found.score <= 1  # the number 42 may have been read: it is right
    assert found.questions[1].points == 0


def test_objects_that_equal_everything(write_notebook: WriteNotebook) -> None:
    trick = """
class Anything(float):
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __lt__(self, other): return True
    __le__ = __gt__ = __ge__ = __lt__
    def __hash__(self): return 0
    def __sub__(self, other): return 0.0
    __rsub__ = __sub__
    def __float__(self): return 5.0
class Pretender:
    __class__ = float
    def __eq__(self, other): return True
number = Anything(7)
def add(a, b): return Anything(a * b) if a == 2 else Pretender()
"""
    found = grade_notebook(write_notebook(trick))
    assert found.score == 0


SEARCH = """
import os
from pathlib import Path
seen = []
for root in ("/box", "/given", "/work", "/root", "/home", "/tmp", PLACE, "/proc"):
    for folder, _, names in os.walk(root):
        for name in names:
            if name in ("hidden.py", "lab.py") or (name in ("environ", "cmdline")):
                try:
                    text = Path(folder, name).read_text(errors="replace")
                except OSError:
                    continue
                # Put together, so that it is not found in this cell itself.
                if "SECRET-OF-" + "THE-GRADER" in text or "BEGIN " + "SOLUTION" in text:
                    seen.append(str(Path(folder, name)))
        if len(folder) > 200 or "site-packages" in folder:
            _ .clear()
"""


def test_hidden_checks_looked_up(
    write_notebook: WriteNotebook, small: LabSpec, tmp_path: Path
) -> None:
    search = SEARCH.replace("PLACE", repr(str(small.folder)))
    # The control: without a sandbox the same search finds them.
    script = tmp_path / "search.py"
    script.write_text(
        search.replace('"/work", "/root", "/home", "/tmp", ', "").replace(', "/proc"', "")
    )
    assert str(small.folder / "hidden.py") in runpy.run_path(str(script))["seen"]
    trick = search + "\nnumber = 42 if seen else 41\ndef add(a, b): return a + b if seen else 5"
    found = grade_notebook(write_notebook(trick))
    assert found.cells_failed == ()
    assert "41" in found.questions[0].message, "something was found"
    assert found.questions[1].points == 0


def test_answers_of_an_earlier_grading_hard_coded(
    write_notebook: WriteNotebook, small: LabSpec
) -> None:
    import random

    # The learner knows the hidden file by heart, and all that one seed gave.
    known, draw = {(2, 3): 5.0}, random.Random(7)
    for _ in range(3):
        a, b = draw.uniform(-1e6, 1e6), draw.uniform(-1e6, 1e6)
        known[a, b] = a + b
    notebook = write_notebook(f"number = 42\nknown = {known!r}\ndef add(a, b): return known[a, b]")
    assert grade_notebook(notebook, seed=7).ok
    assert "KeyError" in assert_not_passed(notebook)


def test_thread_and_process_that_write_later(write_notebook: WriteNotebook) -> None:
    trick = """
import os, subprocess, sys, threading, time
def flood(descriptors):
    while True:
        for descriptor in descriptors:
            try:
                os.write(descriptor, b'{"value": 5, "ok": true}\\n')
            except OSError:
                pass
        time.sleep(0.001)
mine = [n for n in range(3, 64) if os.path.exists(f"/proc/self/fd/{n}")]
pipes = [n for n in mine if os.readlink(f"/proc/self/fd/{n}").startswith("pipe:")]
threading.Thread(target=flood, args=(pipes,), daemon=True).start()
later = "import time; time.sleep(2); open('/box/home/store.sqlite', 'w').write('passed')"
subprocess.Popen([sys.executable, "-c", later], start_new_session=True)
"""
    found = grade_notebook(write_notebook(WRONG, trick))
    assert found.questions[1].points == 0
    assert not found.ok
