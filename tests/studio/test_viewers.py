"""Results as a notebook draws them, and the progress that stands beside long work."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

import pytest

from workbench.core import events, operations
from workbench.core.errors import CancelledError, DeadlineError, InputError
from workbench.core.operations import operation
from workbench.core.progress import progress
from workbench.core.viewers import Viewable, mime_bundle
from workbench.evaluation.bootstrap import Interval
from workbench.evaluation.checks import Check
from workbench.models.operations import ModelRow, PulledFile, PulledModel, Score
from workbench.models.protocol import TokenLogprob
from workbench.models.reply import Reply
from workbench.store import JobQueue
from workbench.studio.notebook_progress import NotebookProgress
from workbench.studio.viewers import draw_list
from workbench.studio.watching import watch


@dataclass(frozen=True)
class Part(Viewable):
    name: str
    size_bytes: int


@dataclass(frozen=True)
class Whole(Viewable):
    title: str
    parts: list[Part]


REPLY = Reply("<b>Paris</b>", "m", "llamacpp", 31, 2, 80.0, "stop", 7, 1.0, 0.1)
TOLD = (TokenLogprob(1, "Paris", -0.1, (("Rome", -3.0),)), TokenLogprob(2, "", -0.2))


@pytest.mark.parametrize(
    ("result", "said"),
    [
        (REPLY, ["&lt;b&gt;Paris", "31 + 2 tokens", "80 tokens/s", "seed 7"]),
        (Reply("", "m", "e", 1, 0, None, "length", 0, 1.0, 0.1), ["empty answer", "cut at"]),
        (Reply("Paris", "m", "e", 1, 2, None, "stop", 0, 1.0, 0.1, TOLD), ["Its 2 tokens", "Rome"]),
        (Score("m", "e", ["a", "b"], [-1.0, -2.0], -3.0), ["-3.000 nats", "perplexity 4.482"]),
        (Score("m", "e", [], [], 0.0), ["0 tokens"]),
        (PulledModel("m", "MIT", [PulledFile("f", "ab" * 32, 98_000_000, "pypi:x")]), ["98 MB"]),
        (Check("gap", 0.3, None, 0.1, False, "nats"), ["✗ fails", "at most 0.1", "nats"]),
        (Check("nan", float("nan"), None, None, False), ["not a number", "no bound"]),
        (Interval(0.8, 0.7, 0.9, 0.95, "bca", 2000, 400, 0.05), ["95% interval 0.7 to 0.9"]),
        (Whole("w", [Part("one", 1000), Part("two", 2000)]), ["title", "1 kB", "two"]),
        (Whole("w", []), ["title"]),
    ],
)
def test_each_result_says_what_it_holds(result: Any, said: list[str]) -> None:
    html = mime_bundle(result)["text/html"]
    for text in said:
        assert text in html
    assert "<b>" not in html


def test_a_job_is_drawn_in_each_state() -> None:
    queue = JobQueue()
    job = queue.enqueue("models.list", {"present": True})
    assert "workbench store work" in mime_bundle(job)["text/html"]
    lease = queue.lease("me")
    assert lease is not None
    queue.heartbeat(lease, progress={"done": 3, "total": 9, "unit": "rows", "label": "reading"})
    assert "3 of 9 rows" in mime_bundle(queue.get(job.id))["text/html"]
    queue.complete(lease, [{"name": "m"}])
    assert "✓ succeeded" in mime_bundle(queue.get(job.id))["text/html"]


def test_lists_of_ours_are_tables_and_other_lists_are_left_alone() -> None:
    row = ModelRow("m", "M", "chat", ["pypi:m"], 1, None, "MIT", True, ["llamacpp"], True)
    drawn = draw_list([row])
    assert drawn is not None
    assert "on this disk" in drawn["text/html"]
    assert draw_list([Part("one", 1)]) is not None
    for other in ([], [1, 2], [row, 1], ["text"], [{"a": 1}]):
        assert draw_list(other) is None


def test_drawing_one_result_imports_only_what_it_needs() -> None:
    code = (
        "import sys; from workbench.models.reply import Reply; "
        "Reply('a','m','e',1,2,None,'stop',0,1.0,.1)._repr_mimebundle_(); "
        "print([n for n in ('plotly','ipywidgets','pandas','torch','IPython','pyarrow')"
        " if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


class Shown:
    """Takes the place of IPython's display, and keeps what was shown."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def __call__(self, bundle: dict[str, str], **_: Any) -> Shown:
        self.seen.append(bundle["text/html"])
        return self

    def update(self, bundle: dict[str, str], **_: Any) -> None:
        self.seen.append(bundle["text/html"])


def test_progress_shows_after_a_while_and_is_cleared() -> None:
    shown, now_s = Shown(), [0.0]
    listener = NotebookProgress(shown, clock=lambda: now_s[0])
    with events.listening(listener.hear, "progress"):
        with progress("short", total=2, unit="rows") as task:
            task.update(1, message="half")
        assert shown.seen == []
        with progress("<long>", total=4, unit="rows") as task:
            for step in range(1, 5):
                now_s[0] += 1.0
                task.update(step, message="on")
    assert "1 of 4 rows" in shown.seen[0]
    assert "&lt;long&gt; on" in shown.seen[0]
    assert shown.seen[-1] == ""


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> str:
    """An operation that goes on until it is stopped."""
    # A room registers once, when it is imported: what is loaded into a copy would be lost with it.
    operations.all_operations()
    monkeypatch.setattr(operations, "_registry", dict(operations._registry))

    @operation("probe.slow", title="Count for ever")
    def count(*, until: int | None = None) -> Check:
        """Count."""
        with progress("counting", total=until, unit="steps") as task:
            done = 0
            while until is None or done < until:
                done += 1
                task.update(done)
        if until == 13:
            raise InputError("thirteen brings no luck", hint="--until 12")
        return Check("steps", done, None, None, True)

    return "probe.slow"


def test_watch_gives_the_result_and_draws_it(slow: str) -> None:
    watched = watch(slow, until=5)
    assert watched.result(timeout_s=60).value == 5
    assert re.search(r"✓ Done in [\d.]+ s\.</p>", watched._text.value)
    assert "steps" in watched._place.outputs[0]["data"]["text/html"]
    assert "steps" in watched._repr_mimebundle_()["text/html"]


def test_watch_cancels_and_says_so(slow: str) -> None:
    watched = watch(slow)
    with pytest.raises(DeadlineError):
        watched.result(timeout_s=0.05)
    watched._button.click()
    with pytest.raises(CancelledError):
        watched.result(timeout_s=60)
    assert "cancelled" in watched._text.value


def test_watch_says_what_went_wrong(slow: str) -> None:
    with pytest.raises(InputError, match="until"):
        watch(slow, until="many")
    watched = watch(slow, until=13)
    with pytest.raises(InputError):
        watched.result(timeout_s=60)
    assert "thirteen brings no luck" in watched._text.value
    assert "--until 12" in watched._text.value
