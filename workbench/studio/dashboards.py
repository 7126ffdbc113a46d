"""The dashboards' server: Voila on one folder, with the home page first and the reports beside it.

    python -m workbench.studio.dashboards notebooks/dashboards

It takes Voila's own options. Its configuration and template stand in ``jupyter_config``.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from jupyter_server.utils import url_path_join
from voila.app import Voila

from workbench.studio.left_pages import LeftPages
from workbench.studio.links import DASHBOARDS_VARIABLE, find_project
from workbench.studio.server import (
    HOME,
    HomeHandler,
    IconHandler,
    fix_home,
    routes,
    say_nothing_of_trust,
)


class Dashboards(Voila):
    """Voila that opens the home page at ``/`` and serves reports to who has the token."""

    name = "voila"  # so that it reads the configuration of Voila

    def init_handlers(self) -> list[Any]:
        """Voila's handlers, after ours."""
        home = f"voila/render/{HOME}"
        base_url = self.server_url
        say_nothing_of_trust(self, folder="")
        own: list[Any] = routes(base_url, home=home, project=find_project(Path(self.root_dir)))
        if hasattr(self.kernel_manager, "get_rendered_notebook"):  # it has pages ahead of readers
            LeftPages(self).watch_all()
        target = {"target": url_path_join(base_url, home)}
        icon = (url_path_join(base_url, r"/favicon\.ico"), IconHandler)
        return [(base_url, HomeHandler, target), icon, *own, *super().init_handlers()]


def main(arguments: list[str] | None = None) -> None:
    """Serve until the process is ended."""
    os.environ[DASHBOARDS_VARIABLE] = "1"  # the kernels inherit it, and link to no Lab
    fix_home()
    Dashboards.launch_instance(sys.argv[1:] if arguments is None else arguments)


if __name__ == "__main__":
    main()
