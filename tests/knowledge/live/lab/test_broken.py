"""The attack finds what is wrong: JupyterLab's own rooms, and our server with a check left out."""

from __future__ import annotations

import os
import sys
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from workbench.store.distributions import Distribution, opened_wheel

from ..raw import raw
from .conftest import NOTE, PLAN, Lab, free_port, lab_in, process, wait_for, write_files
from .test_attack import ROOM, ask, attack, room_of, saving

_BSD = "BSD-3-Clause"
_FROM = "https://github.com/jupyterlab/jupyter-collaboration"
UPSTREAM = (
    Distribution(
        "jupyter-server-ydoc",
        "3.0.4",
        "1aaddb1d470b0f2dfc98ded9a9df37deecbb6b33a09cceb22fbbc3d428fc690e",
        36_394,
        "the room that is attacked",
        _BSD,
        _FROM,
    ),
    Distribution(
        "jupyter-server-fileid",
        "0.10.0",
        "6a57f30aff3c6c058ce991c183c5ed95c03339a53c28dc36dba5539644f42388",
        17_806,
        "what the room needs",
        _BSD,
        _FROM,
    ),
)
CONFIG = """
from jupyter_server.auth import Authorizer, IdentityProvider, User

class Named(IdentityProvider):
    token = ""
    auth_enabled = True
    def get_user(self, handler):
        name = handler.request.headers.get("Authorization", "").removeprefix("Bearer ")
        return User(name) if name else None
    def is_token_authenticated(self, handler):
        return True

class ByRole(Authorizer):
    def is_authorized(self, handler, user, action, resource):
        return user.username == "ada" or action == "read"

c.ServerApp.identity_provider_class = Named
c.ServerApp.authorizer_class = ByRole
c.ServerApp.jpserver_extensions = {"jupyter_server_fileid": True, "jupyter_server_ydoc": True}
c.ServerApp.disable_check_xsrf = True
c.BaseFileIdManager.db_path = ":memory:"
"""


@pytest.fixture(scope="module")
def rooms(shared_home_path: Path) -> Path:
    """The packages of JupyterLab's rooms, in a folder and not in the environment."""
    folder = shared_home_path / "upstream-rooms" / UPSTREAM[0].sha256[:12]
    if not folder.is_dir():
        half = folder.with_suffix(f".{os.getpid()}")
        for wanted in UPSTREAM:
            with opened_wheel(wanted, home=shared_home_path) as wheel:
                zipfile.ZipFile(wheel._path).extractall(half)
        half.rename(folder)
    return folder


@contextmanager
def upstream(folder: Path, rooms: Path) -> Iterator[Lab]:
    """A Jupyter server with those rooms, and an authorizer that lets rita read and no more."""
    write_files(folder / "files" / "notebooks")
    config = folder / "config"
    config.mkdir()
    (config / "jupyter_server_config.py").write_text(CONFIG)
    port, log = free_port(), folder / "log"
    command = [
        sys.executable,
        "-m",
        "jupyter_server",
        f"--port={port}",
        "--no-browser",
        "--allow-root",
        f"--ServerApp.root_dir={folder / 'files'}",
    ]
    apart = {
        "PYTHONPATH": str(rooms),
        "JUPYTER_CONFIG_DIR": str(config),
        "JUPYTER_DATA_DIR": str(folder / "data"),
        "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
    }
    with process(command, port, log, **apart):
        shows = {"ada": "ada", "rita": "rita"}
        yield Lab(f"http://127.0.0.1:{port}", folder / "files/notebooks", shows, log, folder)


def test_jupyterlabs_own_room_takes_what_a_reader_writes(tmp_path: Path, rooms: Path) -> None:
    with upstream(tmp_path, rooms) as lab:
        assert ask(lab, "rita", "PUT", f"api/contents/{PLAN}", saving("x"))[0] == 403
        assert ask(lab, "rita", "GET", f"api/contents/{PLAN}")[0] == 200
        tried = attack(lab, "rita", PLAN, room_of(lab, PLAN))
        file = lab.files / "plan.md"
        wait_for(lambda: all(text in file.read_text() for text in tried), log=lab.log)


def only_the_address(lab: Lab) -> bool:
    """Nora, who is shut out of the team's folder, has a copy of what is in it."""
    return ask(lab, "nora", "POST", "api/contents/notebooks", {"copy_from": NOTE})[0] == 201


def anybody_who_reads(lab: Lab) -> bool:
    return ask(lab, "rita", "PUT", f"api/contents/{PLAN}", saving("x"))[0] == 200


def at_the_door_alone(lab: Lab) -> bool:
    tried = attack(lab, "rita", PLAN, room_of(lab, PLAN))
    with raw(lab.url, room_of(lab, PLAN), token=lab.shows["ada"], path=ROOM) as client:
        client.join()
        return all(text in str(client.source) for text in tried)


BROKEN = {
    only_the_address: "from workbench.knowledge.live.lab import gate\n"
    "gate.wants_of_body = lambda *given: ()",
    anybody_who_reads: "from workbench.knowledge.live.lab.doorkeeper import Doorkeeper, Want\n"
    "real = Doorkeeper.require\n"
    "Doorkeeper.require = lambda self, signed, want: real(self, signed, Want('read', want.space))",
    at_the_door_alone: "from workbench.knowledge.live import hearing\n"
    "hearing.require_edit = lambda door: None",
}


@pytest.mark.parametrize("gets_in", BROKEN, ids=lambda each: each.__name__)
def test_a_check_that_is_left_out_is_caught(
    gets_in: Callable[[Lab], bool], tmp_path: Path, shared_home_path: Path
) -> None:
    with lab_in(tmp_path, shared_home_path, before=BROKEN[gets_in]) as lab:
        assert gets_in(lab)


def test_with_the_checks_nobody_gets_in(tmp_path: Path, shared_home_path: Path) -> None:
    with lab_in(tmp_path, shared_home_path) as lab:
        assert [each.__name__ for each in BROKEN if each(lab)] == []
