"""How the models' results look: a table, an answer while it comes, its cost beside it."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from workbench.cli import models
from workbench.core import events
from workbench.models.operations import PulledFile, PulledModel, Score
from workbench.models.removal import RemovedModel
from workbench.models.reply import Reply
from workbench.models.routing.requests import Decision
from workbench.models.tuning.tune import TunedRow, Tuning


def test_the_catalogue_as_a_table(run: Any) -> None:
    lines = run("models", "list").out.splitlines()
    headings = ["name", "kind", "size", "memory at most", "how known", "licence", "where"]
    assert re.split(r"  +", lines[0].strip()) == [*headings, "engines"]
    row = next(line for line in lines if line.startswith("smollm2-135m "))
    assert "98 MB" in row or "9" in row
    assert "to fetch" in row
    rows = json.loads(run("models", "list", "--json").out)
    assert len(rows) == len(lines) - 1
    registry = json.loads(run("models", "registry", "--json").out)
    reckoned = {each["name"]: each["estimated_bytes"] for each in registry}
    assert {each["name"]: each["memory_bytes"] for each in rows} == {
        each["name"]: reckoned[each["name"]] for each in rows
    }


def test_the_registry_as_a_table(run: Any) -> None:
    lines = run("models", "registry").out.splitlines()
    row = next(line for line in lines if line.startswith("smollm2-135m "))
    assert "free" in row
    assert "reckoned" in row
    assert re.search(r"memory at most +how known", lines[0])
    (only,) = json.loads(run("models", "registry", "minilm-l6-v2", "--json").out)
    assert only["capabilities"] == ["embed"]


def test_a_route_says_what_each_line_is(capsys: pytest.CaptureFixture[str]) -> None:
    models.show_route(
        Decision("m", "task:code", "it asks for code", "code", 0.81, {"e": "cannot chat"})
    )
    assert capsys.readouterr().out.splitlines() == [
        "m would answer: it asks for code",
        "decided by: task:code",
        "the request asks for: code, likely by 81%",
        "passed over: e, which cannot chat",
    ]
    models.show_route(Decision("m", "default", "nothing speaks for another model"))
    assert capsys.readouterr().out.splitlines()[1:] == ["decided by: default"]


@pytest.mark.parametrize("share", [0.9, 1.1])
def test_a_share_of_more_than_all_is_explained(
    share: float, capsys: pytest.CaptureFixture[str]
) -> None:
    row = TunedRow("llamacpp", "shipped", 1, 50.0, 40.0, 1.0, 20.0, 1.0, 1.0, share, 0.4, 1 << 20)
    models.show_tune(Tuning("m", "here", [row], "these", 0.1, 1.0))
    printed = capsys.readouterr()
    assert f"{share:.0%}" in printed.out
    assert ("more than 100% of the bandwidth" in printed.err) == (share > 1)


def test_what_was_fetched(capsys: pytest.CaptureFixture[str]) -> None:
    file = PulledFile("model.gguf", "ab" * 32, 98_000_000, "pypi:x==1")
    models.show_pull(PulledModel("m", "MIT", [file]))
    assert capsys.readouterr().out == "model.gguf  98 MB  sha256 abababababababab…\n"


def test_what_was_removed_is_told_in_words(capsys: pytest.CaptureFixture[str], run: Any) -> None:
    models.show_remove(RemovedModel("m", ["m.gguf"], ["x-float32-v1"], ["t.json"], 98_000_000))
    assert capsys.readouterr().out.splitlines() == [
        "removed m.gguf",
        "removed 1 conversion of it",
        "kept t.json: another model needs it",
        "m: freed 98 MB",
    ]
    nothing = run("models", "remove", "codellama-7b")
    assert nothing.status == run("models", "show", "nothing-so").status != 0
    assert "no file of 'codellama-7b' is on this disk" in nothing.err


def test_a_token_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    models.show_score(Score("m", "e", [" a", "\n"], [-1.25, -0.00001], -1.25001))
    assert capsys.readouterr().out.splitlines() == [
        "token  log-probability",
        "' a'             -1.25",
        r"'\n'              -0.0",
    ]


def test_an_answer_is_written_while_it_comes(capsys: pytest.CaptureFixture[str]) -> None:
    with models.listen_chat():
        events.emit("models.chunk", text="Par")
        assert capsys.readouterr().out == "Par"
        events.emit("models.chunk", text="is")
    events.emit("models.chunk", text="nobody hears this")
    assert capsys.readouterr().out == "is"


def test_what_the_answer_cost_goes_beside_it(capsys: pytest.CaptureFixture[str]) -> None:
    models.show_chat(Reply("Paris", "m", "e", 30, 2, 118.4, "stop", 1, 0.5, 0.1))
    out, err = capsys.readouterr()
    assert (out, err) == ("\n", "[m on e: 30 + 2 tokens, 118 tokens/s, stop]\n")
    models.show_chat(Reply("P", "m", "e", 30, 1, None, "length", 1, 0.5, 0.1))
    assert capsys.readouterr().err == "[m on e: 30 + 1 tokens, length]\n"
