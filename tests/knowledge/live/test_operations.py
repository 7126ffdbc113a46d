"""The commands, over pages that a server wrote."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from workbench.core.errors import ConflictError, InputError, NotFoundError
from workbench.knowledge.live.operations import compact, history, list_pages, show
from workbench.knowledge.live.server import LiveServer

from .conftest import SPACE, People, ask


def run(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "workbench", "knowledge", "live", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_what_was_written_is_listed_shown_and_summed_up(server: LiveServer, people: People) -> None:
    ann, bob = people.add("ann", _="admin"), people.add("bob", knowledge="contributor")
    for token, text in ((ann, "one"), (bob, "one two"), (ann, "one two three")):
        body = {"text": text}
        ask(f"{server.url}/live/page{SPACE}", token=token, method="PUT", body=body)
    (page,) = list_pages()
    assert (page.space, page.updates, page.created_by, page.last_by) == (SPACE, 3, "ann", "ann")
    assert [each.user for each in history(SPACE)] == ["ann", "bob", "ann"]
    assert [each.user for each in history(SPACE, most=1)] == ["ann"]
    assert show(SPACE).text == "one two three"
    assert compact(SPACE, keep_days=1).dropped == 0
    done = compact(SPACE, keep_days=0)
    assert (done.dropped, done.kept) == (3, 0)
    assert show(SPACE).text == "one two three"
    # The server, which was there all along, goes on from it.
    body = {"text": "one two three four"}
    assert ask(f"{server.url}/live/page{SPACE}", token=bob, method="PUT", body=body)[0] == 200
    assert show(SPACE).text == "one two three four"
    assert run("show", SPACE).stdout == "one two three four\n"
    assert "/knowledge/leads/plan.md" in run("list").stdout
    assert "bob" in run("history", SPACE).stdout
    assert "dropped 0 updates" in run("compact", SPACE).stdout


def test_what_is_not_there_is_named(people: People) -> None:
    with pytest.raises(NotFoundError, match="no live page named"):
        show(SPACE)
    done = run("show", SPACE)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_an_address_that_cannot_be_is_refused(server: LiveServer) -> None:
    with pytest.raises(ConflictError, match="is taken"):
        LiveServer(port=int(server.url.rpartition(":")[2]))
    with pytest.raises(InputError, match="can be reached from other machines"):
        LiveServer("0.0.0.0")


def test_the_command_serves_until_it_is_told_to_end(people: People) -> None:
    ann = people.add("ann", _="admin")
    command = [sys.executable, "-m", "workbench", "knowledge", "live", "serve", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        url = next(word for word in line.split() if word.startswith("http"))
        url = url.split("/live")[0]
        body = {"text": "kept"}
        assert ask(f"{url}/live/page{SPACE}", token=ann, method="PUT", body=body)[0] == 200
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0
        assert "has ended" in process.stdout.read()
    assert show(SPACE).text == "kept"
