"""Which server that speaks Bolt a property graph is kept in, and who asks it."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from workbench.core import settings
from workbench.core.errors import ConfigError, InputError

PASSWORD = "NEO4J_PASSWORD"
_SCHEMES = ("bolt", "bolt+s", "bolt+ssc", "neo4j", "neo4j+s", "neo4j+ssc")
_HINT = "graph_url = bolt://USER@HOST:7687/DATABASE in workbench.toml, or WORKBENCH_GRAPH_URL"


@dataclass(frozen=True)
class Server:
    """An address with the user's name, and the password, which no message shows."""

    url: str
    database: str
    user: str
    password: str = field(repr=False)

    @property
    def place(self) -> str:
        """Where it is, for messages."""
        return f"{self.url.partition('://')[2]}/{self.database}"

    def told(self) -> dict[str, Any]:
        """Its plain form, for the worker's pipe."""
        return asdict(self)


def find_server() -> Server:
    """The server of the setting ``graph_url``.

    Raises:
        ConfigError: It is no address, or has a password in it.
        InputError: None is set.
    """
    url = settings.get("graph_url")
    if not url:
        raise InputError("no server is set that keeps property graphs", hint=_HINT)
    parts = urlsplit(url)
    try:
        port = parts.port or 7687
    except ValueError:
        port = 0
    if parts.scheme not in _SCHEMES or not parts.hostname or not port:
        raise ConfigError(
            f"setting 'graph_url' is no address of a server that speaks {' or '.join(_SCHEMES)}",
            hint=_HINT,
            setting="graph_url",
        )
    if parts.password is not None:
        raise ConfigError(
            "setting 'graph_url' has a password in it, which `config show` would print",
            hint=f"put it into {PASSWORD}, or into a file that the setting "
            "'graph_password_file' names",
            setting="graph_url",
        )
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return Server(
        f"{parts.scheme}://{host}:{port}",
        unquote(parts.path.strip("/")) or "neo4j",
        unquote(parts.username or "neo4j"),
        _password(),
    )


def _password() -> str:
    """From the environment, or else from a file; empty where the server asks for none."""
    if PASSWORD in os.environ:
        return os.environ[PASSWORD]
    named = settings.get("graph_password_file")
    if not named:
        return ""
    path = Path(named).expanduser()
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text"
        raise ConfigError(
            f"setting 'graph_password_file' names {path}, which cannot be read: {why}",
            hint=f"put the password into that file, or into {PASSWORD}",
            setting="graph_password_file",
        ) from None
