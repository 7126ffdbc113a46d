"""Signing in from a terminal by a loopback address (RFC 8252), and the commands about providers."""

from __future__ import annotations

import contextlib
import io
import os
import re
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from workbench.cli.main import main
from workbench.core.errors import AccessError, DeadlineError, NotFoundError
from workbench.identity.oidc import sign_in_here

from .conftest import Door
from .real_provider import CLIENT, SECRET, RealProvider, go_through


@pytest.fixture
def native(door: Door, provider: RealProvider) -> Door:
    """A client as RFC 8252 has it: any port of the loopback."""
    provider.knows("http://127.0.0.1/signed-in", application_type="native")
    return door


def browse(url: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(url, timeout=20) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def test_a_browser_comes_back_to_the_terminal(native: Door) -> None:
    pages: list[tuple[int, str]] = []

    def show(url: str) -> None:
        def go() -> None:
            back = go_through(url, "sub-ann")
            pages.append(browse(urlsplit(back)._replace(path="/favicon.ico", query="").geturl()))
            pages.append(browse(urlsplit(back)._replace(query="state=strangers&code=x").geturl()))
            pages.append(browse(back))

        threading.Thread(target=go, daemon=True).start()

    made = sign_in_here("corp", oidc=native.oidc, show=show)
    assert native.oidc.passwords.sessions.verify(made.text, kind="session").user == "ann"
    until_s = time.monotonic() + 20
    while len(pages) < 3 and time.monotonic() < until_s:
        time.sleep(0.02)
    assert [status for status, _ in pages] == [404, 400, 200]
    assert made.text not in pages[-1][1]


def test_who_is_refused_is_told_in_both_places(native: Door) -> None:
    native.set(enter="linked")
    pages: list[tuple[int, str]] = []

    def show(url: str) -> None:
        def go() -> None:
            pages.append(browse(go_through(url, "sub-<b>bob")))

        threading.Thread(target=go, daemon=True).start()

    with pytest.raises(AccessError, match="nobody here"):
        sign_in_here("corp", oidc=native.oidc, show=show)
    until_s = time.monotonic() + 20
    while not pages and time.monotonic() < until_s:
        time.sleep(0.02)
    assert pages[0][0] == 400
    assert "<b>" not in pages[0][1]


def test_nobody_comes_back(native: Door) -> None:
    with pytest.raises(DeadlineError):
        sign_in_here("corp", oidc=native.oidc, show=lambda _: None, wait_s=0.3)
    with pytest.raises(NotFoundError):
        sign_in_here("crop", oidc=native.oidc, show=lambda _: None)


def test_the_command_signs_in(native: Door, home: Path) -> None:
    native.oidc.database.close()
    environment = {**os.environ, "WORKBENCH_HOME": str(home)}
    command = [sys.executable, "-m", "workbench", "identity", "sign-in", "--oidc", "corp",
               "--no-browser"]  # fmt: skip
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        url = next(line for line in process.stderr if line.startswith("http")).strip()
        assert browse(go_through(url, "sub-ann"))[0] == 200
        said, told = process.communicate(timeout=60)
    assert process.returncode == 0, told
    text = said.strip()
    assert re.fullmatch(r"wbs-\w{43}", text)
    assert text not in told
    assert native.oidc.passwords.sessions.verify(text, kind="session").user == "ann"


def run(*words: str, status: int = 0) -> str:
    said = io.StringIO()
    with contextlib.redirect_stdout(said), pytest.raises(SystemExit) as done:
        main(["identity", *words])
    assert (done.value.code or 0) == status, said.getvalue()
    return said.getvalue()


def test_a_provider_is_set_checked_linked_and_removed(
    provider: RealProvider, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = tmp_path / "secret"
    secret.write_text(SECRET)
    monkeypatch.setenv("COLUMNS", "200")
    said = run("oidc", "set", "corp", "--issuer", provider.issuer, "--client-id", CLIENT,
               "--secret-file", str(secret), "--groups-claim", "groups",
               "--group-roles", "editors=contributor:/knowledge", "--label", "Corp")  # fmt: skip
    assert "/live/oidc/corp/callback" in said
    assert "editors=contributor:/knowledge" in run("oidc", "show")
    assert "RS256" in run("oidc", "check", "corp")
    secret.unlink()
    assert "wrong" in run("oidc", "check", "corp", status=1)
    provider.line.down = True
    said = run("oidc", "check", "corp", status=1)
    assert "does not answer: Server disconnected" in said  # who runs it sees the cause
    run("users", "add", "ann")
    run("oidc", "link", "ann", "--provider", "corp", "--subject", "sub-ann")
    assert "sub-ann" in run("oidc", "links", "--user", "ann")
    assert "1 link" in run("oidc", "unlink", "ann", "--provider", "corp")
    run("oidc", "remove", "corp")
    assert "no provider" in run("oidc", "show")


def test_the_state_of_an_answer_is_all_that_binds_it(native: Door) -> None:
    """Another process of this machine that guesses the port is not let in, and ends nothing."""
    seen: list[int] = []

    def show(url: str) -> None:
        asked = dict(parse_qsl(urlsplit(url).query))

        def go() -> None:
            wrong = urlencode({"state": "a" * 43, "code": "x"})
            seen.append(browse(f"{asked['redirect_uri']}?{wrong}")[0])
            seen.append(browse(go_through(url, "sub-ann"))[0])

        threading.Thread(target=go, daemon=True).start()

    assert sign_in_here("corp", oidc=native.oidc, show=show).user == "ann"
    assert seen[0] == 400
