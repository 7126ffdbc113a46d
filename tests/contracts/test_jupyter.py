"""JupyterLab starts with the project's configuration: token on, nothing asked of the world."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parents[2]
TOKEN = "a-token-of-this-test"
pytestmark = pytest.mark.slow


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def ask(port: int, path: str, token: str | None = TOKEN) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    headers = {"Authorization": f"token {token}"} if token else {}
    try:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def leads_to_login(port: int, path: str, token: str | None) -> bool:
    """Whether a page is refused; it may also lead on to another page."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", path, headers={"Authorization": f"token {token}"})
        answer = connection.getresponse()
        assert answer.status in (200, 302, 403), path
        return answer.status == 403 or "/login" in (answer.getheader("Location") or "")
    finally:
        connection.close()


@contextmanager
def running_lab(own: Path, config: Path) -> Iterator[int]:
    """JupyterLab as `make lab` starts it, but on a free port and in folders of its own."""
    port = free_port()
    own.mkdir(parents=True)
    with (own / "log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", "--no-browser", f"--port={port}", "--allow-root",
             "--ServerApp.port_retries=0", f"--IdentityProvider.token={TOKEN}"],
            cwd=REPO,
            env={
                **os.environ,
                "JUPYTER_CONFIG_PATH": str(config),
                "JUPYTER_PATH": str(config),
                "JUPYTER_CONFIG_DIR": str(own / "config"),
                "JUPYTERLAB_WORKSPACES_DIR": str(own / "workspaces"),
                "JUPYTERLAB_SETTINGS_DIR": str(own / "settings"),
                "JUPYTER_DATA_DIR": str(own / "data"),
                "JUPYTER_RUNTIME_DIR": str(own / "runtime"),
            },
            stdout=subprocess.DEVNULL,
            stderr=log,
        )  # fmt: skip
    try:
        for _ in range(600):
            assert process.poll() is None, (own / "log").read_text()
            try:
                ask(port, "/api")
                break
            except ConnectionRefusedError:
                time.sleep(0.1)
        yield port
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """One JupyterLab for the tests of this file."""
    with running_lab(tmp_path_factory.mktemp("jupyter") / "own", REPO / "jupyter_config") as port:
        yield port


def test_lab_opens_with_the_token_only(lab: int) -> None:
    assert ask(lab, "/lab")[0] == 200
    for wrong in (None, "another"):
        assert ask(lab, "/lab", wrong)[0] in (302, 403)
        assert ask(lab, "/api/contents", wrong)[0] == 403
    assert ask(lab, "/api/contents")[0] == 200


def page_config(lab: int) -> dict[str, object]:
    page = ask(lab, "/lab")[1]
    start = page.index(">", page.index('id="jupyter-config-data"')) + 1
    found: dict[str, object] = json.loads(page[start : page.index("</script>", start)])
    return found


def test_it_opens_on_the_page_that_the_configuration_names(lab: int) -> None:
    config = json.loads((REPO / "jupyter_config" / "jupyter_server_config.json").read_text())
    start = config["LabApp"]["default_url"]
    assert ask(lab, "/")[0] == 302
    assert leads_to_login(lab, start, None)
    assert not leads_to_login(lab, start, TOKEN)


def test_no_news_and_no_look_for_updates(lab: int) -> None:
    assert json.loads(ask(lab, "/lab/api/news")[1]) == {"news": []}
    assert json.loads(ask(lab, "/lab/api/update")[1]) == {"notification": None}
    overrides = page_config(lab)
    assert overrides["news"] == {"disabled": True}
    settings = json.loads(
        ask(lab, "/lab/api/settings/@jupyterlab/apputils-extension:notification")[1]
    )
    assert settings["schema"]["properties"]["fetchNews"]["default"] == "false"
    assert settings["schema"]["properties"]["checkForUpdates"]["default"] is False


def test_a_lab_without_this_configuration_would_ask_the_world(tmp_path: Path) -> None:
    with running_lab(tmp_path / "own", tmp_path / "no-config") as port:
        config = page_config(port)
    assert config["news"] == {"disabled": False}
    manager = config["extensionManager"]
    assert isinstance(manager, dict)
    assert manager["can_install"] is True


def test_extensions_cannot_be_fetched_from_it(lab: int) -> None:
    config = page_config(lab)
    manager = config["extensionManager"]
    assert isinstance(manager, dict)
    assert manager["can_install"] is False
