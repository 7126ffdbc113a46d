"""JupyterLab for several people: the Jupyter server with the gate before it and the desk behind."""

from __future__ import annotations

import asyncio
import atexit
import os
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.core import events, settings
from workbench.core.errors import InputError
from workbench.core.listening import address_of, listen
from workbench.core.optional import require_installed
from workbench.core.viewers import Viewable

from .doorkeeper import Runners

_CLEANING_S = 6.0
# What a file of outputs could have run in another's browser, or tells what this server does not.
_DISABLED = (
    "@jupyterlab/javascript-extension",
    "@jupyterlab/extensionmanager-extension",
    "@jupyterlab/apputils-extension:announcements",
    "@jupyter/docprovider-extension:statusBarTimeline",
    "@jupyter/docprovider-extension:logger",
    "@jupyter/collaboration-extension:shared-link",
)


@dataclass(frozen=True)
class ServedLab(Viewable):
    """A JupyterLab for several people that has ended."""

    url: str


@dataclass(frozen=True)
class LabOptions:
    """How JupyterLab is served; see ``knowledge.live_lab``."""

    folder: Path
    host: str = "127.0.0.1"
    port: int = 8420
    allow_remote: bool = False
    hosts: tuple[str, ...] = ()
    secure: bool = False
    runners: Runners = "admin"


class LiveLab:
    """What the handlers share."""

    def __init__(self, options: LabOptions, own_folder: Path) -> None:
        from workbench.identity.grants import Grants
        from workbench.identity.sessions import Sessions
        from workbench.identity.signing_in import SignIn

        from .doorkeeper import Doorkeeper
        from .file_desk import FileDesk
        from .rooms import Everybody

        self.secure, self.folder = options.secure, own_folder
        self.desk = FileDesk()
        database = self.desk.database
        self.sessions, self.sign_in = Sessions(database), SignIn(database)
        self.grants = Grants(database)
        self.doorkeeper = Doorkeeper(self.desk.authority, runners=options.runners)
        self.everybody = Everybody()
        self.keeper: Any = None

    async def start(self, files: Any, url: str) -> None:
        """Begin, in the server's loop.

        Args:
            files: The contents manager, for the server itself.
            url: Where it is reached, for who waits for it.
        """
        from .keeping import Keeper

        self.desk.start()
        self.keeper = Keeper(self.desk, files)
        self.keeper.start()
        events.emit("knowledge.live_ready", url=url)

    async def stop(self) -> None:
        """Write what is not in a file yet, and end."""
        if self.keeper is not None:
            await self.keeper.stop()
            await self.desk.stop()


def serve_lab(options: LabOptions) -> ServedLab:
    """Serve JupyterLab until SIGTERM or Ctrl-C.

    Raises:
        ConflictError: The port is taken.
        DependencyError: What it needs is not installed.
        FetchError: What the browser needs is not here and could not be fetched.
        InputError: The folder is none, or the address is open to others without leave.
    """
    for module in ("jupyterlab", "jupyter_ydoc", "pycrdt"):
        require_installed(module, extra="knowledge")
    if not options.folder.is_dir():
        raise InputError(f"{options.folder} is no folder")
    socket = listen(options.host, options.port, allow_remote=options.allow_remote, what="the lab")
    url = address_of(options.host, socket)
    port = socket.getsockname()[1]
    socket.close()
    own = settings.home() / "lab"
    root = _root(own, options.folder, port)
    os.environ.update(
        JUPYTER_NO_CONFIG="1",
        JUPYTER_CONFIG_DIR=str(own / "config"),
        JUPYTER_DATA_DIR=str(own / "data"),
        JUPYTER_RUNTIME_DIR=_short_folder(),
    )
    live = LiveLab(options, own)
    server = _make_server(options, live, root, port)
    loop = server.io_loop
    loop.add_callback(live.start, server.contents_manager, url)
    clean = server._cleanup

    async def end() -> None:
        """First what was typed, then kernels; who still has a socket to one is not waited for."""
        await live.stop()
        await asyncio.wait([asyncio.ensure_future(clean())], timeout=_CLEANING_S)

    server._cleanup = end
    server.start()
    loop.run_sync(_let_go)
    events.emit("knowledge.live_ended", url=url)
    return ServedLab(url)


def _short_folder() -> str:
    """A folder for the sockets of kernels, whose whole path may have about a hundred characters.

    In a home that lies deep no kernel would start. It goes with this process.
    """
    folder = tempfile.mkdtemp(prefix="wb-lab-", dir="/tmp" if os.name == "posix" else None)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


async def _let_go() -> None:
    """End what still waits, as a socket does: anyio's threads last as long as who began them."""
    waiting = asyncio.all_tasks() - {asyncio.current_task()}
    for task in waiting:
        task.cancel()
    if waiting:
        await asyncio.wait(waiting, timeout=2.0)


def _root(own: Path, folder: Path, port: int) -> Path:
    """A folder that holds the files under the name that their spaces have."""
    root = own / "roots" / str(port)
    root.mkdir(parents=True, exist_ok=True)
    link = root / "notebooks"
    link.unlink(missing_ok=True)
    link.symlink_to(folder.resolve(), target_is_directory=True)
    return root


def _make_server(options: LabOptions, live: LiveLab, root: Path, port: int) -> Any:
    from jupyterlab.labapp import LabApp

    from .contents import TeamContents

    LabApp.load_other_extensions = False
    LabApp.serverapp_config = {
        **LabApp.serverapp_config,
        "open_browser": False,
    }
    server = LabApp.initialize_server(argv=[], config=_config(options, live, root, port))
    assert isinstance(server.contents_manager, TeamContents)
    server.contents_manager.live = live
    server.web_app.settings["workbench_live"] = live
    pages = server.web_app.settings.setdefault("page_config_data", {})
    server.web_app.settings["page_config_hook"] = _disable
    pages["terminalsAvailable"] = False
    pages["buildAvailable"] = pages["buildCheck"] = False
    _stand_before(server.web_app, live)
    return server


def _disable(handler: Any, page: dict[str, Any]) -> dict[str, Any]:
    """A page's configuration without the parts that this server does not answer."""
    found = page.get("disabledExtensions") or []
    page["disabledExtensions"] = sorted({*found, *_DISABLED})
    return page


def _stand_before(application: Any, live: LiveLab) -> None:
    """Put the gate before an application's handlers."""
    from jupyterlab_server.handlers import LabHandler, NotFoundHandler
    from jupyterlab_server.settings_handler import SettingsHandler
    from jupyterlab_server.translations_handler import TranslationsHandler
    from jupyterlab_server.workspaces_handler import WorkspacesHandler

    from .gate import Gate
    from .lab_page import LabPage, MissingPage
    from .own_settings import OwnSettings, OwnTranslations, OwnWorkspaces
    from .provider_door import ProviderDoor
    from .rooms import EverybodySocket, RoomSocket
    from .sessions import ProposeAnswer, RightsAnswer, SessionAnswer

    application.find_handler = Gate(
        application,
        live.doorkeeper,
        live.sessions,
        own=(
            (r"/oidc/([a-z0-9-]+)/(start|callback)$", ProviderDoor),
            (r"/api/collaboration/room/(JupyterLab:globalAwareness)$", EverybodySocket),
            (r"/api/collaboration/room/(.+)$", RoomSocket),
            (r"/api/collaboration/session/(.+)$", SessionAnswer),
            (r"/workbench/live/rights$", RightsAnswer),
            (r"/workbench/live/propose$", ProposeAnswer),
        ),
        instead={
            LabHandler: LabPage,
            NotFoundHandler: MissingPage,
            SettingsHandler: OwnSettings,
            TranslationsHandler: OwnTranslations,
            WorkspacesHandler: OwnWorkspaces,
        },
    )


def _config(options: LabOptions, live: LiveLab, root: Path, port: int) -> Any:
    from traitlets.config import Config

    from .contents import TeamContents
    from .editors import editors_folder
    from .gate import BodyAuthorizer
    from .signing_in import SignInPage, SignOutPage, WorkbenchIdentity

    names = ["localhost", "127.0.0.1", "::1", options.host, *options.hosts]
    return Config(
        ServerApp={
            "ip": options.host,
            "port": port,
            "port_retries": 0,
            "root_dir": str(root),
            "allow_root": True,  # the gate says who may run code
            "allow_remote_access": False,
            "local_hostnames": names,
            "allow_unauthenticated_access": False,
            "quit_button": False,
            "terminals_enabled": False,
            "websocket_ping_interval": 20_000,
            "contents_manager_class": TeamContents,
            "identity_provider_class": WorkbenchIdentity,
            "authorizer_class": BodyAuthorizer,
            "answer_yes": True,
            "log_level": "WARN",
        },
        WorkbenchIdentity={
            "token": "",
            "updatable_fields": [],
            "login_handler_class": SignInPage,
            "logout_handler_class": SignOutPage,
        },
        KernelManager={"transport": "ipc" if os.name == "posix" else "tcp"},
        LabApp={
            "app_dir": str(_app_dir()),
            "extra_labextensions_path": _extensions(editors_folder()),
            "check_for_updates_class": "jupyterlab.NeverCheckForUpdate",
            "news_url": None,
            "extension_manager": "readonly",
            "user_settings_dir": str(live.folder / "users" / "settings"),
            "workspaces_dir": str(live.folder / "users" / "workspaces"),
        },
    )


def _extensions(editors: Path) -> Sequence[str]:
    return [str(editors), str(Path(__file__).with_name("labextensions"))]


def _app_dir() -> Path:
    from jupyterlab.commands import get_app_dir

    return Path(get_app_dir())
