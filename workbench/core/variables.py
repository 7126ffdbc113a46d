"""Variables of the environment that look like settings and are none: misspelt, in most cases."""

from __future__ import annotations

import os

from .near_names import near_names
from .settings import ENV_PREFIX, declared

# Ours that are no settings: the file's name, and marks for processes that we start.
NO_SETTINGS = (
    "WORKBENCH_CONFIG",
    "WORKBENCH_DASHBOARDS_ONLY",
    "WORKBENCH_DISTRIBUTED_BEGAN",
    "WORKBENCH_DISTRIBUTED_LINE",
    "WORKBENCH_DISTRIBUTED_PARENT",
    "WORKBENCH_LAB_GRADED",
    "WORKBENCH_REPORT_RUN",
)
TEST_PREFIX = "WORKBENCH_TEST_"


def unknown_variables() -> dict[str, str]:
    """Those that are set for nothing, each with the variable of the nearest setting, or empty.

    A plugin declares its settings when it is loaded: only what is still unknown after all rooms
    are there is a mistake.
    """
    settings = declared()
    known = {setting.variable for setting in settings.values()}
    found = {}
    for name in sorted(os.environ):
        is_ours = name in known or name in NO_SETTINGS or name.startswith(TEST_PREFIX)
        if name.startswith(ENV_PREFIX) and not is_ours:
            word = name.removeprefix(ENV_PREFIX).lower()
            near = near_names(word, settings, most=1)
            found[name] = settings[near[0]].variable if near else ""
    return found
