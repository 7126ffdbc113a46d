"""JupyterLab's settings and layouts, of each user his own: one server has one of each else."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from jupyterlab_server.settings_handler import SettingsHandler
from jupyterlab_server.translations_handler import TranslationsHandler
from jupyterlab_server.workspaces_handler import WorkspacesHandler, WorkspacesManager
from tornado import web

from .gate import who_asks


def own_folder(handler: Any, kind: str) -> Path:
    """The folder of who asks."""
    live = handler.settings["workbench_live"]
    signed = who_asks(handler.request, live.sessions)
    # A name may have a slash in it, and no digest has.
    name = hashlib.sha256(signed.user.encode()).hexdigest()[:24]
    folder: Path = live.folder / "users" / name / kind
    folder.mkdir(parents=True, exist_ok=True)
    return folder


class OwnSettings(SettingsHandler):
    """Settings of who asks."""

    async def prepare(self, **_: Any) -> None:
        """Look into his folder."""
        await super().prepare()
        if not self._finished:
            self.settings_dir = str(own_folder(self, "settings"))


class OwnTranslations(TranslationsHandler):
    """The language of who asks."""

    async def prepare(self, **_: Any) -> None:
        """Look into his folder."""
        await super().prepare()
        if not self._finished:
            self.settings_dir = str(own_folder(self, "settings"))


class OwnWorkspaces(WorkspacesHandler):
    """Layouts of who asks."""

    async def prepare(self, **_: Any) -> None:
        """Look into his folder."""
        await super().prepare()
        if len(self.request.body) > 1 << 20:
            raise web.HTTPError(413, "a layout has more than 1 MiB")
        if not self._finished:
            self.manager = WorkspacesManager(str(own_folder(self, "workspaces")))
