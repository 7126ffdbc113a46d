"""Which team each user is of, as a file says it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from workbench.core.errors import InputError, NotFoundError
from workbench.core.optional import require


def read_teams(path: Path) -> dict[str, str]:
    """The team of each user, from YAML or JSON: ``research: [ada, grace]``, also under ``teams:``.

    Raises:
        NotFoundError: There is no such file.
        InputError: It says something else, or puts a user into two teams.
    """
    yaml = require("yaml", extra="monitoring")
    try:
        told: Any = yaml.safe_load(path.read_text("utf-8"))
    except FileNotFoundError:
        raise NotFoundError(f"there is no file {path}") from None
    except (IsADirectoryError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise InputError(f"{path} is no YAML: {error}") from None
    teams = told.get("teams", told) if isinstance(told, dict) else told
    if not isinstance(teams, dict):
        raise InputError(f"{path} names no teams", hint="a line each: research: [ada, grace]")
    found: dict[str, str] = {}
    for team, users in teams.items():
        if not isinstance(users, list) or not all(isinstance(user, str) for user in users):
            raise InputError(
                f"{path}: the team {team!r} is not a list of users", hint="research: [ada, grace]"
            )
        for user in users:
            if found.setdefault(user, str(team)) != str(team):
                raise InputError(f"{path}: {user!r} is in {found[user]!r} and in {team!r}")
    return found
